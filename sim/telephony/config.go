// Package telephony is the platform's SIP edge: an INVITE arrives, the platform looks up the attributes by the dialled
// number, the conversation takes its course, and the platform ends the call with BYE. It knows SIP and time; who holds
// which number and what the agent does is behind the Platform interface.
package telephony

import (
	"errors"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Config is how the platform answers calls. The contract says only that it sends the BYE; everything else is a setting.
type Config struct {
	Listen            string        `yaml:"listen"`               // host:port for UDP, and TCP when TCP is set; port 0 picks one
	TCP               bool          `yaml:"tcp"`                  // also listen on TCP
	TLSListen         string        `yaml:"tls_listen"`           // host:port for TLS, usually 5061; empty: no calls over TLS; unspecified
	MaxCalls          int           `yaml:"max_calls"`            // calls at one time, over all numbers; one more is refused with 503
	MaxCallsPerNumber int           `yaml:"max_calls_per_number"` // calls at one time to one number; one more is refused with 486; 0 is no limit
	MaxBytes          int           `yaml:"max_bytes"`            // bytes of memory for answered requests that are kept for when they come again (RFC 3261 17.2: 32 s over UDP); a call above it is refused with 503
	RingingAfter      time.Duration `yaml:"ringing_after"`        // INVITE to 180
	AnswerAfter       time.Duration `yaml:"answer_after"`         // 180 to 200
	UnknownNumber     int           `yaml:"unknown_number"`       // SIP status for a number of no pool
	UnreservedDial    Unreserved    `yaml:"unreserved_dial"`      // a pool number that nobody has reserved: answer or reject
	UnreservedStatus  int           `yaml:"unreserved_status"`    // SIP status with unreserved_dial: reject
	MediaPort         int           `yaml:"media_port"`           // RTP port in SDP; no media flows yet

	// Advertise is host or host:port in Contact and Via; empty: host and port of the INVITE's Request-URI, by which its caller
	// reaches the platform. Unspecified.
	Advertise string `yaml:"advertise"`
	// Symmetric says whether requests inside a call go to where its INVITE came from: auto (when the Contact cannot be right),
	// always or never. RFC 3261 12.2.1.1 says never.
	Symmetric Symmetric `yaml:"symmetric"`
	// LookUpNames asks DNS for the host names in a caller's Contact; otherwise what is for a name goes to where the INVITE came from.
	LookUpNames bool `yaml:"look_up_names"`
	// Strict refuses with 400 what is otherwise accepted against its RFC, and noted in the journal as tolerated. Unspecified.
	Strict bool `yaml:"strict"`
	// MaxConnections is how many connections of TCP, and as many of TLS, are open at once, at most a quarter of the descriptors that the process may have. One
	// more closes the one without calls that has said nothing for longest. Unspecified.
	MaxConnections int `yaml:"max_connections"`
	// IdleTimeout closes a TCP connection without calls that says nothing for so long. Unspecified.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// ReadTimeout is how long one message may take to come in over TCP. Unspecified.
	ReadTimeout time.Duration `yaml:"read_timeout"`
}

// Symmetric says where the requests inside of a call go.
type Symmetric = sipua.Symmetric

// Unreserved says what happens to a call to a pool number without a live reservation.
type Unreserved string

// The choices for a call without a reservation. The published snippet's DEFAULT_QUEUE branch implies that it is answered.
const (
	Answer Unreserved = "answer"
	Reject Unreserved = "reject"
)

// UnmarshalText accepts the names of the choices.
func (u *Unreserved) UnmarshalText(text []byte) error {
	switch v := Unreserved(text); v {
	case Answer, Reject:
		*u = v
		return nil
	}
	return fmt.Errorf("unreserved_dial: want answer or reject, got %q", text)
}

// Default returns the settings of the published profile.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:5060", TCP: true, MaxCalls: 2000, MaxBytes: 1 << 30,
		UnknownNumber: 404, UnreservedDial: Answer, UnreservedStatus: 480, MediaPort: 40000,
		Symmetric: sipua.SymmetricAuto, MaxConnections: 1000, IdleTimeout: 10 * time.Minute, ReadTimeout: 30 * time.Second,
	}
}

// Validate returns every problem of the settings.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := hostport.Listen(c.Listen); err != nil {
		bad("listen: %w", err)
	}
	if c.TLSListen != "" {
		if _, err := hostport.Listen(c.TLSListen); err != nil {
			bad("tls_listen: %w", err)
		}
	}
	if c.MaxCalls < 1 {
		bad("max_calls: want at least 1, got %d", c.MaxCalls)
	}
	if c.MaxBytes < 1<<20 {
		bad("max_bytes: want at least 1048576, got %d", c.MaxBytes)
	}
	if c.MaxCallsPerNumber < 0 {
		bad("max_calls_per_number: want 0 (no limit) or more, got %d", c.MaxCallsPerNumber)
	}
	if c.RingingAfter < 0 {
		bad("ringing_after: want 0s or more, got %s", c.RingingAfter)
	}
	if c.AnswerAfter < 0 {
		bad("answer_after: want 0s or more, got %s", c.AnswerAfter)
	}
	if c.UnknownNumber < 400 || c.UnknownNumber > 699 {
		bad("unknown_number: want a SIP status from 400 to 699, got %d", c.UnknownNumber)
	}
	if err := new(Unreserved).UnmarshalText([]byte(c.UnreservedDial)); err != nil {
		errs = append(errs, err)
	}
	if c.UnreservedStatus < 400 || c.UnreservedStatus > 699 {
		bad("unreserved_status: want a SIP status from 400 to 699, got %d", c.UnreservedStatus)
	}
	if c.MediaPort < 1 || c.MediaPort > 65535 {
		bad("media_port: want 1 to 65535, got %d", c.MediaPort)
	}
	if err := new(Symmetric).UnmarshalText([]byte(c.Symmetric)); err != nil {
		errs = append(errs, err)
	}
	if c.Advertise != "" {
		if _, _, err := sipua.SplitAdvertised(c.Advertise, 5060); err != nil {
			errs = append(errs, err)
		}
	}
	if c.MaxConnections < 1 || c.MaxConnections > 1_000_000 {
		bad("max_connections: want 1 to 1000000, got %d", c.MaxConnections)
	}
	if c.IdleTimeout <= 0 {
		bad("idle_timeout: want more than 0s, got %s", c.IdleTimeout)
	}
	if c.ReadTimeout <= 0 {
		bad("read_timeout: want more than 0s, got %s", c.ReadTimeout)
	}
	return errors.Join(errs...)
}
