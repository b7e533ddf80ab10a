// Package client speaks to the control API of a simulator: it asks what happens inside, and changes what it does. It
// imports nothing of this module, and its types are the replies as specs/control.openapi.yaml describes them.
package client

import (
	"bytes"
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

// DefaultURL is where a simulator that was told nothing serves its control API.
const DefaultURL = "http://127.0.0.1:8081"

// Client speaks to one simulator. It is safe for concurrent use.
type Client struct {
	base    string
	token   string
	session string
	http    *http.Client
}

// New returns a client of the simulator at base, as in http://127.0.0.1:8081; host:port alone will do. A token in its
// query, as in the link that the simulator prints, is shown with every request.
func New(base string) (*Client, error) {
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("url: want one like %s, got %q", DefaultURL, base)
	}
	token := u.Query().Get("token")
	u.RawQuery, u.Fragment = "", ""
	return &Client{base: strings.TrimSuffix(u.String(), "/"), token: token, http: http.DefaultClient}, nil
}

// WithToken returns a client that shows this token.
func (c *Client) WithToken(token string) *Client {
	with := *c
	with.token = token
	return &with
}

// HasToken reports whether the client has a token to show.
func (c *Client) HasToken() bool { return c.token != "" }

// WithHTTP returns a client that sends its requests by h, for a certificate of one's own, say.
func (c *Client) WithHTTP(h *http.Client) *Client {
	with := *c
	with.http = h
	return &with
}

// URL is where the simulator is asked.
func (c *Client) URL() string { return c.base }

// Error is a request that the simulator refused.
type Error struct {
	Status     int    `json:"-"`                      // of HTTP
	Message    string `json:"error"`                  // what was wanted and got
	DidYouMean string `json:"did_you_mean,omitempty"` // what there is that comes nearest
}

// Error says what was refused, and what was meant instead.
func (e *Error) Error() string {
	if e.DidYouMean != "" {
		return fmt.Sprintf("%s (did you mean %q?)", e.Message, e.DidYouMean)
	}
	return e.Message
}

// IsStatus reports whether err is a refusal with that HTTP status.
func IsStatus(err error, status int) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == status
}

// maxReply bounds what of a reply is read.
const maxReply = 256 << 20

// do sends a request and reads the reply into out: JSON, or bytes when out is a *[]byte. A nil in or out is none.
func (c *Client) do(ctx context.Context, method, path string, in, out any) error {
	body, kind, err := encode(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, err := c.send(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if raw, ok := out.(*[]byte); ok {
		*raw = reply
		return nil
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(reply, out); err != nil {
		return fmt.Errorf("%s %s: want JSON of the control API, got %.100q", method, path, reply)
	}
	return nil
}

// YAML is a request's body that is no JSON.
type YAML []byte

func encode(in any) (io.Reader, string, error) {
	switch in := in.(type) {
	case nil:
		return nil, "", nil
	case YAML:
		return bytes.NewReader(in), "application/yaml", nil
	}
	b, err := json.Marshal(in)
	return bytes.NewReader(b), "application/json", err
}

// send shows the token, and returns a reply that is no refusal.
func (c *Client) send(r *http.Request) (*http.Response, error) {
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.session != "" {
		r.Header.Set(SessionHeader, c.session)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode < 400 {
		return res, nil
	}
	defer res.Body.Close()
	refused := &Error{Status: res.StatusCode}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if json.Unmarshal(b, refused) != nil || refused.Message == "" {
		refused.Message = fmt.Sprintf("%s %s: want the control API of a simulator, got %d", r.Method, r.URL.Path, res.StatusCode)
	}
	return nil, refused
}

// WaitReady asks until the simulator is ready or ctx ends. While nobody listens it tries to connect again.
func (c *Client) WaitReady(ctx context.Context) error {
	const again = 20 * time.Millisecond
	for {
		err := c.Ready(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if e, ok := errors.AsType[*Error](err); ok && e.Status != http.StatusServiceUnavailable {
			return err // it is no simulator, or wants something else: that does not change by itself
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(again):
		}
	}
}

// query appends what is not empty.
func query(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
