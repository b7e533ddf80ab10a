package check

import (
	"container/heap"
	"context"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// rotation holds the order in which numbers are given against the pool's rule. It speaks only where the order of the
// releases is certain: where requests and calls overlap, the order is partial.
func rotation() Check {
	return Check{Rule: finding.Rule{Name: "rotation", Invariant: "I14", Says: "The number given is the one whose turn it is: the one free for longest, or the next in the list."},
		empty:      "no two reservations have an order that is certain",
		PerProject: true, clocks: true,
		needs: []string{"selection", "window_max", "release", "exclusive"},
		judge: func(_ context.Context, v *view) finding.Outcome {
			switch {
			case v.Selection == "":
				return finding.NotJudged("the order in which the pool gives numbers is not known")
			case v.Selection != "lru" && v.Selection != "round-robin":
				return finding.NotJudged("the pool gives numbers by %s, which has no order to hold them against", v.Selection)
			case v.Selection == "round-robin" && len(v.Numbers) == 0:
				return finding.NotJudged("the pool's list of numbers is not known")
			case v.WindowMax == 0 || v.Release == "":
				return finding.NotJudged("the window or the release rule of the pool is not known")
			case !v.Unshared():
				return finding.NotJudged("somebody else may be using the pool")
			}
			t := &turns{view: v, last: make(map[string]*reading.Lease), over: make(map[string]time.Duration), horizon: reading.Never, answered: reading.Never, unknown: reading.Never}
			if v.Selection == "lru" {
				t.leastRecentlyUsed()
			} else {
				t.roundRobin()
			}
			return v.weigh(t.out, t.strays())
		}}
}

// everSince is when a number became free that has never been given.
const everSince = reading.Never + 1

// turns walks through the reservations in order of time.
type turns struct {
	*view
	out  finding.Outcome
	last map[string]*reading.Lease // of each number
	over map[string]time.Duration  // when all of a number's reservations so far are: which of two that overlap was first is not known

	horizon  time.Duration       // the last restart: the order before it counts no more
	answered time.Duration       // when the last of the reservations so far was answered
	unknown  time.Duration       // until when a reservation of unknown outcome may have taken some number
	broken   int                 // restarts so far
	doubted  int                 // doubts so far
	blamed   [][2]*reading.Lease // the reservations of the two numbers, for each violation
}

// alone moves on to reservation i, and reports whether no other one was under way at the same time: either may have been first.
func (t *turns) alone(i int) bool {
	l := t.Leases[i]
	for ; t.broken < len(t.Restarts) && t.From(t.Restarts[t.broken]) <= l.Replied; t.broken++ {
		t.horizon = max(t.horizon, t.By(t.Restarts[t.broken]))
	}
	for ; t.doubted < len(t.Doubts) && t.Doubts[t.doubted].From <= l.Replied; t.doubted++ {
		t.unknown = max(t.unknown, t.Doubts[t.doubted].MadeBy)
	}
	alone := t.answered < l.From && (i+1 == len(t.Leases) || t.Leases[i+1].From > l.Replied)
	t.answered = max(t.answered, l.Replied)
	return alone && l.From > t.horizon
}

// note makes l the last of its number.
func (t *turns) note(l *reading.Lease) {
	n := l.Op.Number
	if before, ok := t.over[n]; !ok || l.Latest > before {
		t.over[n] = l.Latest
	}
	t.last[n] = l
}

// trusted reports whether what is known of a number since its last reservation is all: no lost reply and no restart since.
func (t *turns) trusted(since time.Duration) bool { return since > t.unknown && since > t.horizon }

func (t *turns) blame(previous, l, other *reading.Lease, rule, text string) {
	x := finding.Violation{Text: text, Rule: rule, Cause: "F09 last in, first out; a hot number", Certainty: t.unless(true)}
	if previous != nil {
		x.Ops = reading.Copies(previous.Op)
	}
	if other != nil {
		x.Ops = append(x.Ops, *other.Op)
	}
	x.Ops = append(x.Ops, *l.Op)
	t.out.Add(x)
	t.blamed = append(t.blamed, [2]*reading.Lease{previous, other})
}

// strays is how many reservations a stray must have taken, at least, to explain what was found.
func (t *turns) strays() int {
	used, n := make(map[*reading.Lease]bool), 0
	for _, pair := range t.blamed {
		if used[pair[0]] || used[pair[1]] {
			continue
		}
		n++
		for _, l := range pair {
			used[l] = l != nil
		}
	}
	return n
}

// idle is a number with the time since when it has certainly been free.
type idle struct {
	number string
	since  time.Duration  // latest end of its leases
	lease  *reading.Lease // which that was; nil: free since ever
}

type idleHeap []idle

func (h idleHeap) Len() int           { return len(h) }
func (h idleHeap) Less(i, j int) bool { return h[i].since < h[j].since }
func (h idleHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *idleHeap) Push(x any)        { *h = append(*h, x.(idle)) }
func (h *idleHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// leastRecentlyUsed: the number given became free at the soonest at one time, and another that nobody took meanwhile
// was certainly free before that.
func (t *turns) leastRecentlyUsed() {
	var free idleHeap
	for _, n := range t.Numbers {
		free = append(free, idle{number: n, since: everSince})
	}
	heap.Init(&free)
	for i, l := range t.Leases {
		alone := t.alone(i)
		for len(free) > 0 && free[0].lease != t.last[free[0].number] { // given out again since
			heap.Pop(&free)
		}
		previous := t.last[l.Op.Number]
		if alone && previous != nil && previous.From > t.horizon && len(free) > 0 {
			t.out.Cases++
			t.compare(previous, l, free[0])
		}
		t.note(l)
		if since := t.over[l.Op.Number]; since < reading.Forever {
			heap.Push(&free, idle{number: l.Op.Number, since: since, lease: l})
		}
	}
}

func (t *turns) compare(previous, l *reading.Lease, waiting idle) {
	known := everSince
	if waiting.lease != nil {
		known = waiting.lease.From
	}
	soonest := reading.Plus(previous.Earliest, t.ShortestRest())
	switch {
	case waiting.number == l.Op.Number || waiting.since >= l.From:
		return
	case waiting.since >= soonest || !t.trusted(known):
		t.out.Undecided++
		return
	}
	free := "from the start"
	if waiting.lease != nil {
		free = "since " + round(waiting.since).String()
	}
	t.blame(previous, l, waiting.lease, "the other number was certainly free before this one can have been, and nothing else took it",
		fmt.Sprintf("%s was given again at %s, free since %s at the soonest, although %s had been free %s", l.Op.Number, round(l.Op.End), round(soonest), waiting.number, free))
}

// roundRobin: between the number given last and this one there is another in the list that was certainly free.
func (t *turns) roundRobin() {
	place := make(map[string]int)
	for i, n := range t.Numbers {
		place[n] = i
	}
	before := false // the reservation before was alone, so it was the last one
	for i, l := range t.Leases {
		alone := t.alone(i)
		if alone && before && t.trusted(t.Leases[i-1].From) {
			from, known := place[t.Leases[i-1].Op.Number]
			if at, ok := place[l.Op.Number]; ok && known {
				t.out.Cases++
				t.skipped(l, from, at)
			}
		}
		t.note(l)
		before = alone
	}
}

func (t *turns) skipped(l *reading.Lease, from, to int) {
	for i := (from + 1) % len(t.Numbers); i != to && i != from; i = (i + 1) % len(t.Numbers) {
		other := t.last[t.Numbers[i]]
		known, free := everSince, everSince
		if other != nil {
			known, free = other.From, t.over[t.Numbers[i]]
		}
		if free >= l.From || !t.trusted(known) {
			continue
		}
		t.blame(nil, l, other, "the number in between was certainly free, and nothing else took it",
			fmt.Sprintf("%s was given at %s after %s, although %s, which comes in between, was free", l.Op.Number, round(l.Op.End), t.Numbers[from], t.Numbers[i]))
		return
	}
}
