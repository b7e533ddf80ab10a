package client

import (
	"context"
	"net/http"
	"time"
)

// SessionHeader is where a request shows the id of its session.
const SessionHeader = "Dnispool-Session"

// SessionRequest asks to be the only one who changes the simulator.
type SessionRequest struct {
	Holder string   `json:"holder"`          // who that is, for others to read
	For    Duration `json:"for,omitempty"`   // how long the session lasts when it is not shown; empty: a minute, at most an hour
	Wait   Duration `json:"wait,omitempty"`  // how long another's end is waited for, at most a minute; empty: not at all
	Force  bool     `json:"force,omitempty"` // end another's
}

// Session says who alone may change the simulator.
type Session struct {
	ID     string     `json:"id,omitempty"` // shown to its holder only, when it begins
	Held   bool       `json:"held"`
	Holder string     `json:"holder,omitempty"`
	Since  *time.Time `json:"since,omitempty"` // by the machine's clock
	Until  *time.Time `json:"until,omitempty"` // unless it is shown before
}

// Session asks who holds the simulator.
func (c *Client) Session(ctx context.Context) (out Session, err error) {
	return out, c.into(ctx, "/v1/session", &out)
}

// Begin begins a session, or prolongs the one that the client shows. Its id goes to WithSession. While another holds the
// simulator the error is a refusal with status 409, which names who.
func (c *Client) Begin(ctx context.Context, r SessionRequest) (out Session, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/session", r, &out)
}

// Finish ends the session that the client shows.
func (c *Client) Finish(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/v1/session", nil, nil)
}

// WithSession returns a client that shows the session of this id.
func (c *Client) WithSession(id string) *Client {
	with := *c
	with.session = id
	return &with
}
