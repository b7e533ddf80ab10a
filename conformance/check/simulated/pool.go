package simulated

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// slot is a number of the pool.
type slot struct {
	name string
	// A slot is free from free on. A lease on it waits until expires, or is bound.
	free     time.Duration
	nonce    string
	shared   string
	attrs    json.RawMessage
	waiting  bool
	expires  time.Duration
	up       int // calls that hold it
	released bool
	lease    int
}

// settle lets what is due happen.
func (s *sim) settle() {
	for _, n := range s.numbers {
		if n.waiting && n.expires <= s.now {
			n.waiting, n.free = false, n.expires+s.CoolDown
			n.released = true
		}
	}
}

func (n *slot) isFree(now time.Duration) bool { return !n.waiting && n.up == 0 && n.free <= now }

// commit is the platform's part of a reservation.
func (s *sim) commit(o *history.Op, nonce, shared string, attributes json.RawMessage) {
	s.settle()
	n := s.choose()
	switch {
	case n != nil && s.chance(s.Spurious):
		s.injured++
		n = nil
	case s.chance(s.Double):
		if i := slices.IndexFunc(s.numbers, func(n *slot) bool { return n.waiting }); i >= 0 {
			s.injured++
			n = s.numbers[i]
		}
	}
	if n == nil {
		o.Outcome, o.Status = history.Refused, 404
		return
	}
	o.Outcome, o.Status, o.Number = history.OK, 200, n.name
	n.lease++
	n.waiting, n.up, n.released, n.nonce, n.shared, n.attrs = true, 0, false, nonce, shared, attributes
	n.expires = s.now + s.WindowMin + time.Duration(s.Float64()*float64(s.WindowMax-s.WindowMin))
}

func (s *sim) choose() *slot {
	var free []*slot
	for _, n := range s.numbers {
		if n.isFree(s.now) {
			free = append(free, n)
		}
	}
	if len(free) == 0 {
		return nil
	}
	switch s.Selection {
	case "lru":
		return slices.MinFunc(free, func(a, b *slot) int { return int(a.free - b.free) })
	case "round-robin":
		for i := range s.Size {
			if n := s.numbers[(s.turn+i)%s.Size]; n.isFree(s.now) {
				s.turn = (s.turn + i + 1) % s.Size
				return n
			}
		}
	}
	return free[s.IntN(len(free))]
}

// arrive is the platform's part of a call.
func (s *sim) arrive(o *history.Op) {
	s.settle()
	n := s.numbers[slices.IndexFunc(s.numbers, func(n *slot) bool { return n.name == o.Number })]
	bound := n.waiting || s.Bindings == "many" && n.up > 0 && !n.released
	e := fmt.Sprintf(`{"echo_nonce":null,"echo_attributes":null,"echo_dnis":%q}`, o.Number)
	lease, sharedID := n.lease, ""
	if bound {
		n.waiting = false
		n.up++
		e = fmt.Sprintf(`{"echo_nonce":%q,"echo_dnis":%q,"echo_attributes":%s}`, n.nonce, o.Number, cmpOr(n.attrs, "null"))
		sharedID = n.shared
	}
	release := func() {
		if bound && n.lease == lease && n.up > 0 {
			if n.up--; n.up == 0 {
				n.released, n.free = true, s.now+s.CoolDown
			}
		}
	}
	ring, talk := s.lognormal(30*time.Millisecond, .5), time.Duration(s.ExpFloat64()*float64(s.Talk))
	if s.Release == "arrival" {
		release()
	}
	if s.chance(s.Cancel) {
		s.at(s.now+ring, func() {
			if s.Release != "arrival" {
				release()
			}
			o.End, o.Outcome, o.Status, o.EndedBy = s.now, history.Refused, 487, "caller"
		})
		return
	}
	by := "platform"
	if s.chance(s.CallerHangsUp) {
		by = "caller"
	}
	s.at(s.now+ring, func() {
		o.End, o.Outcome, o.Status = s.now, history.OK, 200
		if s.Release == "answer" {
			release()
		}
	})
	s.at(s.now+ring+talk, func() {
		if s.Release == "hangup" {
			release()
		}
		o.Ended, o.Bye, o.EndedBy = true, s.now, by
		left := &record{o.CallID, sharedID, e, s.now + time.Duration(s.Float64()*float64(299*time.Millisecond))}
		for _, key := range []string{"id " + o.CallID, "shared " + sharedID} {
			s.records[key] = append(s.records[key], left)
		}
		if !s.chance(s.Unheard) {
			s.readAll(o)
		}
	})
}

func cmpOr(raw json.RawMessage, otherwise string) string {
	if len(raw) == 0 {
		return otherwise
	}
	return string(raw)
}

// record is what a call leaves.
type record struct {
	id, shared, data string
	there            time.Duration
}

// find is the record of the last call that the question is about.
func (s *sim) find(h *history.Op) (found *record) {
	about := s.records["shared "+h.AskedSharedID]
	if h.AskedID != "" {
		about = s.records["id "+h.AskedID]
	}
	for _, r := range about {
		if s.now >= r.there && (found == nil || r.there >= found.there) {
			found = r
		}
	}
	return found
}
