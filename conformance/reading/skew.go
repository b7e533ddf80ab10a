package reading

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Skew is how far the clocks of two generators must be apart for the history to be possible.
type Skew struct {
	By   time.Duration
	a, b string // the generators
	Why  string
	// Untied are the generators whose clocks nothing in the history ties to the others: each may be apart from them by any time.
	Untied []string
}

// ProvenSkew is the largest Skew that the history proves. Nothing can be known before it was made: a state names its call, a
// nonce its reservation, and a client dials a number after it was given it. Where cause and effect were stamped by two
// generators, the wrong order of their stamps is the Skew. Besides, the platform's own time of arrival ties the clocks
// of all generators to one.
func (v *Reading) ProvenSkew() (most Skew) {
	if len(v.ends) < 2 {
		return Skew{}
	}
	ties := make(ties)
	defer func() { most.Untied = ties.untied(busiest(v.ends)) }()
	note := func(cause, effect *history.Op, at, seen time.Duration, why string) {
		ties.tie(cause.Generator, effect.Generator)
		if by := at - seen; cause.Generator != effect.Generator && by > most.By {
			most = Skew{By: by, a: cause.Generator, b: effect.Generator, Why: fmt.Sprintf("%s (%s, %s)", why, cause, effect)}
		}
	}
	for i := range v.Reads {
		if r := &v.Reads[i]; r.Call != nil {
			note(r.Call.Op, r.Op, r.Call.Op.Start, r.Op.End, "a handoff state was read before its call was placed")
		}
	}
	for _, c := range v.Calls {
		if e := c.Echo; e != nil && e.Nonce != "" {
			if a := v.firstOf(v.ByNonce[e.Nonce], "", func(o *history.Op) time.Duration { return o.Start }); a != nil {
				note(a, c.Op, a.Start, e.Heard.End, "attributes were read before they were sent")
				if c.Answered() {
					note(a, c.Op, a.Start, c.Op.End, "attributes arrived with a call before they were sent")
				}
			}
		}
		if c.Op.Nonce != "" {
			if a := v.firstOf(v.ByNonce[c.Op.Nonce], c.Op.Number, func(o *history.Op) time.Duration { return o.End }); a != nil {
				note(a, c.Op, a.End, c.Op.Start, "a number was dialled before it was given")
			}
		}
	}
	if s := v.byArrival(ties); s.By > most.By {
		most = s
	}
	return most
}

// firstOf is the attempt whose stamp is the smallest, among those on number when that is given.
func (v *Reading) firstOf(a *Attempt, number string, stamp func(*history.Op) time.Duration) (first *history.Op) {
	for ; a != nil; a = a.Next {
		if number != "" && (a.Lease == nil || a.Op.Number != number) {
			continue
		}
		if first == nil || stamp(a.Op) < stamp(first) {
			first = a.Op
		}
	}
	return first
}

// ties are the generators that something ties together: each leads to one of its own, in the end to the same for all of them.
type ties map[string]string

func (t ties) root(name string) string {
	for {
		next, ok := t[name]
		if !ok || next == name {
			return name
		}
		name = next
	}
}

func (t ties) tie(a, b string) {
	if a != b {
		if a, b = t.root(a), t.root(b); a != b {
			t[a] = b
		}
	}
}

// untied are those that are not tied to the first.
func (t ties) untied(names []string) (out []string) {
	for _, n := range names[1:] {
		if t.root(n) != t.root(names[0]) {
			out = append(out, n)
		}
	}
	return out
}

