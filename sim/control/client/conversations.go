package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Summary is a conversation in one line.
type Summary struct {
	ID         string     `json:"id"`
	Project    string     `json:"project"`
	Number     string     `json:"number"`              // dialled
	Caller     string     `json:"caller,omitempty"`    // "" when withheld
	SharedID   string     `json:"shared_id,omitempty"` // once its state is written
	State      string     `json:"state"`               // ringing, up, over
	Bound      bool       `json:"bound"`               // it has a reservation
	Unbound    string     `json:"unbound,omitempty"`   // why it has none
	ArrivedAt  time.Time  `json:"arrived_at"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	Cause      string     `json:"cause,omitempty"` // of the end: agent, caller, silence, cancel…
	HandoffTo  string     `json:"handoff_to,omitempty"`
}

// Conversation is everything that is known of one call.
type Conversation struct {
	Summary
	CallID      string                     `json:"call_id"` // of the SIP dialog, as its sender chose it
	Lease       uint64                     `json:"lease,omitempty"`
	Headers     map[string]string          `json:"headers,omitempty"`    // X- headers of the INVITE
	Attributes  json.RawMessage            `json:"attributes,omitempty"` // as reserved
	Given       json.RawMessage            `json:"given"`                // what start_function got to see; null is None
	Turns       []Turn                     `json:"turns"`
	TurnsCut    int                        `json:"turns_cut,omitempty"` // that were too many to be kept
	ConvState   map[string]json.RawMessage `json:"conv_state"`          // as it is now
	Handoff     *Left                      `json:"handoff,omitempty"`
	Exchanges   []ExchangeSummary          `json:"exchanges"` // that reserved its number, and asked for its handoff
	Messages    []Message                  `json:"messages"`  // SIP, retransmissions included
	MessagesCut int                        `json:"messages_cut,omitempty"`
}

// Turn is one step of the agent.
type Turn struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"` // start, start-failed, turn, turn-failed, silence, stuck
	Say    string    `json:"say,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Cause  string    `json:"cause,omitempty"` // when it ended the call
	Error  string    `json:"error,omitempty"` // what the agent did wrong
	Wait   string    `json:"wait"`            // how long until the next step, as in 2s
	Notes  []Note    `json:"notes,omitempty"` // what its function left for a reader
}

// Note is what a function of an agent has left for a reader: a line of its log, the function that was called, what it wanted and the
// simulator has not.
type Note struct {
	Kind string `json:"kind"` // as info, call, metric, handoff, refused
	Text string `json:"text"`
}

// Left is the handoff state that a conversation has left.
type Left struct {
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// Message is one SIP message.
type Message struct {
	At        time.Time `json:"at"`
	Sent      bool      `json:"sent"` // by the platform; else received
	Peer      string    `json:"peer"` // host:port
	StartLine string    `json:"start_line"`
	CSeq      string    `json:"cseq,omitempty"`
	Raw       string    `json:"raw"`
}

// ConversationsQuery narrows a list of conversations. The zero value is the newest 100.
type ConversationsQuery struct {
	Project, Number, SharedID string // empty: any
	State                     string // ringing, up, over; empty: any
	Bound                     *bool  // nil: both
	Text                      string // that number, caller, shared_id, id or Call-ID has in it, in any case
	Skip, Limit               int    // 0: 100
}

// Conversations is the reply that lists them, newest first.
type Conversations struct {
	Conversations []Summary `json:"conversations"`
	Total         int       `json:"total"`          // that are wanted, shown or not
	Next          int       `json:"next,omitempty"` // how many to skip for more; 0: there are no more
	Dropped       uint64    `json:"dropped"`        // older ones that made room
}

// Conversations lists them, newest first.
func (c *Client) Conversations(ctx context.Context, q ConversationsQuery) (out Conversations, err error) {
	values := url.Values{}
	put(values, "project", q.Project)
	put(values, "number", q.Number)
	put(values, "shared_id", q.SharedID)
	put(values, "state", q.State)
	if q.Bound != nil {
		put(values, "bound", strconv.FormatBool(*q.Bound))
	}
	put(values, "text", q.Text)
	putInt(values, "skip", q.Skip)
	putInt(values, "limit", q.Limit)
	return out, c.into(ctx, query("/v1/conversations", values), &out)
}

// Conversation is everything about one, by its id.
func (c *Client) Conversation(ctx context.Context, id string) (out Conversation, err error) {
	return out, c.into(ctx, "/v1/conversations/"+url.PathEscape(id), &out)
}

// Messages are the SIP messages of one Call-ID.
type Messages struct {
	Messages    []Message `json:"messages"`
	MessagesCut int       `json:"messages_cut,omitempty"` // that were too many to be kept
}

// Messages lists those of a Call-ID, whether a conversation came of it or not.
func (c *Client) Messages(ctx context.Context, callID string) (out Messages, err error) {
	return out, c.into(ctx, query("/v1/messages", url.Values{"call_id": {callID}}), &out)
}

func put(values url.Values, name, value string) {
	if value != "" {
		values.Set(name, value)
	}
}

func putInt(values url.Values, name string, value int) {
	if value != 0 {
		values.Set(name, strconv.Itoa(value))
	}
}
