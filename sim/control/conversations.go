package control

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/conversation"
)

// The states of a conversation.
const (
	isRinging = "ringing"
	isUp      = "up"
	isOver    = "over"
)

func (s *Server) conversations(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	f := callFilter{
		project: q.text("project"), number: q.text("number"), sharedID: q.text("shared_id"), state: q.oneOf("state", isRinging, isUp, isOver),
		bound: q.bool("bound"), text: strings.ToLower(q.text("text")),
	}
	skip, limit := q.number("skip", 0, 0, 10_000_000), q.number("limit", 100, 1, 100_000)
	if q.refused(w) {
		return
	}
	calls, dropped := s.recorder.newest()
	out := client.Conversations{Conversations: []client.Summary{}, Dropped: dropped}
	for _, c := range calls {
		if !f.wants(c) {
			continue
		}
		out.Total++
		switch {
		case out.Total <= skip:
		case len(out.Conversations) < limit:
			out.Conversations = append(out.Conversations, c.summary())
		default:
			out.Next = skip + limit
		}
	}
	reply(w, http.StatusOK, out)
}

// callFilter says which calls are wanted.
type callFilter struct {
	project, number, sharedID, state string // empty: any
	bound                            *bool  // nil: both
	text                             string // in lower case, that one of the call's names has in it
}

func (f callFilter) wants(c *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.arrived
	if f.project != "" && a.Project != f.project || f.number != "" && a.Call.DNIS != f.number || f.state != "" && c.standing() != f.state ||
		f.bound != nil && a.Call.Bound != *f.bound {
		return false
	}
	if f.sharedID == "" && f.text == "" { // which are looked for in what was reserved: that takes longer
		return true
	}
	sharedID := c.shared()
	return (f.sharedID == "" || sharedID == f.sharedID) &&
		(f.text == "" || slices.ContainsFunc([]string{sharedID, a.Call.DNIS, a.Call.ANI, a.Call.ID, a.CallID}, func(name string) bool {
			return strings.Contains(strings.ToLower(name), f.text)
		}))
}

// standing is the state of the conversation. The caller holds mu.
func (c *call) standing() string {
	switch {
	case !c.ended.IsZero():
		return isOver
	case !c.answered.IsZero():
		return isUp
	}
	return isRinging
}

// shared is the call's shared_id: that of its handoff, else that of its reservation. The caller holds mu.
func (c *call) shared() string {
	if c.sharedID != "" {
		return c.sharedID
	}
	return member(c.arrived.Attributes, "shared_id")
}

// summary is the call in one line.
func (c *call) summary() client.Summary {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.arrived
	return client.Summary{
		ID: a.Call.ID, Project: a.Project, Number: a.Call.DNIS, Caller: a.Call.ANI, SharedID: c.shared(),
		State: c.standing(), Bound: a.Call.Bound, Unbound: string(a.Unbound), ArrivedAt: a.Call.ArrivedAt,
		AnsweredAt: when(c.answered), EndedAt: when(c.ended), Cause: c.cause, HandoffTo: member(c.handoff, "handoff_to"),
	}
}

// member is a text of a JSON object; "" when it has none.
func member(object json.RawMessage, name string) string {
	var members map[string]json.RawMessage
	var text string
	if len(object) == 0 || json.Unmarshal(object, &members) != nil || json.Unmarshal(members[name], &text) != nil {
		return ""
	}
	return text
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Server) conversation(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	c, ok := s.recorder.find(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "conversation: no such conversation %.80q among those that are kept", r.PathValue("id"))
		return
	}
	out := c.whole()
	out.Messages, out.MessagesCut = s.messagesOf(out.CallID)
	out.Exchanges = s.exchangesOf(p, out)
	reply(w, http.StatusOK, out)
}

// messages are those of a Call-ID, whether a conversation came of it or not.
func (s *Server) messages(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	callID := q.text("call_id")
	if callID == "" {
		q.wrong("call_id: want one, got nothing")
	}
	if q.refused(w) {
		return
	}
	var out client.Messages
	if out.Messages, out.MessagesCut = s.messagesOf(callID); len(out.Messages) == 0 {
		refuse(w, http.StatusNotFound, "call_id: no message of %.200q among those that are kept", callID)
		return
	}
	reply(w, http.StatusOK, out)
}

// messagesOf are the SIP messages of a Call-ID, and how many more there were.
func (s *Server) messagesOf(callID string) ([]client.Message, int) {
	kept, cut := s.recorder.ladder(callID)
	out := []client.Message{}
	for _, m := range kept {
		out = append(out, client.Message{At: m.At, Sent: m.Sent, Peer: m.Peer, StartLine: m.StartLine, CSeq: m.CSeq, Raw: strings.ToValidUTF8(m.Raw, "\uFFFD")})
	}
	return out, cut
}

// whole is everything but the messages and exchanges.
func (c *call) whole() client.Conversation {
	out := client.Conversation{Summary: c.summary(), Turns: []client.Turn{}, ConvState: map[string]json.RawMessage{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.arrived
	out.CallID, out.Lease, out.Headers, out.Attributes, out.Given, out.TurnsCut = a.CallID, a.Lease, a.Call.Headers, a.Attributes, a.Given, c.cut
	for key, value := range c.state {
		out.ConvState[key] = value
	}
	for _, t := range c.turns {
		turn := client.Turn{At: t.at, Kind: string(t.step.Kind), Say: t.step.Say, Detail: t.step.Detail, Cause: t.step.Cause, Wait: t.step.Wait.String()}
		if t.step.Wait == conversation.Forever {
			turn.Wait = "forever"
		}
		if t.step.Err != nil {
			turn.Error = t.step.Err.Error()
		}
		for _, n := range t.step.Notes {
			turn.Notes = append(turn.Notes, client.Note{Kind: n.Kind, Text: n.String()})
		}
		out.Turns = append(out.Turns, turn)
	}
	if c.handoff != nil {
		out.Handoff = &client.Left{At: c.left, Data: c.handoff}
	}
	return out
}

// exchangesOf are those that reserved the conversation's number last before it arrived, and asked for what it left.
func (s *Server) exchangesOf(p *sim.Sim, c client.Conversation) []client.ExchangeSummary {
	out := []client.ExchangeSummary{}
	var reserved *client.ExchangeSummary
	for _, k := range s.recorder.exchanges.since(0) {
		switch k.item.Endpoint {
		case api.EndpointReserve:
			if c.Bound && !k.item.At.After(c.ArrivedAt) && member(k.item.Body, "dni") == c.Number {
				one := s.summarise(p, k)
				reserved = &one
			}
		case api.EndpointHandoff:
			if named(k.item.Path, "id", c.ID) || c.SharedID != "" && named(k.item.Path, "shared_id", c.SharedID) {
				out = append(out, s.summarise(p, k))
			}
		}
	}
	if reserved != nil {
		out = append([]client.ExchangeSummary{*reserved}, out...)
	}
	return out
}
