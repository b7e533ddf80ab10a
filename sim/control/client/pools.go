package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Pool is the pool of one project at one instant.
type Pool struct {
	Project  string `json:"project"`
	Size     int    `json:"size"` // numbers in the list
	Free     int    `json:"free"`
	Pending  int    `json:"pending"` // reserved, no call yet
	InCall   int    `json:"in_call"`
	Cooling  int    `json:"cooling"`
	Draining int    `json:"draining"` // of those, no longer in the list
	Reserved uint64 `json:"reserved"` // since the pool was made, as the rest
	Refused  uint64 `json:"refused"`  // because no number was free
	Bound    uint64 `json:"bound"`    // reservations that got a call
	Expired  uint64 `json:"expired"`  // reservations that got none
	Unbound  uint64 `json:"unbound"`  // calls without a reservation
}

// Pools is the reply that lists them.
type Pools struct {
	Pools []Pool `json:"pools"`
}

// Pools counts the numbers of every project.
func (c *Client) Pools(ctx context.Context) ([]Pool, error) {
	var out Pools
	err := c.into(ctx, "/v1/pools", &out)
	return out.Pools, err
}

// Number is one number of a pool, and who holds it.
type Number struct {
	Number     string          `json:"number"`
	State      string          `json:"state"` // free, pending, in-call, cooling
	Since      time.Time       `json:"since"`
	Until      *time.Time      `json:"until,omitempty"`        // when it ends by itself
	Lease      uint64          `json:"lease,omitempty"`        // the current one, or the last
	Call       string          `json:"conversation,omitempty"` // the conversation that holds it
	Draining   bool            `json:"draining,omitempty"`     // it is no longer in the list
	Attributes json.RawMessage `json:"attributes,omitempty"`   // of the current lease, as reserved
}

// Numbers is a pool with its numbers.
type Numbers struct {
	Pool
	Now     time.Time `json:"now"` // by the simulator's clock
	Numbers []Number  `json:"numbers"`
	Next    int       `json:"next,omitempty"` // how many to skip for more; 0: there are no more
	Total   int       `json:"total"`          // that are wanted, shown or not
}

// NumbersQuery narrows a list of numbers. The zero value is the first 1000.
type NumbersQuery struct {
	State  string // free, pending, in-call, cooling; empty: any
	Number string // empty: any
	Skip   int
	Limit  int // 0: 1000
}

// Numbers lists the numbers of a project's pool in its order.
func (c *Client) Numbers(ctx context.Context, project string, q NumbersQuery) (out Numbers, err error) {
	values := url.Values{}
	put(values, "state", q.State)
	put(values, "number", q.Number)
	putInt(values, "skip", q.Skip)
	putInt(values, "limit", q.Limit)
	return out, c.into(ctx, query("/v1/pools/"+url.PathEscape(project), values), &out)
}

// into asks, and reads the reply into out.
func (c *Client) into(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, out)
}
