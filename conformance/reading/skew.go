package reading

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Skew is how far the clocks of two generators must be apart for the history to be possible.
type Skew struct {
	By   time.Duration
	a, b string // the generators
	Why  string
}

// ProvenSkew is the largest Skew that the history proves. Nothing can be known before it was made: a state names its call, a
// nonce its reservation, and a client dials a number after it was given it. Where cause and effect were stamped by two
// generators, the wrong order of their stamps is the Skew. Besides, the platform's own time of arrival ties the clocks
// of all generators to one.
func (v *Reading) ProvenSkew() (most Skew) {
	if len(v.ends) < 2 {
		return Skew{}
	}
	note := func(cause, effect *history.Op, at, seen time.Duration, why string) {
		if by := at - seen; cause.Generator != effect.Generator && by > most.By {
			most = Skew{by, cause.Generator, effect.Generator, fmt.Sprintf("%s (%s, %s)", why, cause, effect)}
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
	if s := v.byArrival(); s.By > most.By {
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

// byArrival compares the generators' clocks by the platform's. Each call bounds how far its generator's clock is from
// the platform's: it arrived between dialling and answer. Where the bounds of one generator alone contradict each
// other, the platform has no steady clock, and nothing follows.
func (v *Reading) byArrival() (most Skew) {
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
		for _, b := range names[i+1:] {
			by := time.Duration(max(off[a].from-off[b].to, off[b].from-off[a].to))
			if by > most.By {
				most = Skew{by, a, b, "echo_arrived_at, the platform's own clock"}
			}
		}
	}
	return most
}

// ClocksUnknown reports whether several generators recorded the history and nobody says how far their clocks are apart.
func (v *Reading) ClocksUnknown() bool { return len(v.ends) > 1 && v.Facts.Eps == nil }

// Warnings are what a reader of the verdicts must know about the clocks.
func (v *Reading) Warnings(s Skew) (out []string) {
	if n := len(v.ends); v.ClocksUnknown() {
		out = append(out, fmt.Sprintf("%d generators recorded this history and eps is not known, so nothing that was found by comparing the times of two of them is certain", n))
	} else if n > 1 && v.Eps == 0 {
		out = append(out, fmt.Sprintf("%d generators recorded this history and eps is 0: their clocks are taken for one and the same", n))
	}
	if s.By > v.Eps {
		out = append(out, fmt.Sprintf("the clocks of generators %q and %q are at least %s apart and eps is %s, so nothing that was found by comparing times is certain: %s",
			s.a, s.b, s.By.Round(time.Microsecond), v.Eps, s.Why))
	}
	return out
}
