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
	"github.com/dnispool/dnispool/conformance/targets"
)

// replyTimeout is how long a client waits for a reply unless the step says otherwise.
const replyTimeout = 2 * time.Second

func (p *player) replyWithin() time.Duration { return replyTimeout + p.stage.Patience() }

const reservePath = "/v1/conversations/dni-reservation"

var _ = register(scenario.VerbReserve, (*client).reserve, nil)
var _ = register(scenario.VerbHandoff, (*client).handoff, nil)
var _ = register(scenario.VerbRequest, (*client).request, nil)

func (cl *client) reserve(ctx context.Context, st *scenario.Step, a *scenario.Reserve) (outcome, error) {
	project, err := cl.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	body, err := cl.reserveBody(a)
	if err != nil {
		return outcome{}, err
	}
	key, err := cl.key(&a.Key, project, project.DNIKey)
	if err != nil {
		return outcome{}, err
	}
	timeout := cl.replyWithin()
	if a.Timeout > 0 {
		timeout = a.Timeout
	}
	for try := 0; ; try++ {
		op := cl.beginReserve(st, project)
		x, err := cl.post(ctx, st.Label(), cl.stage.BaseURL()+reservePath, key, body, a.Send, timeout, a.Body.IsSet() || a.Key.IsSet())
		if err != nil {
			return outcome{}, err
		}
		cl.history.Update(op, func(o *history.Op) {
			cl.sawReserve(o, x)
			if key != project.DNIKey {
				ambiguous(o)
			}
		})
		if st.Name != "" {
			id := identityOf(body)
			cl.leases[st.Name] = reservation{project: project.Name, number: dniOf(x), nonce: text(id.Nonce), sharedID: text(id.SharedID)}
		}
		if out := cl.replied(x); !out.indefinite || try == a.Retry {
			return out, nil
		}
	}
}

