package linear

import (
	"cmp"
	"fmt"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/dnispool/dnispool/conformance/reading"
)

// model is a number as a slot for one reservation. The search gives it the operations in an order, and it gives each
// the soonest time that this order allows. That loses nothing: what a pool must wait for, the window and the cool-down,
// only asks for later times. The expiry is no operation. It has happened, at some time in its window, when what comes
// next needs it to have; that nothing takes a reservation after the longest window is the one limit from above, and
// there the latest commit counts. So a model that errs finds an order where there is none, never the reverse.
type model struct {
	reading.Facts
	memory int                  // bounds what one search remembers, in bytes
	strays bool                 // somebody else may have called any number at any time
	stop   func(kept bool) bool // gives the search up, having been told whether a step leads somewhere; nil never does
}

type phase uint8

const (
	empty   phase = iota // not to be taken; can be reserved from free on
	waiting              // reserved since
	talking              // taken; may serve further calls until until
)

func (p phase) String() string { return [...]string{"empty", "waiting", "talking"}[p] }

// state is comparable: two ways that lead to the same state are one.
type state struct {
	phase phase
	lease *event
	at    time.Duration // the soonest time of the last operation
	since time.Duration // waiting: the soonest commit
	free  time.Duration // empty, talking: the number can be reserved again from then on
	until time.Duration // talking: no further call is served after it

	placed placed // what has come so far, of the chains
}

func (s state) String() string {
	switch s.phase {
	case waiting:
		return fmt.Sprintf("nonce %s waits since %s", text(s.lease.nonce), round(s.since))
	case talking:
		return fmt.Sprintf("nonce %s was taken, free from %s", text(s.lease.nonce), when(s.free))
	}
	return fmt.Sprintf("free from %s", when(s.free))
}

// next yields what the number can be after e.
func (m model) next(s state, e *event) []state {
	p := max(s.at, e.from)
	if p > e.to {
		return nil
	}
	switch e.kind {
	case put:
		return m.put(s, e, p)
	case misses:
		return m.miss(s, e, p)
	case takes:
		return m.take(s, e, p)
	case either:
		return append(m.take(s, e, p), s)
	}
	return []state{s, {at: p, free: p}} // a restart that may have lost everything
}

// inTurn is next for what may come now, as chain has it.
func (m model) inTurn(s state, e *event) []state {
	if e.chain > 0 && s.placed.of(e.chain) != e.nth {
		return nil
	}
	out, so := m.next(s, e), s.placed
	if e.chain > 0 && len(out) > 0 {
		so = so.with(e.chain, e.nth+1)
	}
	for i := range out {
		out[i].placed = so
	}
	return out
}

// freed is when a number in this state can be reserved again, at the soonest.
func (m model) freed(s state) time.Duration {
	if s.phase == waiting {
		return reading.Plus(m.expires(s), m.ShortestRest())
	}
	return s.free
}

func (m model) expires(s state) time.Duration {
	if m.strays {
		return s.since
	}
	return reading.Plus(s.since, m.WindowMin)
}

func (m model) put(s state, e *event, p time.Duration) (out []state) {
	if e.doubt {
		out = append(out, s)
	}
	if p = max(p, m.freed(s)); p <= e.to {
		out = append(out, state{phase: waiting, lease: e, at: p, since: p})
	}
	return out
}

// miss is a call that was given nothing: nothing waited for it.
func (m model) miss(s state, e *event, p time.Duration) []state {
	if s.phase != waiting {
		s.at = p
		return []state{s}
	}
	if p = max(p, m.expires(s)); p > e.to {
		return nil
	}
	return []state{{at: p, free: m.freed(s)}}
}

// take is a call that was given attributes.
func (m model) take(s state, e *event, p time.Duration) (out []state) {
	if s.phase != empty && e.names(s.lease) {
		switch {
		case s.phase == waiting && p <= reading.Plus(s.lease.to, m.longest()):
			out = append(out, m.taken(s.lease, e, p))
		case s.phase == talking && p <= s.until:
			t := m.taken(s.lease, e, p)
			t.free, t.until = min(s.free, t.free), max(s.until, t.until)
			out = append(out, t)
		}
	}
	if e.foreign { // somebody else's reservation, made when the number was free
		if p = max(p, m.freed(s)); p <= e.to {
			out = append(out, m.taken(e, e, p))
		}
	}
	return out
}

func (m model) taken(l, e *event, p time.Duration) state {
	free := reading.Plus(max(p, e.freesFrom), m.ShortestRest())
	if m.Bindings == "once" {
		return state{at: p, free: free}
	}
	return state{phase: talking, lease: l, at: p, free: free, until: e.freesBy}
}

func (m model) longest() time.Duration { return cmp.Or(m.WindowMax, reading.Forever) }

// porcupine is the model as the search wants it: as a set of states, of which any may be the true one.
func (m model) porcupine() porcupine.Model {
	n := porcupine.NondeterministicModel{
		Init: func() []any { return []any{state{at: -reading.Forever, free: -reading.Forever}} },
		Step: func(s, input, _ any) []any {
			all := m.inTurn(s.(state), input.(*event))
			if m.stop != nil && m.stop(len(all) > 0) {
				return nil
			}
			out := make([]any, len(all))
			for i, t := range all {
				out[i] = t
			}
			return out
		},
		Hash: func(s any) uint64 { return s.(state).hash() },
		DescribeOperation: func(input, _ any) string {
			return input.(*event).String()
		},
		DescribeState:             func(s any) string { return s.(state).String() },
		DescribeOperationMetadata: func(any) string { return "" },
	}
	return n.ToModel()
}

func (s state) hash() uint64 {
	h := uint64(s.phase) + 1
	for _, d := range []time.Duration{s.at, s.since, s.free, s.until} {
		h = (h ^ uint64(d)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

func operations(events []*event) []porcupine.Operation {
	out := make([]porcupine.Operation, len(events))
	var rows []time.Duration // until when each row of the picture is taken
	for i, e := range events {
		row := 0
		for row < len(rows) && rows[row] >= e.from {
			row++
		}
		if row == len(rows) {
			rows = append(rows, 0)
		}
		rows[row] = e.to
		out[i] = porcupine.Operation{ClientId: row, Input: e, Call: int64(e.from), Return: int64(e.to)}
	}
	return out
}

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

func when(d time.Duration) string {
	switch d {
	case reading.Forever:
		return "the end"
	case -reading.Forever:
		return "the beginning"
	}
	return round(d).String()
}

func text(nonce string) string { return cmp.Or(nonce, "(none)") }
