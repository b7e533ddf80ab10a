package reading

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Reading is a history made ready for judging: what belongs together is found once. It points into the history and does
// not copy it: a million operations are some hundred megabytes. All times in it are by one generator's clock,
// and those of the others are widened by what their clocks may be apart from it.
type Reading struct {
	Facts
	Eps      time.Duration // how far two clocks may be apart: 0 where it is one and the same, or where nobody says
	Clock    string        // the generator by whose clock all times are: those that it did not stamp are widened by Eps
	Reserves []*history.Op // without the drain, which only counts
	Drain    []*history.Op
	Reads    []Question    // by start
	Losses   []*history.Op // restarts that may have lost every reservation, by start
	lost     reach         // of these
	Restarts []*history.Op // all of them
	Calls    []*Call       // by arrival
	Leases   []*Lease      // of all successful reservations, the drain's included, by start
	Doubts   []*Attempt    // reservations that may hold a number that nobody knows, by start

	Last    time.Duration      // the last stamp of all
	ends    map[string]*ending // and of each generator
	numbers spelling

	Lines    map[string]*Line
	links    links
	ByNonce  map[string]*Attempt // the reservations that may have left this nonce with the platform
	crowded  map[string]bool     // nonces that so many reservations have that they name none
	groups   map[groupKey]*Group
	Echoing  bool // an agent has said what it saw
	IDsAgree bool // the id of a state is the one by which our calls are known
	Nameless bool // a reservation may have been made of which it is not known what its attributes name it
	Unnamed  bool // a reservation may have been made of which it is not known which shared_id it was sent with
	Lacking  bool // operations are missing, as the ids show

	showsNone func() bool // what ShowsNoHandoff says
}

// Attempt is a reservation that may have been made.
type Attempt struct {
	Op     *history.Op
	Lease  *Lease // nil: nobody knows which number, if any
	From   time.Duration
	MadeBy time.Duration // it was made by then, or not at all
	Until  time.Duration // it cannot have waited for a call any longer
	Next   *Attempt      // with the same nonce
	given  *Call         // of the first with a nonce: the first call that was given it
	last   *Call         // the last one
	Count  int           // how many have it, from here on
	Sharer *Attempt      // with the same shared_id
}

// Question is a question for a handoff state.
type Question struct {
	*history.Op
	From, To  time.Duration
	AskedCall *Call  // the one that it asks for by id
	Group     *Group // those that it asks for by shared_id; nil when it does not
	Call      *Call  // the one whose state came back, if it is one of ours
	ByID      bool   // its id says so
	Echo      *Echo
}

// groupKey is a shared_id within its project.
type groupKey struct{ project, sharedID string }

// Group is the calls that have one shared_id, and the reservations that may have been made with it.
type Group struct {
	Index       int       // its place among all
	Held        int       // reservations that may have been made with it
	Attempts    *Attempt  // these
	Calls       []*Call   // where there are several reservations, the calls that were placed for them
	Stored      []*Call   // calls that a reply has shown under it, the first few
	Last, Found *Question // the last answer, and the last that was a state
}

// Crowd is how many may have one nonce or shared_id before it stops being a name.
const Crowd = 64

// New reads the operations of one pool.
func New(f Facts, ops []*history.Op) *Reading {
	numbers := newSpelling(numbersOfPools(map[string]Facts{"": f}, ops))
	numbers.complete(ops)
	return read(numbers.facts(f), ops, numbers, clock{})
}

// read reads operations that are complete, by the clock of one generator.
func read(f Facts, ops []*history.Op, numbers spelling, by clock) *Reading {
	v := &Reading{
		Facts: f, numbers: numbers, ends: make(map[string]*ending), Lines: make(map[string]*Line), crowded: make(map[string]bool),
	}
	v.showsNone = sync.OnceValue(v.findNoHandoff)
	counts := v.survey(ops)
	switch {
	case len(v.ends) > 1:
		v.Clock, v.Eps = by.of(v.ends), known(f.Eps, 0)
		if by.unbounded {
			v.Eps = boundless
		}
	case v.ends[""] != nil: // whoever says that there are clocks, and not whose, may have mixed them
		v.Clock, v.Eps = nobodys, known(f.Eps, 0)
	}
	for _, all := range [][]*history.Op{v.Losses, v.Restarts} {
		slices.SortStableFunc(all, func(a, b *history.Op) int { return cmp.Compare(v.From(a), v.From(b)) })
	}
	v.lost = newReach(len(v.Losses), func(i int) time.Duration { return v.By(v.Losses[i]) })
	v.sort(ops, counts)
	v.place()
	v.listen()
	for _, l := range v.Leases {
		v.settle(l.line, l)
	}
	for _, n := range v.Lines {
		n.arrange()
	}
	for _, a := range v.ByNonce {
		for ; a != nil; a = a.Next {
			if a.Lease != nil {
				a.MadeBy, a.Until = a.Lease.Replied, a.Lease.Until
			}
		}
	}
	return v
}

// mayHold reports whether a reservation may have taken a number: that it succeeded, that nobody knows, or that the platform
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

// From is the soonest moment at which the platform can have acted on o.
func (v *Reading) From(o *history.Op) time.Duration { return max(o.Start, o.Sent) - v.Apart(o) }

// By is the latest moment at which o's reply came, or its call arrived.
func (v *Reading) By(o *history.Op) time.Duration { return o.End + v.Apart(o) }

