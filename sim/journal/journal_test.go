package journal

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func seqs(events []Event) []uint64 {
	var out []uint64
	for _, e := range events {
		out = append(out, e.Seq)
	}
	return out
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
			j := New(c.capacity)
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
	j := New(3)
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

func TestDefaultCapacity(t *testing.T) {
	for _, capacity := range []int{0, -1} {
		j := New(capacity)
		for range DefaultCapacity + 1 {
			j.Append(Event{Kind: Turn})
		}
		if got := len(j.Events()); got != DefaultCapacity {
			t.Errorf("capacity %d: want %d events, got %d", capacity, DefaultCapacity, got)
		}
	}
}

func TestEventsIsACopy(t *testing.T) {
	j := New(2)
	j.Append(Event{Kind: Turn, Detail: "kept"})
	j.Events()[0].Detail = "changed"
	if got := j.Events()[0].Detail; got != "kept" {
		t.Errorf("detail: want kept, got %s", got)
	}
}

func TestSubscribersSeeOneOrderWithoutGaps(t *testing.T) {
	const writers, each = 8, 200
	j := New(16)
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
	j := New(4)
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
	j := New(4)
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
	j := New(4)
	var kept int
	j.Subscribe(func(Event) { kept = len(j.Events()) + int(j.Dropped()) })
	j.Append(Event{Kind: Turn})
	if kept != 1 {
		t.Errorf("events seen by the subscriber: want 1, got %d", kept)
	}
}

func TestPanickingSubscriberLeavesTheJournalUsable(t *testing.T) {
	j := New(4)
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
			j := New(4)
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
	j := New(8)
	e := Event{At: epoch, Kind: Turn, Number: "+441632960001"}
	for range 8 {
		j.Append(e)
	}
	if got := testing.AllocsPerRun(100, func() { j.Append(e) }); got != 0 {
		t.Errorf("allocations: want 0, got %v", got)
	}
}

func BenchmarkAppend(b *testing.B) {
	j := New(0)
	e := Event{At: epoch, Kind: Turn, Number: "+441632960001"}
	b.ReportAllocs()
	for b.Loop() {
		j.Append(e)
	}
}
