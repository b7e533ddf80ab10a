package independent

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// attributes is what a reservation brings along for the agent.
type attributes struct {
	raw             json.RawMessage // all of it, as it was sent
	nonce           json.RawMessage
	sharedID        string
	handoffTo       json.RawMessage
	handoffReason   json.RawMessage
	talk            time.Duration
	forgetsSharedID bool
}

// readAttributes understands what the echo agent looks at; raw is an object.
func readAttributes(raw json.RawMessage) attributes {
	var seen struct {
		Nonce    json.RawMessage `json:"nonce"`
		SharedID json.RawMessage `json:"shared_id"`
		To       json.RawMessage `json:"want_handoff_to"`
		Reason   json.RawMessage `json:"want_handoff_reason"`
		Talk     json.RawMessage `json:"want_talk"`
	}
	_ = json.Unmarshal(raw, &seen) // an object of raw members always fits
	a := attributes{raw: raw, nonce: seen.Nonce, handoffTo: seen.To, handoffReason: seen.Reason}
	if json.Unmarshal(seen.SharedID, &a.sharedID) != nil { // a number is looked up as it is written
		a.sharedID = strings.TrimSpace(string(seen.SharedID))
	}
	var seconds float64
	if json.Unmarshal(seen.Talk, &seconds) == nil && seconds > 0 {
		a.talk = time.Duration(min(seconds, 3600) * float64(time.Second))
	}
	return a
}

// reservation is how a request to reserve ended: a number, none free, or what a defect made of it.
type reservation struct {
	dni     string
	status  int // 0: a number is given
	nothing bool
}

// reserve gives a number of the project's pool and stores the attributes under it.
func (n *numbering) reserve(p *project, a attributes) (r reservation) {
	if n.broken["F01"] || n.broken["F03"] {
		return n.reserveInTwoSteps(p, a)
	}
	r = reservation{status: 503} // unless the loop runs it
	n.loop.do(func() { r = n.reserveNow(p, a) })
	return r
}

func (n *numbering) reserveNow(p *project, a attributes) reservation {
	switch {
	case n.nth("F12", 5):
		return reservation{status: 404}
	case n.nth("F19", 7):
		return reservation{status: 502}
	case n.nth("F57", 6):
		return reservation{status: 401}
	}
	l := n.take(p)
	if l == nil {
		return n.exhausted(p)
	}
	if n.broken["F45"] {
		a.raw = throughFloats(a.raw)
	}
	a.forgetsSharedID = n.nth("F46", 5)
	n.book(l, a)
	if left := len(slices.DeleteFunc(slices.Clone(p.numbers), func(l *number) bool { return l.state == gone })); left > 2 && n.nth("F20", 9) {
		l.stopExpiry()
		l.turn++
		l.state = gone
	}
	return reservation{dni: l.e164()}
}

func (n *numbering) exhausted(p *project) reservation {
	switch {
	case n.broken["F14"]:
		return reservation{nothing: true}
	case n.broken["F15"]:
		return reservation{dni: p.numbers[0].e164()}
	}
	return reservation{status: 404}
}

// reserveInTwoSteps is F01 and F03: the number is looked for now, and taken a little later, whoever has it by then. With
// F03 the reply does not even wait for that.
func (n *numbering) reserveInTwoSteps(p *project, a attributes) reservation {
	var l *number
	n.loop.do(func() {
		if len(p.queue) > 0 {
			l = p.queue[0]
		}
	})
	if l == nil {
		return reservation{status: 404}
	}
	take := func() {
		if i := slices.Index(p.queue, l); i >= 0 {
			p.queue = slices.Delete(p.queue, i, i+1)
		}
		n.book(l, a)
	}
	if n.broken["F03"] {
		n.loop.after(10*time.Millisecond, take)
		return reservation{dni: l.e164()}
	}
	raced := make(chan struct{})
	n.loop.after(5*time.Millisecond, func() { take(); close(raced) })
	select {
	case <-raced:
	case <-n.loop.quit:
	}
	return reservation{dni: l.e164()}
}

// throughFloats is F45: every number has been a float64 on its way, as in a language that has no other.
func throughFloats(raw json.RawMessage) json.RawMessage {
	var v any
	if json.NewDecoder(bytes.NewReader(raw)).Decode(&v) != nil {
		return raw
	}
	mangled, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return mangled
}

// sweep is F06: it takes a number whose call has not come yet for one whose owner is missing, and frees it.
func (n *numbering) sweep() {
	for _, p := range n.projects {
		for _, l := range p.numbers {
			if l.state == booked {
				n.release(l)
			}
		}
	}
	n.loop.after(10*time.Millisecond, n.sweep)
}
