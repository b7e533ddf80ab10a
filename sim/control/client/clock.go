package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Clock is the platform's time.
type Clock struct {
	Now    time.Time `json:"now"`
	Frozen bool      `json:"frozen"` // it stands still until it is advanced
	Moved  bool      `json:"moved"`  // what was asked for has moved it
	Events uint64    `json:"events"` // the number of the newest event of the journal
}

// ClockChange steers the platform's time.
type ClockChange struct {
	Advance Duration `json:"advance,omitempty"`
	ToNext  Duration `json:"to_next,omitempty"` // to the first moment at which something wakes, at most so far
	Frozen  *bool    `json:"frozen,omitempty"`  // nil: as it is
}

// Clock asks for the time.
func (c *Client) Clock(ctx context.Context) (out Clock, err error) {
	return out, c.into(ctx, "/v1/clock", &out)
}

// Settled asks for the time once everything that happens inside waits for it, or for a little while.
func (c *Client) Settled(ctx context.Context) (out Clock, err error) {
	return out, c.into(ctx, "/v1/clock?settled", &out)
}

// Advance moves the time, and returns when all that happens meanwhile has happened.
func (c *Client) Advance(ctx context.Context, d time.Duration) (out Clock, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/clock", ClockChange{Advance: In(d)}, &out)
}

// AdvanceToNext moves a frozen time to the first moment at which something wakes, at most by limit, and returns when that has
// done its work. Where nothing wakes by then the time is not moved, and the reply says so.
func (c *Client) AdvanceToNext(ctx context.Context, limit time.Duration) (out Clock, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/clock", ClockChange{ToNext: In(limit)}, &out)
}

// Freeze lets the time stand still, or run on.
func (c *Client) Freeze(ctx context.Context, frozen bool) (out Clock, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/clock", ClockChange{Frozen: &frozen}, &out)
}

// Hold is work of a client's own that the platform's time waits for: a time that is advanced stands still while the work
// is busy, and goes on while it sleeps.
type Hold struct {
	ID string `json:"id"`
}

// Sleep is for how long a hold sleeps.
type Sleep struct {
	For Duration `json:"for"`
}

// Hold begins such work.
func (c *Client) Hold(ctx context.Context) (out Hold, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/clock/holds", nil, &out)
}

// Sleep lets a hold sleep, and returns when so much of the platform's time has passed, or ctx has ended: it is busy again.
func (c *Client) Sleep(ctx context.Context, hold string, d time.Duration) (out Clock, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/clock/holds/"+url.PathEscape(hold)+"/sleep", Sleep{In(d)}, &out)
}

// Release ends such work.
func (c *Client) Release(ctx context.Context, hold string) error {
	return c.do(ctx, http.MethodDelete, "/v1/clock/holds/"+url.PathEscape(hold), nil, nil)
}