// place orders everything by time, and puts it to its number.
func (v *Reading) place() {
	slices.SortStableFunc(v.Leases, func(a, b *Lease) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(v.Doubts, func(a, b *Attempt) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(v.Calls, func(a, b *Call) int { return cmp.Compare(a.Soonest, b.Soonest) })
	slices.SortStableFunc(v.Reads, func(a, b Question) int { return cmp.Compare(a.From, b.From) })
	for _, l := range v.Leases {
		l.line = v.line(l.Op.Number)
		l.line.Leases = append(l.line.Leases, l)
	}
	for nonce, a := range v.ByNonce {
		if a.Count > Crowd {
			v.crowded[nonce] = true
			delete(v.ByNonce, nonce)
		}
	}
	for i, c := range v.Calls {
		c.Index, c.Meant = i, v.meant(c)
		if g := v.Group(c.Op.Project, c.SharedID()); g != nil && g.Held > 1 && len(g.Calls) <= Crowd {
			g.Calls = append(g.Calls, c)
		}
	}
	for _, a := range v.Doubts {
		a.MadeBy = v.By(a.Op)
		if a.Op.Outcome != history.OK {
			a.MadeBy = Plus(a.MadeBy, v.ActsWithin())
		}
		a.Until = Plus(a.MadeBy, v.windowMax())
	}
}

// meant is the reservation for which a call was placed: the last one of its nonce on the number dialled.
func (v *Reading) meant(c *Call) (best *Lease) {
	if c.Op.Nonce == "" || v.crowded[c.Op.Nonce] {
		return v.meantByNumber(c)
	}
	for a := v.ByNonce[c.Op.Nonce]; a != nil; a = a.Next {
		if l := a.Lease; l != nil && l.Op.Number == c.Op.Number && l.From <= c.Latest && (best == nil || l.From > best.From) {
			best = l
		}
	}
	return best
}

// meantByNumber is the reservation that the caller was given last on the number, where no nonce names it.
func (v *Reading) meantByNumber(c *Call) *Lease {
	n := v.Lines[c.Op.Number]
	if n == nil || c.Op.Nonce == "" && c.Op.Client == "" {
		return nil
	}
	for i := n.index(c.Latest) - 1; i >= 0; i-- {
		l := n.Leases[i]
		switch {
		case c.Op.Nonce != "" && l.Op.Nonce == c.Op.Nonce, c.Op.Nonce == "" && l.Op.Client == c.Op.Client && l.Op.Generator == c.Op.Generator:
			return l
		case l.Replied < c.Soonest, n.index(c.Latest)-i > looked: // whoever has the number now, the caller has it no more
			return nil
		}
	}
	return nil
}

// line is the number's, made when there is none.
func (v *Reading) line(number string) *Line {
	l, ok := v.Lines[number]
	if !ok {
		l = &Line{Number: number}
		v.Lines[number] = l
	}
	return l
}

// Written is the number of a reservation in the form in which it was given.
func (v *Reading) Written(o *history.Op) string {
	return cmp.Or(v.numbers.written[operation{o.Generator, o.ID}], o.Number)
}

// Group returns the calls and questions of one shared_id of a project; nil when there are none.
func (v *Reading) Group(project, sharedID string) *Group {
	return v.groups[groupKey{project, sharedID}]
}

// SharedBy counts the reservations of a project that may have been made with a shared_id.
func (v *Reading) SharedBy(project, sharedID string) int {
	if g := v.Group(project, sharedID); g != nil {
		return g.Held
	}
	return 0
}

// NamesOne reports whether a shared_id that one reservation of the history was sent with, or none, was certainly sent with
// no other one.
func (v *Reading) NamesOne() bool { return v.Unshared() && !v.Unnamed }

// Recorded reports whether every reservation that was sent with a nonce of the history is in it: a client that hears no
// answer asks again with the same attributes.
func (v *Reading) Recorded() bool { return !v.Lacking && !v.UsedBefore }

// SharedIDs counts the different shared_ids of all projects: each Group has an Index below it.
func (v *Reading) SharedIDs() int { return len(v.groups) }

// groupOf is Group, made when there is none.
func (v *Reading) groupOf(project, sharedID string) *Group {
	k := groupKey{project, sharedID}
	s, ok := v.groups[k]
	if !ok {
		s = &Group{Index: len(v.groups)}
		v.groups[k] = s
	}
	return s
}

// Astray counts the calls of which it is not known at which number they arrived.
func (v *Reading) Astray() (n int) {
	if !v.Reroutes {
		return 0
	}
	for _, c := range v.Calls {
		if c.Reached && (c.Echo == nil || c.Echo.DNIS == "") {
			n++
		}
	}
	return n
}

// LostAt is the first moment from from until to at which the platform may have lost everything; Forever when there is none.
func (v *Reading) LostAt(from, to time.Duration) time.Duration {
	if i := v.lost.next(0, from); i < len(v.Losses) && v.From(v.Losses[i]) <= to {
		return max(v.From(v.Losses[i]), from)
	}
	return Forever
}

// Plus is the sum of two times, Forever when it is beyond that; b may be Forever.
func Plus(a, b time.Duration) time.Duration {
	if b > 0 && a > Forever-b {
		return Forever
	}
	return a + b
}

// Asked is what r asked for.
func (r *Question) Asked() string {
	if r.AskedSharedID != "" {
		return fmt.Sprintf("shared_id %q", r.AskedSharedID)
	}
	return fmt.Sprintf("id %q", r.AskedID)
}
