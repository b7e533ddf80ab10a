package rehearse

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

// Inbound is a SIP URI of the client's which each caller calls: an INVITE comes from the SIP peer with the caller's number in
// From, and an offer of PCMU. The caller waits while it rings, stays on the line once it is answered, goes where a REFER of the
// client's says, and hangs up when the lesson is over and the client has not.
type Inbound string

// check says what is wrong with the URI.
func (i Inbound) check() error {
	u, err := sipua.ParseURI(string(i))
	if err != nil || u.Scheme != "sip" || u.Host == "" || !oneOfTransports(u.Params["transport"]) {
		return fmt.Errorf("sip: want a URI as in sip:ivr@127.0.0.1:5080, with ;transport=tcp where it is, got %q", string(i))
	}
	return nil
}

func oneOfTransports(t string) bool { return t == "" || t == "udp" || t == "tcp" }

// Stays implements Arrival.
func (Inbound) Stays() bool { return false }

func (i Inbound) Says() string { return "calls " + string(i) }

// Arrive implements Arrival. It returns when the call is over, which it is at the latest when ctx has ended.
func (i Inbound) Arrive(ctx context.Context, c Caller) error {
	u, err := sipua.ParseURI(string(i))
	if err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	var rang atomic.Bool
	leg, err := c.line.Dial(ctx, sipua.Dial{
		To: "<" + string(i) + ">", From: "<sip:" + c.ANI + "@" + c.SIP + ">", Transport: u.Params["transport"], OnProgress: func(int, string) { rang.Store(true) },
		OnRefer: c.refers,
	})
	refused, isRefused := errors.AsType[*sipua.StatusError](err)
	switch {
	case ctx.Err() != nil && (err == nil || rang.Load()):
		// The client let the caller ring until the lesson was over, which is no fault of the call.
	case ctx.Err() != nil:
		return fmt.Errorf("sip: want the caller taken at %s, got no answer", i)
	case isRefused:
		return fmt.Errorf("sip: want the caller taken at %s, got %d %s", i, refused.Code, refused.Reason)
	case err != nil:
		return fmt.Errorf("sip: %s: %w", i, err)
	}
	if leg == nil {
		return nil
	}
	if c.HangsUp > 0 {
		c.stays(ctx, leg)
	} else {
		select {
		case <-leg.Done():
		case <-ctx.Done():
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangsUpWithin)
	defer cancel()
	_ = leg.Bye(ending) // a client that does not answer a BYE has heard it all the same
	return nil
}

// stays returns when the caller hangs up, who does so some time after the platform has answered the client; or when there is
// nothing left to hang up, or no time.
func (c Caller) stays(ctx context.Context, leg *sipua.Leg) {
	select {
	case <-c.answered:
	case <-leg.Done():
		return
	case <-ctx.Done():
		return
	}
	wait := time.NewTimer(c.HangsUp)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-leg.Done():
	case <-ctx.Done():
	}
}

// Leaves implements Leaving: the client sees the BYE.
func (Inbound) Leaves() bool { return true }

// hangsUpWithin is how long a client may take to answer the BYE of a caller when a lesson is over.
const hangsUpWithin = time.Second
