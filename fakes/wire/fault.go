package wire

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Fault is one thing that happens to the exchanges it matches. Latency and Slow may go with anything that leaves a
// reply; of the others a fault has at most one.
type Fault struct {
	Method string `yaml:"method"` // empty: any
	// Path is a pattern as of path.Match. Without a slash it is matched against the last segment of the path,
	// with one against the whole of it. Empty: any.
	Path string `yaml:"path"`
	// Endpoint is reserve or handoff, and Project the name of the one whose key is shown. What they are is known to a Wire
	// that was given Names; to another none fits. Empty: any.
	Endpoint string `yaml:"endpoint"`
	Project  string `yaml:"project"`
	Key      string `yaml:"key"` // that the request shows, in full; empty: any

	After       int      `yaml:"after"`       // so many matching exchanges pass first
	Times       int      `yaml:"times"`       // then so many are hit and the rest is clean; 0: no end
	Probability *float64 `yaml:"probability"` // of each being hit; nil: certain

	Latency     *Delay      `yaml:"latency"`      // the reply is ready, but comes so much later
	Slow        *Slow       `yaml:"slow"`         // the body drips
	DropRequest DropRequest `yaml:"drop_request"` // the request never reaches the server
	DropReply   DropReply   `yaml:"drop_reply"`   // the server did its work, the reply is lost
	Reset       *int        `yaml:"reset"`        // so many bytes of the body, then the connection is reset
	Truncate    *int        `yaml:"truncate"`     // so many bytes of the body, then the connection is closed
	Reply       *Reply      `yaml:"reply"`        // another reply instead of the server's
}

// Slow sends a body Bytes at a time with Every between.
type Slow struct {
	Bytes int           `yaml:"bytes"`
	Every time.Duration `yaml:"every"`
}

// DropRequest says what the client sees of a request that was never delivered.
type DropRequest string

// A refused connection is the only drop that the client can be sure about.
const (
	RequestRefused DropRequest = "refused" // connection refused; a Listener can only reset
	RequestReset   DropRequest = "reset"   // connection reset before any reply
	RequestTimeout DropRequest = "timeout" // silence until the client gives up
)

// UnmarshalText accepts the three names.
func (d *DropRequest) UnmarshalText(text []byte) error {
	return strictyaml.Pick("drop_request", d, text, RequestRefused, RequestReset, RequestTimeout)
}

// DropReply says what the client sees of a reply that was lost after the server's work was done.
type DropReply string

// Both leave the client in doubt.
const (
	ReplyEOF     DropReply = "eof"     // the connection is closed without a reply
	ReplyTimeout DropReply = "timeout" // silence until the client gives up
)

// UnmarshalText accepts the two names.
func (d *DropReply) UnmarshalText(text []byte) error {
	return strictyaml.Pick("drop_reply", d, text, ReplyEOF, ReplyTimeout)
}

// Faults is what a scenario writes: one fault or a list of them.
type Faults []Fault

// UnmarshalStrict reads a mapping as one fault and a list as several, and validates each where it stands.
func (fs *Faults) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*fs, problems = strictyaml.DecodeSeveral(file, n, Fault.Validate)
	return problems
}

// Validate returns every problem of the fault, joined.
func (f Fault) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := path.Match(f.Path, ""); err != nil {
		problem("path: want a pattern, got %q", f.Path)
	}
	if f.Method != strings.ToUpper(f.Method) {
		problem("method: want upper case, got %q", f.Method)
	}
	if f.After < 0 {
		problem("after: want 0 or more, got %d", f.After)
	}
	if f.Times < 0 {
		problem("times: want 0 or more, got %d", f.Times)
	}
	if p := f.Probability; p != nil && !(*p >= 0 && *p <= 1) {
		problem("probability: want 0 to 1, got %v", *p)
	}
	if f.Endpoint != "" && f.Endpoint != EndpointReserve && f.Endpoint != EndpointHandoff {
		problem("endpoint: want %s or %s, got %q", EndpointReserve, EndpointHandoff, f.Endpoint)
	}
	errs = append(errs, f.validateEffects()...)
	return errors.Join(errs...)
}

