package wire

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Reply is what the client gets instead of the server's reply. Preset fills in whatever the other fields leave open.
type Reply struct {
	Preset  Preset            `yaml:"preset"`
	Status  int               `yaml:"status"`
	Headers map[string]string `yaml:"headers"`
	Body    *string           `yaml:"body"`
	// AfterCommit lets the server do its work first. Otherwise the request never gets there.
	AfterCommit bool `yaml:"after_commit"`
}

// Preset is a reply that is met in the field.
type Preset string

// The presets. What they contain is common behaviour of gateways, not part of the contract.
const (
	PresetTooMany   Preset = "too-many-requests" // 429 with Retry-After: 1 and a gateway's JSON
	PresetDown      Preset = "unavailable"       // 503 with a gateway's JSON
	PresetHTML      Preset = "html"              // 502 with a page of HTML
	PresetEmpty     Preset = "empty"             // 200 with no body
	PresetTruncated Preset = "truncated-json"    // 200 with half an object, complete as far as HTTP can tell
	PresetNoRoute   Preset = "no-route"          // 404 of a gateway that does not know the path
)

// The six shapes of error bodies that are met around the platform's APIs; their status is 500 unless another is given.
const (
	PresetReserveError Preset = "error-reserve"  // as Reserve DNI's OpenAPI has it
	PresetHandoffError Preset = "error-handoff"  // as Get Handoff's has it
	PresetEnvelope     Preset = "error-envelope" // as the page on error codes has it, for all APIs
	PresetDraftError   Preset = "error-draft"    // of an unpublished 403
	PresetCodeError    Preset = "error-code"     // of a neighbouring draft: a code for error, and a message
	PresetGatewayError Preset = "error-gateway"  // of the gateway in front
)

func errorReply(body string) Reply {
	return Reply{Status: http.StatusInternalServerError, Headers: map[string]string{"Content-Type": "application/json"}, Body: &body}
}

var presets = map[Preset]Reply{
	PresetReserveError: errorReply(`{"success":false,"error":"Internal Server Error","message":"a fault of the simulator's"}`),
	PresetHandoffError: errorReply(`{"error_message":"a fault of the simulator's"}`),
	PresetEnvelope:     errorReply(`{"success":false,"error":"a fault of the simulator's","error_id":"fault","error_code":"INTERNAL_SERVER_ERROR","error_message":"a fault of the simulator's","data":null}`),
	PresetDraftError:   errorReply(`{"success":false,"error_code":"INTERNAL_SERVER_ERROR","error_message":"a fault of the simulator's"}`),
	PresetCodeError:    errorReply(`{"success":false,"error":"internal_error","message":"a fault of the simulator's"}`),
	PresetGatewayError: errorReply(`{"message":"An unexpected error occurred"}`),
	PresetTooMany: {
		Status:  http.StatusTooManyRequests,
		Headers: map[string]string{"Content-Type": "application/json", "Retry-After": "1"},
		Body:    new(`{"message":"API rate limit exceeded"}`),
	},
	PresetDown: {
		Status:  http.StatusServiceUnavailable,
		Headers: map[string]string{"Content-Type": "application/json"},
		Body:    new(`{"message":"failure to get a peer from the ring-balancer"}`),
	},
	PresetHTML: {
		Status:  http.StatusBadGateway,
		Headers: map[string]string{"Content-Type": "text/html"},
		Body:    new("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"),
	},
	PresetEmpty: {Status: http.StatusOK, Headers: map[string]string{"Content-Type": "application/json"}, Body: new("")},
	PresetTruncated: {
		Status:  http.StatusOK,
		Headers: map[string]string{"Content-Type": "application/json"},
		Body:    new(`{"dni":"+44207`),
	},
	PresetNoRoute: {
		Status:  http.StatusNotFound,
		Headers: map[string]string{"Content-Type": "application/json"},
		Body:    new(`{"message":"no Route matched with those values"}`),
	},
}

// UnmarshalText accepts the names of the presets.
func (p *Preset) UnmarshalText(text []byte) error {
	return strictyaml.Pick("preset", p, text, PresetTooMany, PresetDown, PresetHTML, PresetEmpty, PresetTruncated, PresetNoRoute,
		PresetReserveError, PresetHandoffError, PresetEnvelope, PresetDraftError, PresetCodeError, PresetGatewayError)
}

// Validate refuses a status that is none, and headers that would break the reply's framing.
func (r Reply) Validate() error {
	var errs []error
	if r.Preset != "" {
		errs = append(errs, r.Preset.UnmarshalText([]byte(r.Preset)))
	}
	if r.Status == 0 && r.Preset == "" || r.Status != 0 && (r.Status < 200 || r.Status > 599) {
		errs = append(errs, fmt.Errorf("reply: want a status of 200 to 599 or a preset, got %d", r.Status))
	}
	for name, value := range r.Headers {
		if !token(name) || strings.ContainsAny(value, "\r\n\x00") {
			errs = append(errs, fmt.Errorf("reply: want a header, got %q: %q", name, value))
		}
		if slices.Contains([]string{"Content-Length", "Transfer-Encoding", "Connection"}, http.CanonicalHeaderKey(name)) {
			errs = append(errs, fmt.Errorf("reply: want headers other than those of framing, got %q", name))
		}
	}
	return errors.Join(errs...)
}

func token(name string) bool {
	return name != "" && strings.IndexFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	}) < 0
}

// full returns the reply with its preset's values where it has none of its own.
func (r Reply) full() (status int, header http.Header, body string) {
	p := presets[r.Preset]
	status = p.Status
	if r.Status != 0 {
		status = r.Status
	}
	header = http.Header{}
	for name, value := range p.Headers {
		header.Set(name, value)
	}
	for name, value := range r.Headers {
		header.Set(name, value)
	}
	if p.Body != nil {
		body = *p.Body
	}
	if strings.HasPrefix(string(r.Preset), "error-") {
		text := http.StatusText(status)
		code := strings.ReplaceAll(strings.ToUpper(text), " ", "_")
		body = strings.NewReplacer("Internal Server Error", text, "INTERNAL_SERVER_ERROR", code, "internal_error", strings.ToLower(code)).Replace(body)
	}
	if r.Body != nil {
		body = *r.Body
	}
	return status, header, body
}

// outcome: a 4xx is a refusal. After a 5xx, a 408 or a 2xx that somebody else wrote, the client cannot know.
func (r Reply) outcome() Outcome {
	status, _, _ := r.full()
	if status >= 400 && status < 500 && status != http.StatusRequestTimeout {
		return Definite
	}
	return Indefinite
}

// String names the reply by its preset or status.
func (r Reply) String() string {
	name := string(r.Preset)
	if name == "" || r.Status != 0 {
		status, _, _ := r.full()
		name = strings.TrimSpace(name + " " + strconv.Itoa(status))
	}
	if r.AfterCommit {
		name += " after commit"
	}
	return name
}

// bodiless reports whether a reply of that status to a request of that method has no body.
func bodiless(method string, status int) bool {
	return method == http.MethodHead || status == http.StatusNoContent || status == http.StatusNotModified
}
