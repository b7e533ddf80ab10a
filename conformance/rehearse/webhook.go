package rehearse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Webhook is a URL of the client's to which each caller is posted as JSON: lesson, caller, ani, base_url, sip_peer,
// account_id, project_id. A reply of 2xx says that the client has been told; it may come at once or when the client is done.
type Webhook string

// check says what is wrong with the URL.
func (h Webhook) check() error {
	u, err := url.Parse(string(h))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("webhook: want a URL as in http://127.0.0.1:9000/callers, got %q", string(h))
	}
	return nil
}

// Stays implements Arrival.
func (Webhook) Stays() bool { return false }

func (h Webhook) Says() string { return "is posted to " + string(h) }

// mostReplied is how many bytes of a refusal are quoted.
const mostReplied = 200

// Arrive implements Arrival.
func (h Webhook) Arrive(ctx context.Context, c Caller) error {
	body, err := json.Marshal(c.announcement())
	if err != nil {
		return err // unreachable: text and a number
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, string(h), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{DisableKeepAlives: true}
	once := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := once.Do(r)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode/100 != 2 {
		said, _ := io.ReadAll(io.LimitReader(res.Body, mostReplied))
		return fmt.Errorf("webhook: want 2xx of %s, got %s %s", h, res.Status, strings.TrimSpace(string(bytes.ToValidUTF8(said, nil))))
	}
	return nil
}
