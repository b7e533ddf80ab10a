// Package client speaks the control API of a simulator, as specs/control.openapi.yaml has it. It imports nothing of
// this module, so that any program may use it.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Status is in which part of its life a simulator is: live, starting, ready or stopping.
type Status struct {
	Status string `json:"status"`
}

// Failure is the body of every refusal.
type Failure struct {
	Error string `json:"error"`
}

// Info is where a simulator is, what it serves, and to whom.
type Info struct {
	Version  string    `json:"version"`
	Profile  string    `json:"profile"`
	HTTP     string    `json:"http"`    // base URL of Reserve DNI and Get Handoff
	SIP      string    `json:"sip"`     // host:port at which calls are answered
	Control  string    `json:"control"` // base URL of this API
	Calls    int       `json:"calls"`   // that are up
	Projects []Project `json:"projects"`
}

// Project is one tenant.
type Project struct {
	Name       string `json:"name"`
	Account    Names  `json:"account"`
	Project    Names  `json:"project"`
	DNIKey     string `json:"dni_key"`     // masked unless asked for
	HandoffKey string `json:"handoff_key"` // masked unless asked for
	Pool       Pool   `json:"pool"`
}

// Names are the two names of an account or a project. Both are valid in a path.
type Names struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
}

// Pool counts the numbers of a project.
type Pool struct {
	Size int `json:"size"`
	Free int `json:"free"`
}

// Client asks one simulator. It is safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client of the simulator at link: a base URL, as http://127.0.0.1:8081, or the link that a simulator with
// a token prints, as http://127.0.0.1:8081/?token=….
func New(link string) (*Client, error) {
	u, err := url.Parse(link)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("control: want a URL like http://127.0.0.1:8081, got %q", link)
	}
	c := &Client{token: u.Query().Get("token"), http: &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}}
	u.RawQuery, u.Fragment, u.Path = "", "", strings.TrimSuffix(u.Path, "/")
	c.base = u.String()
	return c, nil
}

// Close ends the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Live returns nil when something that speaks this API answers.
func (c *Client) Live(ctx context.Context) error { return c.get(ctx, "/v1/live", nil, new(Status)) }

// Ready returns nil when calls and requests are answered. The error says in which part of its life the simulator is.
func (c *Client) Ready(ctx context.Context) error {
	err := c.get(ctx, "/v1/ready", nil, new(Status))
	var refused *Error
	if errors.As(err, &refused) && refused.Status == http.StatusServiceUnavailable {
		var s Status
		if json.Unmarshal(refused.body, &s) == nil && s.Status != "" {
			return fmt.Errorf("simulator: want it ready, it is %s", s.Status)
		}
	}
	return err
}

// WaitReady asks until the simulator is ready or ctx ends. The error is that of the last try.
func (c *Client) WaitReady(ctx context.Context) error {
	const pause = 20 * time.Millisecond // nothing outside a process says when it begins to listen
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		err := c.Ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// Info asks where the simulator is, what it serves, and to whom; secrets shows its keys.
func (c *Client) Info(ctx context.Context, secrets bool) (Info, error) {
	var out Info
	return out, c.get(ctx, "/v1/info", shown(secrets), &out)
}

// Config asks for every setting in force, as a YAML file; with secrets it starts the same simulator.
func (c *Client) Config(ctx context.Context, secrets bool) ([]byte, error) {
	return c.do(ctx, http.MethodGet, "/v1/config", shown(secrets), nil)
}

func shown(secrets bool) url.Values {
	if secrets {
		return url.Values{"secrets": {"true"}}
	}
	return nil
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	b, err := c.do(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("control: GET %s: want the control API's JSON, got %.100q", path, b)
	}
	return nil
}

// Error is a refusal.
type Error struct {
	Status int    // of HTTP
	Says   string // in one sentence, what was wrong
	body   []byte
}

// Error is the refusal in words.
func (e *Error) Error() string { return fmt.Sprintf("control: %d: %s", e.Status, e.Says) }

// do sends a request and returns the body of its reply. body is sent as JSON; nil: none.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body io.Reader) ([]byte, error) {
	to := c.base + path
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, to, body)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 256<<20))
	if err != nil {
		return nil, fmt.Errorf("control: %s %s: %w", method, path, err)
	}
	if res.StatusCode >= 300 {
		var f Failure
		if json.Unmarshal(b, &f) != nil || f.Error == "" {
			f.Error = fmt.Sprintf("%.100q", b)
		}
		return nil, &Error{Status: res.StatusCode, Says: f.Error, body: b}
	}
	return b, nil
}
