package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// view is a history made ready for judging: what belongs together is found once. It points into the history and does
// not copy it: a million operations are some hundred megabytes. All times in it are widened by what the clocks of the
// generators may be apart.
type view struct {
	Facts
	reserves []*history.Op // without the drain, which only counts
	drain    []*history.Op
	reads    []read                   // by start
	restarts []*history.Op            // after which nothing may be as before
	breaks   []*history.Op            // all restarts
	calls    []*call                  // by arrival
	leases   []*lease                 // of all successful reservations, the drain's included, by start
	doubts   []*attempt               // reservations that may hold a number that nobody knows, by start
	last     time.Duration            // the last stamp of all
	ends     map[string]time.Duration // and of each generator

	lines    map[string]*line
	byID     map[string]*call
	byNonce  map[string]*attempt // the reservations that may have left this nonce with the platform
	crowded  map[string]bool     // nonces that so many reservations have that they name none
	shared   map[key]*sharers
	echoing  bool // an agent has said what it saw
	idsAgree bool // the id of a state is the one by which our calls are known
}

// key is a shared_id within its project.
type key struct{ project, sharedID string }

// sharers are the calls that have one shared_id.
type sharers struct {
	n           int     // its place among all
	held        int     // reservations that may have been made with it
	stored      []*call // calls that a reply has shown under it, the first few
	last, found *read   // the last answer, and the last that was a state
}

// crowd is how many may have one nonce or shared_id before it stops being a name.
const crowd = 64

// attempt is a reservation that may have been made.
type attempt struct {
	op    *history.Op
	lease *lease // nil: nobody knows which number, if any
	from  time.Duration
	by    time.Duration // it was made by then, or not at all
	until time.Duration // it cannot have waited for a call any longer
	next  *attempt      // with the same nonce
	count int           // how many have it, from here on
}

// read is a question for a handoff state.
type read struct {
	*history.Op
	from, to time.Duration
	asked    *call    // the one that it asks for by id
	about    *sharers // those that it asks for by shared_id; nil when it does not
	call     *call    // the one whose state came back, if it is one of ours
	echo     *echo
}

func newView(f Facts, ops []*history.Op) *view {
	v := &view{
		Facts: f, lines: make(map[string]*line), shared: make(map[key]*sharers), crowded: make(map[string]bool),
	}
	v.sort(ops)
	v.place()
	v.listen()
	v.derive()
	return v
}

// sort puts the operations to their kind.
func (v *view) sort(ops []*history.Op) {
	var n [3]int
	v.ends = make(map[string]time.Duration)
	for _, o := range ops {
		switch o.Kind {
		case history.Reserve:
			n[0]++
		case history.Call:
			n[1]++
		case history.Handoff:
			n[2]++
		}
		if o.Kind == history.Restart {
			v.breaks = append(v.breaks, o)
			if o.Outcome != history.OK {
				v.restarts = append(v.restarts, o)
			}
		}
		at := max(o.End, o.Bye)
		if g := o.Generator; i == 0 || g != generator {
			v.ends[generator] = max(v.ends[generator], end)
			generator, end = g, v.ends[g]
		}
		end = max(end, at)
		v.last = max(v.last, at)
	}
	v.reserves, v.reads, v.calls, v.leases = make([]*history.Op, 0, n[0]), make([]read, 0, n[2]), make([]*call, 0, n[1]), make([]*lease, 0, n[0])
	v.byNonce, v.byID = make(map[string]*attempt, n[0]), make(map[string]*call, n[1])
	attempts, calls, leases := make([]attempt, 0, n[0]), make([]call, n[1]), make([]lease, n[0])
	for _, o := range ops {
		switch o.Kind {
		case history.Reserve:
			if o.Drain {
				v.drain = append(v.drain, o)
			} else {
				v.reserves = append(v.reserves, o)
			}
			if !mayHold(o) {
				continue
			}
			attempts = append(attempts, attempt{op: o, from: v.from(o)})
			a := &attempts[len(attempts)-1]
			if o.Outcome == history.OK && o.Number != "" {
				a.lease = &leases[len(attempts)-1]
				*a.lease = lease{op: o, from: a.from, ret: o.End + v.Eps}
				v.leases = append(v.leases, a.lease)
			} else {
				v.doubts = append(v.doubts, a)
			}
			if o.SharedID != "" {
				v.sharers(o.Project, o.SharedID).held++
			}
			a.count = 1
			if o.Nonce != "" {
				if a.next = v.byNonce[o.Nonce]; a.next != nil {
					a.count += a.next.count
				}
				v.byNonce[o.Nonce] = a
			}
		case history.Call:
			c := &calls[len(v.calls)]
			*c = v.call(o, v.ends[o.Generator])
			v.calls = append(v.calls, c)
			if o.CallID != "" {
				v.byID[o.CallID] = c
			}
		case history.Handoff:
			v.reads = append(v.reads, read{Op: o, from: o.Start - v.Eps, to: o.End + v.Eps})
		}
	}
}

