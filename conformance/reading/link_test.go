package reading

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// A state is joined to its call by whatever names it; by nothing, where that names several.
func TestLinks(t *testing.T) {
	known := Facts{Exclusive: true, Strays: new(0.0)}
	call := func(id, number, nonce, shared string, at time.Duration) history.Op {
		return history.Op{Kind: history.Call, Outcome: history.OK, CallID: id, Number: number, Nonce: nonce, SharedID: shared, Start: at, End: at + 1, Ended: true, Bye: at + 5, EndedBy: "platform"}
	}
	state := func(id, shared, data string) history.Op {
		return history.Op{Kind: history.Handoff, Outcome: history.OK, Start: 100, End: 101, AskedSharedID: shared, GotSharedID: shared, GotID: id, Data: json.RawMessage(data)}
	}
	a, b := call("a@sbc", "+442079460000", "x", "sx", 1), call("b@sbc", "+442079460001", "y", "sy", 2)
	for name, c := range map[string]struct {
		facts Facts
		ops   []history.Op
		want  string // the call's id
	}{
		"its id":                          {known, []history.Op{a, b, state("b@sbc", "sx", `{}`)}, "b@sbc"},
		"its nonce":                       {known, []history.Op{a, b, state("CA1", "", `{"echo_nonce":"y"}`)}, "b@sbc"},
		"its nonce, of another number":    {known, []history.Op{a, call("b@sbc", "+15550100", "y", "", 3), state("CA1", "", `{"echo_nonce":"y","echo_dnis":"+442079460000"}`)}, "a@sbc"},
		"a nonce of two calls":            {known, []history.Op{a, call("c@sbc", "+442079460000", "x", "sx", 3), state("", "sx", `{"echo_nonce":"x"}`)}, ""},
		"its shared_id":                   {known, []history.Op{a, b, state("CA1", "sx", `{"handoff_to":null}`)}, "a@sbc"},
		"its number, given another's":     {known, []history.Op{a, b, state("CA1", "", `{"echo_nonce":"z","echo_dnis":"442079460000"}`)}, "a@sbc"},
		"the number, where others may be": {Facts{Exclusive: true}, []history.Op{a, b, state("CA1", "", `{"echo_nonce":"z","echo_dnis":"+442079460000"}`)}, ""},
		"a call that came later":          {known, []history.Op{call("a@sbc", "+442079460000", "x", "sx", 200), state("", "sx", `{}`)}, ""},
	} {
		ops := Pointers(c.ops)
		for i, n := range []string{"+442079460000", "+442079460001"} {
			ops = append(ops, &history.Op{ID: 10 + i, Kind: history.Reserve, Outcome: history.OK, Number: n, Nonce: []string{"x", "y"}[i], SharedID: []string{"sx", "sy"}[i]})
		}
		got := ""
		if found := New(c.facts, ops).Reads[0].Call; found != nil {
			got = found.Op.CallID
		}
		if got != c.want {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}
}

// What names a reservation, its project and its number are known though they are written elsewhere or otherwise.
func TestWhatFollows(t *testing.T) {
	ops := []history.Op{
		{ID: 1, Kind: history.Reserve, Outcome: history.OK, Project: "acme", Number: "+442079460000", Attributes: json.RawMessage(`{"a":[1],"nonce":7,"shared_id":"s"}`)},
		{ID: 2, Kind: history.Call, Outcome: history.OK, Number: "sip:00442079460000@gw;user=phone", Start: 5, End: 6},
		{ID: 3, Kind: history.Call, Outcome: history.OK, Number: "+44 20 7946 0000", Start: 7, End: 8},
		{ID: 4, Kind: history.Call, Outcome: history.OK, Number: "02079460000", Start: 9, End: 10},
		{ID: 5, Kind: history.Call, Outcome: history.OK, Number: "+12079460000", Start: 11, End: 12},
		{ID: 6, Kind: history.Reserve, Outcome: history.OK, Project: "acme", Number: "tel:+442079460000", Start: 13, End: 14},
	}
	h := Of(nil, ops)
	l := h.Whole.Leases[0]
	if l.Op.Nonce != "7" || l.Op.SharedID != "s" {
		t.Errorf("want nonce 7 and shared_id s of the attributes, got %q and %q", l.Op.Nonce, l.Op.SharedID)
	}
	if n := len(h.Whole.Lines["+442079460000"].Calls); n != 3 {
		t.Errorf("want 3 calls to the number, got %d", n)
	}
	for _, c := range h.Whole.Calls {
		if c.Op.Project != "acme" {
			t.Errorf("want every call to be of the only project, got %q", c.Op.Project)
		}
	}
	if got := h.Whole.Written(h.Whole.Leases[1].Op); got != "tel:+442079460000" {
		t.Errorf("want the number as it was given, got %q", got)
	}
	if ops[0].Nonce != "" || ops[1].Number == "+442079460000" || ops[1].Project != "" {
		t.Errorf("want the history as it was, got %v", ops[:2])
	}
}
