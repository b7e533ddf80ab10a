package control

import (
	"cmp"
	"encoding/json"
	"net/http"
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
	project, number, sharedID, state, bound := q.text("project"), q.text("number"), q.text("shared_id"), q.oneOf("state", isRinging, isUp, isOver), q.bool("bound")
	skip, limit := q.number("skip", 0, 0, 10_000_000), q.number("limit", 100, 1, 100_000)
	if q.refused(w) {
		return
	}
	calls, dropped := s.recorder.newest()
	out := client.Conversations{Conversations: []client.Summary{}, Dropped: dropped}
	seen := 0
	for _, c := range calls {
		one := c.summary()
		if project != "" && one.Project != project || number != "" && one.Number != number || sharedID != "" && one.SharedID != sharedID ||
			state != "" && one.State != state || bound != nil && one.Bound != *bound {
			continue
		}
		if seen++; seen <= skip {
			continue
		}
		if len(out.Conversations) == limit {
			out.Next = skip + limit
			break
		}
		out.Conversations = append(out.Conversations, one)
	}
	reply(w, http.StatusOK, out)
}

// summary is the call in one line.
func (c *call) summary() client.Summary {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.arrived
	out := client.Summary{
		ID: a.Call.ID, Project: a.Project, Number: a.Call.DNIS, Caller: a.Call.ANI, SharedID: cmp.Or(c.sharedID, member(a.Attributes, "shared_id")),
		State: isRinging, Bound: a.Call.Bound, Unbound: string(a.Unbound), ArrivedAt: a.Call.ArrivedAt,
		AnsweredAt: when(c.answered), EndedAt: when(c.ended), Cause: c.cause, HandoffTo: member(c.handoff, "handoff_to"),
	}
	switch {
	case !c.ended.IsZero():
		out.State = isOver
	case !c.answered.IsZero():
		out.State = isUp
	}
	return out
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
	messages, cut := s.recorder.ladder(out.CallID)
	out.MessagesCut, out.Messages = cut, []client.Message{}
	for _, m := range messages {
		out.Messages = append(out.Messages, client.Message{At: m.At, Sent: m.Sent, Peer: m.Peer, StartLine: m.StartLine, CSeq: m.CSeq, Raw: strings.ToValidUTF8(string(m.Raw), "\uFFFD")})
	}
	out.Exchanges = s.exchangesOf(p, out)
	reply(w, http.StatusOK, out)
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
