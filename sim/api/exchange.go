package api

import (
	"net/http"
	"time"
)

// Exchange is one request and its answer, as the platform had them: what a network does to them is not seen here. Nothing
// in it may be changed.
type Exchange struct {
	At            time.Time // when the answer was written, by the platform's clock
	Took          time.Duration
	CorrelationID string
	Method        string
	Path          string // as sent, with its query
	Header        http.Header
	RequestBody   []byte // as far as it was read, unpacked
	Endpoint      string // reserve or handoff; "" for a path that does not exist
	Account       string // of the path, with Project; "" where it has none
	Project       string
	Key           string
	Status        int
	Body          []byte
	Message       string // why it was refused; "" when it was not
	From          string // host:port
}

// OnExchange sets what is called after every answer. f is called concurrently.
func OnExchange(f func(Exchange)) Option { return func(h *handler) { h.onExchange = f } }

// names of the endpoints in an Exchange.
const (
	EndpointReserve = "reserve"
	EndpointHandoff = "handoff"
)

func (x *exchange) tell() {
	if x.onExchange == nil {
		return
	}
	e := Exchange{
		At: x.limit.now(), Took: time.Since(x.began), CorrelationID: x.id, Method: x.r.Method, Path: x.r.RequestURI, Header: x.r.Header,
		RequestBody: x.sent, Account: x.route.account, Project: x.route.project, Key: x.key, Status: x.status, Body: x.written,
		Message: x.why, From: x.r.RemoteAddr,
	}
	switch x.route.endpoint {
	case reserveDNI:
		e.Endpoint = EndpointReserve
	case getHandoff, handoffByPost:
		e.Endpoint = EndpointHandoff
	}
	x.onExchange(e)
}
