// Package targets says what a scenario is played against. A target is reached through the public surfaces of the platform
// only: HTTP and SIP. What it cannot do it says, and the scenario is then not played. Each kind of target is a package
// below this one.
package targets

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Target makes the worlds that scenarios need.
type Target interface {
	// Name is how reports call the target.
	Name() string
	// Given returns the problems of a scenario's world, so that they are found before anything is played.
	Given(file string, given *yaml.Node) strictyaml.Problems
	// Fault returns the problems of a fault step's mapping.
	Fault(file string, faults *yaml.Node) strictyaml.Problems
	// Config is the effective configuration, secrets included, as reports show it after redaction.
	Config() json.RawMessage
	// Secrets are the values that no report may show.
	Secrets() []string
	// Formats are the ways in which the target's carrier can write a number.
	Formats() []string
	// Refuses returns why the target cannot play a scenario: finding.Unsupported, NotApplicable or Waived, with a reason. The
	// status is "" when it can.
	Refuses(s *scenario.Scenario) (status finding.Status, reason string)
	// Timeout is how much real time a scenario may take.
	Timeout(s *scenario.Scenario) time.Duration
	// Open makes the world of one scenario. The caller closes the stage.
	Open(ctx context.Context, w World) (Stage, error)
}

// Asker is a target that knows what to ask whoever runs it, so that it need not refuse a scenario any more.
type Asker interface {
	// Ask returns the questions in a line; "" for none.
	Ask(s *scenario.Scenario) string
}

// World is what a scenario asks for.
type World struct {
	File  string
	Given *yaml.Node // nil: the target's defaults
	Seed  uint64
}

// Doer sends HTTP requests.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Troubled is a stage that knows what the agents of its platform, or what places its calls, could not do.
type Troubled interface {
	// Troubles says it in one line each, each once.
	Troubles() []string
}

// Untimed is a stage whose time is this machine's, which may sleep or be set in the middle.
type Untimed interface {
	// Untimed says why nothing that was timed since the stage was opened can be judged; "" when it can.
	Untimed() string
}

// Keyed is what a stage may be besides: the platform is somebody else's, who may not know the run's keys.
type Keyed interface {
	// Taken reports whether any request of the run with this key was answered as one whose key is right: then a 401 or 403 is the
	// platform's doing, and before that nobody knows whose.
	Taken(key string) bool
}

// Refused reports whether a status says that the key of a request is not right.
func Refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// Order is in which order clients who act at the same time do so.
type Order int

// The orders. In the last two one client acts at a time, so that what comes of them is the same whenever they are played.
const (
	AsTheyCome     Order = iota
	StepByStep           // each does its first step, then each its second: as few as can be are done when the last one begins
	ClientByClient       // each begins when the one before has done all of its steps
)

// Ordered is a stage on which clients act in an order of its own.
type Ordered interface{ Order() Order }

// Stage is a target made ready for one scenario. It is safe for concurrent use.
type Stage interface {
	Doer // through the faults of the wire; the URL is one under BaseURL

	// BaseURL is where the two endpoints are, without a slash at the end.
	BaseURL() string
	// Projects are the names of the target's projects, the first of which serves who names none.
	Projects() []string
	// Project returns the credentials of a project; "" is the first.
	Project(name string) (Project, bool)
	// Facts is what is known about a project's pool.
	Facts(project string) reading.Facts
	// Patience is how much longer than a scenario says a reply, the end of a call or a handoff state may take: a network
	// that is not ours takes the time that it takes. 0 where time is the target's own.
	Patience() time.Duration
	// MayDrain reports whether all numbers of a project's pool may be held at one time.
	MayDrain(project string) bool

	// Dial places a call through the carrier and waits until it is answered, refused or given up. A call that was
	// refused is no error.
	Dial(ctx context.Context, d Dial) (Call, error)
	// Journey lets the fake integrator take one caller through the whole flow; do sends its requests.
	Journey(ctx context.Context, j Journey, do Doer) (JourneyResult, error)
	// Fault changes what goes wrong from now on: each part of the mapping replaces that part, and nil ends all faults.
	Fault(faults *yaml.Node) error

	// Restart stops the platform's store and starts it again, with its leases or without them.
	Restart(keepLeases bool) error

	// Now is the target's time, which the history is stamped with.
	Now() time.Time
	// Wait lets time pass on the target.
	Wait(ctx context.Context, d time.Duration) error
	// Await waits until the call has ended, letting time pass as it needs to, at most limit. It returns false when
	// the call is still up.
	Await(ctx context.Context, c Call, limit time.Duration) bool
	// Launch lets clients begin: it calls run(ctx, i), in a goroutine of its own, when at[i] has passed since now, and
	// returns when all have ended; at is in order. However much time passes meanwhile, none of it passes over a start,
	// and, where time can be held still, none passes before the new client first lets it, by Dial, Wait, Await or
	// Journey with the ctx that it is given. The error is ctx's; clients that have not begun by then do not.
	Launch(ctx context.Context, at []time.Duration, run func(ctx context.Context, i int)) error
	// Settle waits until the target has finished what was asked of it so far, where that can be known.
	Settle()

	// Ladder returns the SIP messages seen so far.
	Ladder() []finding.SIPMessage
	Close() error
}

