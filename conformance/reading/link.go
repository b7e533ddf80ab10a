package reading

import (
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// links finds the calls that states are of. That the id of a state is the one by which its client knows the call is the
// best evidence. A platform with ids of its own leaves the others: what the agent says of the nonce and of the number
// dialled, the shared_id, and what was possible at the time.
type links struct {
	byID     map[string]*Call // by the client's id of a call, and by the platform's once it is known
	byNonce  map[string][]*Call
	bySharer map[groupKey][]*Call
	byNumber map[string]*Line
	stateOf  map[*Call]string // the platform's id of each call that was found by other evidence
}

// linked is what joins a state with its call.
func (v *Reading) linked(r *Question) (c *Call, byID bool) {
	if c := r.AskedCall; c != nil && c.Op.CallID == r.GotID {
		return c, true
	}
	if c, ok := v.links.byID[r.GotID]; ok {
		return c, c.Op.CallID == r.GotID
	}
	return v.byEvidence(r), false
}

func (v *Reading) byEvidence(r *Question) *Call {
	v.indexCalls()
	e := readEcho(r.Data, nil)
	possible := func(c *Call) bool {
		switch {
		case c.Soonest > r.To || r.GotID != "" && v.links.stateOf[c] != "" && v.links.stateOf[c] != r.GotID:
			return false
		case e != nil && e.DNIS != "" && !v.Reroutes:
			return SameNumber(e.DNIS, c.Op.Number)
		}
		return true
	}
	var named []*Call
	switch {
	case e != nil && e.Nonce != "":
		named = v.links.byNonce[e.Nonce]
	case r.AskedSharedID != "" && v.SharedBy(r.Project, r.AskedSharedID) <= 1:
		named = v.links.bySharer[groupKey{r.Project, r.AskedSharedID}]
	}
	c := only(named, possible)
	if c != nil && v.mayBeAnothers(c, r) {
		c = nil
	}
	v.join(r, c)
	return c
}

// mayBeAnothers reports whether a call that was not meant for the reservation of c may have come to its number, and have
// been given what c was to be given: then the state may be that one's.
func (v *Reading) mayBeAnothers(c *Call, r *Question) bool {
	from := c.Soonest
	if c.Meant != nil {
		from = c.Meant.From
	}
	for o := range v.links.byNumber[c.Op.Number].Between(from, &r.To) {
		if o != c {
			return true
		}
	}
	return false
}

// join notes that c is the call of the state that r read.
func (v *Reading) join(r *Question, c *Call) {
	if c != nil && r.GotID != "" {
		v.links.stateOf[c], v.links.byID[r.GotID] = r.GotID, c
	}
}

// only is the one call that is possible; nil when there are several, or none.
func only(calls []*Call, possible func(*Call) bool) (found *Call) {
	for _, c := range calls {
		if !possible(c) {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// indexCalls makes the indexes that only a platform with ids of its own needs.
func (v *Reading) indexCalls() {
	if v.links.stateOf != nil {
		return
	}
	v.links.byNumber = make(map[string]*Line)
	v.links.stateOf, v.links.byNonce, v.links.bySharer = make(map[*Call]string), make(map[string][]*Call), make(map[groupKey][]*Call)
	for _, c := range v.Calls {
		if !c.Reached {
			continue
		}
		n, ok := v.links.byNumber[c.Op.Number]
		if !ok {
			n = new(Line)
			v.links.byNumber[c.Op.Number] = n
		}
		n.place(c)
		if nonce := c.Nonce(); nonce != "" {
			v.links.byNonce[nonce] = append(v.links.byNonce[nonce], c)
		}
		if id := c.SharedID(); id != "" {
			k := groupKey{c.Op.Project, id}
			v.links.bySharer[k] = append(v.links.bySharer[k], c)
		}
	}
	// A call has one state. Where some reply names it by the id that its client knows, no other state is that call's.
	for i := range v.Reads {
		if c, ok := v.links.byID[v.Reads[i].GotID]; ok && v.Reads[i].Outcome == history.OK {
			v.links.stateOf[c] = c.Op.CallID
		}
	}
}

// joinByNumber joins the states that are left with calls that are left: a call that was given another's attributes is
// the only one that can have come to its number. Where anybody else may call, it need not be ours.
func (v *Reading) joinByNumber() {
	if v.links.stateOf == nil || v.Reroutes || v.Strangers() != finding.Certain {
		return
	}
	to := make(map[string][]*Call)
	for _, c := range v.Calls {
		if c.Reached && c.Echo == nil {
			to[c.Op.Number] = append(to[c.Op.Number], c)
		}
	}
	for i := range v.Reads {
		r := &v.Reads[i]
		if r.Outcome != history.OK || r.GotID == "" || r.Call != nil || r.Echo == nil || r.Echo.At == "" {
			continue
		}
		c := v.links.byID[r.GotID]
		if c == nil {
			left := to[r.Echo.At]
			for len(left) > 0 && v.links.stateOf[left[0]] != "" { // joined, and never looked at again
				left = left[1:]
			}
			to[r.Echo.At] = left
			c = only(left, func(c *Call) bool { return c.Soonest <= r.To && v.links.stateOf[c] == "" })
		}
		if c != nil {
			v.join(r, c)
			v.take(r, c, false)
		}
	}
}

// take is what follows from a state that is of c.
func (v *Reading) take(r *Question, c *Call, byID bool) {
	r.Call, r.ByID = c, byID
	c.Sure = c.Sure || byID || r.GotID != "" && v.Strangers() == finding.Certain
	if e := r.Echo; e != nil && (r.GotID != "" || byID) && (e.Nonce != "" || e.DNIS != "" || v.ranToItsEnd(c, r)) {
		c.hear(e)
	}
	if r.GotSharedID == "" {
		return
	}
	s := r.Group
	if s == nil || r.AskedSharedID != r.GotSharedID {
		s = v.groupOf(r.Project, r.GotSharedID)
	}
	if len(s.Stored) <= Crowd && !slices.Contains(s.Stored, c) {
		s.Stored = append(s.Stored, c)
	}
}

// ranToItsEnd reports whether the agent of c had said all that it says when r was asked: an agent that has not started
// writes nulls too.
func (v *Reading) ranToItsEnd(c *Call, r *Question) bool {
	return c.Answered() && c.Op.EndedBy == "platform" && r.From > v.Over(c)
}
