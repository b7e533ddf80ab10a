package rehearse

import (
	"context"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// Caller is one who calls the integrator, as the client is told of them, and everything that the client has to know.
type Caller struct {
	Lesson   string // id of the lesson
	Number   int    // of the caller in the lesson, from 1
	ANI      string // the caller's own number
	SharedID string // that the lesson asks the client to use for the caller; "": the client's own
	// HangsUp is how long after the answer the caller hangs up; 0: never. Only an arrival that is Leaving is given one.
	HangsUp    time.Duration
	BaseURL    string // of Reserve DNI and Get Handoff
	SIP        string // host:port that calls are placed to: numbers and queues
	DNIKey     string
	HandoffKey string
	Account    string
	Project    string
	Names      Client // what the client calls its queues, as far as it was said

	line     *sipua.Endpoint                           // the SIP peer, from which a call to the client comes
	refers   func(context.Context, sipua.Referral) int // takes a REFER in that call
	answered <-chan struct{}                           // closed when the platform has answered the client
}

// Arrival is how the client learns that a caller has come.
type Arrival interface {
	// Arrive tells the client of a caller. It returns when the client has been told, or is done with the caller; or soon after
	// ctx ends.
	Arrive(ctx context.Context, c Caller) error
	// Stays reports whether Arrive returns only when the client is done.
	Stays() bool
	// Says is how, in the words "each caller …".
	Says() string
}

// Leaving is an Arrival by which the client also learns that its caller has hung up.
type Leaving interface{ Leaves() bool }

// Func is a client in this process: it takes one caller through, and returns when it is done.
type Func func(ctx context.Context, c Caller) error

// Arrive implements Arrival.
func (f Func) Arrive(ctx context.Context, c Caller) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the client panicked: %v", p)
		}
	}()
	return f(ctx, c)
}

// Stays implements Arrival.
func (Func) Stays() bool { return true }

func (Func) Says() string { return "is given to a function" }

// announcement is what a client is told of a caller in JSON, by a webhook or a file. It has no keys: a client has its own.
type announcement struct {
	Lesson   string `json:"lesson"`
	Caller   int    `json:"caller"`
	ANI      string `json:"ani"`
	BaseURL  string `json:"base_url"`
	SIPPeer  string `json:"sip_peer"`
	Account  string `json:"account_id"`
	Project  string `json:"project_id"`
	SharedID string `json:"shared_id,omitempty"` // to be used for the caller
}

func (c Caller) announcement() announcement {
	return announcement{c.Lesson, c.Number, c.ANI, c.BaseURL, c.SIP, c.Account, c.Project, c.SharedID}
}

// Leaves implements Leaving.
func (Func) Leaves() bool { return true }
