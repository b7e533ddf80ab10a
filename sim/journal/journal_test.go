package journal

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// events are the limits of a journal that keeps so many events, of whatever size.
func events(n int) Config { return Config{Events: n, Bytes: 1 << 30, Text: 1 << 10} }

func seqs(events []Event) []uint64 {
	var out []uint64
	for _, e := range events {
		out = append(out, e.Seq)
	}
	return out
}

func TestOfAKind(t *testing.T) {
	j := New(events(4))
	for _, kind := range []Kind{Bound, Unbound, Bound, Released, Bound, Released} {
		j.Append(Event{At: epoch, Kind: kind})
	}
	if got := seqs(j.Of(Bound)); !slices.Equal(got, []uint64{3, 5}) {
		t.Errorf("want those that are kept, got %v", got)
	}
	if got := j.Of(Unbound); got != nil {
		t.Errorf("want none, got %v", got)
	}
}

func TestRingKeepsTheNewest(t *testing.T) {
	for _, c := range []struct {
		name              string
		capacity, appends int
		want              []uint64
		dropped           uint64
	}{
		{"empty", 3, 0, nil, 0},
		{"one", 3, 1, []uint64{1}, 0},
		{"full", 3, 3, []uint64{1, 2, 3}, 0},
		{"one over", 3, 4, []uint64{2, 3, 4}, 1},
		{"twice round", 3, 8, []uint64{6, 7, 8}, 5},
		{"capacity one", 1, 3, []uint64{3}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := New(events(c.capacity))
			for i := range c.appends {
				if got := j.Append(Event{Kind: Turn, Seq: 99}); got != uint64(i+1) {
					t.Fatalf("sequence: want %d, got %d", i+1, got)
				}
			}
			if got := seqs(j.Events()); !slices.Equal(got, c.want) {
				t.Errorf("events: want %v, got %v", c.want, got)
			}
			if got := j.Dropped(); got != c.dropped {
				t.Errorf("dropped: want %d, got %d", c.dropped, got)
			}
		})
	}
}

func TestSince(t *testing.T) {
	j := New(events(3))
	for range 5 {
		j.Append(Event{Kind: Turn})
	}
	for _, c := range []struct {
		after uint64
		want  []uint64
	}{
		{0, []uint64{3, 4, 5}}, {2, []uint64{3, 4, 5}}, {3, []uint64{4, 5}}, {4, []uint64{5}}, {5, nil}, {50, nil},
	} {
		if got := seqs(j.Since(c.after)); !slices.Equal(got, c.want) {
			t.Errorf("since %d: want %v, got %v", c.after, c.want, got)
		}
	}
}

func TestBytesAreBounded(t *testing.T) {
	c := Config{Events: 1000, Bytes: 64 << 10, Text: 1024}
	j := New(c)
	for range 500 {
		j.Append(Event{Kind: HandoffMissed, SharedID: strings.Repeat("x", 60<<10), Call: strings.Repeat("y", 200)})
		sum := 0
		for _, e := range j.Events() {
			sum += e.size()
		}
		if got := j.Bytes(); got != sum || got > c.Bytes {
			t.Fatalf("bytes: want those of the events, %d, and at most %d, got %d", sum, c.Bytes, got)
		}
	}
	if kept, dropped := len(j.Events()), j.Dropped(); kept < 40 || kept+int(dropped) != 500 {
		t.Errorf("want as many as have room, and the others counted, got %d kept and %d dropped", kept, dropped)
	}
}

func TestTheNewestIsAlwaysKept(t *testing.T) {
	j := New(Config{Events: 10, Bytes: 4 << 10, Text: 1 << 20})
	for range 3 {
		j.Append(Event{Kind: Turn, Detail: strings.Repeat("x", 10<<10)})
	}
	if got := seqs(j.Events()); !slices.Equal(got, []uint64{3}) || j.Bytes() < 10<<10 {
		t.Errorf("want the third alone, got %v in %d bytes", got, j.Bytes())
	}
}

// filled is an event with that text wherever there is one: a field that is added later is bounded too.
func filled(text string) Event {
	e := Event{Kind: Turn}
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		if v.Field(i).Type() == reflect.TypeFor[string]() {
			v.Field(i).SetString(text)
		}
	}
	return e
}

func TestLongTextsAreCut(t *testing.T) {
	const most = 64
	for _, c := range []struct{ text, want string }{
		{strings.Repeat("x", most), strings.Repeat("x", most)},
		{strings.Repeat("x", most+1), strings.Repeat("x", most) + "… (65 bytes)"},
		{strings.Repeat("é", most), strings.Repeat("é", most/2) + "… (128 bytes)"},
		{"x" + strings.Repeat("é", most), "x" + strings.Repeat("é", most/2-1) + "… (129 bytes)"},
	} {
		j := New(Config{Events: 1, Bytes: 4 << 10, Text: most})
		j.Append(filled(c.text))
		want := filled(c.want)
		want.Seq = 1
		if got := j.Events(); len(got) != 1 || got[0] != want {
			t.Errorf("want %+v, got %+v", want, got)
		}
		if got, least := j.Bytes(), 6*len(c.want); got < least {
			t.Errorf("bytes: want every text counted, %d or more, got %d", least, got)
		}
	}
}

