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

// steps are the count from each change on, in order of time.
type steps struct {
	events []event
	most   []int // the largest count below each node of a binary tree whose leaves are the events, from the middle on
}

// steps returns the counts.
func (s *sweep) steps() steps {
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
	most := make([]int, 2*len(out))
	for i, e := range out {
		most[len(out)+i] = e.delta
	}
	for i := len(out) - 1; i > 0; i-- {
		most[i] = max(most[2*i], most[2*i+1])
	}
	return steps{out, most}
}

// peak returns the largest count within [from, to], the moment just before from included.
func (s steps) peak(from, to time.Duration) (best int) {
	place := func(t time.Duration) int {
		i, _ := slices.BinarySearchFunc(s.events, t, func(e event, t time.Duration) int { return cmp.Compare(e.at, t) })
		return i
	}
	i, j := max(place(from)-1, 0), len(s.events)
	if to < reading.Forever {
		j = place(to + 1)
	}
	for i, j = i+len(s.events), j+len(s.events); i < j; i, j = i/2, j/2 {
		if i%2 == 1 {
			best = max(best, s.most[i])
			i++
		}
		if j%2 == 1 {
			j--
			best = max(best, s.most[j])
		}
	}
	return best
}
