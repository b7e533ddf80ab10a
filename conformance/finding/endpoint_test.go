package finding

import (
	"reflect"
	"testing"
	"time"
)

func TestLatencies(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	took := func(url string, second, status int, d time.Duration) Exchange {
		return Exchange{At: at.Add(time.Duration(second) * time.Second), URL: url, Status: status, Duration: d}
	}
	const reserve, handoff = "http://h/v1/conversations/dni-reservation", "http://h/v1/a/p/handoff_state?shared_id=1"
	got := Run{Results: []Result{
		{Exchanges: []Exchange{took(reserve, 3, 404, 30), took(reserve, 1, 200, 10), took(handoff, 1, 200, 7)}},
		{Exchanges: []Exchange{took(reserve, 2, 200, 20), took(reserve, 4, 0, 99), took("http://h/elsewhere", 1, 404, 1), took("%", 1, 400, 2)}},
	}}.Latencies()
	want := []Endpoint{
		{Name: "Reserve DNI", Requests: 4, NoReply: 1, Statuses: []StatusCount{{200, 2}, {404, 1}}, P50: 20, P90: 30, P99: 30, Max: 30, Course: []time.Duration{10, 20, 30}},
		{Name: "Get Handoff", Requests: 1, Statuses: []StatusCount{{200, 1}}, P50: 7, P90: 7, P99: 7, Max: 7, Course: []time.Duration{7}},
		{Name: "other paths", Requests: 2, Statuses: []StatusCount{{400, 1}, {404, 1}}, P50: 1, P90: 2, P99: 2, Max: 2, Course: []time.Duration{1, 2}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("want %+v, got %+v", want, got)
	}
	if got := (Run{}).Latencies(); got != nil {
		t.Errorf("without exchanges: want nothing, got %+v", got)
	}
}

func TestALongCourseIsCutInEqualParts(t *testing.T) {
	t.Parallel()
	var all []Exchange
	for i := range 600 {
		all = append(all, Exchange{At: time.Unix(int64(i), 0), Status: 200, Duration: time.Duration(i/10 + 1)})
	}
	e := endpoint("x", all)
	if len(e.Course) != courseParts || e.Course[0] != 1 || e.Course[courseParts-1] != courseParts || e.P50 != 30 || e.P90 != 54 {
		t.Errorf("want %d parts from 1 to %d, a median of 30 and 54, got %+v", courseParts, courseParts, e)
	}
}

func TestNearestRank(t *testing.T) {
	t.Parallel()
	all := []time.Duration{4, 1, 3, 2}
	for share, want := range map[float64]time.Duration{0: 1, 0.25: 1, 0.5: 2, 0.51: 3, 0.99: 4, 1: 4} {
		if got := nearestRank(all, share); got != want {
			t.Errorf("%v: want %d, got %d", share, want, got)
		}
	}
}
