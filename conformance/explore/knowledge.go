package explore

import (
	"encoding/json"
	"math/rand/v2"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Loss is a way of knowing less of what happened than the explorer does: what a recorder leaves out or writes in
// another form, or what nobody says of the pool. A platform that is right stays right however little is known of it.
type Loss struct {
	Name string
	Take func(*rand.Rand, *History) // changes a history that is its own; what it is given draws what is lost
}

// Without returns the history as it is known after the loss; r draws what is lost. The history itself stays as it is.
func (l Loss) Without(r *rand.Rand, h History) History {
	facts := make(map[string]reading.Facts, len(h.Facts))
	for name, f := range h.Facts {
		facts[name] = f
	}
	out := History{Ops: slices.Clone(h.Ops), Facts: facts}
	l.Take(r, &out)
	return out
}

func (h *History) forget(what func(*reading.Facts)) {
	for name, f := range h.Facts {
		what(&f)
		h.Facts[name] = f
	}
}

func (h *History) keep(what func(*history.Op) bool) {
	var kept []history.Op
	for i := range h.Ops {
		if what(&h.Ops[i]) {
			kept = append(kept, h.Ops[i])
		}
	}
	h.Ops = kept
}

// unseen keeps the operations of a recorder that has not seen the others: it counts its own. What was lacking before
// still shows.
func (h *History) unseen(seen func(*history.Op) bool) {
	var others []int
	h.keep(func(o *history.Op) bool {
		if seen(o) {
			return true
		}
		others = append(others, o.ID)
		return false
	})
	slices.Sort(others)
	for i := range h.Ops {
		before, _ := slices.BinarySearch(others, h.Ops[i].ID)
		h.Ops[i].ID -= before
	}
}

// without is a state that does not have the keys.
func without(data json.RawMessage, keys ...string) json.RawMessage {
	var members map[string]json.RawMessage
	if len(data) == 0 || json.Unmarshal(data, &members) != nil {
		return data
	}
	for _, key := range keys {
		delete(members, key)
	}
	out, err := json.Marshal(members)
	if err != nil {
		return data
	}
	return out
}
