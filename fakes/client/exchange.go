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
	"strconv"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/sim/retryafter"
)

// maxReply is more than any reply of the contract.
const maxReply = 1 << 20

// reply is what came of one request. Status 0 means that none came.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error         // of the exchange, or of reading the body
	took   time.Duration // real time
	unsent bool          // the connection was refused: nothing can have happened
}

// exchange sends one request and reads the reply, within limit.
func (r *run) exchange(ctx context.Context, limit time.Duration, method, target, key string, body []byte) (out reply) {
	start := time.Now()
	defer func() { out.took = time.Since(start) }()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, content)
	if err != nil {
		return reply{err: err, unsent: true}
	}
	req.Header.Set("x-api-key", key)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := r.http.Do(req)
	if err != nil {
		return reply{err: plain(err), unsent: errors.Is(err, syscall.ECONNREFUSED)}
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	if err == nil && len(got) > maxReply {
		err = errors.New("body over 1 MiB")
	}
	return reply{status: res.StatusCode, header: res.Header, body: got, err: plain(err)}
}

// plain drops the URL that net/http puts in front: it may hold what should not be in a report.
func plain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// String says what came in a few words: status, and what the error body says in whatever shape it has.
func (p reply) String() string {
	switch {
	case errors.Is(p.err, context.DeadlineExceeded):
		return "timeout after " + p.took.Round(time.Millisecond).String()
	case p.status == 0:
		return p.err.Error()
	case p.err != nil:
		return fmt.Sprintf("%d, then %v", p.status, p.err)
	case p.status >= 200 && p.status < 300:
		return strconv.Itoa(p.status)
	}
	return fmt.Sprintf("%d (%s)", p.status, p.message())
}

// message reads an error body. Every API of the family and the gateway in front have shapes of their own:
// {success, error, message}, {error_message}, both with codes, {message} and {error, code}.
func (p reply) message() string {
	object, err := p.object()
	if err != nil {
		return err.Error()
	}
	for _, key := range []string{"error_message", "message", "error"} {
		if s := text(object[key]); s != "" {
			return clip(s)
		}
	}
	return "JSON without a message"
}

// object reads the body as a JSON object and says in words what it is instead.
func (p reply) object() (map[string]json.RawMessage, error) {
	body := bytes.TrimSpace(p.body)
	if p.err != nil {
		return nil, p.err
	}
	if len(body) == 0 {
		return nil, errors.New("empty body")
	}
	if body[0] == '<' {
		return nil, errors.New("HTML instead of JSON")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, fmt.Errorf("body is no JSON object: %v", err)
	}
	if object == nil {
		return nil, errors.New("body is null")
	}
	return object, nil
}

// text gives a string its value and a number its digits; "" for the rest.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}

// backoff is the wait after the n-th failure (from 1): doubling from 200 ms to 5 s, with up to a half taken off at random.
func (r *run) backoff(n int) time.Duration {
	full := min(200*time.Millisecond<<min(n-1, 10), 5*time.Second)
	r.chance.mu.Lock()
	defer r.chance.mu.Unlock()
	return full - time.Duration(r.chance.rng.Int64N(int64(full)/2+1))
}

// pause is how long to wait after a failed attempt: what the server asked for, but never less than the backoff.
func (r *run) pause(p reply, backoff time.Duration) time.Duration {
	after, _ := retryafter.Wait(p.header.Get("Retry-After"), p.header.Get("Date"), r.clock.Now())
	return max(after, backoff)
}
