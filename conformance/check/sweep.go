package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/reading"
)

// span is the time from from until before to.
type span struct{ from, to time.Duration }

// event is a change of a sweep line's count.
type event struct {
	at    time.Duration
	delta int
}

// sweep counts how many numbers are held at each moment.
type sweep struct{ events []event }

func (s *sweep) add(sp span) {
	if sp.to > sp.from {
		s.events = append(s.events, event{sp.from, 1}, event{sp.to, -1})
	}
}

// closed is the span with the instant at which it ends: what ends and what begins at one instant may overlap in it.
func closed(from, to time.Duration) span { return span{from, reading.Plus(to, 1)} }

// addUnion counts a number once wherever its spans overlap.
func (s *sweep) addUnion(spans []span) {
	if len(spans) == 0 {
		return
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	open := spans[0]
	for _, sp := range spans[1:] {
		if sp.from <= open.to {
			open.to = max(open.to, sp.to)
			continue
		}
		s.add(open)
		open = sp
	}
	s.add(open)
}

// steps returns the count from each change on, in order of time.
func (s *sweep) steps() []event {
	slices.SortFunc(s.events, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.delta, b.delta)) })
	out := s.events[:0]
	n := 0
	for _, e := range s.events {
		n += e.delta
		if len(out) > 0 && out[len(out)-1].at == e.at {
			out[len(out)-1].delta = n
			continue
		}
		out = append(out, event{e.at, n})
	}
	return out
}

// peak returns the largest count within [from, to], the moment just before from included.
func peak(steps []event, from, to time.Duration) int {
	i, _ := slices.BinarySearchFunc(steps, from, func(e event, t time.Duration) int { return cmp.Compare(e.at, t) })
	best := 0
	if i > 0 {
		best = steps[i-1].delta
	}
	for ; i < len(steps) && steps[i].at <= to; i++ {
		best = max(best, steps[i].delta)
	}
	return best
}
