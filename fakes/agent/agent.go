// Package agent holds virtual agents that stand in for a real project: the echo
// agent, which stores what the platform gave it, and agents scripted in YAML.
// They implement conversation.Agent, keep nothing between two calls and see a
// call only through plain data, as an agent in another process would. The
// package knows neither SIP nor HTTP, and there is no language model in it.
//
// The script language has no expressions. This example uses all of it:
//
//	start:                                  # start_function: the only place with attributes
//	  - set:                                # in the order written
//	      note: hello                       # a literal; lists are literals too
//	      limits: {literal: {max: 3}}       # an object
//	      shared_id: {attribute: shared_id} # a dotted path; null when there is none
//	      tier: {attribute_get: customer.tier} # unguarded .get: crashes on None
//	      copy: {state: note}               # conv.state.note: null when missing
//	      strict: {state_index: note}       # conv.state["note"]: KeyError when missing
//	      number: {call: dnis}              # id, account, project, dnis, ani, arrived_at
//	      language: {header: X-Language}    # SIP header, exact case; null when missing
//	  - count: starts                       # adds 1 to a state key; 1 when missing
//	  - sleep: 2s                           # or forever
//	  - when: {attribute: intent, equals: billing} # or one_of: [...], or present: true
//	    do:
//	      - set: {handoff_to: billing}
//	      - hangup: true                    # return here; hang up after the speech; or {headers: {X-Outcome: done}}, which the BYE carries
//	    else:
//	      - crash: "KeyError: 'ani'"        # raise here; nothing of this function counts
//	  - when: {unbound: true}               # subjects: attribute, state, header, call, unbound
//	    do:
//	      - set: {handoff_to: DEFAULT_QUEUE}
//	turns:
//	  - {say: "How can I help?", takes: 5s, do: [{set: {asked: true}}]}
//	  - {listen: true}                      # last only: the caller is silent here
//	dtmf:                                   # turns of what the caller presses; no entry begins another
//	  "1": {say: "Goodbye.", do: [{hangup: true}]}
//	end:                                    # end_function, after BYE
//	  - set: {note: late}
//
// The agent hangs up after its last turn, and after start_function when it has
// none; with dtmf it listens there instead. Outside of start every attribute reads as null, as on the platform,
// unless its configuration says otherwise.
package agent

import (
	"context"
	"slices"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// Script is an agent read from YAML. It is safe for concurrent use.
type Script struct {
	conversation.Agent
	keys    []string
	entries []string
}

// Prompt implements conversation.Prompt: a script's sleep is call time, nobody
// waits for it.
func (s *Script) Prompt() {}

// StateKeys lists the state keys the agent may write, those of start first,
// then turns, then end; for the echo agent EchoStateKeys.
func (s *Script) StateKeys() []string { return slices.Clone(s.keys) }

// Entries implements conversation.Keypad.
func (s *Script) Entries() []string { return slices.Clone(s.entries) }

// scripted runs the three functions of a script.
type scripted struct {
	start, end []op
	turns      []turn
	dtmf       map[string]turn
}

type turn struct {
	say    string
	takes  time.Duration
	listen bool
	do     []op
}

func (s *scripted) Start(_ context.Context, in conversation.StartInput) (conversation.Reply, error) {
	f := frame{
		call:       in.Call,
		attributes: in.Attributes,
		state:      in.State,
		missing:    in.MissingIndex,
	}
	s.goOn(&f.reply, 0)
	return f.run(s.start)
}

// goOn says what follows a function: the next turn, and where there is none the caller has the word, or the agent hangs up.
func (s *scripted) goOn(r *conversation.Reply, next int) {
	r.Listen = next >= len(s.turns) && len(s.dtmf) > 0
	r.Hangup = next >= len(s.turns) && len(s.dtmf) == 0
}

func (s *scripted) Turn(_ context.Context, in conversation.TurnInput) (conversation.Reply, error) {
	var t turn
	next := in.Turn
	switch {
	case in.Digits != "":
		t = s.dtmf[in.Digits]
	case next < len(s.turns):
		t = s.turns[next]
		next++
	}
	f := frame{
		call:       in.Call,
		attributes: in.Attributes,
		state:      in.State,
		missing:    in.MissingIndex,
		reply:      conversation.Reply{Say: t.say, Took: t.takes},
	}
	s.goOn(&f.reply, next)
	if t.listen {
		f.reply.Listen, f.reply.Hangup = true, false
	}
	return f.run(t.do)
}

func (s *scripted) End(_ context.Context, in conversation.EndInput) (conversation.Reply, error) {
	f := frame{call: in.Call, attributes: in.Attributes, state: in.State, missing: in.MissingIndex}
	return f.run(s.end)
}
