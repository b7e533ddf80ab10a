package check

import (
	"container/heap"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// rotation holds the order in which numbers are given against the pool's rule. It speaks only where the order of the
// releases is certain: where requests and calls overlap, the order is partial.
func rotation() Check {
	return Check{Name: "rotation", Invariant: "I14", PerProject: true, clocks: true,
		Says: "The number given is the one whose turn it is: the one free for longest, or the next in the list.",
		judge: func(v *view) finding.Outcome {
			switch {
			case v.Selection == "":
				return finding.NotJudged("the order in which the pool gives numbers is not known")
			case v.Selection != "lru" && v.Selection != "round-robin":
				return finding.NotJudged("the pool gives numbers by %s, which has no order to hold them against", v.Selection)
			case v.Selection == "round-robin" && len(v.Numbers) == 0:
				return finding.NotJudged("the pool's list of numbers is not known")
			case v.WindowMax == 0 || v.Release == "":
				return finding.NotJudged("the window or the release rule of the pool is not known")
			case !v.Exclusive:
				return finding.NotJudged("somebody else may be using the pool")
			}
			t := &turns{view: v, last: make(map[string]*lease), over: make(map[string]time.Duration), horizon: never, answered: never, unknown: never}
			if v.Selection == "lru" {
				t.leastRecentlyUsed()
			} else {
				t.roundRobin()
			}
			return v.weigh(t.out, t.strays())
		}}
}

// everSince is when a number became free that has never been given.
const everSince = never + 1

// turns walks through the reservations in order of time.
type turns struct {
	*view
	out  finding.Outcome
	last map[string]*lease        // of each number
	over map[string]time.Duration // when all of a number's reservations so far are: which of two that overlap was first is not known

	horizon  time.Duration // the last restart: the order before it counts no more
	answered time.Duration // when the last of the reservations so far was answered
	unknown  time.Duration // until when a reservation of unknown outcome may have taken some number
	broken   int           // restarts so far
	doubted  int           // doubts so far
	blamed   [][2]*lease   // the reservations of the two numbers, for each violation
}

// alone moves on to reservation i, and tells that no other one was under way at the same time: either may have been first.
func (t *turns) alone(i int) bool {
	l := t.leases[i]
	for ; t.broken < len(t.breaks) && t.breaks[t.broken].Start-t.Eps <= l.ret; t.broken++ {
		t.horizon = max(t.horizon, t.breaks[t.broken].End+t.Eps)
	}
	for ; t.doubted < len(t.doubts) && t.doubts[t.doubted].from <= l.ret; t.doubted++ {
		t.unknown = max(t.unknown, t.doubts[t.doubted].by)
	}
	alone := t.answered < l.from && (i+1 == len(t.leases) || t.leases[i+1].from > l.ret)
	t.answered = max(t.answered, l.ret)
	return alone && l.from > t.horizon
}

// note makes l the last of its number.
func (t *turns) note(l *lease) {
	n := l.op.Number
	if before, ok := t.over[n]; !ok || l.latest > before {
		t.over[n] = l.latest
	}
	t.last[n] = l
}

// trusted tells that what is known of a number since its last reservation is all: no lost reply and no restart since.
func (t *turns) trusted(since time.Duration) bool { return since > t.unknown && since > t.horizon }

func (t *turns) blame(previous, l, other *lease, rule, text string) {
	x := finding.Violation{Text: text, Rule: rule, Cause: "F09 last in, first out; a hot number", Certainty: t.unless(true)}
	if previous != nil {
		x.Ops = copies(previous.op)
	}
	if other != nil {
		x.Ops = append(x.Ops, *other.op)
	}
	x.Ops = append(x.Ops, *l.op)
	t.out.Add(x)
	t.blamed = append(t.blamed, [2]*lease{previous, other})
}

// strays is how many reservations a stray must have taken, at least, to explain what was found.
func (t *turns) strays() int {
	used, n := make(map[*lease]bool), 0
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
	since  time.Duration // latest end of its leases
	lease  *lease        // which that was; nil: free since ever
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
	for i, l := range t.leases {
		alone := t.alone(i)
		for len(free) > 0 && free[0].lease != t.last[free[0].number] { // given out again since
			heap.Pop(&free)
		}
		previous := t.last[l.op.Number]
		if alone && previous != nil && previous.from > t.horizon && len(free) > 0 {
			t.out.Cases++
			t.compare(previous, l, free[0])
		}
		t.note(l)
		if since := t.over[l.op.Number]; since < Forever {
			heap.Push(&free, idle{number: l.op.Number, since: since, lease: l})
		}
	}
}

func (t *turns) compare(previous, l *lease, waiting idle) {
	known := everSince
	if waiting.lease != nil {
		known = waiting.lease.from
	}
	soonest := add(previous.earliest, t.CoolDown)
	switch {
	case waiting.number == l.op.Number || waiting.since >= l.from:
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
		fmt.Sprintf("%s was given again at %s, free since %s at the soonest, although %s had been free %s", l.op.Number, round(l.op.End), round(soonest), waiting.number, free))
}

// roundRobin: between the number given last and this one there is another in the list that was certainly free.
func (t *turns) roundRobin() {
	place := make(map[string]int)
	for i, n := range t.Numbers {
		place[n] = i
	}
	before := false // the reservation before was alone, so it was the last one
	for i, l := range t.leases {
		alone := t.alone(i)
		if alone && before && t.trusted(t.leases[i-1].from) {
			from, known := place[t.leases[i-1].op.Number]
			if at, ok := place[l.op.Number]; ok && known {
				t.out.Cases++
				t.skipped(l, from, at)
			}
		}
		t.note(l)
		before = alone
	}
}

func (t *turns) skipped(l *lease, from, to int) {
	for i := (from + 1) % len(t.Numbers); i != to && i != from; i = (i + 1) % len(t.Numbers) {
		other := t.last[t.Numbers[i]]
		known, free := everSince, everSince
		if other != nil {
			known, free = other.from, t.over[t.Numbers[i]]
		}
		if free >= l.from || !t.trusted(known) {
			continue
		}
		t.blame(nil, l, other, "the number in between was certainly free, and nothing else took it",
			fmt.Sprintf("%s was given at %s after %s, although %s, which comes in between, was free", l.op.Number, round(l.op.End), t.Numbers[from], t.Numbers[i]))
		return
	}
}
