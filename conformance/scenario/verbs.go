package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// Args is the argument of a verb: *Reserve, *Dial, *Hangup, *Await, *Handoff, *Request,
// *Journey, *Advance, *Fault, *Concurrently or *Restart.
type Args interface {
	values() []*Value // every value that may hold references, in file order of the docs
}

// Reserve asks for a number. Exactly one of Attributes and Body is set.
type Reserve struct {
	Attributes Value         `yaml:"attributes"` // sent as {"attributes": …}
	Body       Value         `yaml:"body"`       // sent as the whole body
	Project    Text          `yaml:"project"`    // unset: the first project
	Key        Text          `yaml:"key"`        // dni (default), handoff, none, or a literal key
	Timeout    time.Duration `yaml:"timeout"`    // of the client; 0: its default
	Retry      int           `yaml:"retry"`      // further tries after an indefinite outcome
	Send       Send          `yaml:"send"`       // how the body goes out; zero: at once
}

// Send splits the body of a request in the middle. The first half goes out at once.
type Send struct {
	Pause time.Duration `yaml:"pause"` // in the target's time, before the second half
	Cut   bool          `yaml:"cut"`   // the connection is closed instead of the second half
}

// Dial places a call and waits until it is answered, refused or given up.
type Dial struct {
	To          Text          `yaml:"to"`           // the number, usually "${lease.body.dni}"
	From        Text          `yaml:"from"`         // the caller's number; unset: the carrier's default
	Withheld    bool          `yaml:"withheld"`     // the caller's number is not shown
	Format      Format        `yaml:"format"`       // how the carrier writes the number; empty: e164
	Transport   Transport     `yaml:"transport"`    // empty: udp
	ViaTo       bool          `yaml:"via_to"`       // the number is in To only, not in the Request-URI
	SDP         SDP           `yaml:"sdp"`          // empty: offer
	CancelAfter time.Duration `yaml:"cancel_after"` // CANCEL after so long without an answer; 0: never
	RingOnly    bool          `yaml:"ring_only"`    // CANCEL on the first ringing
	Count       int           `yaml:"count"`        // how many times the INVITE is sent; at least 1
	Headers     Headers       `yaml:"headers"`      // of the INVITE, beside those that the SIP stack and the keys above write
}

// Hangup is the caller's BYE.
type Hangup struct {
	Call CallName `yaml:"call"`
}

// Await waits until a call has ended.
type Await struct {
	Call   CallName      `yaml:"call"`
	Within time.Duration `yaml:"within"` // 0: as long as the scenario may take
}

// Handoff reads a handoff state. With Query set, SharedID and ID are not.
type Handoff struct {
	SharedID Text `yaml:"shared_id"`
	ID       Text `yaml:"id"`
	Project  Text `yaml:"project"` // unset: the first project
	Account  Text `yaml:"account"` // unset: the project's
	Key      Text `yaml:"key"`     // handoff (default), dni, none, or a literal key
	Query    Text `yaml:"query"`   // the raw query, without '?'
}

// Request is any HTTP request. At most one of JSON and Body is set.
type Request struct {
	Method  string  `yaml:"method"`
	Path    Text    `yaml:"path"`    // starts with '/'; sent as it is
	Query   Text    `yaml:"query"`   // raw, without '?'
	Headers Headers `yaml:"headers"` //
	JSON    Value   `yaml:"json"`    // sent with Content-Type application/json
	Body    Text    `yaml:"body"`    // sent as it is
	Key     Text    `yaml:"key"`     // dni, handoff, none (default), or a literal key
}

// Headers are headers of an HTTP request or of an INVITE, in file order.
type Headers []Header

// Header is one of them.
type Header struct {
	Name  string
	Value Text
}

// Journey is the integrator's whole flow: reserve, dial or fall back, read the handoff
// after the call, transfer or finish.
type Journey struct {
	Attributes     Value         `yaml:"attributes"`
	ANI            Text          `yaml:"ani"`
	Fallback       Text          `yaml:"fallback"` // queue for callers without a number
	Project        Text          `yaml:"project"`
	ReserveTimeout time.Duration `yaml:"reserve_timeout"` // of one try; 0: the client's default
	Retries        int           `yaml:"retries"`         // further tries to reserve
	Poll           Poll          `yaml:"poll"`
}

