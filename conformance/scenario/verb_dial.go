package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// dialVerb places a call.
func dialVerb() definition {
	return definition{
		name:   VerbDial,
		client: true, needs: []Need{NeedCalls},
		results: []field{
			{name: "id"}, // the Call-ID; the reference is told to take it as the conversation id, so that exchanges can be matched to calls
			{name: "status", kind: kindNumber},
			{name: "answered", kind: kindBool},
			{name: "reason"},
			{name: "ended_by", kind: kindWord, words: sides()}, // so far
		},
		args: func() Args { return &Dial{Count: 1} },
		check: func(l *loader, args Args, n *yaml.Node) {
			a := args.(*Dial)
			l.need(VerbDial, n, "to")
			if f := strictyaml.Lookup(n, "format"); f != nil && !l.reported(f) && l.opts.Formats != nil {
				l.ps = append(l.ps, strictyaml.PickAt(l.file, f, "format", &a.Format, l.opts.Formats...)...)
			}
			l.positive(n, "cancel_after", a.CancelAfter)
			l.atLeast(n, "count", a.Count, 1)
			l.checkSIPHeaders(strictyaml.Lookup(n, "headers"))
		},
	}
}

// Dial places a call and waits until it is answered, refused or given up.
type Dial struct {
	To          Text          `yaml:"to"`           // the number, usually "${lease.body.dni}"
	From        Text          `yaml:"from"`         // the caller's number; unset: the carrier's default
	Withheld    bool          `yaml:"withheld"`     // the caller's number is not shown
	Format      string        `yaml:"format"`       // how the carrier writes the number, one of Options.Formats; empty: e164
	Transport   Transport     `yaml:"transport"`    // empty: udp
	ViaTo       bool          `yaml:"via_to"`       // the number is in To only, not in the Request-URI
	SDP         SDP           `yaml:"sdp"`          // empty: offer
	CancelAfter time.Duration `yaml:"cancel_after"` // CANCEL after so long without an answer; 0: never
	RingOnly    bool          `yaml:"ring_only"`    // CANCEL on the first ringing
	Count       int           `yaml:"count"`        // how many times the INVITE is sent; at least 1
	CallID      Text          `yaml:"call_id"`      // of the dialog, as when a caller uses one again: "${first.id}" (unset: a new one). Calls that are up at one time need their own
	Headers     Headers       `yaml:"headers"`      // of the INVITE, beside those that the SIP stack and the keys above write
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

func (a *Dial) values() []*Value {
	return append([]*Value{&a.To.Value, &a.From.Value, &a.CallID.Value}, a.Headers.values()...)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Transport) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "transport", v, UDP, TCP)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *SDP) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "sdp", v, SDPOffer, SDPLate, SDPNone, SDPBadCodec)
}
