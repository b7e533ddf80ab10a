package check

import (
	"encoding/json"
	"fmt"

	"github.com/dnispool/dnispool/conformance/history"
)

// seen is what the echo agent wrote about one call.
type seen struct {
	Nonce *string `json:"echo_nonce"`
	DNIS  *string `json:"echo_dnis"`
}

func readEcho(o history.Op) (seen, bool) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(o.Data, &keys) != nil {
		return seen{}, false
	}
	if _, ok := keys["echo_nonce"]; !ok {
		return seen{}, false
	}
	var e seen
	return e, json.Unmarshal(o.Data, &e) == nil
}

// noCrossTalk needs no clocks: each nonce is written by one reservation, so a call that carries it read that one.
func noCrossTalk() Check {
	return Check{Name: "no-cross-talk", Invariant: "I4, I5, I6, I7", Says: "A call is given the attributes of the reservation it was placed for, or none, and never twice.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			byNonce := make(map[string]history.Op)
			for _, r := range filter(ops, history.Reserve) {
				if r.Nonce != "" {
					byNonce[r.Nonce] = r
				}
			}
			calls := callsByID(ops)
			tookBy := make(map[string]string) // nonce -> call
			judged := false
			for _, h := range filter(ops, history.Handoff, succeeded) {
				e, ok := readEcho(h)
				call, known := calls[h.GotID]
				if !ok || !known {
					continue
				}
				judged = true
				if e.Nonce == nil {
					continue
				}
				r, written := byNonce[*e.Nonce]
				switch {
				case !written:
					out.add(fmt.Sprintf("call to %s was given attributes that nobody sent (nonce %s)", call.Number, *e.Nonce), call, h)
				case call.Nonce == "":
					out.add(fmt.Sprintf("call to %s, placed without a reservation, was given the attributes of another caller", call.Number), call, r, h)
				case call.Nonce != *e.Nonce:
					out.add(fmt.Sprintf("call to %s was given the attributes of another reservation: want nonce %s, got %s", call.Number, call.Nonce, *e.Nonce), call, r, h)
				case tookBy[*e.Nonce] != "" && tookBy[*e.Nonce] != call.CallID:
					out.add(fmt.Sprintf("two calls were given the attributes of one reservation (nonce %s)", *e.Nonce), call, r, h)
				}
				tookBy[*e.Nonce] = call.CallID
			}
			if !judged {
				return notJudged("no handoff state of a call carries echo_nonce: the agent does not echo, or nobody asked")
			}
			return out
		}}
}

func callsByID(ops []history.Op) map[string]history.Op {
	calls := make(map[string]history.Op)
	for _, c := range filter(ops, history.Call) {
		if c.CallID != "" {
			calls[c.CallID] = c
		}
	}
	return calls
}

func handoffMatchesCall() Check {
	return Check{Name: "handoff-matches-call", Invariant: "I19", Says: "A handoff state belongs to one call: its id, its shared_id and its data agree, and shared_id wins over id.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			reads := filter(ops, history.Handoff, succeeded)
			if len(reads) == 0 {
				return notJudged("no handoff state was read")
			}
			calls := callsByID(ops)
			for _, h := range reads {
				switch {
				case h.AskedSharedID != "" && h.GotSharedID != h.AskedSharedID:
					out.add(fmt.Sprintf("asked for shared_id %q, got the state of shared_id %q", h.AskedSharedID, h.GotSharedID), h)
				case h.AskedSharedID == "" && h.AskedID != "" && h.GotID != h.AskedID:
					out.add(fmt.Sprintf("asked for id %q, got the state of id %q", h.AskedID, h.GotID), h)
				}
				call, known := calls[h.GotID]
				e, echoed := readEcho(h)
				if !known || !echoed {
					continue
				}
				if call.SharedID != "" && h.GotSharedID != "" && e.Nonce != nil && *e.Nonce == call.Nonce && call.SharedID != h.GotSharedID {
					out.add(fmt.Sprintf("the call reserved with shared_id %q is returned under shared_id %q", call.SharedID, h.GotSharedID), call, h)
				}
				if e.DNIS != nil && call.Number != "" && *e.DNIS != call.Number {
					out.add(fmt.Sprintf("the state of the call to %s says that %s was dialled", call.Number, *e.DNIS), call, h)
				}
			}
			return out
		}}
}

// noFailOpenDrop is the failure that callers notice: lost attributes end in a 404, and the documented rule reads a 404
// as "the call is complete".
func noFailOpenDrop() Check {
	return Check{Name: "no-fail-open-drop", Invariant: "I21", Says: "Every answered call can be found by the shared_id that its client holds.",
		judge: func(f Facts, ops []history.Op) (out Outcome) {
			last := make(map[string]history.Op)
			for _, h := range filter(ops, history.Handoff) {
				if h.AskedSharedID != "" {
					last[h.AskedSharedID] = h
				}
			}
			judged := false
			for _, c := range filter(ops, history.Call, succeeded) {
				h, asked := last[c.SharedID]
				if c.SharedID == "" || !asked || h.Start < c.End {
					continue
				}
				judged = true
				if h.Outcome == history.Refused {
					out.add(fmt.Sprintf("fail-open drop: the call to %s was answered, yet there is no handoff state under shared_id %q; "+
						"a client that follows the documented rule takes the call as complete and drops a caller who may need a human", c.Number, c.SharedID), c, h)
				}
			}
			if !judged {
				return notJudged("no answered call's shared_id was asked for")
			}
			return out
		}}
}
