package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Duration is a length of time, written as in 2m30s.
type Duration string

// In writes a duration.
func In(d time.Duration) Duration {
	if d == 0 {
		return ""
	}
	return Duration(d.String())
}

// Duration reads it; 0 for what is none.
func (d Duration) Duration() time.Duration {
	out, _ := time.ParseDuration(string(d))
	return out
}

// Dial is a call that the simulator's own carrier is to place, from the outside, over SIP.
type Dial struct {
	To          string            `json:"to"`                     // the number
	From        string            `json:"from,omitempty"`         // the caller's; empty: withheld
	Withheld    bool              `json:"withheld,omitempty"`     // the caller's number is not shown
	Format      string            `json:"format,omitempty"`       // how the carrier writes the number; empty: e164
	Transport   string            `json:"transport,omitempty"`    // udp, tcp or tls; empty: udp
	SDP         string            `json:"sdp,omitempty"`          // offer, late, none, bad-codec; empty: offer
	ViaTo       bool              `json:"via_to,omitempty"`       // the number is in To only
	RingOnly    bool              `json:"ring_only,omitempty"`    // CANCEL on the first ringing
	CancelAfter Duration          `json:"cancel_after,omitempty"` // CANCEL after so long without an answer
	Count       int               `json:"count,omitempty"`        // how often the INVITE is sent; 0: once
	CallID      string            `json:"call_id,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
}

// Placed is a call that the simulator's own carrier has placed.
type Placed struct {
	ID         string            `json:"id"` // its Call-ID
	Number     string            `json:"number"`
	Answered   bool              `json:"answered"`
	Status     int               `json:"status"` // of SIP: 200 when it was answered
	Reason     string            `json:"reason,omitempty"`
	EndedBy    string            `json:"ended_by,omitempty"` // platform, caller, carrier, network; "" while it is up
	How        string            `json:"how,omitempty"`      // bye, cancel, reject, timeout, error
	EndedAt    *time.Time        `json:"ended_at,omitempty"`
	EndHeaders map[string]string `json:"end_headers,omitempty"`
}

// Place has a call placed, and returns when it is answered or has come to nothing.
func (c *Client) Place(ctx context.Context, d Dial) (out Placed, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/calls", d, &out)
}

// Call asks after a call that was placed, and waits at most so long for its end.
func (c *Client) Call(ctx context.Context, id string, wait time.Duration) (out Placed, err error) {
	values := url.Values{}
	put(values, "wait", string(In(wait)))
	return out, c.into(ctx, query("/v1/calls/"+url.PathEscape(id), values), &out)
}

// Press is what the caller of a call presses.
type Press struct {
	Digits string `json:"digits"`         // one after another, as 42#
	Form   string `json:"form,omitempty"` // of the INFO that each is sent in: dtmf-relay or dtmf; empty: the first
}

// Answer is how the platform answers a request of SIP in a call.
type Answer struct {
	Status int `json:"status"` // of the first that is not 200, else 200
}

// Press has the caller of a call that was placed press digits.
func (c *Client) Press(ctx context.Context, id string, p Press) (out Answer, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/calls/"+url.PathEscape(id)+"/digits", p, &out)
}

// Hangup ends a call that was placed, from the caller's side.
func (c *Client) Hangup(ctx context.Context, id string) (out Placed, err error) {
	return out, c.do(ctx, http.MethodDelete, "/v1/calls/"+url.PathEscape(id), nil, &out)
}

// Reservation is what a hand-made Reserve DNI came to.
type Reservation struct {
	Status int             `json:"status"`
	DNI    string          `json:"dni,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"` // as the platform answered, when that is JSON
}

// ReserveRequest is what a hand-made Reserve DNI asks for.
type ReserveRequest struct {
	Project    string          `json:"project,omitempty"` // by its name; empty: the first
	Attributes json.RawMessage `json:"attributes,omitempty"`
}

// Reserve has the simulator reserve a number over HTTP with a project's key, as a client would.
func (c *Client) Reserve(ctx context.Context, r ReserveRequest) (out Reservation, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/reservations", r, &out)
}

// EndConversation ends a call from the platform's side.
func (c *Client) EndConversation(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/v1/conversations/"+url.PathEscape(id), nil, nil)
}

// FaultHits counts what each fault has hit, in the order in which they were set.
type FaultHits struct {
	HTTP     []int `json:"http"`
	Calls    []int `json:"calls"`
	Agent    []int `json:"agent"`
	Handoffs []int `json:"handoffs"`
}

// Faults is what goes wrong, and what it has hit.
type Faults struct {
	Faults json.RawMessage `json:"faults"` // in the words of a scenario's fault; null: nothing
	Hits   FaultHits       `json:"hits"`
}

// Faults asks what goes wrong.
func (c *Client) Faults(ctx context.Context) (out Faults, err error) {
	return out, c.into(ctx, "/v1/faults", &out)
}

// SetFaults has these faults, and no others, from now on: YAML, or JSON, in the words of a scenario's fault.
func (c *Client) SetFaults(ctx context.Context, faults []byte) (out Faults, err error) {
	return out, c.do(ctx, http.MethodPut, "/v1/faults", YAML(faults), &out)
}

// KeepFaults is SetFaults for who switches one fault among others: those that were there before go on as they were, with
// what they have counted.
func (c *Client) KeepFaults(ctx context.Context, faults []byte) (out Faults, err error) {
	return out, c.do(ctx, http.MethodPut, "/v1/faults?keep=true", YAML(faults), &out)
}

// ResetFaults takes all faults away, and lets go what they hold.
func (c *Client) ResetFaults(ctx context.Context) (out Faults, err error) {
	return out, c.do(ctx, http.MethodDelete, "/v1/faults", nil, &out)
}

// Reset ends every call, and forgets leases, handoff states, faults, and what was recorded.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/reset", nil, nil)
}

// ResetPool forgets the leases of one project.
func (c *Client) ResetPool(ctx context.Context, project string) error {
	return c.do(ctx, http.MethodPost, "/v1/pools/"+url.PathEscape(project)+"/reset", nil, nil)
}

// Resize is the numbers that a pool is to have.
type Resize struct {
	Numbers []string `json:"numbers"` // E.164, or ranges like +442079460000..+442079460019
}

// SetNumbers changes the numbers of a project's pool. Leases and calls on a number that leaves are kept to their end.
func (c *Client) SetNumbers(ctx context.Context, project string, numbers []string) error {
	return c.do(ctx, http.MethodPut, "/v1/pools/"+url.PathEscape(project)+"/numbers", Resize{numbers}, nil)
}

// AdvertiseRequest is what callers are told to send to.
type AdvertiseRequest struct {
	Address string `json:"address"` // host or host:port; empty: what each caller has called
}

// Advertise changes what the calls from now on are told to send to: host or host:port, or "" for what each caller has called.
func (c *Client) Advertise(ctx context.Context, address string) error {
	return c.do(ctx, http.MethodPut, "/v1/advertise", AdvertiseRequest{address}, nil)
}

// SetAgent has a project's calls taken by another agent from now on: YAML, as in the configuration.
func (c *Client) SetAgent(ctx context.Context, project string, agent []byte) error {
	return c.do(ctx, http.MethodPut, "/v1/projects/"+url.PathEscape(project)+"/agent", YAML(agent), nil)
}

// Restart stops the platform's store and starts it again, with its leases or without.
func (c *Client) Restart(ctx context.Context, keepLeases bool) error {
	return c.do(ctx, http.MethodPost, "/v1/restart", RestartRequest{map[bool]string{true: "keep", false: "lose"}[keepLeases]}, nil)
}

// RestartRequest says what a restart does to the leases.
type RestartRequest struct {
	Leases string `json:"leases"` // keep, lose
}

// Configure makes the simulator another one, in place: file is a whole configuration, in YAML. Calls are ended, and all
// that was is forgotten; addresses stay, whatever the file says.
func (c *Client) Configure(ctx context.Context, file []byte) (out Simulator, err error) {
	return out, c.do(ctx, http.MethodPut, "/v1/config", YAML(file), &out)
}

// Done is the reply to what has nothing else to say.
type Done struct {
	Done bool `json:"done"`
}
