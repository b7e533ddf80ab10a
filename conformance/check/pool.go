package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

var dialable = regexp.MustCompile(`^\+[1-9][0-9]{4,14}$`)

func dialableNumbers() Check {
	return Check{Name: "dialable-numbers", PerProject: true, Invariant: "I2, I13", Says: "A successful reservation carries a number of the pool that can be dialled.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			for _, r := range filter(ops, history.Reserve, succeeded) {
				switch {
				case !dialable.MatchString(r.Number):
					out.add(fmt.Sprintf("dni: want a number like +442079460000, got %q", r.Number), r)
				case len(f.Numbers) > 0 && !slices.Contains(f.Numbers, r.Number):
					out.add(fmt.Sprintf("dni: %s is not one of the pool's %d numbers", r.Number, len(f.Numbers)), r)
				}
			}
			return out
		}}
}

// noDoubleLease is certain only when neither order of two reservations of one number is possible: for the second to
// be legal the first must have been able to end, and to rest, before the second's reply came.
func noDoubleLease() Check {
	return Check{Name: "no-double-lease", PerProject: true, Invariant: "I1, I3", Says: "A number has at most one live reservation, and rests for the cool-down between two.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			if f.WindowMin == 0 || f.Release == "" {
				return notJudged("the window or the release rule of the pool is not known")
			}
			byNumber := make(map[string][]lease)
			for _, l := range leases(f, ops) {
				byNumber[l.op.Number] = append(byNumber[l.op.Number], l)
			}
			for _, number := range sortedKeys(byNumber) {
				ls := byNumber[number]
				for i, a := range ls {
					for _, b := range ls[i+1:] {
						if b.op.Start >= add(a.earliest, f.CoolDown) {
							break // sorted by start: no later one overlaps
						}
						if !canPrecede(f, a, b) && !canPrecede(f, b, a) {
							out.add(fmt.Sprintf("%s was given twice: the first reservation could not end before %s, and the second was answered at %s",
								number, round(a.earliest), round(b.op.End)), a.op, b.op)
						}
					}
				}
			}
			return out
		}}
}

func canPrecede(f Facts, a, b lease) bool { return b.op.End >= add(a.earliest, f.CoolDown) }

// event is a change of a sweep line's count.
type event struct {
	at    time.Duration
	delta int
}

// sweep counts how many numbers are held at each moment.
type sweep struct{ events []event }

// addUnion counts a number once wherever its intervals overlap.
func (s *sweep) addUnion(spans [][2]time.Duration) {
	slices.SortFunc(spans, func(a, b [2]time.Duration) int { return cmp.Compare(a[0], b[0]) })
	var open *[2]time.Duration
	for _, sp := range spans {
		if sp[1] <= sp[0] {
			continue
		}
		if open != nil && sp[0] <= open[1] {
			open[1] = max(open[1], sp[1])
			continue
		}
		if open != nil {
			s.addSpan(*open)
		}
		open = &[2]time.Duration{sp[0], sp[1]}
	}
	if open != nil {
		s.addSpan(*open)
	}
}

func (s *sweep) addSpan(sp [2]time.Duration) {
	s.events = append(s.events, event{sp[0], 1}, event{sp[1], -1})
}

// steps returns the count after each change, in order of time; ends come before starts at one instant.
func (s *sweep) steps() []event {
	slices.SortFunc(s.events, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.delta, b.delta)) })
	var out []event
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

// peak returns the largest count within [from, to] of steps.
func peak(steps []event, from, to time.Duration) int {
	i, found := slices.BinarySearchFunc(steps, from, func(e event, t time.Duration) int { return cmp.Compare(e.at, t) })
	best := 0
	if !found && i > 0 {
		best = steps[i-1].delta
	}
	if found && i > 0 { // the moment just before counts too: the request may have been decided then
		best = max(steps[i-1].delta, steps[i].delta)
	}
	for ; i < len(steps) && steps[i].at <= to; i++ {
		best = max(best, steps[i].delta)
	}
	return best
}

func capacityRespected() Check {
	return Check{Name: "capacity-respected", PerProject: true, Invariant: "I15", Says: "Never more live reservations than the pool has numbers.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			if f.Size == 0 || f.WindowMin == 0 || f.Release == "" {
				return notJudged("the size, the window or the release rule of the pool is not known")
			}
			var s sweep
			for _, l := range leases(f, ops) {
				if l.earliest > l.op.End {
					s.addSpan([2]time.Duration{l.op.End, l.earliest})
				}
			}
			for _, e := range s.steps() {
				if e.delta > f.Size {
					out.add(fmt.Sprintf("%d reservations were live at %s, the pool has %d numbers", e.delta, round(e.at), f.Size))
					break
				}
			}
			return out
		}}
}

// exhaustionJustified counts, for each 404, the numbers that can have been held at some instant of the request. A POST
// of unknown outcome may hold one more.
func exhaustionJustified() Check {
	return Check{Name: "exhaustion-justified", PerProject: true, Invariant: "I12", Says: "A reservation is refused only while no number is free.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			refusals := filter(ops, history.Reserve, func(o history.Op) bool { return o.Outcome == history.Refused && !o.Drain })
			switch {
			case len(refusals) == 0:
				return out
			case f.Size == 0 || f.WindowMax == 0 || f.Release == "":
				return notJudged("the size, the window or the release rule of the pool is not known")
			case !f.Exclusive:
				return notJudged("somebody else may be using the pool")
			}
			steps := possiblyHeld(f, ops).steps()
			for _, r := range refusals {
				if n := peak(steps, r.Start, r.End); n < f.Size {
					out.add(fmt.Sprintf("refused at %s although at most %d of %d numbers can have been held", round(r.End), n, f.Size), r)
				}
			}
			return out
		}}
}

func possiblyHeld(f Facts, ops []history.Op) *sweep {
	var s sweep
	spans := make(map[string][][2]time.Duration)
	for _, l := range leases(f, ops) {
		spans[l.op.Number] = append(spans[l.op.Number], [2]time.Duration{l.op.Start, l.latest})
	}
	for _, number := range sortedKeys(spans) {
		s.addUnion(spans[number])
	}
	for _, r := range filter(ops, history.Reserve, func(o history.Op) bool { return o.Outcome == history.Indefinite }) {
		s.addSpan([2]time.Duration{r.Start, add(add(r.End, f.WindowMax), f.CoolDown)})
	}
	return &s
}

// noLostNumber judges the drain that the player makes after everything has come to rest.
func noLostNumber() Check {
	return Check{Name: "no-lost-number", PerProject: true, Invariant: "I11", Says: "When all calls are over and all windows have closed, every number can be reserved again.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			drain := filter(ops, history.Reserve, func(o history.Op) bool { return o.Drain })
			switch {
			case f.Size == 0:
				return notJudged("the size of the pool is not known")
			case len(drain) == 0:
				return notJudged("the pool was not drained")
			}
			distinct, indefinite := make(map[string]bool), 0
			for _, r := range drain {
				switch r.Outcome {
				case history.OK:
					distinct[r.Number] = true
				case history.Indefinite:
					indefinite++
				}
			}
			if n := len(distinct) + indefinite; n < f.Size {
				out.add(fmt.Sprintf("%d of %d numbers came back after all calls were over and all windows had closed: %d lost", n, f.Size, f.Size-n))
			}
			return out
		}}
}

func (o *Outcome) add(text string, ops ...history.Op) {
	o.Violations = append(o.Violations, Violation{Text: text, Ops: ops})
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
