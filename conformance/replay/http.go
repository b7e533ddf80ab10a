package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/target"
)

// replyTimeout is how long a client waits for a reply unless the step says otherwise.
const replyTimeout = 2 * time.Second

const reservePath = "/v1/conversations/dni-reservation"

func (l *lane) reserve(ctx context.Context, st *scenario.Step, a *scenario.Reserve) (outcome, error) {
	project, err := l.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	body, attributes, err := l.reserveBody(a)
	if err != nil {
		return outcome{}, err
	}
	key, err := l.key(&a.Key, project, project.DNIKey)
	if err != nil {
		return outcome{}, err
	}
	timeout := replyTimeout
	if a.Timeout > 0 {
		timeout = a.Timeout
	}
	for try := 0; ; try++ {
		out, err := l.reserveOnce(ctx, st, project, key, body, attributes, timeout)
		if err != nil || !out.indefinite || try == a.Retry {
			return out, err
		}
	}
}

// identity is what the history keeps of attributes.
type identity struct {
	Nonce    any `json:"nonce"`
	SharedID any `json:"shared_id"`
}

func (l *lane) reserveOnce(ctx context.Context, st *scenario.Step, project target.Project, key string, body []byte, attributes identity, timeout time.Duration) (outcome, error) {
	nonce, sharedID := text(attributes.Nonce), text(attributes.SharedID)
	op := l.history.Begin(history.Op{
		Client: l.client, Step: st.Label(), Kind: history.Reserve, Project: project.Name, Nonce: nonce, SharedID: sharedID,
		Start: l.now(), Outcome: history.Indefinite,
	})
	x, err := l.post(ctx, st.Label(), l.stage.BaseURL()+reservePath, key, body, timeout)
	if err != nil {
		return outcome{}, err
	}
	number := dniOf(x)
	l.history.Update(op, func(o *history.Op) {
		o.End, o.Status = l.now(), x.Status
		switch {
		case x.err != nil && !x.Definite:
			o.Outcome = history.Indefinite
		case x.err != nil:
			o.Outcome = history.Rejected
		case x.Status == http.StatusOK:
			o.Outcome, o.Number = history.OK, number
		case x.Status == http.StatusNotFound:
			o.Outcome = history.Refused
		default:
			o.Outcome = history.Rejected
		}
	})
	if st.Name != "" {
		l.leases[st.Name] = reservation{project: project.Name, number: number, nonce: nonce, sharedID: sharedID}
	}
	return l.replied(x), nil
}

func (l *lane) reserveBody(a *scenario.Reserve) ([]byte, identity, error) {
	var id identity
	if a.Body.IsSet() {
		body, err := a.Body.JSON(l.scope)
		var whole struct {
			Attributes json.RawMessage `json:"attributes"`
		}
		if err == nil && json.Unmarshal(body, &whole) == nil {
			_ = decodeNumbers(whole.Attributes, &id) // a body that is no reservation has no identity
		}
		return body, id, err
	}
	attributes, err := a.Attributes.JSON(l.scope)
	if err != nil {
		return nil, id, err
	}
	_ = decodeNumbers(attributes, &id) // the same
	return fmt.Appendf(nil, `{"attributes":%s}`, attributes), id, nil
}

func decodeNumbers(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}

// text is a nonce or shared_id as the Handoff API spells it, "" when it is neither text nor a number.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (l *lane) handoff(ctx context.Context, st *scenario.Step, a *scenario.Handoff) (outcome, error) {
	project, err := l.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	key, err := l.key(&a.Key, project, project.HandoffKey)
	if err != nil {
		return outcome{}, err
	}
	account, err := a.Account.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	if account == "" {
		account = project.Account
	}
	sharedID, id, query, err := l.handoffQuery(a)
	if err != nil {
		return outcome{}, err
	}
	op := l.history.Begin(history.Op{
		Client: l.client, Step: st.Label(), Kind: history.Handoff, Project: project.Name, AskedID: id, AskedSharedID: sharedID,
		Start: l.now(), Outcome: history.Indefinite,
	})
	u := fmt.Sprintf("%s/v1/%s/%s/handoff_state?%s", l.stage.BaseURL(), url.PathEscape(account), url.PathEscape(project.Project), query)
	x, err := l.get(ctx, st.Label(), u, key)
	if err != nil {
		return outcome{}, err
	}
	l.history.Update(op, func(o *history.Op) { l.sawHandoff(o, x) })
	return l.replied(x), nil
}

// sawHandoff fills in what a GET brought.
func (l *lane) sawHandoff(o *history.Op, x *exchange) {
	o.End, o.Status = l.now(), x.Status
	switch {
	case x.err != nil:
		o.Outcome = history.Indefinite
	case x.Status == http.StatusNotFound:
		o.Outcome = history.Refused
	case x.Status != http.StatusOK:
		o.Outcome = history.Rejected
	default:
		var state struct {
			ID       string          `json:"id"`
			SharedID string          `json:"shared_id"`
			Data     json.RawMessage `json:"data"`
		}
		o.Outcome = history.OK
		if json.Unmarshal(x.body, &state) == nil { // the contract check speaks of bodies that are not what they should be
			o.GotID, o.GotSharedID, o.Data = state.ID, state.SharedID, state.Data
		}
	}
}