func TestValidate(t *testing.T) {
	err := Config{}.Validate()
	if want := "events: want at least 1, got 0\nbytes: want at least 4096, got 0\ntext: want at least 64, got 0"; err == nil || err.Error() != want {
		t.Errorf("want %s, got %v", want, err)
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestEventsIsACopy(t *testing.T) {
	j := New(events(2))
	j.Append(Event{Kind: Turn, Detail: "kept"})
	j.Events()[0].Detail = "changed"
	if got := j.Events()[0].Detail; got != "kept" {
		t.Errorf("detail: want kept, got %s", got)
	}
}

func TestSubscribersSeeOneOrderWithoutGaps(t *testing.T) {
	const writers, each = 8, 200
	j := New(events(16))
	var first, second []uint64
	j.Subscribe(func(e Event) { first = append(first, e.Seq) })
	j.Subscribe(func(e Event) { second = append(second, e.Seq) })
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				j.Append(Event{Kind: Turn})
				j.Events()
				j.Dropped()
			}
		})
	}
	wg.Wait()
	want := make([]uint64, writers*each)
	for i := range want {
		want[i] = uint64(i + 1)
	}
	if !slices.Equal(first, want) || !slices.Equal(second, want) {
		t.Errorf("subscribers: want 1..%d in order, got %d and %d events", len(want), len(first), len(second))
	}
}

func TestUnsubscribeEndsIt(t *testing.T) {
	j := New(events(4))
	var seen []uint64
	stop := j.Subscribe(func(e Event) { seen = append(seen, e.Seq) })
	other := 0
	j.Subscribe(func(Event) { other++ })
	j.Append(Event{Kind: Turn})
	stop()
	stop() // a second call changes nothing
	j.Append(Event{Kind: Turn})
	if !slices.Equal(seen, []uint64{1}) || other != 2 {
		t.Errorf("seen: want [1] and 2, got %v and %d", seen, other)
	}
}

func TestUnsubscribeWaitsForACallUnderWay(t *testing.T) {
	j := New(events(4))
	inside, leave := make(chan bool), make(chan bool)
	done := false
	stop := j.Subscribe(func(Event) { close(inside); <-leave; done = true })
	go j.Append(Event{Kind: Turn})
	<-inside
	go close(leave)
	stop()
	if !done {
		t.Error("unsubscribe: want it to wait for the call under way, it returned before")
	}
}

func TestSubscriberMayReadTheJournal(t *testing.T) {
	j := New(events(4))
	var kept int
	j.Subscribe(func(Event) { kept = len(j.Events()) + int(j.Dropped()) })
	j.Append(Event{Kind: Turn})
	if kept != 1 {
		t.Errorf("events seen by the subscriber: want 1, got %d", kept)
	}
}

func TestPanickingSubscriberLeavesTheJournalUsable(t *testing.T) {
	j := New(events(4))
	stop := j.Subscribe(func(Event) { panic("subscriber") })
	func() {
		defer func() { _ = recover() }()
		j.Append(Event{Kind: Turn})
	}()
	stop()
	if got := j.Append(Event{Kind: Turn}); got != 2 {
		t.Errorf("sequence after the panic: want 2, got %d", got)
	}
}

func TestLog(t *testing.T) {
	full := Event{At: epoch, Kind: Released, Cause: "hangup", Project: "p", Number: "+441632960001", Lease: 7, Call: "c", SharedID: "s", Detail: "d"}
	for _, c := range []struct {
		name  string
		level slog.Level
		event Event
		want  string
	}{
		{"all fields", slog.LevelInfo, full,
			`time=2026-01-02T03:04:05.000Z level=INFO msg=released seq=1 cause=hangup project=p number=+441632960001 call=c shared_id=s detail=d lease=7` + "\n"},
		{"only what is there", slog.LevelInfo, Event{At: epoch, Kind: Turn},
			"time=2026-01-02T03:04:05.000Z level=INFO msg=turn seq=1\n"},
		{"trouble warns", slog.LevelWarn, Event{At: epoch, Kind: StartFailed, Cause: "timeout"},
			"time=2026-01-02T03:04:05.000Z level=WARN msg=start-failed seq=1 cause=timeout\n"},
		{"below the level", slog.LevelWarn, full, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			j := New(events(4))
			j.Subscribe(Log(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: c.level}))))
			j.Append(c.event)
			if got := b.String(); got != c.want {
				t.Errorf("log: want\n%sgot\n%s", c.want, got)
			}
		})
	}
}

func TestEventJSONLeavesOutWhatIsNotThere(t *testing.T) {
	got, err := json.Marshal(Event{Seq: 1, At: epoch, Kind: Turn})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"seq":1,"at":"2026-01-02T03:04:05Z","kind":"turn"}`; string(got) != want {
		t.Errorf("json: want %s, got %s", want, got)
	}
}

func TestKindsAreDistinctWords(t *testing.T) {
	seen := map[Kind]bool{}
	for _, k := range Kinds() {
		if seen[k] {
			t.Errorf("kind %q: listed twice", k)
		}
		seen[k] = true
		if strings.Trim(string(k), "abcdefghijklmnopqrstuvwxyz-") != "" || k == "" {
			t.Errorf("kind: want lower-case words joined by -, got %q", k)
		}
	}
}

func TestAppendDoesNotAllocateOnceFull(t *testing.T) {
	j := New(events(8))
	e := Event{At: epoch, Kind: Turn, Number: "+441632960001"}
	for range 8 {
		j.Append(e)
	}
	if got := testing.AllocsPerRun(100, func() { j.Append(e) }); got != 0 {
		t.Errorf("allocations: want 0, got %v", got)
	}
}

func BenchmarkAppend(b *testing.B) {
	j := New(Default())
	e := Event{At: epoch, Kind: Turn, Number: "+441632960001"}
	b.ReportAllocs()
	for b.Loop() {
		j.Append(e)
	}
}
