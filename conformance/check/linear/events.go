package linear

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/history"
)

// The release rules.
const (
	onArrival = "arrival"
	onAnswer  = "answer"
	onHangup  = "hangup"
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
}

// names tells that the attributes which the call was given can be those of l.
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

// line is one number.
type line struct {
	number string
	events []*event // by time
	given  map[string]bool
	loose  bool // ok means little: see Judge
}

// reader makes events of operations.
type reader struct {
	check.Facts
	echoes map[string]*echo         // by call
	ends   map[string]time.Duration // the last stamp of each generator
	sent   map[string]bool          // nonces
	lines  map[string]*line
	doubts []*event
	lost   []*event
	astray int // calls that do not say where they arrived
}

// gather returns the numbers of which something can be said, and how many calls do not say where they arrived.
func gather(f check.Facts, ops []history.Op) (out []*line, astray int) {
	r := &reader{Facts: f, echoes: make(map[string]*echo), ends: make(map[string]time.Duration), sent: make(map[string]bool), lines: make(map[string]*line)}
	for i := range ops {
		r.learn(&ops[i])
	}
	for i := range ops {
		if o := &ops[i]; o.Kind == history.Call {
			r.call(o)
		}
	}
	r.placeDoubts()
	for _, l := range r.lines {
		if len(l.given) == 0 && !slices.ContainsFunc(l.events, func(e *event) bool { return e.kind == put }) {
			continue
		}
		l.events = append(l.events, r.lost...)
		slices.SortStableFunc(l.events, func(a, b *event) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *line) int { return strings.Compare(a.number, b.number) })
	return out, r.astray
}

func (r *reader) learn(o *history.Op) {
	r.ends[o.Generator] = max(r.ends[o.Generator], o.End, o.Bye)
	e := &event{op: o, number: o.Number, nonce: o.Nonce, from: max(o.Start, o.Sent) - r.Eps, to: o.End + r.Eps}
	switch o.Kind {
	case history.Restart:
		if o.Outcome != history.OK {
			e.kind, e.from, e.number = lose, o.Start-r.Eps, "what waits"
			r.lost = append(r.lost, e)
		}
	case history.Reserve:
		r.sent[o.Nonce] = true
		switch {
		case o.Outcome == history.OK && o.Number != "":
			r.at(o.Number).events = append(r.at(o.Number).events, e)
		case o.Outcome == history.OK, o.Outcome == history.Indefinite, o.Outcome == history.Rejected && (o.Status >= 500 || o.Status == 408):
			e.doubt = true
			if o.Outcome != history.OK {
				e.to = add(e.to, r.serverMax())
			}
			r.doubts = append(r.doubts, e)
		}
	case history.Handoff:
		if o.Outcome == history.OK {
			if said := readEcho(o.Data); said != nil && (r.echoes[o.GotID] == nil || !r.echoes[o.GotID].bound && said.bound) {
				r.echoes[o.GotID] = said
			}
		}
	}
}

func (r *reader) at(number string) *line {
	l, ok := r.lines[number]
	if !ok {
		l = &line{number: number, given: make(map[string]bool)}
		r.lines[number] = l
	}
	return l
}

// call puts a call to its number. One that arrived at another number, as its agent says, may have done either.
func (r *reader) call(o *history.Op) {
	if !check.MayArrive(o) {
		return
	}
	e := r.times(o)
	said := r.echoes[o.CallID]
	if said == nil || said.dnis == "" {
		r.astray++
	}
	if o.CallID == "" || said == nil {
		r.at(o.Number).events = append(r.at(o.Number).events, e)
		return
	}
	e.nonce = said.nonce
	elsewhere := said.dnis != "" && !check.SameNumber(said.dnis, o.Number)
	switch {
	case elsewhere && !said.bound: // it took nothing
		return
	case elsewhere:
		if l, ok := r.lines[said.dnis]; ok {
			other := *e
			other.number = said.dnis
			l.events = append(l.events, &other)
			l.given[e.nonce] = true
		}
	case said.bound:
		e.kind = takes
		e.foreign = !r.Exclusive && !r.sent[e.nonce]
	default:
		e.kind = misses
	}
	l := r.at(o.Number)
	l.events = append(l.events, e)
	if said.bound {
		l.given[e.nonce] = true
	}
}

// times says when a call came and, if it took the number, when it can have let go of it.
func (r *reader) times(o *history.Op) *event {
	e := &event{op: o, number: o.Number, kind: either, to: o.End + r.Eps}
	if o.Outcome == history.Indefinite || o.Outcome == history.Refused && (o.Status == 0 || o.Status == 408) {
		e.to = add(e.to, r.serverMax()) // its caller gave up; its INVITE may still be on its way
	}
	e.from = min(o.Start+r.ArrivalMin-r.Eps, e.to)
	e.freesFrom, e.freesBy = e.from, check.Forever
	if r.Release != onHangup {
		return e
	}
	if o.Outcome == history.OK {
		over := r.ends[o.Generator] + 1 // it was up when the history ended
		if o.Ended {
			over = o.Bye
		}
		e.freesFrom = max(e.from, over-r.Eps-r.Signal)
	}
	if o.Ended {
		e.freesBy = max(e.to, o.Bye+r.Eps+r.Signal)
	}
	return e
}

// placeDoubts puts a reservation of which nobody knows the number to where a call was given its nonce. Elsewhere it
// explains nothing: it can only have taken a number that was free.
func (r *reader) placeDoubts() {
	for _, d := range r.doubts {
		var at []*line
		for _, l := range r.lines {
			if l.given[d.nonce] || l.given[""] || d.nonce == "" && len(l.given) > 0 {
				at = append(at, l)
			}
		}
		for _, l := range at {
			e := *d
			e.number = l.number
			l.events = append(l.events, &e)
			l.loose = l.loose || len(at) > 1 || d.nonce == ""
		}
	}
}

func (r *reader) serverMax() time.Duration { return cmp.Or(r.ServerMax, 30*time.Second) }

// echo is what the agent wrote about one call.
type echo struct {
	nonce, dnis string
	bound       bool // it was given attributes
}

// readEcho is nil when no agent has spoken, or not yet.
func readEcho(data json.RawMessage) *echo {
	var keys struct {
		Nonce      json.RawMessage `json:"echo_nonce"`
		DNIS       json.RawMessage `json:"echo_dnis"`
		Attributes json.RawMessage `json:"echo_attributes"`
	}
	if !bytes.Contains(data, []byte(`"echo_`)) || json.Unmarshal(data, &keys) != nil || keys.Nonce == nil {
		return nil
	}
	e := &echo{nonce: plain(keys.Nonce), dnis: plain(keys.DNIS)}
	e.bound = e.nonce != "" || len(keys.Attributes) > 0 && string(keys.Attributes) != "null"
	if e.nonce == "" && e.dnis == "" {
		return nil
	}
	return e
}

// plain is a JSON string's text or a number's digits; else "".
func plain(raw json.RawMessage) string {
	var s string
	var n json.Number
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}
