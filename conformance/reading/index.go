package reading

import (
	"sync"

	"github.com/dnispool/dnispool/conformance/history"
)

// counts is how many operations there are of each kind, and how many reservations with a shared_id.
type counts struct{ reserves, calls, reads, shared int }

// survey counts the operations, finds the last stamps, and notes the restarts, by which the others are judged.
func (v *Reading) survey(ops []*history.Op) (n counts) {
	var last *ending
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
			v.Restarts = append(v.Restarts, o)
			if o.Outcome != history.OK {
				v.Losses = append(v.Losses, o)
			}
		}
		if last == nil || o.Generator != generator {
			generator = o.Generator
			if last = v.ends[generator]; last == nil {
				last = new(ending)
				v.ends[generator] = last
			}
		}
		last.operations++
		last.at = max(last.at, o.End, o.Bye)
		v.Last = max(v.Last, last.at)
	}
	return n
}

// sort puts the operations to their kind. What it makes of them lies side by side in memory.
func (v *Reading) sort(ops []*history.Op, n counts) {
	var both sync.WaitGroup
	both.Go(func() { v.sortReservations(ops, n) })
	v.sortCalls(ops, n)
	both.Wait()
}

func (v *Reading) sortReservations(ops []*history.Op, n counts) {
	v.Reserves, v.Leases = make([]*history.Op, 0, n.reserves), make([]*Lease, 0, n.reserves)
	v.ByNonce, v.groups = make(map[string]*Attempt, n.reserves), make(map[groupKey]*Group, n.shared)
	attempts, leases := make([]Attempt, n.reserves), make([]Lease, n.reserves)
	for _, o := range ops {
		if o.Kind != history.Reserve {
			continue
		}
		if o.Drain {
			v.Drain = append(v.Drain, o)
		} else {
			v.Reserves = append(v.Reserves, o)
		}
		if mayHold(o) {
			v.attempted(o, &attempts[0], &leases[0])
			attempts, leases = attempts[1:], leases[1:]
		}
	}
}

// sortCalls sorts the calls, and the questions about them.
func (v *Reading) sortCalls(ops []*history.Op, n counts) {
	v.Calls, v.Reads, v.links.byID = make([]*Call, 0, n.calls), make([]Question, 0, n.reads), make(map[string]*Call, n.calls)
	calls := make([]Call, n.calls)
	for _, o := range ops {
		switch o.Kind {
		case history.Call:
			c := &calls[len(v.Calls)]
			*c = v.call(o)
			v.Calls = append(v.Calls, c)
			if o.CallID != "" {
				v.links.byID[o.CallID] = c
			}
		case history.Handoff:
			v.Reads = append(v.Reads, Question{Op: o, From: o.Start - v.Apart(o), To: o.End + v.Apart(o)})
		}
	}
}

// attempted notes a reservation that may have been made.
func (v *Reading) attempted(o *history.Op, a *Attempt, l *Lease) {
	*a = Attempt{Op: o, From: v.From(o), Count: 1}
	if o.Outcome == history.OK && o.Number != "" {
		*l = Lease{Op: o, From: a.From, Replied: o.End + v.Apart(o)}
		a.Lease = l
		v.Leases = append(v.Leases, l)
	} else {
		v.Doubts = append(v.Doubts, a)
	}
	if o.SharedID != "" {
		g := v.groupOf(o.Project, o.SharedID)
		a.Sharer = g.Attempts
		g.Attempts = a
		g.Held++
	}
	v.Unnamed = v.Unnamed || o.SharedID == "" && len(o.Attributes) == 0 && !o.Drain
	if o.Nonce == "" {
		v.Nameless = v.Nameless || nameless(o)
		return
	}
	if a.Next = v.ByNonce[o.Nonce]; a.Next != nil {
		a.Count += a.Next.Count
	}
	v.ByNonce[o.Nonce] = a
}

// nameless reports whether it is not known what the attributes of a reservation were, nor what named them.
func nameless(o *history.Op) bool { return o.Nonce == "" && len(o.Attributes) == 0 && !o.Drain }

// listen reads what the agent wrote about the calls, and puts each call to the number at which it arrived.
func (v *Reading) listen() {
	for i := range v.Reads {
		r := &v.Reads[i]
		switch {
		case r.AskedSharedID != "":
			r.Group = v.groupOf(r.Project, r.AskedSharedID)
		case r.AskedID != "":
			r.AskedCall = v.links.byID[r.AskedID]
		}
		if r.Group != nil && (r.Outcome == history.OK || r.Outcome == history.Refused) {
			r.Group.Last = r
		}
		if r.Outcome == history.OK {
			v.hear(r)
		}
	}
	v.joinByNumber()
	for _, c := range v.Calls {
		if c.Echo != nil && c.Echo.Nonce != "" {
			if a := v.ByNonce[c.Echo.Nonce]; a != nil {
				a.give(c)
			}
		}
	}
	for _, c := range v.Calls {
		if !c.Reached {
			continue
		}
		v.line(c.Op.Number).place(c)
		v.placeMixed(c)
		// A carrier that changes the number brings the call to another one.
		if c.Echo != nil && c.Echo.DNIS != "" && !SameNumber(c.Echo.DNIS, c.Op.Number) {
			if l, ok := v.Lines[c.Echo.At]; ok {
				l.place(c)
			}
		}
	}
}

// give notes that c is the next call that was given the nonce of a, which is the first with it.
func (a *Attempt) give(c *Call) {
	if a.last == nil {
		a.given = c
	} else {
		a.last.given, c.Nth = c, a.last.Nth+1
	}
	a.last = c
}

// placeMixed puts a call that was given the attributes of a reservation of another number to that number as well: a platform
// that mixes up two callers may have looked up the one for the other.
func (v *Reading) placeMixed(c *Call) {
	if c.Echo == nil || c.Echo.Nonce == "" {
		return
	}
	first := v.ByNonce[c.Echo.Nonce]
	for a := first; a != nil; a = a.Next {
		if a.Lease == nil || a.Op.Number == c.Op.Number || a.Op.Number == c.Echo.At || a.From > c.Latest {
			return
		}
	}
	for a := first; a != nil; a = a.Next {
		c.Mixed = true
		if l := a.Lease.line; len(l.Calls) == 0 || l.Calls[len(l.Calls)-1] != c {
			l.place(c)
		}
	}
}

// hear takes in a state that was found.
func (v *Reading) hear(r *Question) {
	if r.Group != nil {
		r.Group.Found = r
	}
	c, byID := v.linked(r)
	if r.Echo = c.heard(r.Op); r.Echo != nil {
		v.Echoing = true
		r.Echo.At = v.numbers.of(r.Echo.DNIS)
		if v.crowded[r.Echo.Nonce] {
			r.Echo.Nonce, r.Echo.Common = "", true
		}
	}
	if c != nil {
		v.IDsAgree = v.IDsAgree || byID
		v.take(r, c, byID)
	}
}
