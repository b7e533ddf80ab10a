package check

import (
	"cmp"
	"fmt"
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
	reads    []read        // by start
	restarts []*history.Op // after which nothing may be as before
	breaks   []*history.Op // all restarts
	calls    []*call       // by arrival
	leases   []*lease      // of all successful reservations, the drain's included, by start
	doubts   []*attempt    // reservations that may hold a number that nobody knows, by start

	last time.Duration             // the last stamp of all
	ends map[string]*time.Duration // and of each generator

	lines    map[string]*line
	byID     map[string]*call
	byNonce  map[string]*attempt // the reservations that may have left this nonce with the platform
	crowded  map[string]bool     // nonces that so many reservations have that they name none
	shared   map[key]*sharers
	echoing  bool // an agent has said what it saw
	idsAgree bool // the id of a state is the one by which our calls are known
}

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

func newView(f Facts, ops []*history.Op) *view {
	v := &view{
		Facts: f, ends: make(map[string]*time.Duration), lines: make(map[string]*line), crowded: make(map[string]bool),
	}
	v.sort(ops, v.survey(ops))
	v.place()
	v.listen()
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
	return v
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

// place orders everything by time, and puts it to its number.
func (v *view) place() {
	slices.SortStableFunc(v.leases, func(a, b *lease) int { return cmp.Compare(a.from, b.from) })
	slices.SortStableFunc(v.doubts, func(a, b *attempt) int { return cmp.Compare(a.from, b.from) })
	slices.SortStableFunc(v.calls, func(a, b *call) int { return cmp.Compare(a.soonest, b.soonest) })
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
	for i, c := range v.calls {
		c.n, c.meant = i, v.meant(c)
	}
	for _, a := range v.doubts {
		a.by = add(a.op.End, v.Eps)
		if a.op.Outcome != history.OK {
			a.by = add(a.by, v.serverMax())
		}
		a.until = add(a.by, v.windowMax())
	}
}

// meant is the reservation for which a call was placed: the last one of its nonce on the number dialled.
func (v *view) meant(c *call) (best *lease) {
	if c.op.Nonce == "" {
		return nil
	}
	for a := v.byNonce[c.op.Nonce]; a != nil; a = a.next {
		if l := a.lease; l != nil && l.op.Number == c.op.Number && l.from <= c.latest && (best == nil || l.from > best.from) {
			best = l
		}
	}
	return best
}

// line is the number's, made when there is none.
func (v *view) line(number string) *line {
	l, ok := v.lines[number]
	if !ok {
		l = &line{number: number}
		v.lines[number] = l
	}
	return l
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

// astray counts the calls of which it is not known at which number they arrived.
func (v *view) astray() (n int) {
	if !v.Reroutes {
		return 0
	}
	for _, c := range v.calls {
		if c.reached && (c.echo == nil || c.echo.DNIS == "") {
			n++
		}
	}
	return n
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

// question is what r asked for.
func (r *read) question() string {
	if r.AskedSharedID != "" {
		return fmt.Sprintf("shared_id %q", r.AskedSharedID)
	}
	return fmt.Sprintf("id %q", r.AskedID)
}
