package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// skew is how far the clocks of two generators must be apart for the history to be possible.
type skew struct {
	by   time.Duration
	a, b string // the generators
	why  string
}

// apart is the largest skew that the history proves. Nothing can be known before it was made: a state names its call, a
// nonce its reservation, and a client dials a number after it was given it. Where cause and effect were stamped by two
// generators, the wrong order of their stamps is the skew. Besides, the platform's own time of arrival ties the clocks
// of all generators to one.
func (v *view) apart() (most skew) {
	if len(v.ends) < 2 {
		return skew{}
	}
	note := func(cause, effect *history.Op, at, seen time.Duration, why string) {
		if by := at - seen; cause.Generator != effect.Generator && by > most.by {
			most = skew{by, cause.Generator, effect.Generator, fmt.Sprintf("%s (%s, %s)", why, cause, effect)}
		}
	}
	for i := range v.reads {
		if r := &v.reads[i]; r.call != nil {
			note(r.call.op, r.Op, r.call.op.Start, r.Op.End, "a handoff state was read before its call was placed")
		}
	}
	for _, c := range v.calls {
		if e := c.echo; e != nil && e.Nonce != "" {
			if a := v.firstOf(v.byNonce[e.Nonce], "", func(o *history.Op) time.Duration { return o.Start }); a != nil {
				note(a, c.op, a.Start, e.read.End, "attributes were read before they were sent")
				if c.answered() {
					note(a, c.op, a.Start, c.op.End, "attributes arrived with a call before they were sent")
				}
			}
		}
		if c.op.Nonce != "" {
			if a := v.firstOf(v.byNonce[c.op.Nonce], c.op.Number, func(o *history.Op) time.Duration { return o.End }); a != nil {
				note(a, c.op, a.End, c.op.Start, "a number was dialled before it was given")
			}
		}
	}
	if s := v.byArrival(); s.by > most.by {
		most = s
	}
	return most
}

// firstOf is the attempt whose stamp is the smallest, among those on number when that is given.
func (v *view) firstOf(a *attempt, number string, stamp func(*history.Op) time.Duration) (first *history.Op) {
	for ; a != nil; a = a.next {
		if number != "" && (a.lease == nil || a.op.Number != number) {
			continue
		}
		if first == nil || stamp(a.op) < stamp(first) {
			first = a.op
		}
	}
	return first
}

// byArrival compares the generators' clocks by the platform's. Each call bounds how far its generator's clock is from
// the platform's: it arrived between dialling and answer. Where the bounds of one generator alone contradict each
// other, the platform has no steady clock, and nothing follows.
func (v *view) byArrival() (most skew) {
	type bounds struct{ from, to int64 }
	off := make(map[string]bounds)
	for _, c := range v.calls {
		if c.echo == nil || !c.answered() {
			continue
		}
		at, ok := c.echo.arrivedAt()
		if !ok {
			continue
		}
		exact := time.Millisecond // to which the platform writes it, or better
		if !strings.Contains(c.echo.ArrivedAt, ".") {
			exact = time.Second
		}
		b, seen := off[c.op.Generator]
		from, to := at.UnixNano()-int64(c.op.End), at.UnixNano()+int64(exact)-int64(c.op.Start)
		if seen {
			from, to = max(from, b.from), min(to, b.to)
		}
		off[c.op.Generator] = bounds{from, to}
	}
	names := slices.Sorted(maps.Keys(off))
	for _, n := range names {
		if off[n].from > off[n].to {
			return skew{}
		}
	}
	for i, a := range names {
		for _, b := range names[i+1:] {
			by := time.Duration(max(off[a].from-off[b].to, off[b].from-off[a].to))
			if by > most.by {
				most = skew{by, a, b, "echo_arrived_at, the platform's own clock"}
			}
		}
	}
	return most
}

// warnings are what a reader of the verdicts must know about the clocks.
func (v *view) warnings(s skew) (out []string) {
	if n := len(v.ends); n > 1 && v.Eps == 0 {
		out = append(out, fmt.Sprintf("%d generators recorded this history and eps is 0: their clocks are taken for one and the same", n))
	}
	if s.by > v.Eps {
		out = append(out, fmt.Sprintf("the clocks of generators %q and %q are at least %s apart and eps is %s, so nothing that was found by comparing times is certain: %s",
			s.a, s.b, s.by.Round(time.Microsecond), v.Eps, s.why))
	}
	return out
}
