package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"
)

type handler struct {
	c          Config
	backend    Backend
	authorizer Authorizer // nil when the backend is none
	newID      func() string
	limit      *limiter

	onUndelivered func(Undelivered)
	onRejected    func(Rejection)
	onExchange    func(Exchange) // nil: nobody is told
}

// exchange is one request on its way to an answer.
type exchange struct {
	*handler
	w        http.ResponseWriter
	r        *http.Request
	id       string // correlation id
	route    route
	key      string
	answered bool

	// For whoever is told of the exchange.
	sent, written []byte
	status        int
	why           string
	began         time.Time
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{handler: h, w: w, r: r}
	defer x.recover()
	x.id = h.correlationID(r)
	if h.onExchange != nil {
		x.began = time.Now()
	}
	if p := x.serve(); p != nil {
		x.reject(p)
	}
}

func (x *exchange) serve() *problem {
	x.route = x.findRoute(x.r.URL)
	if x.route.endpoint == nowhere {
		return &problem{status: 404, kind: noRoute, message: "no such path"}
	}
	if method := x.route.method(); x.r.Method != method {
		return &problem{status: 405, allow: method, message: "method: want " + method + ", got " + printable(x.r.Method)}
	}
	ctx := &requestContext{x.r.Context(), x.id}
	if p := x.admit(ctx); p != nil {
		return p
	}
	switch x.route.endpoint {
	case reserveDNI:
		return x.reserve(ctx)
	case handoffByPost:
		return x.handoffByBody(ctx)
	default:
		return x.handoffByQuery(ctx)
	}
}

// admit decides by key alone, before the rest of the request is read.
func (x *exchange) admit(ctx context.Context) *problem {
	var p *problem
	if x.key, p = x.findKey(); p != nil {
		return p
	}
	if err := x.authorize(ctx); err != nil {
		return x.fromBackend(err)
	}
	if wait := x.limit.take(x.key); wait > 0 {
		return &problem{status: 429, kind: rateLimited, retryAfter: wait, message: "rate limit: want at most " + strconv.Itoa(x.c.RateLimit) + " requests per second"}
	}
	return nil
}

func (x *exchange) authorize(ctx context.Context) error {
	if x.authorizer == nil {
		return nil
	}
	if x.route.endpoint == reserveDNI {
		return x.authorizer.AuthorizeReserve(ctx, x.key)
	}
	return x.authorizer.AuthorizeHandoff(ctx, x.key, x.route.account, x.route.project)
}

func (x *exchange) findKey() (string, *problem) {
	name, header := "x-api-key", "X-Api-Key"
	if x.route.endpoint == handoffByPost {
		name, header = "Authorization", "Authorization"
	}
	values := x.r.Header[header]
	if len(values) > 1 {
		return "", &problem{status: x.c.KeyError, kind: badKey, message: "key: want one " + name + " header, got " + strconv.Itoa(len(values))}
	}
	key := ""
	if len(values) == 1 {
		key = values[0]
	}
	if x.route.endpoint == handoffByPost {
		key = bearer(key)
	}
	if key == "" {
		return "", &problem{status: x.c.KeyError, kind: noKey, message: "key: want one in the " + name + " header, got none"}
	}
	return key, nil
}

// refused is the answer when the backend was asked and returned err.
func (x *exchange) refused(err error) *problem {
	if gone := x.r.Context().Err(); gone != nil && errors.Is(err, gone) {
		return x.cancelled(err)
	}
	p := x.fromBackend(err)
	p.asked = p.kind == ordinary && p.status == http.StatusNotFound
	return p
}

// cancelled is written for the record: most likely nobody reads it.
func (x *exchange) cancelled(err error) *problem {
	return &problem{status: 400, err: err, hangUp: true, message: "request: cancelled by the client, nothing was changed"}
}

// fromBackend turns an error of the backend into an answer.
func (x *exchange) fromBackend(err error) *problem {
	switch {
	case errors.Is(err, ErrUnauthorized):
		return &problem{status: x.c.KeyError, kind: badKey, err: err, message: "key: want a valid one"}
	case errors.Is(err, ErrForbidden):
		return &problem{status: x.c.ScopeError, kind: outOfScope, err: err, message: "key: not authorized to access this project"}
	case errors.Is(err, ErrNoNumber) && x.route.endpoint == reserveDNI:
		return &problem{status: 404, err: err, message: exhausted}
	case errors.Is(err, ErrNotFound) && x.route.endpoint != reserveDNI:
		return &problem{status: 404, err: err, message: "no matching handoff state"}
	default:
		return &problem{status: 500, err: err, message: "internal error"}
	}
}

// reply writes an answer and reports whether it left this process.
func (x *exchange) reply(status int, body []byte) error {
	x.answered, x.status, x.written = true, status, body
	values := [...]string{"application/json", x.id, strconv.Itoa(len(body))} // one allocation for three headers
	header := x.w.Header()
	header["Content-Type"] = values[0:1:1]
	header["X-Polyai-Correlation-Id"] = values[1:2:2]
	header["Content-Length"] = values[2:3:3]
	x.tell() // before the client can ask what is known of it
	x.w.WriteHeader(status)
	if _, err := x.w.Write(body); err != nil {
		return err
	}
	// Without a flush a write that fails does so after the handler, unseen. The server would flush now anyway.
	if err := http.NewResponseController(x.w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

func (x *exchange) reject(p *problem) {
	p.status = x.declared(p.status)
	x.why = p.message
	header := x.w.Header()
	if p.allow != "" {
		header.Set("Allow", p.allow)
	}
	if p.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", x.route.scheme()) // RFC 9110 wants one with every 401
	}
	if p.hangUp {
		header.Set("Connection", "close")
	}
	_ = x.reply(p.status, x.body(p)) // nothing was changed, so nothing is lost with it
	x.onRejected(Rejection{CorrelationID: x.id, Method: x.r.Method, Path: x.r.URL.Path, Status: p.status, Message: p.message, Err: p.err, Asked: p.asked})
}

// recover answers a panic of the backend or of a hook with 500 when no answer was given yet.
func (x *exchange) recover() {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler || x.answered {
		panic(cause) // the server drops the connection, and logs what it should
	}
	x.reject(&problem{status: 500, message: "internal error", err: fmt.Errorf("panic: %v\n%s", cause, debug.Stack())})
}