func (cl *client) reserveBody(a *scenario.Reserve) ([]byte, error) {
	if a.Body.IsSet() {
		return a.Body.JSON(cl.scope)
	}
	attributes, err := a.Attributes.JSON(cl.scope)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"attributes":%s}`, attributes), nil
}

func (cl *client) handoff(ctx context.Context, st *scenario.Step, a *scenario.Handoff) (outcome, error) {
	project, err := cl.project(&a.Project)
	if err != nil {
		return outcome{}, err
	}
	key, err := cl.key(&a.Key, project, project.HandoffKey)
	if err != nil {
		return outcome{}, err
	}
	account, err := a.Account.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	if account == "" {
		account = project.Account
	}
	if name := cl.unidentified(a); name != "" && len(st.Expect) > 0 {
		return outcome{}, inconclusive{fmt.Errorf("the platform's id of call %s is not known: no state was found under the shared_id of its reservation", name)}
	}
	sharedID, id, query, err := cl.handoffQuery(a)
	if err != nil {
		return outcome{}, err
	}
	op := cl.beginHandoff(st, project, sharedID, id)
	u := fmt.Sprintf("%s/v1/%s/%s/handoff_state?%s", cl.stage.BaseURL(), url.PathEscape(account), url.PathEscape(project.Project), query)
	x, err := cl.get(ctx, st.Label(), u, key, a.Query.IsSet() || a.Key.IsSet())
	if err != nil {
		return outcome{}, err
	}
	cl.history.Update(op, func(o *history.Op) {
		cl.sawHandoff(o, x)
		if key != project.HandoffKey || account != project.Account {
			ambiguous(o)
		}
	})
	return cl.replied(x), nil
}

// unidentified names a call by whose id a state is asked for although nobody knows it; "" for none.
func (cl *client) unidentified(a *scenario.Handoff) string {
	if !a.ID.IsSet() || a.SharedID.IsSet() {
		return ""
	}
	for _, name := range a.ID.Roots() {
		if c, ok := cl.call(name); ok && c.Answered() && c.ID() == "" {
			return name
		}
	}
	return ""
}

func (cl *client) handoffQuery(a *scenario.Handoff) (sharedID, id, query string, err error) {
	if a.Query.IsSet() {
		query, err = a.Query.Resolve(cl.scope)
		if values, parseErr := url.ParseQuery(query); parseErr == nil {
			sharedID, id = values.Get("shared_id"), values.Get("id")
		}
		return sharedID, id, query, err
	}
	values := make(url.Values)
	if a.SharedID.IsSet() {
		if sharedID, err = a.SharedID.Resolve(cl.scope); err != nil {
			return "", "", "", err
		}
		values.Set("shared_id", sharedID)
	}
	if a.ID.IsSet() {
		if id, err = a.ID.Resolve(cl.scope); err != nil {
			return "", "", "", err
		}
		values.Set("id", id)
	}
	return sharedID, id, values.Encode(), nil
}

func (cl *client) request(ctx context.Context, st *scenario.Step, a *scenario.Request) (outcome, error) {
	path, err := a.Path.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	query, err := a.Query.Resolve(cl.scope)
	if err != nil {
		return outcome{}, err
	}
	if query != "" {
		path += "?" + query
	}
	body, contentType, err := cl.requestBody(a)
	if err != nil {
		return outcome{}, err
	}
	project, _ := cl.stage.Project("")
	key, err := cl.key(&a.Key, project, "")
	if err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, cl.replyWithin())
	defer cancel()
	r, err := newRequest(limited, a.Method, cl.stage.BaseURL()+path, key, body)
	if err != nil {
		return outcome{}, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, h := range a.Headers {
		value, err := h.Value.Resolve(cl.scope)
		if err != nil {
			return outcome{}, err
		}
		r.Header.Del(h.Name)
		r.Header[h.Name] = []string{value} // as it is written, case included
	}
	x, _ := cl.remember(st, project, r, true)
	if dni := dniOf(x); st.Name != "" && dni != "" && r.URL.Path == reservePath {
		id := identityOf(body)
		cl.leases[st.Name] = reservation{project: project.Name, number: dni, nonce: text(id.Nonce), sharedID: text(id.SharedID)}
	}
	return cl.replied(x), ctxErr(ctx, x)
}

func (cl *client) requestBody(a *scenario.Request) (body []byte, contentType string, err error) {
	if a.JSON.IsSet() {
		body, err = a.JSON.JSON(cl.scope)
		return body, "application/json", err
	}
	s, err := a.Body.Resolve(cl.scope)
	return []byte(s), "", err
}

// send sends a request as the client's own, and notes when what came back is not the platform's.
func (cl *client) send(step string, r *http.Request, onPurpose bool) (*exchange, *http.Response) {
	x, res := cl.recorder.send(step, r, onPurpose)
	if x.altered() {
		cl.misled = append(cl.misled, x.Injected)
	}
	return x, res
}

// post and get send one request of the contract; onPurpose says that it is wrong on purpose.
func (cl *client) post(ctx context.Context, step, url, key string, body []byte, send scenario.Send, timeout time.Duration, onPurpose bool) (*exchange, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := newRequest(limited, http.MethodPost, url, key, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if send != (scenario.Send{}) && r.Body != nil {
		r.Body, r.GetBody = cl.halves(ctx, body, send), nil
		r.Header.Set("Expect", "100-continue") // the platform says when it reads: what it does at the first byte, it does before the pause
	}
	x, _ := cl.send(step, r, onPurpose)
	return x, ctxErr(ctx, x)
}

func (cl *client) get(ctx context.Context, step, url, key string, onPurpose bool) (*exchange, error) {
	limited, cancel := context.WithTimeout(ctx, cl.replyWithin())
	defer cancel()
	r, err := newRequest(limited, http.MethodGet, url, key, nil)
	if err != nil {
		return nil, err
	}
	x, _ := cl.send(step, r, onPurpose)
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
func (cl *client) replied(x *exchange) outcome {
	result := map[string]any{"outcome": "definite"}
	if x.err != nil {
		if !x.Definite {
			result["outcome"] = "indefinite"
		}
		return outcome{result: result, exchange: x, indefinite: !x.Definite}
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

func (cl *client) project(name *scenario.Text) (targets.Project, error) {
	s, err := name.Resolve(cl.scope)
	if err != nil {
		return targets.Project{}, err
	}
	p, ok := cl.stage.Project(s)
	if !ok {
		return targets.Project{}, fmt.Errorf("project: want one of the target's projects, got %q", s)
	}
	return p, nil
}

// key gives the key of a request: dni, handoff, none, or a literal one.
func (cl *client) key(want *scenario.Text, p targets.Project, otherwise string) (string, error) {
	s, err := want.Resolve(cl.scope)
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