// Poll is how a journey asks for the handoff after the call.
type Poll struct {
	Every time.Duration `yaml:"every"` // 0: the client's default
	For   time.Duration `yaml:"for"`   // gives up after so long; 0: the client's default
}

// Advance moves the target's clock.
type Advance struct {
	By time.Duration // more than 0
}

// Fault changes how the wire or the carrier misbehaves from now on. None ends all faults.
// HTTP and Carrier are raw mappings, checked by Options.Fault.
type Fault struct {
	None    bool
	HTTP    *yaml.Node
	Carrier *yaml.Node
}

// Concurrently plays the same steps by many clients at once.
type Concurrently struct {
	Clients int
	Start   Start
	Steps   []Step // names are local to one client
}

// Start says when the clients begin: all at one barrier; or, with Spread above 0, evenly
// over that time; or, with Every above 0, as a Poisson process: the time before each start
// is drawn from an exponential distribution with that mean. One of the two is 0.
type Start struct {
	Spread time.Duration
	Every  time.Duration
}

// Restart stops the platform's store and starts it again. Calls that are up go on.
type Restart struct {
	Leases Leases `yaml:"leases"`
}

// Leases is what a restart does to the reservations that are live.
type Leases string

// What a restart can do.
const (
	LeasesKeep Leases = "keep"
	LeasesLose Leases = "lose"
)

// CallName is the name of a dial step.
type CallName struct {
	Name string
	Pos  Pos
}

// Format is how the dialled number is written on the wire.
type Format string

// Formats lists the number formats: the example is for +442071838750.
func Formats() []Format {
	return []Format{
		"e164",         // sip:+442071838750@
		"e164-no-plus", // sip:442071838750@
		"cc00",         // sip:00442071838750@
		"011",          // sip:011442071838750@
		"national",     // sip:02071838750@
		"last10",       // sip:2071838750@
		"last4",        // sip:8750@
		"tel",          // tel:+442071838750
		"user-phone",   // sip:+442071838750@…;user=phone
		"percent-plus", // sip:%2B442071838750@
		"separators",   // sip:+44-207-183-8750@
	}
}

// Transport is udp or tcp.
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// SDP is what the caller offers.
type SDP string

// What a caller can offer.
const (
	SDPOffer    SDP = "offer"     // PCMU, in the INVITE
	SDPLate     SDP = "late"      // in the ACK
	SDPNone     SDP = "none"      // never
	SDPBadCodec SDP = "bad-codec" // nothing the platform speaks
)

func (a *Reserve) values() []*Value {
	return []*Value{&a.Attributes, &a.Body, &a.Project.Value, &a.Key.Value}
}
func (a *Dial) values() []*Value {
	return append([]*Value{&a.To.Value, &a.From.Value}, a.Headers.values()...)
}
func (a *Hangup) values() []*Value { return nil }
func (a *Await) values() []*Value  { return nil }
func (a *Handoff) values() []*Value {
	return []*Value{&a.SharedID.Value, &a.ID.Value, &a.Project.Value, &a.Account.Value, &a.Key.Value, &a.Query.Value}
}

func (a *Request) values() []*Value {
	return append([]*Value{&a.Path.Value, &a.Query.Value, &a.JSON, &a.Body.Value, &a.Key.Value}, a.Headers.values()...)
}

func (h Headers) values() (all []*Value) {
	for i := range h {
		all = append(all, &h[i].Value.Value)
	}
	return all
}

func (a *Journey) values() []*Value {
	return []*Value{&a.Attributes, &a.ANI.Value, &a.Fallback.Value, &a.Project.Value}
}
func (a *Advance) values() []*Value      { return nil }
func (a *Fault) values() []*Value        { return nil }
func (a *Concurrently) values() []*Value { return nil }
func (a *Restart) values() []*Value      { return nil }
