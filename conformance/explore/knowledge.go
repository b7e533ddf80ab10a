package explore

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Loss is a way of knowing less of what happened than the explorer does: what a recorder leaves out or writes in
// another form, or what nobody says of the pool. A platform that is right stays right however little is known of it.
type Loss struct {
	Name string
	take func(*rand.Rand, *History)
}

// Without returns the history as it is known after the loss; r draws what is lost. The history itself stays as it is.
func (l Loss) Without(r *rand.Rand, h History) History {
	facts := make(map[string]reading.Facts, len(h.Facts))
	for name, f := range h.Facts {
		facts[name] = f
	}
	out := History{Ops: slices.Clone(h.Ops), Facts: facts}
	l.take(r, &out)
	return out
}

// Losses returns all ways of knowing less.
func Losses() []Loss {
	fact := func(name string, forget func(*reading.Facts)) Loss {
		return Loss{name, func(_ *rand.Rand, h *History) { h.forget(forget) }}
	}
	each := func(name string, change func(*rand.Rand, *history.Op)) Loss {
		return Loss{name, func(r *rand.Rand, h *History) {
			for i := range h.Ops {
				change(r, &h.Ops[i])
			}
		}}
	}
	return []Loss{
		fact("size and numbers", func(f *reading.Facts) { f.Size, f.Numbers = 0, nil }),
		fact("numbers", func(f *reading.Facts) { f.Numbers = nil }),
		fact("window, at least", func(f *reading.Facts) { f.WindowMin = 0 }),
		fact("window, at most", func(f *reading.Facts) { f.WindowMax = 0 }),
		fact("cool-down", func(f *reading.Facts) { f.CoolDown = nil }),
		fact("release", func(f *reading.Facts) { f.Release = "" }),
		fact("selection", func(f *reading.Facts) { f.Selection = "" }),
		fact("bindings", func(f *reading.Facts) { f.Bindings = "" }),
		fact("exclusive", func(f *reading.Facts) { f.Exclusive = false }),
		fact("handoffs", func(f *reading.Facts) { f.Handoffs, f.Visible, f.Retention = false, 0, 0 }),
		fact("duplicates", func(f *reading.Facts) { f.Duplicate = "" }),
		fact("abandoned", func(f *reading.Facts) { f.Abandoned = "" }),
		fact("strays", func(f *reading.Facts) { f.Strays = nil }),
		fact("server's delay", func(f *reading.Facts) { f.ServerMax = nil }),
		fact("everything", func(f *reading.Facts) { *f = reading.Facts{Match: f.Match} }),
		each("nonces of reservations", func(_ *rand.Rand, o *history.Op) {
			if o.Kind == history.Reserve {
				o.Nonce = ""
			}
		}),
		each("what names reservations", func(_ *rand.Rand, o *history.Op) {
			if o.Kind == history.Reserve {
				o.Nonce, o.SharedID, o.Attributes = "", "", nil
			}
		}),
		each("attributes", func(_ *rand.Rand, o *history.Op) { o.Attributes = nil }),
		each("what calls are for", func(_ *rand.Rand, o *history.Op) {
			if o.Kind == history.Call {
				o.Nonce, o.SharedID = "", ""
			}
		}),
		each("what some calls are for", func(r *rand.Rand, o *history.Op) {
			if o.Kind == history.Call && r.IntN(2) == 0 {
				o.Nonce, o.SharedID = "", ""
			}
		}),
		each("clients", func(_ *rand.Rand, o *history.Op) { o.Client = "" }),
		each("the platform's ids", func(_ *rand.Rand, o *history.Op) {
			if o.Kind == history.Call {
				o.CallID = "sip-" + o.CallID
			}
		}),
		each("ids of states", func(_ *rand.Rand, o *history.Op) { o.GotID = "" }),
		each("shared_ids of states", func(_ *rand.Rand, o *history.Op) { o.GotSharedID = "" }),
		each("ends of some calls", func(r *rand.Rand, o *history.Op) {
			if o.Ended && r.IntN(10) == 0 {
				o.Ended, o.EndedBy, o.Bye = false, "", 0
			}
		}),
		each("who ended calls", func(_ *rand.Rand, o *history.Op) { o.EndedBy = "" }),
		each("the plus of numbers dialled", func(_ *rand.Rand, o *history.Op) {
			if o.Kind == history.Call {
				o.Number = strings.TrimPrefix(o.Number, "+")
			}
		}),
		each("numbers but for their URI", func(_ *rand.Rand, o *history.Op) {
			if o.Kind == history.Call {
				o.Number = "sip:" + o.Number + "@gw.example"
			}
		}),
		each("attributes that the agent saw", func(_ *rand.Rand, o *history.Op) { o.Data = without(o.Data, "echo_attributes") }),
		each("the number that the agent saw", func(_ *rand.Rand, o *history.Op) { o.Data = without(o.Data, "echo_dnis") }),
		{"how late a BYE is heard", func(r *rand.Rand, h *History) {
			for i := range h.Ops {
				if o := &h.Ops[i]; o.Ended {
					o.Bye += time.Duration(r.IntN(50)) * time.Millisecond
				}
			}
			h.forget(func(f *reading.Facts) { f.Signal = nil })
		}},
		{"how far clocks are apart", func(_ *rand.Rand, h *History) {
			if len(h.Ops) > 0 && h.Ops[0].Generator == "" {
				h.stamp(100 * time.Millisecond)
			}
			h.forget(func(f *reading.Facts) { f.Eps = nil })
		}},
		{"half of the clients", func(_ *rand.Rand, h *History) {
			h.keep(func(o *history.Op) bool { return len(o.Client)%2 == 0 || o.Client[len(o.Client)-1]%2 == 0 })
			h.forget(func(f *reading.Facts) { f.Exclusive, f.Strays = false, nil })
		}},
		{"calls by others", func(_ *rand.Rand, h *History) {
			h.keep(func(o *history.Op) bool { return o.Kind != history.Call || o.Nonce != "" })
			h.forget(func(f *reading.Facts) { f.Strays = nil })
		}},
		{"a carrier's second attempts", func(_ *rand.Rand, h *History) {
			seen := make(map[string]bool)
			h.keep(func(o *history.Op) bool {
				if o.Kind != history.Call || o.Nonce == "" {
					return true
				}
				again := seen[o.Nonce+o.Number]
				seen[o.Nonce+o.Number] = true
				return !again
			})
			h.forget(func(f *reading.Facts) { f.Strays = nil })
		}},
		{"some lines", func(r *rand.Rand, h *History) {
			several := len(h.Ops) > 0 && h.Ops[0].Generator != ""
			h.keep(func(o *history.Op) bool { return o.ID == len(h.Ops) || o.Kind == history.Restart || r.IntN(50) > 0 })
			if several { // their ids do not show it
				h.forget(func(f *reading.Facts) { f.Exclusive, f.Strays = false, nil })
			}
		}},
	}
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

// without is a state that does not have the key.
func without(data json.RawMessage, key string) json.RawMessage {
	var members map[string]json.RawMessage
	if len(data) == 0 || json.Unmarshal(data, &members) != nil {
		return data
	}
	delete(members, key)
	out, err := json.Marshal(members)
	if err != nil {
		return data
	}
	return out
}