func (f Fault) validateEffects() (errs []error) {
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	main := f.main()
	switch {
	case len(main) > 1:
		problem("fault: want one of drop_request, drop_reply, reset, truncate and reply, got %s", strings.Join(main, ", "))
	case len(main) == 0 && f.Latency == nil && f.Slow == nil:
		problem("fault: want something to happen, got nothing")
	case (f.DropRequest != "" || f.DropReply != "") && (f.Latency != nil || f.Slow != nil):
		problem("fault: latency and slow need a reply, got %s", main[0])
	}
	errs = append(errs, f.DropRequest.validate(), f.DropReply.validate())
	for name, n := range map[string]*int{"reset": f.Reset, "truncate": f.Truncate} {
		if n != nil && *n < 0 {
			problem("%s: want 0 bytes or more, got %d", name, *n)
		}
	}
	if f.Slow != nil && (f.Slow.Bytes < 1 || f.Slow.Every <= 0) {
		problem("slow: want bytes of 1 or more and a positive every, got %d and %v", f.Slow.Bytes, f.Slow.Every)
	}
	if f.Latency != nil {
		if err := f.Latency.Validate(); err != nil {
			problem("latency: %w", err)
		}
	}
	if f.Reply != nil {
		errs = append(errs, f.Reply.Validate())
	}
	return errs
}

func (d DropRequest) validate() error {
	if d == "" {
		return nil
	}
	return d.UnmarshalText([]byte(d))
}

func (d DropReply) validate() error {
	if d == "" {
		return nil
	}
	return d.UnmarshalText([]byte(d))
}

// main names the effects of which there may be only one.
func (f Fault) main() (names []string) {
	if f.DropRequest != "" {
		names = append(names, "drop_request: "+string(f.DropRequest))
	}
	if f.DropReply != "" {
		names = append(names, "drop_reply: "+string(f.DropReply))
	}
	if f.Reset != nil {
		names = append(names, fmt.Sprintf("reset: %d", *f.Reset))
	}
	if f.Truncate != nil {
		names = append(names, fmt.Sprintf("truncate: %d", *f.Truncate))
	}
	if f.Reply != nil {
		names = append(names, "reply: "+f.Reply.String())
	}
	return names
}

// String names the effects, as in `latency: 200ms, truncate: 4`.
func (f Fault) String() string {
	names := f.main()
	if f.Slow != nil {
		names = slices.Insert(names, 0, fmt.Sprintf("slow: %d bytes every %v", f.Slow.Bytes, f.Slow.Every))
	}
	if f.Latency != nil {
		names = slices.Insert(names, 0, "latency: "+f.Latency.String())
	}
	return strings.Join(names, ", ")
}

// Outcome says whether a client that waits long enough can know what its request did. A client that gives up
// earlier has made any outcome indefinite by itself.
func (f Fault) Outcome() Outcome {
	switch {
	case f.DropRequest == RequestRefused:
		return Definite
	case f.DropRequest != "", f.DropReply != "", f.Reset != nil, f.Truncate != nil:
		return Indefinite
	case f.Reply != nil:
		return f.Reply.outcome()
	}
	return Definite
}

// reaches reports whether the request gets to the server.
func (f Fault) reaches() bool {
	return f.DropRequest == "" && (f.Reply == nil || f.Reply.AfterCommit)
}

// The two endpoints.
const (
	EndpointReserve = "reserve"
	EndpointHandoff = "handoff"
)

// byKey reports whether it must be known who asks.
func (f Fault) byKey() bool { return f.Key != "" || f.Project != "" }

func (f Fault) matches(r asked) bool {
	if f.Method != "" && f.Method != r.method || f.Key != "" && f.Key != r.key || f.Endpoint != "" && f.Endpoint != r.endpoint || f.Project != "" && f.Project != r.project {
		return false
	}
	target := r.path
	if f.Path == "" {
		return true
	}
	if !strings.Contains(f.Path, "/") {
		target = path.Base(target)
	}
	ok, _ := path.Match(f.Path, target)
	return ok
}
