package check

import (
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// held is how many strays it takes to hold that many numbers. A stray that takes a reservation holds its number as long
// as it likes, and every refusal in that time; where arrival releases, it holds none.
func (v *view) held(numbers int) int {
	if v.Release == reading.OnArrival {
		return 0
	}
	return numbers
}

// countable says why the numbers in use cannot be counted.
func (v *view) countable() finding.Outcome {
	switch {
	case v.PoolSize() == 0 || v.WindowMax == 0 || v.Release == "":
		return finding.NotJudged("the size, the window or the release rule of the pool is not known")
	case !v.Unshared():
		return finding.NotJudged("somebody else may be using the pool")
	}
	return finding.Outcome{}
}

// possiblyHeld counts the numbers that may be held at each time: those of all reservations for as long as these can
// have lived, and one for each reservation of unknown outcome. The moment at which a number is let go counts too: what
// is asked in that very moment may have been answered before.
func (v *view) possiblyHeld() steps {
	unknown := v.unknownHolders()
	var s sweep
	var spans []span
	for _, number := range slices.Sorted(maps.Keys(v.Lines)) {
		spans = spans[:0]
		for _, l := range v.Lines[number].Leases {
			spans = append(spans, closed(l.From, l.Latest))
		}
		if len(unknown.events) > 0 && v.Release != reading.OnArrival {
			spans = v.keptByCalls(spans, v.Lines[number], unknown)
		}
		s.addUnion(spans)
	}
	v.addDoubts(&s)
	return s.steps()
}

// keptByCalls adds the calls that can be bound to a reservation of unknown outcome, for its number can be this one:
// those that came while there was one, and, where a reservation serves several calls, those that came during these.
func (v *view) keptByCalls(spans []span, n *reading.Line, unknown steps) []span {
	kept := reading.Never
	for _, c := range n.Calls {
		if unknown.peak(c.Soonest, c.Latest) == 0 && (v.Once() || c.Soonest > kept) {
			continue
		}
		kept = max(kept, c.FreesBy)
		spans = append(spans, closed(c.Soonest, reading.Plus(c.FreesBy, v.LongestRest())))
	}
	return spans
}

// certainlyHeld counts the reservations that were certainly alive.
func (v *view) certainlyHeld() steps {
	var s sweep
	for _, l := range v.Leases {
		s.add(span{l.Replied, l.Earliest})
	}
	return s.steps()
}

func (v *view) unknownHolders() steps {
	var s sweep
	v.addDoubts(&s)
	return s.steps()
}

// addDoubts adds each reservation of unknown outcome, for as long as it may hold a number that nobody calls.
func (v *view) addDoubts(s *sweep) {
	for _, a := range v.Doubts {
		s.add(closed(a.From, reading.Plus(a.Until, v.LongestRest())))
	}
}

// loose is what is not known of the numbers that may be held.
type loose struct {
	least steps            // how many may be, when all that is not known is as short as it can be
	names []string         // of what is not known
	by    map[string]steps // how many may be held for each of these
}

// looselyHeld tells what possiblyHeld counts for want of a fact or a field from the rest.
func (v *view) looselyHeld() loose {
	var least sweep
	by := make(map[string]*sweep)
	note := func(name string, sp span) {
		if by[name] == nil {
			by[name] = new(sweep)
		}
		by[name].add(sp)
	}
	for _, l := range v.Leases {
		needs, soonest := v.Unknown(l)
		least.add(closed(l.From, min(soonest, l.Latest)))
		for _, name := range needs {
			note(name, closed(soonest, l.Latest))
		}
	}
	for _, a := range v.Doubts {
		soonest := reading.Plus(reading.Plus(v.By(a.Op), v.WindowMax), v.ShortestRest())
		least.add(closed(a.From, soonest))
		if v.ActsWithin() == reading.Forever {
			note("server_max", closed(soonest, reading.Plus(a.Until, v.LongestRest())))
		}
	}
	out := loose{least: least.steps(), names: slices.Sorted(maps.Keys(by)), by: make(map[string]steps)}
	for name, s := range by {
		out.by[name] = s.steps()
	}
	return out
}

// needs names what would decide whether so many numbers can have been held in [from, to]; none when nothing would.
func (l loose) needs(from, to time.Duration, size int) (names []string) {
	if l.least.peak(from, to) >= size {
		return nil
	}
	for _, name := range l.names {
		if l.by[name].peak(from, to) > 0 {
			names = append(names, name)
		}
	}
	return names
}
