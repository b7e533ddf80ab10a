package api

import "net/http"

// problem is a request that cannot be served.
type problem struct {
	status     int
	kind       kind
	message    string
	err        error  // for the operator; the client is not told
	allow      string // of a 405
	retryAfter int    // seconds, of a 429
	asked      bool   // the backend had nothing to give
	hangUp     bool   // the rest of the connection cannot be trusted, or is not worth reading
}

// kind is who would answer in a real deployment, and to whom styles differ.
type kind int

const (
	ordinary kind = iota
	noRoute
	noKey
	badKey
	outOfScope
	rateLimited
)

// declared returns the status to answer with instead of one that OpenAPI does not declare, where that is asked for.
func (x *exchange) declared(status int) int {
	if !x.c.DeclaredOnly || x.route.endpoint == nowhere {
		return status
	}
	switch status {
	case 400, 401, 404, 500:
		return status
	case 403:
		if x.route.endpoint == reserveDNI {
			return 401
		}
		return status
	default:
		return 400
	}
}

// body builds the error body of p in the configured style.
func (x *exchange) body(p *problem) []byte {
	style := x.c.ErrorStyle
	switch {
	case style == Gateway && x.isGateways(p):
		return gatewayBody(p, x.id)
	case style == Envelope || p.kind == noRoute:
		return envelopeBody(p, x.id)
	case style == Draft && p.kind == outOfScope && x.route.endpoint != reserveDNI:
		return draftBody(p)
	case x.route.endpoint == reserveDNI:
		return reserveBody(p)
	default:
		return handoffBody(p)
	}
}

// isGateways reports whether the gateway in front would answer p, so that the API never sees the request.
func (x *exchange) isGateways(p *problem) bool {
	return p.kind == noRoute || p.kind == noKey || p.kind == badKey || p.kind == rateLimited
}

// reserveBody is the error of Reserve DNI. Source: OpenAPI.
func reserveBody(p *problem) []byte {
	b := append([]byte(nil), `{"success":false,"error":`...)
	b = appendString(b, http.StatusText(p.status))
	b = append(b, `,"message":`...)
	b = appendString(b, p.message)
	return append(b, '}')
}

// handoffBody is the error of Get handoff state. Source: OpenAPI.
func handoffBody(p *problem) []byte {
	b := append([]byte(nil), `{"error_message":`...)
	b = appendString(b, p.message)
	return append(b, '}')
}

// envelopeBody is the error that the published page on error codes gives for all APIs. error and error_message carry
// the same text, and error_id is the correlation id.
func envelopeBody(p *problem, id string) []byte {
	b := append([]byte(nil), `{"success":false,"error":`...)
	b = appendString(b, p.message)
	b = append(b, `,"error_id":`...)
	b = appendString(b, id)
	b = append(b, `,"error_code":`...)
	b = appendString(b, code(p.status))
	b = append(b, `,"error_message":`...)
	b = appendString(b, p.message)
	return append(b, `,"data":null}`...)
}

// draftBody is the 403 of an unpublished draft for a project of another account.
func draftBody(p *problem) []byte {
	b := append([]byte(nil), `{"success":false,"error_code":`...)
	b = appendString(b, code(p.status))
	b = append(b, `,"error_message":`...)
	b = appendString(b, p.message)
	return append(b, '}')
}

// gatewayBody is what Kong, the gateway in front of the platform's APIs, answers by itself.
func gatewayBody(p *problem, id string) []byte {
	message := http.StatusText(p.status) // of a bad key: Unauthorized
	switch p.kind {
	case noRoute:
		message = "no Route matched with those values"
	case noKey:
		message = "No API key found in request"
	case rateLimited:
		message = "API rate limit exceeded"
	}
	b := append([]byte(nil), `{"message":`...)
	b = appendString(b, message)
	b = append(b, `,"request_id":`...)
	b = appendString(b, id)
	return append(b, '}')
}

// code turns a status into the kind of word that error_code holds: NOT_FOUND.
func code(status int) string {
	text := []byte(http.StatusText(status))
	for i, c := range text {
		switch {
		case 'a' <= c && c <= 'z':
			text[i] = c - 'a' + 'A'
		case c == ' ':
			text[i] = '_'
		}
	}
	return string(text)
}
