package simulated

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

func (s *sim) request(nonce string, try int) {
	o := s.begin(history.Reserve, "client "+nonce)
	o.Nonce, o.SharedID = nonce, "s-"+nonce
	o.Attributes = json.RawMessage(`{"nonce":"` + nonce + `","shared_id":"s-` + nonce + `","case":9007199254740993}`)
	there, back := s.lognormal(20*time.Millisecond, .8), s.lognormal(20*time.Millisecond, .8)
	if s.chance(s.Instant) {
		there, back = 0, 0
	}
	lost := try == 0 && s.chance(s.Lost)
	s.at(s.now+there, func() {
		s.commit(o, nonce, o.SharedID, o.Attributes)
		if lost {
			o.Outcome, o.Number, o.Status = history.Indefinite, "", 0
			s.at(s.now+2*time.Second, func() {
				o.End = s.now
				if s.chance(s.Retry) {
					s.request(nonce, 1)
				}
			})
			return
		}
		s.at(s.now+back, func() {
			o.End = s.now
			if o.Outcome == history.OK && !s.chance(s.Abandon) {
				s.at(s.now+s.lognormal(200*time.Millisecond, .9), func() { s.dialFor(o) })
			}
		})
	})
}

func (s *sim) dialFor(o *history.Op) {
	delay := s.lognormal(2500*time.Millisecond, .5)
	if s.chance(s.Late) {
		delay = time.Duration(float64(s.WindowMax) * (.8 + s.Float64()))
	}
	s.dial(o.Number, o.Nonce, o.SharedID, delay)
	if s.chance(s.Twice) {
		s.at(s.now+delay, func() { s.dial(o.Number, o.Nonce, o.SharedID, time.Millisecond) })
	}
}

func (s *sim) dial(to, nonce, shared string, delay time.Duration) {
	o := s.begin(history.Call, "client "+nonce)
	o.Number, o.Nonce, o.SharedID, o.CallID = to, nonce, shared, "call-"+strconv.Itoa(o.ID)
	s.at(s.now+delay, func() {
		if s.chance(s.Refuse) {
			o.End, o.Outcome, o.Status, o.EndedBy = s.now, history.Refused, 503, "carrier"
			return
		}
		s.arrive(o)
	})
}

// readAll polls for the state, which is there 0 to 300 ms after the call.
func (s *sim) readAll(o *history.Op) {
	for _, after := range []time.Duration{0, 100 * time.Millisecond, 350 * time.Millisecond, time.Second} {
		for _, byID := range []bool{true, false} {
			if !byID && o.SharedID == "" {
				continue
			}
			s.at(s.now+after, func() {
				h := s.begin(history.Handoff, o.Client)
				h.Outcome, h.Status = history.Refused, 404
				if byID {
					h.AskedID = o.CallID
				} else {
					h.AskedSharedID = o.SharedID
				}
				if r := s.find(h); r != nil {
					h.Outcome, h.Status, h.GotID, h.GotSharedID, h.Data = history.OK, 200, r.id, r.shared, json.RawMessage(r.data)
				}
			})
		}
	}
}
