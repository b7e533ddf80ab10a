package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// ExchangeSummary is one HTTP request and its answer in one line.
type ExchangeSummary struct {
	ID       uint64    `json:"id"`
	At       time.Time `json:"at"`                 // of the answer
	Took     string    `json:"took"`               // as in 212µs
	Endpoint string    `json:"endpoint,omitempty"` // reserve, handoff; "" for a path that does not exist
	Project  string    `json:"project,omitempty"`  // whose key it was
	Method   string    `json:"method,omitempty"`   // "" for what was no request
	Path     string    `json:"path,omitempty"`
	Status   int       `json:"status"`
	Message  string    `json:"message,omitempty"` // why it was refused
}

// Exchange is one HTTP request and its answer, as the platform had them.
type Exchange struct {
	ExchangeSummary
	CorrelationID string            `json:"correlation_id,omitempty"`
	From          string            `json:"from"`              // host:port
	Headers       map[string]string `json:"headers,omitempty"` // of the request; keys are masked
	RequestBody   string            `json:"request_body,omitempty"`
	ResponseBody  string            `json:"response_body,omitempty"`
}

// ExchangesQuery narrows a list of exchanges. The zero value is the newest 100.
type ExchangesQuery struct {
	Endpoint, Project string
	Status            int    // 0: any; 4: any 4xx, 5: any 5xx
	Before            uint64 // only those with a smaller id; 0: all
	Skip, Limit       int    // 0: 100
}

// Exchanges is the reply that lists them, newest first.
type Exchanges struct {
	Exchanges []ExchangeSummary `json:"exchanges"`
	Total     int               `json:"total"`   // that are wanted, shown or not
	Dropped   uint64            `json:"dropped"` // older ones that made room
}

// Exchanges lists them, newest first.
func (c *Client) Exchanges(ctx context.Context, q ExchangesQuery) (out Exchanges, err error) {
	values := url.Values{}
	put(values, "endpoint", q.Endpoint)
	put(values, "project", q.Project)
	putInt(values, "status", q.Status)
	if q.Before > 0 {
		values.Set("before", strconv.FormatUint(q.Before, 10))
	}
	putInt(values, "skip", q.Skip)
	putInt(values, "limit", q.Limit)
	return out, c.into(ctx, query("/v1/exchanges", values), &out)
}

// Exchange is everything about one, by its id.
func (c *Client) Exchange(ctx context.Context, id uint64) (out Exchange, err error) {
	return out, c.into(ctx, "/v1/exchanges/"+strconv.FormatUint(id, 10), &out)
}

// Refusal is a request or a call that was refused, and what comes nearest to what was meant.
type Refusal struct {
	At       time.Time `json:"at"`
	Edge     string    `json:"edge"` // http, sip
	What     string    `json:"what"` // as in GET /v1/acme/support/handoff_state, or INVITE +442079460000
	Status   int       `json:"status"`
	Reason   string    `json:"reason"`
	Nearest  string    `json:"nearest,omitempty"` // what there is that was probably meant
	Project  string    `json:"project,omitempty"`
	Exchange uint64    `json:"exchange,omitempty"` // its id
	CallID   string    `json:"call_id,omitempty"`
}

// Refusals is the reply that lists them, newest first.
type Refusals struct {
	Refused []Refusal `json:"refused"`
	Total   int       `json:"total"` // shown or not
}

// Refused lists what was refused, newest first; at most limit, 100 when that is 0.
func (c *Client) Refused(ctx context.Context, limit int) ([]Refusal, error) {
	values := url.Values{}
	putInt(values, "limit", limit)
	var out Refusals
	err := c.into(ctx, query("/v1/refused", values), &out)
	return out.Refused, err
}
