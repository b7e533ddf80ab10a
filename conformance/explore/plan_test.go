package explore

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestDrawLeavesNothingOut(t *testing.T) {
	seen := make(map[string]bool)
	note := func(name string, value any) { seen[fmt.Sprint(name, " ", value)] = true }
	for seed := range uint64(500) {
		p := Draw(seed, Limits{})
		o := p.Options
		for name, value := range map[string]any{
			"profile": o.Profile, "projects": o.Projects, "size": o.Size, "clients": o.Clients, "release": o.Release, "selection": o.Selection, "reaper": o.Reaper,
			"bindings": o.Bindings, "match": o.Match, "duplicates": o.Duplicates, "snapshot": o.Snapshot, "abandoned": o.Abandoned, "unreserved": o.Unreserved,
			"arrivals": o.Arrivals, "carrier": o.Carrier, "forever": o.Talk == Forever,
			"probes": len(p.Probes) > 0, "restarts": len(p.Restarts) > 0, "cool-down": o.CoolDown > 0, "skew": o.Skew > 0, "alike": o.Alike, "visible": o.Visible > 0, "retention": o.Retention > 0,
		} {
			note(name, value)
		}
		for _, j := range p.Journeys {
			for name, value := range map[string]bool{
				"dial": j.Dial, "lost": j.Lost, "cut": j.Cut > 0, "retry": j.Retry > 0, "no route": j.NoRoute, "twice": j.Twice > 0,
				"hang-up": j.HangUp > 0, "shared": j.Shared > 0, "large": j.Large > 0, "withheld": j.Withheld, "on time": j.Delay == o.Window-j.Reply-j.Think,
			} {
				note(name, value)
			}
		}
	}
	want := []string{"size 1", "size 20", "clients 1", "clients 50", "projects 1", "projects 2"}
	for name, values := range map[string][]string{
		"profile": profiles, "release": {"", "arrival", "answer", "hangup"}, "selection": {"lru", "round-robin", "random", "lifo", "first"},
		"reaper": {"eager", "lazy", "lag"}, "bindings": {"once", "many"}, "match": {"dni", "dni+ani"}, "duplicates": {"last", "first", "conflict"},
		"snapshot": {"call-end", "end-function"}, "abandoned": {"keep", "drop"}, "unreserved": {"answer", "reject"}, "arrivals": {"poisson", "burst", "metronome"}, "carrier": {"fast", "usual", "slow"},
	} {
		for _, v := range values {
			want = append(want, name+" "+v)
		}
	}
	for _, name := range []string{
		"forever", "probes", "restarts", "cool-down", "skew", "alike", "visible", "retention",
		"dial", "lost", "cut", "retry", "no route", "twice", "hang-up", "shared", "large", "withheld", "on time",
	} {
		want = append(want, name+" true", name+" false")
	}
	for _, w := range want {
		if !seen[w] {
			t.Errorf("want %s drawn some time, it never was", w)
		}
	}
}

func TestDrawIsTheSameForTheSameSeed(t *testing.T) {
	if a, b := Draw(42, Limits{}), Draw(42, Limits{}); !reflect.DeepEqual(a, b) {
		t.Errorf("got %+v and %+v", a, b)
	}
	for seed := range uint64(50) {
		if p := Draw(seed, Limits{Profile: "gateway"}); p.Options.Profile != "gateway" {
			t.Errorf("seed %d: want profile gateway, got %s", seed, p.Options.Profile)
		}
	}
}

func TestGivenLeavesOutWhatIsUsual(t *testing.T) {
	o := Options{Profile: "published", Projects: 1, Size: 2, Window: time.Minute, Selection: "lru", Reaper: "eager", Bindings: "once", Match: "dni", Duplicates: "last"}
	if got, want := o.Given(), "pool: {numbers: 2, window: 1m0s}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	o = Options{Profile: "gateway", Projects: 2, Size: 1, Window: time.Second, Release: "answer", Visible: time.Second, Unreserved: "reject", Talk: Forever}
	want := "profile: gateway\npool: {numbers: 1, window: 1s, release: answer}\nhandoff: {visible_after: 1s}\nsip: {unreserved_dial: reject}\nagent: {echo: {talk: forever}}\nprojects: [{}, {}]\n"
	if got := o.Given(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestQueueIsInOrderOfTimeThenOfPlanning(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var q queue
	type planned struct {
		at  time.Duration
		seq int
	}
	var got []planned
	for i := range 1000 {
		at := time.Duration(r.IntN(50))
		q.push(at, func() { got = append(got, planned{at, i}) })
	}
	for e, ok := q.pop(); ok; e, ok = q.pop() {
		e.do()
	}
	if len(got) != 1000 || !slices.IsSortedFunc(got, func(a, b planned) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.seq - b.seq
	}) {
		t.Errorf("%d events out of order: %v", len(got), got)
	}
}

func TestReduceKeepsWhatIsNeeded(t *testing.T) {
	for _, needed := range [][]int{{}, {0}, {99}, {3, 50, 51}, {0, 1, 2, 3}} {
		items := make([]int, 100)
		for i := range items {
			items[i] = i
		}
		tries := 0
		reduce(len(items), func(from, to int) bool {
			tries++
			rest := slices.Delete(slices.Clone(items), from, to)
			for _, n := range needed {
				if !slices.Contains(rest, n) {
					return false
				}
			}
			items = rest
			return true
		})
		if !slices.Equal(items, needed) || tries > 100 {
			t.Errorf("want %v left, got %v in %d tries", needed, items, tries)
		}
	}
}

func TestUglyPrefersRoundTimes(t *testing.T) {
	times := []time.Duration{0, time.Minute, 10 * time.Second, time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond, 1}
	for i, d := range times {
		if i > 0 && fineness(d) <= fineness(times[i-1]) {
			t.Errorf("%s: want finer than %s, got %d and %d", d, times[i-1], fineness(d), fineness(times[i-1]))
		}
	}
}
