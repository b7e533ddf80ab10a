package linear

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

type kind uint8

const (
	put    kind = iota // a reservation
	takes              // a call that was given attributes
	misses             // a call that was given none
	either             // a call that may have come, and may have been given what waited
	lose               // a restart that may have lost everything
)

// event is what happened to one number, at some time in [from, to].
type event struct {
	op       *history.Op
	number   string
	kind     kind
	nonce    string
	from, to time.Duration
	doubt    bool // a reservation that may not have been made, or not of this number
	foreign  bool // a call that was given what none of our clients sent, where others reserve as well
	// A number that the call took is let go in [freesFrom, freesBy].
	freesFrom, freesBy time.Duration
	// Of the events of one chain, counted from 1, each comes when so many others have come; see chain.
	chain, nth int
}

// names reports whether the attributes which the call was given can be those of l.
func (e *event) names(l *event) bool { return e.nonce == "" || l.nonce == "" || e.nonce == l.nonce }

// String is the event for a reader of the picture.
func (e *event) String() string {
	what := map[kind]string{
		put: "reserve %s with nonce %s", takes: "call to %s was given nonce %s", misses: "call to %s was given nothing",
		either: "call to %s, nobody knows what it was given", lose: "restart; %s may be lost",
	}[e.kind]
	if e.doubt {
		what += ", outcome unknown"
	}
	args := []any{e.number}
	if e.kind == put || e.kind == takes {
		args = append(args, text(e.nonce))
	}
	return fmt.Sprintf("#%d %s: ", e.op.ID, cmp.Or(e.op.Client, "a client")) + fmt.Sprintf(what, args...) + fmt.Sprintf(" [%s to %s]", when(e.from), when(e.to))
}

// number is what happened to one number.
type number struct {
	text   string
	events []*event // by time
	given  map[string]bool
	loose  bool // a legal order means little: see Search
}

// gathering makes events of what was read.
type gathering struct {
	*reading.Reading
	numbers map[string]*number
}

// gather returns the numbers of which something can be said, by number.
func gather(r *reading.Reading) (out []*number) {
	g := &gathering{Reading: r, numbers: make(map[string]*number)}
	for _, l := range r.Leases {
		n := g.at(l.Op.Number)
		n.events = append(n.events, &event{op: l.Op, number: l.Op.Number, nonce: l.Op.Nonce, from: l.From, to: l.Replied})
	}
	for _, c := range r.Calls {
		if c.Reached {
			g.call(c)
		}
	}
	g.placeDoubts()
	var lost []*event
	for _, o := range r.Losses {
		lost = append(lost, &event{op: o, number: "what waits", kind: lose, from: r.From(o), to: r.By(o)})
	}
	for _, n := range g.numbers {
		if len(n.given) == 0 && !slices.ContainsFunc(n.events, func(e *event) bool { return e.kind == put }) {
			continue
		}
		n.events = append(n.events, lost...)
		slices.SortStableFunc(n.events, func(a, b *event) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
		chain(n.events)
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *number) int { return strings.Compare(a.text, b.text) })
	return out
}

func (g *gathering) at(text string) *number {
	n, ok := g.numbers[text]
	if !ok {
		n = &number{text: text, given: make(map[string]bool)}
		g.numbers[text] = n
	}
	return n
}

// call puts a call to its number. One that arrived at another number, as its agent says, may have done either.
func (g *gathering) call(c *reading.Call) {
	e := g.times(c)
	said := c.Echo
	if said == nil {
		g.at(c.Op.Number).events = append(g.at(c.Op.Number).events, e)
		return
	}
	e.nonce = said.Nonce
	elsewhere := said.DNIS != "" && !reading.SameNumber(said.DNIS, c.Op.Number)
	switch {
	case elsewhere && !said.Bound: // it took nothing
		return
	case elsewhere:
		if n, ok := g.numbers[said.At]; ok {
			other := *e
			other.number = said.At
			n.events = append(n.events, &other)
			n.given[e.nonce] = true
		}
	case said.Bound:
		e.kind = takes
		e.foreign = !g.Unshared() && g.ByNonce[e.nonce] == nil
	default:
		e.kind = misses
	}
	n := g.at(c.Op.Number)
	n.events = append(n.events, e)
	if said.Bound {
		n.given[e.nonce] = true
	}
}

// times says when a call came and, if it took the number, when it can have let go of it.
func (g *gathering) times(c *reading.Call) *event {
	e := &event{op: c.Op, number: c.Op.Number, kind: either, from: c.Soonest, to: c.Latest, freesFrom: c.Soonest, freesBy: reading.Forever}
	if g.Release != reading.OnHangup {
		return e
	}
	e.freesFrom = c.FreesFrom
	if c.Ended() {
		e.freesBy = c.FreesBy
	}
	return e
}

// placeDoubts puts a reservation of which nobody knows the number to where a call was given its nonce. Elsewhere it
// explains nothing: it can only have taken a number that was free.
func (g *gathering) placeDoubts() {
	for _, d := range g.Doubts {
		var at []*number
		for _, n := range g.numbers {
			if n.given[d.Op.Nonce] || n.given[""] || d.Op.Nonce == "" && len(n.given) > 0 {
				at = append(at, n)
			}
		}
		for _, n := range at {
			n.events = append(n.events, &event{op: d.Op, number: n.text, nonce: d.Op.Nonce, from: d.From, to: d.MadeBy, doubt: true})
			n.loose = n.loose || len(at) > 1 || d.Op.Nonce == ""
		}
	}
}
