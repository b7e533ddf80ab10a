package explore

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Losses returns all ways of knowing less: facts that nobody states, what a recorder leaves out or writes otherwise, and
// operations that it has not seen.
func Losses() []Loss {
	return slices.Concat(unstated(), unwritten(), blurred(), unseen())
}

// unstated are facts that nobody states.
func unstated() []Loss {
	fact := func(name string, forget func(*reading.Facts)) Loss {
		return Loss{name, func(_ *rand.Rand, h *History) { h.forget(forget) }}
	}
	return []Loss{
		fact("size and numbers", func(f *reading.Facts) { f.Size, f.Numbers = 0, nil }),
		fact("numbers", func(f *reading.Facts) { f.Numbers = nil }),
		fact("size", func(f *reading.Facts) { f.Size = 0 }),
		fact("window, at least", func(f *reading.Facts) { f.WindowMin = 0 }),
		fact("window, at most", func(f *reading.Facts) { f.WindowMax = 0 }),
		fact("cool-down", func(f *reading.Facts) { f.CoolDown = nil }),
		fact("release", func(f *reading.Facts) { f.Release = "" }),
		fact("selection", func(f *reading.Facts) { f.Selection = "" }),
		fact("bindings", func(f *reading.Facts) { f.Bindings = "" }),
		fact("exclusive", func(f *reading.Facts) { f.Exclusive = false }),
		fact("who used the pool before", func(f *reading.Facts) { f.UsedBefore = true }),
		fact("handoffs", func(f *reading.Facts) { f.Handoffs, f.Visible, f.Retention = false, 0, 0 }),
		fact("how long states are kept", func(f *reading.Facts) { f.Handoffs, f.Retention = false, 0 }),
		fact("how calls without a handoff look", func(f *reading.Facts) { f.NoHandoff = "" }),
		fact("duplicates", func(f *reading.Facts) { f.Duplicate = "" }),
		fact("abandoned", func(f *reading.Facts) { f.Abandoned = "" }),
		fact("strays", func(f *reading.Facts) { f.Strays = nil }),
		fact("share of failures", func(f *reading.Facts) { f.Failures = nil }),
		fact("server's delay", func(f *reading.Facts) { f.ServerMax = nil }),
		fact("everything", func(f *reading.Facts) { *f = reading.Facts{Match: f.Match} }),
	}
}

// unwritten are what a recorder leaves out of the operations that it writes down.
func unwritten() []Loss {
	return []Loss{
		of(history.Reserve, "nonces of reservations", func(o *history.Op) { o.Nonce = "" }),
		of(history.Reserve, "what names reservations", func(o *history.Op) { o.Nonce, o.SharedID, o.Attributes = "", "", nil }),
		of(history.Reserve, "attributes", func(o *history.Op) { o.Attributes = nil }),
		of(history.Call, "what calls are for", func(o *history.Op) { o.Nonce, o.SharedID = "", "" }),
		some(2, "what some calls are for", func(o *history.Op) {
			if o.Kind == history.Call {
				o.Nonce, o.SharedID = "", ""
			}
		}),
		of(history.Call, "the platform's ids", func(o *history.Op) { o.CallID = "sip-" + o.CallID }),
		of(history.Call, "ids of calls", func(o *history.Op) { o.CallID = "" }),
		some(10, "ends of some calls", func(o *history.Op) {
			if o.Kind == history.Call {
				o.Ended, o.EndedBy, o.Bye = false, "", 0
			}
		}),
		of(history.Call, "who ended calls", func(o *history.Op) { o.EndedBy = "" }),
		of(history.Call, "projects of calls", func(o *history.Op) { o.Project = "" }),
		of(history.Handoff, "ids of states", func(o *history.Op) { o.GotID = "" }),
		of(history.Handoff, "shared_ids of states", func(o *history.Op) { o.GotSharedID = "" }),
		of(history.Handoff, "what agents say", func(o *history.Op) { o.Data = nil }),
		of(history.Handoff, "attributes that the agent saw", func(o *history.Op) { o.Data = without(o.Data, "echo_attributes") }),
		of(history.Handoff, "the number that the agent saw", func(o *history.Op) { o.Data = without(o.Data, "echo_dnis") }),
		of(history.Handoff, "all that the agent saw but the nonce", func(o *history.Op) {
			o.Data = without(o.Data, "echo_dnis", "echo_ani", "echo_attributes", "echo_arrived_at", "echo_project")
		}),
		every("clients", func(o *history.Op) { o.Client = "" }),
		every("statuses", func(o *history.Op) { o.Status = 0 }),
		some(10, "replies to some reservations", func(o *history.Op) {
			if o.Kind == history.Reserve && !o.Drain {
				o.Outcome, o.Number, o.Status = history.Indefinite, "", 0
			}
		}),
		some(10, "what became of some calls", func(o *history.Op) {
			if o.Kind == history.Call {
				o.Outcome, o.Status, o.Ended, o.EndedBy, o.Bye = history.Indefinite, 0, false, "", 0
			}
		}),
	}
}