// mayHold tells that a reservation may have taken a number: that it succeeded, that nobody knows, or that the platform
// failed, which it may have done after the commit.
func mayHold(o *history.Op) bool {
	switch o.Outcome {
	case history.OK, history.Indefinite:
		return true
	case history.Rejected:
		return o.Status >= 500 || o.Status == 408
	}
	return false
}

// from is the soonest moment at which the platform can have acted on o.
func (v *view) from(o *history.Op) time.Duration { return max(o.Start, o.Sent) - v.Eps }

// place sorts by time and puts everything to its number.
func (v *view) place() {
	slices.SortStableFunc(v.leases, func(a, b *lease) int { return cmp.Compare(a.from, b.from) })
	slices.SortStableFunc(v.doubts, func(a, b *attempt) int { return cmp.Compare(a.from, b.from) })
	slices.SortStableFunc(v.calls, func(a, b *call) int { return cmp.Compare(a.soonest, b.soonest) })
	for i, c := range v.calls {
		c.n = i
	}
	slices.SortStableFunc(v.reads, func(a, b read) int { return cmp.Compare(a.from, b.from) })
	for _, l := range v.leases {
		l.line = v.line(l.op.Number)
		l.line.leases = append(l.line.leases, l)
	}
	for nonce, a := range v.byNonce {
		if a.count > crowd {
			v.crowded[nonce] = true
			delete(v.byNonce, nonce)
		}
	}
	for _, c := range v.calls {
		c.meant = v.meant(c)
	}
	for _, a := range v.doubts {
		a.by = add(a.op.End, v.Eps)
		if a.op.Outcome != history.OK {
			a.by = add(a.by, v.serverMax())
		}
		a.until = add(a.by, v.windowMax())
	}
}

func (v *view) sharers(project, sharedID string) *sharers {
	k := key{project, sharedID}
	s, ok := v.shared[k]
	if !ok {
		s = &sharers{n: len(v.shared)}
		v.shared[k] = s
	}
	return s
}

func (v *view) line(number string) *line {
	l, ok := v.lines[number]
	if !ok {
		l = &line{number: number}
		v.lines[number] = l
	}
	return l
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

// derive works out what each reservation's life can have been.
func (v *view) derive() {
	for _, l := range v.leases {
		v.settle(l.line, l)
	}
	for _, a := range v.byNonce {
		for ; a != nil; a = a.next {
			if a.lease != nil {
				a.by, a.until = a.lease.ret, a.lease.until
			}
		}
	}
}

// lostAt is the first moment from from until to at which the platform may have lost everything; Forever when there is none.
func (v *view) lostAt(from, to time.Duration) time.Duration {
	for _, r := range v.restarts {
		if r.Start-v.Eps <= to && r.End+v.Eps >= from {
			return max(r.Start-v.Eps, from)
		}
	}
	return Forever
}

func add(a, b time.Duration) time.Duration {
	if b > 0 && a > Forever-b {
		return Forever
	}
	return a + b
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

// meant is the reservation for which a call was placed: the last one of its nonce on the number dialled.
func (v *view) meant(c *call) *lease {
	if c.op.Nonce == "" {
		return nil
	}
	var best *lease
	for a := v.byNonce[c.op.Nonce]; a != nil; a = a.next {
		if l := a.lease; l != nil && l.op.Number == c.op.Number && l.from <= c.latest && (best == nil || l.from > best.from) {
			best = l
		}
	}
	return best
}
