package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// exhaustionJustified is rule B. It counts, for each 404, the numbers that can have been held at some instant of the
// request. A request of unknown outcome may hold one more.
func exhaustionJustified() Check {
	return Check{Name: "exhaustion-justified", Invariant: "I12", PerProject: true, clocks: true,
		Says: "A reservation is refused only while no number is free.",
		judge: func(v *view) (out finding.Outcome) {
			var refusals []*history.Op
			for _, r := range v.reserves {
				if r.Outcome == history.Refused {
					refusals = append(refusals, r)
				}
			}
			if len(refusals) == 0 {
				return out
			}
			if out = v.countable(); out.NotJudged != "" {
				return out
			}
			steps, certain := v.possiblyHeld(), v.certainlyHeld()
			out.Cases = len(refusals)
			strays := 0
			for _, r := range refusals {
				n := peak(steps, v.from(r), r.End+v.Eps)
				if n >= v.size() {
					if peak(certain, v.from(r)+1, r.End+v.Eps) < v.size() {
						out.Undecided++
					}
					continue
				}
				out.Add(finding.Violation{
					Text:      fmt.Sprintf("refused at %s although at most %d of %d numbers can have been held", round(r.End), n, v.size()),
					Rule:      "rule B: counting every number that any reservation, call or lost reply can have held at any instant of the request",
					Cause:     "F12 the loser of a race gives up, F13 a reaper that has stopped, F10 numbers that are never offered, F16 a 404 that means something else",
					Certainty: v.unless(v.Release != arrival), Ops: copies(r),
				})
				strays = max(strays, v.size()-n)
			}
			return v.weigh(out, v.held(strays))
		}}
}

// held is how many strays it takes to hold that many numbers. A stray that takes a reservation holds its number as long
// as it likes, and every refusal in that time; where arrival releases, it holds none.
func (v *view) held(numbers int) int {
	if v.Release == arrival {
		return 0
	}
	return numbers
}

// countable says why the numbers in use cannot be counted.
func (v *view) countable() finding.Outcome {
	switch {
	case v.size() == 0 || v.WindowMax == 0 || v.Release == "":
		return finding.NotJudged("the size, the window or the release rule of the pool is not known")
	case !v.Exclusive:
		return finding.NotJudged("somebody else may be using the pool")
	}
	return finding.Outcome{}
}

// possiblyHeld counts the numbers that may be held at each time: those of all reservations for as long as these can
// have lived, and one for each reservation of unknown outcome. The moment at which a number is let go counts too: what
// is asked in that very moment may have been answered before.
func (v *view) possiblyHeld() []event {
	unknown := v.unknownHolders()
	var s sweep
	var spans []span
	for _, number := range slices.Sorted(maps.Keys(v.lines)) {
		spans = spans[:0]
		for _, l := range v.lines[number].leases {
			spans = append(spans, closed(l.from, l.latest))
		}
		if len(unknown) > 0 && v.Release != arrival {
			spans = v.keptByCalls(spans, v.lines[number], unknown)
		}
		s.addUnion(spans)
	}
	for _, a := range v.doubts {
		s.add(v.doubt(a))
	}
	return s.steps()
}

// keptByCalls adds the calls that can be bound to a reservation of unknown outcome, for its number can be this one:
// those that came while there was one, and, where a reservation serves several calls, those that came during these.
func (v *view) keptByCalls(spans []span, n *line, unknown []event) []span {
	kept := never
	for _, c := range n.calls {
		if peak(unknown, c.soonest, c.latest) == 0 && (v.once() || c.soonest > kept) {
			continue
		}
		kept = max(kept, c.freesBy)
		spans = append(spans, closed(c.soonest, add(c.freesBy, v.coolMax())))
	}
	return spans
}

// certainlyHeld counts the reservations that were certainly alive.
func (v *view) certainlyHeld() []event {
	var s sweep
	for _, l := range v.leases {
		s.add(span{l.ret, l.earliest})
	}
	return s.steps()
}

func (v *view) unknownHolders() []event {
	var s sweep
	for _, a := range v.doubts {
		s.add(v.doubt(a))
	}
	return s.steps()
}

// doubt is when a reservation of unknown outcome may hold a number that nobody calls.
func (v *view) doubt(a *attempt) span { return closed(a.from, add(a.until, v.coolMax())) }

// noLostNumber is rule D. It judges the drain, which is made after everything has come to rest: reservations until one
// is refused. What is not given then, and cannot be held by anything that was seen, does not come back. That everything
// is at rest is not assumed: a call that is still up, or a lost reply, may hold its number.
func noLostNumber() Check {
	return Check{Name: "no-lost-number", Invariant: "I10, I11", PerProject: true, clocks: true,
		Says: "When all calls are over and all windows have closed, every number can be reserved again.",
		judge: func(v *view) (out finding.Outcome) {
			switch {
			case v.size() == 0:
				return finding.NotJudged("the size of the pool is not known")
			case len(v.drain) == 0:
				return finding.NotJudged("the pool was not drained")
			}
			if out = v.countable(); out.NotJudged != "" {
				return out
			}
			end, given := (*history.Op)(nil), make(map[string]bool)
			for _, r := range v.drain {
				if r.Outcome == history.Refused {
					end = r
					break
				}
				if r.Outcome == history.OK && r.Number != "" {
					given[r.Number] = true
				}
			}
			out.Cases = v.size()
			switch {
			case end == nil && len(given) >= v.size():
				return out
			case end == nil:
				return finding.NotJudged("the drain ended before a reservation was refused")
			}
			n := peak(v.possiblyHeld(), v.from(end), end.End+v.Eps)
			lost := v.size() - n
			if lost <= 0 {
				out.Undecided = max(0, v.size()-len(given))
				return out
			}
			out.Add(finding.Violation{
				Text:      fmt.Sprintf("%d of %d numbers came back after all calls were over and all windows had closed: %d lost", n, v.size(), lost),
				Rule:      "rule D: reservations were made until one was refused, and nothing that was seen can hold the numbers that were not given",
				Cause:     "F24 no expiry, F13 a reaper that has stopped, F25 a lost hang-up, F28 a cancelled request that holds its number, F10 a number that is never offered",
				Certainty: v.unless(v.Release != arrival), Ops: copies(end),
			})
			return v.weigh(out, v.held(lost))
		}}
}