// Project is how a client reaches its project.
type Project struct {
	Name               string
	Account, Project   string // as they stand in a path
	DNIKey, HandoffKey string
}

// Dial says how the carrier places a call.
type Dial struct {
	To, From    string
	Withheld    bool
	Format      string
	Transport   string
	SDP         string
	ViaTo       bool              // the number stands in To only
	CancelAfter time.Duration     // give up after so long; 0: never
	RingOnly    bool              // give up on the first ringing
	Count       int               // INVITEs sent for the one call
	CallID      string            // "": a new one
	Headers     map[string]string // of the INVITE, by name as it is sent, beside those that the carrier writes
}

// Identifier is what a stage may be besides: it finds out what the platform calls the conversation of a call that is over,
// by the shared_id that its reservation had. From then on the call has that ID.
type Identifier interface {
	Identify(ctx context.Context, c Call, project Project, sharedID string)
}

// Call is a call that was placed.
type Call interface {
	ID() string // what the platform calls the conversation, "" while that is not known
	Answered() bool
	Status() int // SIP status of the final response, 0 without one
	Reason() string
	// Press sends digits one after another, each in an INFO of a form (dtmf-relay or dtmf; "": the first), and returns the SIP
	// status of the last one: the first that is not answered with 200.
	Press(ctx context.Context, digits, form string) (status int, err error)
	// Hangup sends the caller's BYE and returns the SIP status that answers it.
	Hangup(ctx context.Context) (status int, err error)
	// Ended is closed when the call is over; End then says how.
	Ended() <-chan struct{}
	End() CallEnd
}

// CallEnd is how a call ended.
type CallEnd struct {
	By          string            // platform, caller or carrier; "" where nobody knows
	How         string            // bye, cancel, reject, timeout or error
	Cause       string            // text of the Reason header, else of the status line
	Headers     map[string]string // by lower-case name
	At          time.Time         // the target's time
	NotPassedOn bool              // the carrier refused it by itself, or lost it on the way, as a scenario's world or a fault has it
}

// Journey is what the fake integrator is asked to do.
type Journey struct {
	Project    string
	ANI        string
	Attributes json.RawMessage
	Fallback   string
	Manner     traffic.Manner
	Caller     traffic.Caller // drawn from it
	Seed       uint64         // of the waits between tries

	// Dialled, when set, hears of each call to the platform once it is answered or refused: the number, when it was
	// dialled in the target's time, and the call.
	Dialled func(number string, at time.Time, c Call)
}

// JourneyResult is what became of the caller.
type JourneyResult struct {
	Outcome         string // transferred, completed, fallback or failed
	Reason          string
	Queue           string // the queue that the caller ended in, if any
	Destination     string // where the caller was transferred to, if anywhere
	DNI             string
	CallID          string
	Dialled         bool
	GaveUp          bool // the caller left before somebody answered
	FailOpen        bool // the handoff state never appeared or could not be read, which the documented rule takes for "complete"
	ReserveAttempts int
	Polls           int
}

// Key is the key that a request shows, whatever the case of its header's name: a scenario may write it otherwise than net/http does.
func Key(r *http.Request) string {
	for name, values := range r.Header {
		if strings.EqualFold(name, "x-api-key") && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