func (l *lane) handoffQuery(a *scenario.Handoff) (sharedID, id, query string, err error) {
	if a.Query.IsSet() {
		query, err = a.Query.Resolve(l.scope)
		if values, parseErr := url.ParseQuery(query); parseErr == nil {
			sharedID, id = values.Get("shared_id"), values.Get("id")
		}
		return sharedID, id, query, err
	}
	values := make(url.Values)
	if a.SharedID.IsSet() {
		if sharedID, err = a.SharedID.Resolve(l.scope); err != nil {
			return "", "", "", err
		}
		values.Set("shared_id", sharedID)
	}
	if a.ID.IsSet() {
		if id, err = a.ID.Resolve(l.scope); err != nil {
			return "", "", "", err
		}
		values.Set("id", id)
	}
	return sharedID, id, values.Encode(), nil
}

func (l *lane) request(ctx context.Context, st *scenario.Step, a *scenario.Request) (outcome, error) {
	path, err := a.Path.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	query, err := a.Query.Resolve(l.scope)
	if err != nil {
		return outcome{}, err
	}
	if query != "" {
		path += "?" + query
	}
	body, contentType, err := l.requestBody(a)
	if err != nil {
		return outcome{}, err
	}
	project, _ := l.stage.Project("")
	key, err := l.key(&a.Key, project, "")
	if err != nil {
		return outcome{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	r, err := newRequest(ctx, a.Method, l.stage.BaseURL()+path, key, body)
	if err != nil {
		return outcome{}, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, h := range a.Headers {
		value, err := h.Value.Resolve(l.scope)
		if err != nil {
			return outcome{}, err
		}
		r.Header.Set(h.Name, value)
	}
	x, _ := l.recorder.send(st.Label(), r)
	return l.replied(x), ctxErr(ctx, x)
}

func (l *lane) requestBody(a *scenario.Request) (body []byte, contentType string, err error) {
	if a.JSON.IsSet() {
		body, err = a.JSON.JSON(l.scope)
		return body, "application/json", err
	}
	s, err := a.Body.Resolve(l.scope)
	return []byte(s), "", err
}

func (l *lane) post(ctx context.Context, step, url, key string, body []byte, timeout time.Duration) (*exchange, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := newRequest(limited, http.MethodPost, url, key, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	x, _ := l.recorder.send(step, r)
	return x, ctxErr(ctx, x)
}

func (l *lane) get(ctx context.Context, step, url, key string) (*exchange, error) {
	limited, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	r, err := newRequest(limited, http.MethodGet, url, key, nil)
	if err != nil {
		return nil, err
	}
	x, _ := l.recorder.send(step, r)
	return x, ctxErr(ctx, x)
}

func newRequest(ctx context.Context, method, url, key string, body []byte) (*http.Request, error) {
	var reader io.Reader
	if len(body) > 0 {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	if key != "" {
		r.Header.Set("x-api-key", key)
	}
	return r, nil
}

// ctxErr reports that the scenario itself ran out of time, which is not the target's reply.
func ctxErr(ctx context.Context, x *exchange) error {
	if x.err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return nil
}

// replied is the result of an exchange, as expectations and references see it.
func (l *lane) replied(x *exchange) outcome {
	l.last = x
	result := map[string]any{"outcome": "definite"}
	if x.err != nil {
		if !x.Definite {
			result["outcome"] = "indefinite"
		}
		return outcome{result: result, exchange: x, indefinite: true}
	}
	result["status"] = x.Status
	named := make(map[string]any)
	for name, values := range x.header {
		named[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	result["headers"] = named
	result["body"] = parsed(x.body)
	return outcome{result: result, exchange: x}
}

// parsed is a body as JSON, or as text when it is not JSON.
func parsed(body []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || d.More() {
		return string(body)
	}
	return v
}

func dniOf(x *exchange) string {
	var r struct {
		DNI string `json:"dni"`
	}
	if x.err != nil || x.Status != http.StatusOK || json.Unmarshal(x.body, &r) != nil {
		return ""
	}
	return r.DNI
}

func (l *lane) project(name *scenario.Text) (target.Project, error) {
	s, err := name.Resolve(l.scope)
	if err != nil {
		return target.Project{}, err
	}
	p, ok := l.stage.Project(s)
	if !ok {
		return target.Project{}, fmt.Errorf("project: want one of the target's projects, got %q", s)
	}
	return p, nil
}

// key gives the key of a request: dni, handoff, none, or a literal one.
func (l *lane) key(want *scenario.Text, p target.Project, otherwise string) (string, error) {
	s, err := want.Resolve(l.scope)
	switch {
	case err != nil:
		return "", err
	case !want.IsSet():
		return otherwise, nil
	case s == "dni":
		return p.DNIKey, nil
	case s == "handoff":
		return p.HandoffKey, nil
	case s == "none":
		return "", nil
	}
	return s, nil
}