// byArrival compares the generators' clocks by the platform's. Each call bounds how far its generator's clock is from
// the platform's: it arrived between dialling and answer. Where the bounds of one generator alone contradict each
// other, the platform has no steady clock, and nothing follows.
func (v *Reading) byArrival(ties ties) (most Skew) {
	type bounds struct{ from, to int64 }
	off := make(map[string]bounds)
	for _, c := range v.Calls {
		if c.Echo == nil || !c.Answered() {
			continue
		}
		at, ok := c.Echo.arrivedAt()
		if !ok {
			continue
		}
		exact := time.Millisecond // to which the platform writes it, or better
		if !strings.Contains(c.Echo.ArrivedAt, ".") {
			exact = time.Second
		}
		b, seen := off[c.Op.Generator]
		from, to := at.UnixNano()-int64(c.Op.End), at.UnixNano()+int64(exact)-int64(c.Op.Start)
		if seen {
			from, to = max(from, b.from), min(to, b.to)
		}
		off[c.Op.Generator] = bounds{from, to}
	}
	names := slices.Sorted(maps.Keys(off))
	for _, n := range names {
		if off[n].from > off[n].to {
			return Skew{}
		}
	}
	for i, a := range names {
		ties.tie(names[0], a)
		for _, b := range names[i+1:] {
			by := time.Duration(max(off[a].from-off[b].to, off[b].from-off[a].to))
			if by > most.By {
				most = Skew{By: by, a: a, b: b, Why: "echo_arrived_at, the platform's own clock"}
			}
		}
	}
	return most
}

// ClocksUnknown reports whether several generators recorded the history and nobody says how far their clocks are apart.
func (h *History) ClocksUnknown() bool { return h.generators() > 1 && h.Whole.Facts.Eps == nil }

// generators counts those that recorded the history.
func (h *History) generators() int { return len(h.Whole.ends) - len(h.marked) }

// Skewed reports whether the stamps of different clocks cannot be compared.
func (h *History) Skewed() bool {
	return h.Skew.By > h.Whole.Eps || h.ClocksUnknown() || len(h.Steps) > 0
}

// Warnings are what a reader of the verdicts must know about the clocks.
func (h *History) Warnings() (out []string) {
	s, n := h.Skew, h.generators()
	switch {
	case h.ClocksUnknown():
		out = append(out, fmt.Sprintf("%d generators recorded this history and eps is not known, so nothing that was found by comparing the times of two of them is certain", n))
	case n == 1 && h.Whole.Eps > 0:
		out = append(out, fmt.Sprintf("eps is %s and no operation names its generator, so any two times may be by two clocks; name the generators, or leave eps out", h.Whole.Eps))
	case n > 1 && h.Whole.Eps == 0:
		out = append(out, fmt.Sprintf("%d generators recorded this history and eps is 0: their clocks are taken for one and the same", n))
	}
	if s.By > h.Whole.Eps {
		out = append(out, fmt.Sprintf("the clocks of generators %q and %q are at least %s apart and eps is %s, so nothing that was found by comparing their times is certain: %s",
			s.a, s.b, s.By.Round(time.Microsecond), h.Whole.Eps, s.Why))
	}
	if s.Untied = slices.DeleteFunc(slices.Clone(s.Untied), func(name string) bool { return h.marked[name] }); len(s.Untied) > 0 {
		out = append(out, fmt.Sprintf("no state, nonce or time of arrival ties what %s recorded to what others did, so it cannot be seen how far the clocks are apart", listed(s.Untied)))
	}
	for _, nonce := range slices.Sorted(maps.Keys(h.Whole.crowded)) {
		out = append(out, fmt.Sprintf("nonce %q is that of more than %d reservations, so it names none of them, and nothing is concluded from what calls were given it", nonce, Crowd))
	}
	for _, step := range h.Steps {
		out = append(out, fmt.Sprintf("%s was set back by %s or more before #%d: it says that %s was over before %s, so nothing that was found by comparing times from before and after is certain",
			step.clock(), step.By.Round(time.Millisecond), step.since, step.After, step.Before))
	}
	return out
}

func (s Step) clock() string {
	if s.Generator == "" {
		return "the recorder's clock"
	}
	return fmt.Sprintf("the clock of generator %q", s.Generator)
}

// mark is what follows a generator's name after the step.
func (s Step) mark() string { return fmt.Sprintf(" since #%d", s.since) }

// listed are some names for a reader.
func listed(names []string) string {
	const most = 5
	out := make([]string, min(len(names), most))
	for i := range out {
		out[i] = strconv.Quote(names[i])
	}
	if len(names) > most {
		out = append(out, fmt.Sprintf("%d others", len(names)-most))
	}
	return strings.Join(out, ", ")
}
