package check

import (
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// counts is how many operations there are of each kind, and how many reservations with a shared_id.
type counts struct{ reserves, calls, reads, shared int }

// survey counts the operations, finds the last stamps, and notes the restarts, by which the others are judged.
func (v *view) survey(ops []*history.Op) (n counts) {
	var last *time.Duration
	generator := ""
	for _, o := range ops {
		switch o.Kind {
		case history.Reserve:
			n.reserves++
			if o.SharedID != "" {
				n.shared++
			}
		case history.Call:
			n.calls++
		case history.Handoff:
			n.reads++
		case history.Restart:
			v.breaks = append(v.breaks, o)
			if o.Outcome != history.OK {
				v.restarts = append(v.restarts, o)
			}
		}
		if last == nil || o.Generator != generator {
			generator = o.Generator
			if last = v.ends[generator]; last == nil {
				last = new(time.Duration)
				v.ends[generator] = last
			}
		}
		*last = max(*last, o.End, o.Bye)
		v.last = max(v.last, *last)
	}
	return n
}

// sort puts the operations to their kind. What it makes of them lies side by side in memory.
func (v *view) sort(ops []*history.Op, n counts) {
	v.reserves, v.reads, v.calls, v.leases = make([]*history.Op, 0, n.reserves), make([]read, 0, n.reads), make([]*call, 0, n.calls), make([]*lease, 0, n.reserves)
	v.byNonce, v.byID = make(map[string]*attempt, n.reserves), make(map[string]*call, n.calls)
	v.shared = make(map[key]*sharers, n.shared)
	attempts, calls, leases := make([]attempt, n.reserves), make([]call, n.calls), make([]lease, n.reserves)
	for _, o := range ops {
		switch o.Kind {
		case history.Reserve:
			if o.Drain {
				v.drain = append(v.drain, o)
			} else {
				v.reserves = append(v.reserves, o)
			}
			if mayHold(o) {
				v.attempted(o, &attempts[0], &leases[0])
				attempts, leases = attempts[1:], leases[1:]
			}
		case history.Call:
			c := &calls[len(v.calls)]
			*c = v.call(o, *v.ends[o.Generator])
			v.calls = append(v.calls, c)
			if o.CallID != "" {
				v.byID[o.CallID] = c
			}
		case history.Handoff:
			v.reads = append(v.reads, read{Op: o, from: o.Start - v.Eps, to: o.End + v.Eps})
		}
	}
}

// attempted notes a reservation that may have been made.
func (v *view) attempted(o *history.Op, a *attempt, l *lease) {
	*a = attempt{op: o, from: v.from(o), count: 1}
	if o.Outcome == history.OK && o.Number != "" {
		*l = lease{op: o, from: a.from, ret: o.End + v.Eps}
		a.lease = l
		v.leases = append(v.leases, l)
	} else {
		v.doubts = append(v.doubts, a)
	}
	if o.SharedID != "" {
		v.sharers(o.Project, o.SharedID).held++
	}
	if o.Nonce == "" {
		return
	}
	if a.next = v.byNonce[o.Nonce]; a.next != nil {
		a.count += a.next.count
	}
	v.byNonce[o.Nonce] = a
}

// listen reads what the agent wrote about the calls, and puts each call to the number at which it arrived.
func (v *view) listen() {
	for i := range v.reads {
		r := &v.reads[i]
		switch {
		case r.AskedSharedID != "":
			r.about = v.sharers(r.Project, r.AskedSharedID)
		case r.AskedID != "":
			r.asked = v.byID[r.AskedID]
		}
		if r.about != nil && (r.Outcome == history.OK || r.Outcome == history.Refused) {
			r.about.last = r
		}
		if r.Outcome == history.OK {
			v.hear(r)
		}
	}
	for _, c := range v.calls {
		if !c.reached {
			continue
		}
		v.line(c.op.Number).place(c)
		// A carrier that changes the number brings the call to another one.
		if c.echo != nil && c.echo.DNIS != "" && c.echo.DNIS != c.op.Number {
			if l, ok := v.lines[c.echo.DNIS]; ok {
				l.place(c)
			}
		}
	}
}

// hear takes in a state that was found.
func (v *view) hear(r *read) {
	if r.about != nil {
		r.about.found = r
	}
	if r.call = r.asked; r.call == nil || r.call.op.CallID != r.GotID {
		r.call = v.byID[r.GotID]
	}
	if r.echo = r.call.heard(r.Op); r.echo != nil {
		v.echoing = true
		if v.crowded[r.echo.Nonce] {
			r.echo.Nonce = ""
		}
	}
	c := r.call
	if c == nil {
		return
	}
	v.idsAgree = true
	c.hear(r.echo)
	if r.GotSharedID == "" {
		return
	}
	s := r.about
	if s == nil || r.AskedSharedID != r.GotSharedID {
		s = v.sharers(r.Project, r.GotSharedID)
	}
	if len(s.stored) <= crowd && !slices.Contains(s.stored, c) {
		s.stored = append(s.stored, c)
	}
}