// blurred are what a recorder writes in another form, or less exactly.
func blurred() []Loss {
	return []Loss{
		of(history.Call, "the plus of numbers dialled", func(o *history.Op) { o.Number = strings.TrimPrefix(o.Number, "+") }),
		of(history.Call, "numbers but for their URI", func(o *history.Op) { o.Number = "sip:" + o.Number + "@gw.example" }),
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
		{"tenths of seconds", func(_ *rand.Rand, h *History) {
			const tenth = 100 * time.Millisecond
			for i := range h.Ops {
				o := &h.Ops[i]
				o.Start, o.End = o.Start.Truncate(tenth), (o.End + tenth - 1).Truncate(tenth)
				if o.Ended {
					o.Bye = max(o.Bye, o.End)
				}
			}
			h.forget(func(f *reading.Facts) { f.Signal = nil })
		}},
	}
}

// unseen are operations that a recorder has not seen.
func unseen() []Loss {
	kind := func(name string, seen func(*history.Op) bool, forget func(*reading.Facts)) Loss {
		return Loss{name, func(_ *rand.Rand, h *History) {
			h.unseen(seen)
			h.forget(forget)
		}}
	}
	strays := func(f *reading.Facts) { f.Strays = nil }
	byOurs := func(o *history.Op) bool { return o.Kind != history.Call || o.Nonce != "" }
	return []Loss{
		kind("calls by others", byOurs, strays),
		kind("calls by others, of a pool that others use", byOurs, func(f *reading.Facts) { f.Exclusive, f.Strays = false, nil }),
		kind("half of the clients", func(o *history.Op) bool { return len(o.Client)%2 == 0 || o.Client[len(o.Client)-1]%2 == 0 },
			func(f *reading.Facts) { f.Exclusive, f.Strays = false, nil }),
		kind("all calls", func(o *history.Op) bool { return o.Kind != history.Call }, strays),
		kind("all questions", func(o *history.Op) bool { return o.Kind != history.Handoff }, func(*reading.Facts) {}),
		kind("refusals", func(o *history.Op) bool { return o.Outcome != history.Refused || o.Kind == history.Call }, func(*reading.Facts) {}),
		{"all but one question at the BYE", func(_ *rand.Rand, h *History) {
			type moment struct {
				client string
				at     time.Duration
			}
			ends := make(map[moment]bool)
			for i := range h.Ops {
				if o := &h.Ops[i]; o.Ended {
					ends[moment{o.Client, o.Bye}] = true
				}
			}
			h.unseen(func(o *history.Op) bool { return o.Kind != history.Handoff || ends[moment{o.Client, o.Start}] })
			h.forget(func(f *reading.Facts) { f.Handoffs, f.Visible, f.Retention = false, 0, 0 })
		}},
		{"a carrier's second attempts", func(_ *rand.Rand, h *History) {
			seen := make(map[string]bool)
			h.unseen(func(o *history.Op) bool {
				if o.Kind != history.Call || o.Nonce == "" {
					return true
				}
				again := seen[o.Nonce+o.Number]
				seen[o.Nonce+o.Number] = true
				return !again
			})
			h.forget(strays)
		}},
		{"some lines", func(r *rand.Rand, h *History) {
			several := len(h.Ops) > 0 && h.Ops[0].Generator != ""
			h.keep(func(o *history.Op) bool { return o.ID == len(h.Ops) || o.Kind == history.Restart || r.IntN(50) > 0 })
			if several { // their ids do not show it
				h.forget(func(f *reading.Facts) { f.Exclusive, f.Strays = false, nil })
			}
		}},
		{"the beginning", func(r *rand.Rand, h *History) {
			from := h.some(r)
			h.unseen(func(o *history.Op) bool { return o.Start >= from })
			h.forget(func(f *reading.Facts) { f.UsedBefore, f.Strays = true, nil })
		}},
		{"the end", func(r *rand.Rand, h *History) {
			to := h.some(r)
			if len(h.Ops) > 0 && h.Ops[0].Generator != "" { // they do not stop at the same moment
				h.forget(func(f *reading.Facts) { f.Exclusive, f.Strays = false, nil })
			}
			h.unseen(func(o *history.Op) bool { return o.Start <= to })
			for i := range h.Ops {
				o := &h.Ops[i]
				if o.Ended && o.Bye > to {
					o.Ended, o.EndedBy, o.Bye = false, "", to
				}
				if o.End > to { // it was under way when the recorder stopped
					o.Outcome, o.Number, o.Status, o.End, o.Bye = history.Indefinite, given(o), 0, to, 0
					o.GotID, o.GotSharedID, o.Data = "", "", nil
				}
			}
		}},
	}
}

// given is the number that is known of an operation without a reply.
func given(o *history.Op) string {
	if o.Kind == history.Call {
		return o.Number
	}
	return ""
}

// some is when one of the operations began.
func (h *History) some(r *rand.Rand) time.Duration {
	if len(h.Ops) == 0 {
		return 0
	}
	return h.Ops[r.IntN(len(h.Ops))].Start
}

// every changes every operation.
func every(name string, change func(*history.Op)) Loss { return some(1, name, change) }

// some changes one of so many operations.
func some(of int, name string, change func(*history.Op)) Loss {
	return Loss{name, func(r *rand.Rand, h *History) {
		for i := range h.Ops {
			if r.IntN(of) == 0 {
				change(&h.Ops[i])
			}
		}
	}}
}

// of changes every operation of one kind.
func of(kind history.Kind, name string, change func(*history.Op)) Loss {
	return every(name, func(o *history.Op) {
		if o.Kind == kind {
			change(o)
		}
	})
}
