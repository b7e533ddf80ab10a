package remote_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/conformance/rehearse/remote"
	"github.com/dnispool/dnispool/sim/control/client"
)

const lesson = `lesson: v1
summary: It asks for a number, once.
requirement: A client asks for a number.
source: "a test"
level: must
advice: Ask for one.
expect:
  - reserves: once
  - dials: never
`

// stand is a rehearsal that serves, and one whose lessons were chosen elsewhere when it does not.
type stand struct {
	*remote.Rehearsal
	t       *testing.T
	of      *rehearse.Rehearsal
	lessons []*rehearse.Lesson
	results chan []finding.Result
	end     func()
}

func start(t *testing.T, serves bool, arrival rehearse.Arrival) *stand {
	t.Helper()
	l, problems := rehearse.Parse("one.yaml", []byte(lesson))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	l.ID = "one"
	s := &stand{t: t, lessons: []*rehearse.Lesson{l}, results: make(chan []finding.Result, 1)}
	s.Rehearsal = remote.New(s.lessons)
	var err error
	s.of, err = rehearse.New(t.Context(), rehearse.Options{Progress: s.Progress, Quiet: 2 * time.Second, Arrival: arrival})
	if err != nil {
		t.Fatal(err)
	}
	s.Set(s.of, serves)
	ctx, end := context.WithCancel(t.Context())
	s.end = end
	if serves {
		go func() { s.results <- s.Play(ctx, nil) }()
	}
	t.Cleanup(func() {
		end()
		if err := s.of.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// reserve does what the lesson wants.
func (s *stand) reserve() {
	s.t.Helper()
	now, _ := s.State()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, now.BaseURL+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{"shared_id":"a"}}`))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", now.DNIKey)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
}

// wait returns the first state of which f holds.
func (s *stand) wait(f func(client.Rehearsal) bool) client.Rehearsal {
	s.t.Helper()
	for {
		now, changed := s.State()
		if f(now) {
			return now
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			s.t.Fatalf("want more to come, got %+v", now)
		}
	}
}

func over(r client.Rehearsal) bool { return r.Playing == nil }

func states(of []client.Expected) (out []string) {
	for _, e := range of {
		out = append(out, e.Expect+" "+e.State)
	}
	return out
}

// TestALessonThatSomebodyElseBegins: a runner begins it, says that the caller has arrived and when the client is done.
func TestALessonThatSomebodyElseBegins(t *testing.T) {
	t.Parallel()
	s := start(t, true, nil)
	if l := s.Lessons(); len(l) != 1 || l[0].Lesson != "one" || l[0].Budget != "30s" {
		t.Errorf("lessons: got %+v", l)
	}
	if err := s.Begin(client.LessonRequest{Lesson: "one"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Begin(client.LessonRequest{Lesson: "one"}); err == nil || err.Error() != "lesson: want one at a time, one is being played" {
		t.Errorf("another at once: got %v", err)
	}
	now := s.wait(func(r client.Rehearsal) bool { return len(r.Playing.Callers) > 0 })
	if p := now.Playing; p.Arrived || p.Arrival != "told" || p.Callers[0] != "+442079460501" || !slices.Equal(states(p.Expectations), []string{"reserves: once open", "dials: never open"}) {
		t.Errorf("begun: got %+v", p)
	}
	if err := s.Arrived(); err != nil {
		t.Fatal(err)
	}
	s.reserve()
	now = s.wait(func(r client.Rehearsal) bool { return strings.Contains(r.Playing.Did, "and got +44") })
	if p := now.Playing; !p.Arrived || !slices.Equal(states(p.Expectations), []string{"reserves: once met", "dials: never met"}) {
		t.Errorf("reserved: got %+v", p)
	}
	if err := s.Served(); err != nil {
		t.Fatal(err)
	}
	if v := s.wait(over).Verdicts; len(v) != 1 || v[0].Status != "passed" || !slices.Equal(states(v[0].Expectations), []string{"reserves: once met", "dials: never met"}) {
		t.Errorf("verdict: got %+v", v)
	}
	if err := s.Served(); err != nil {
		t.Errorf("a moment too late: got %v", err)
	}
	if err := s.Arrived(); err == nil || err.Error() != "lesson: want one that is being played, there is none" {
		t.Errorf("too late: got %v", err)
	}

	if err := s.Begin(client.LessonRequest{Lesson: "one"}); err != nil { // a client that does it twice
		t.Fatal(err)
	}
	s.reserve()
	s.reserve()
	if err := s.Served(); err != nil {
		t.Fatal(err)
	}
	if v := s.wait(over).Verdicts; len(v) != 2 || v[1].Status != "failed" || v[1].Because != "Ask for one." || !slices.Equal(states(v[1].Expectations), []string{"reserves: once broken", "dials: never met"}) {
		t.Errorf("verdict: got %+v", v)
	}
	s.end()
	if r := <-s.results; len(r) != 2 || r[0].Status != finding.Passed || r[1].Status != finding.Failed {
		t.Errorf("results: got %+v", r)
	}
}

func TestALessonThatComesToNothing(t *testing.T) {
	t.Parallel()
	s := start(t, true, nil)
	if err := s.Stop(); err == nil {
		t.Error("stop nothing: want an error, got none")
	}
	for name, want := range map[string]string{"on": `lesson: want one of those that there are, got "on" (did you mean "one"?)`, "xyz": `lesson: want one of those that there are, got "xyz"`} {
		if err := s.Begin(client.LessonRequest{Lesson: name}); !client.IsStatus(err, 404) || err.Error() != want {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := s.Begin(client.LessonRequest{Lesson: "one", Arrival: "webhook"}); !client.IsStatus(err, 400) {
		t.Errorf("arrival: got %v", err)
	}
	if err := s.Begin(client.LessonRequest{Lesson: "one", Arrival: "self"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Arrived(); err == nil || err.Error() != "arrival: want a lesson whose callers are told of here, those of one come another way: each self" {
		t.Errorf("arrived by itself: got %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if now := s.wait(over); len(now.Verdicts) != 0 {
		t.Errorf("want no verdict of a lesson that was stopped, got %+v", now.Verdicts)
	}
}

// TestLessonsThatTheCommandLineHasChosen can be followed, and nothing can be begun.
func TestLessonsThatTheCommandLineHasChosen(t *testing.T) {
	t.Parallel()
	s := start(t, false, rehearse.Func(func(context.Context, rehearse.Caller) error { return nil }))
	if err := s.Begin(client.LessonRequest{Lesson: "one"}); err == nil || !strings.HasSuffix(err.Error(), "start it with --serve") {
		t.Errorf("begin: got %v", err)
	}
	s.of.PlayAll(t.Context(), s.lessons, s.lessons, finding.Run{}, s)
	now, _ := s.State()
	if v := now.Verdicts; now.Playing != nil || len(v) != 1 || v[0].Status != "failed" || !strings.HasPrefix(v[0].Got, "never asked for a number") || !slices.Equal(states(v[0].Expectations), []string{"reserves: once broken", "dials: never broken"}) {
		t.Errorf("got %+v", now)
	}
}

// TestARunnerLearnsWhoComes, and which shared_id its client is asked to use, before it sends anybody.
func TestARunnerLearnsWhoComes(t *testing.T) {
	t.Parallel()
	s := start(t, true, nil)
	s.lessons[0].SharedID, s.lessons[0].Callers = "a+b-${caller}", 2
	if err := s.Begin(client.LessonRequest{Lesson: "one"}); err != nil {
		t.Fatal(err)
	}
	if now, _ := s.State(); now.Playing == nil || !slices.Equal(now.Playing.SharedIDs, []string{"a+b-1", "a+b-2"}) || !slices.Equal(now.Playing.Callers, []string{"+442079460501", "+442079460502"}) {
		t.Errorf("got %+v", now.Playing)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
}
