// Package api is the HTTP edge of the simulator: Reserve DNI and Get handoff state, exactly by contract, errors
// included. It reads and checks a request in full before it asks the Backend for anything, so a request that is
// refused, cut short or cancelled in time has changed nothing. It knows no pool, no project and no key: those are
// the Backend's. Every setting of Config is a point that the platform leaves open.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// A Backend returns these, wrapped or not, to choose the answer. Any other error is a 500 that tells the client nothing.
var (
	ErrUnauthorized = errors.New("key: want a valid one")  // key_error
	ErrForbidden    = errors.New("key: out of scope")      // scope_error
	ErrNoNumber     = errors.New("dni: none is free")      // 404 of Reserve DNI
	ErrNotFound     = errors.New("handoff: no such state") // 404 of Get handoff state
)

// Backend is the platform behind the edge. Its methods are called concurrently. CorrelationID works on their ctx, which
// ends when the client is gone; a method that returns the error of ctx must have changed nothing.
type Backend interface {
	// Reserve commits attributes to a DNI of the project that key belongs to and returns the DNI. attributes is the
	// JSON object byte for byte as it was sent; the Backend may keep it. Errors: ErrUnauthorized, ErrForbidden, ErrNoNumber.
	Reserve(ctx context.Context, key string, attributes json.RawMessage) (dni string, err error)
	// Handoff reads the handoff state that q finds in a project. account and project are as in the path; both are ""
	// on a legacy path that has none and mean the key's own. Errors: ErrUnauthorized, ErrForbidden, ErrNotFound.
	Handoff(ctx context.Context, key, account, project string, q Query) (Record, error)
}

// Authorizer is what a Backend may implement so that a bad key is refused before the request is looked at, as a
// gateway does. Without it a bad key in a bad request is answered with 400. Errors: ErrUnauthorized, ErrForbidden.
type Authorizer interface {
	AuthorizeReserve(ctx context.Context, key string) error
	AuthorizeHandoff(ctx context.Context, key, account, project string) error
}

// Query asks for handoff state. At least one of the two is there; with both, the shared_id decides. Source: OpenAPI.
type Query struct {
	ID, SharedID       string
	HasID, HasSharedID bool
}

// Record is the 200 of Get handoff state. Source: OpenAPI.
type Record struct {
	ID          string
	SharedID    string
	HasSharedID bool            // else the reply has no shared_id
	Data        json.RawMessage // a JSON object; nil is written as {}
}

// Rejection is a request that was answered with an error.
type Rejection struct {
	CorrelationID string
	Method, Path  string
	Status        int
	Message       string
	Err           error // more than the client was told: what the Backend returned, why reading failed, a panic with its stack
	Asked         bool  // the Backend had no number or no state to give, so it knows already
}

// Option changes how the handler meets its surroundings.
type Option func(*handler)

// WithIDs sets where correlation ids come from when the client sends none; default: random. f is called concurrently.
func WithIDs(f func() string) Option { return func(h *handler) { h.newID = f } }

// WithNow sets the time that the rate limit goes by; default: time.Now. f is called concurrently.
func WithNow(f func() time.Time) Option { return func(h *handler) { h.limit.now = f } }

// ErrClosedEarly is all that is known of a client that had closed its connection before its reply was written: most are
// gone, and one that has closed only its own direction still reads.
var ErrClosedEarly = errors.New("reply: the client had closed its connection before the reply was written")

// Undelivered is a DNI that was committed and is, or may be, held by nobody until its window ends.
type Undelivered struct {
	CorrelationID, DNI string
	Err                error // ErrClosedEarly, or why the reply could not be written
}

// OnUndelivered sets what is called when a DNI was committed and its reply could not be written, or its client had
// closed before. What happens to a connection after the reply was written says nothing about the reply. f is called
// concurrently.
func OnUndelivered(f func(Undelivered)) Option {
	return func(h *handler) { h.onUndelivered = f }
}

// OnRejected sets what is called for every error answered. f is called concurrently.
func OnRejected(f func(Rejection)) Option { return func(h *handler) { h.onRejected = f } }

// New returns the handler of both endpoints. c must be valid.
func New(c Config, b Backend, opts ...Option) http.Handler {
	h := &handler{
		c:             c,
		backend:       b,
		newID:         randomID,
		limit:         newLimiter(c.RateLimit, c.RateBurst),
		onUndelivered: func(Undelivered) {},
		onRejected:    func(Rejection) {},
	}
	h.authorizer, _ = b.(Authorizer)
	for _, o := range opts {
		o(h)
	}
	return h
}

// NewServer returns a server for h with the limits of c; the caller serves and closes it. Requests that are not HTTP
// are answered by it, in plain text, and never reach h.
func NewServer(c Config, h http.Handler) *http.Server {
	return &http.Server{
		Handler:        h,
		ReadTimeout:    c.ReadTimeout,
		IdleTimeout:    c.IdleTimeout,
		MaxHeaderBytes: c.MaxHeader,
		WriteTimeout:   2 * c.ReadTimeout, // counted from the header: the body's time, and as much for the reply

		DisableGeneralOptionsHandler: true, // OPTIONS * is a path that does not exist, like others
	}
}

// CorrelationID returns the correlation id of the request that a Backend is serving, "" for any other ctx.
func CorrelationID(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}

type correlationKey struct{}

// requestContext is a request's context that knows its correlation id, in one allocation.
type requestContext struct {
	context.Context
	id string
}

func (c *requestContext) Value(key any) any {
	if key == (correlationKey{}) {
		return c.id
	}
	return c.Context.Value(key)
}
