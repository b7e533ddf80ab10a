package telephony

import (
	"context"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Platform is what the SIP edge needs of the platform behind it.
type Platform interface {
	// Dialled returns a dialled number, in any form, as the pool that owns it writes it; false when none does.
	Dialled(number string) (string, bool)
	// Arrive looks up the attributes by the dialled number and gives the call's session. It is the moment of arrival.
	Arrive(Arrival) Session
	// Refused tells of a call that gets no session: to a number of no pool, to one that is busy, or one call too many. Number is as
	// Dialled gave it, or as dialled.
	Refused(a Arrival, status int, cause string)
	// Rejected tells of a request that was refused before it was a call, or inside of one.
	Rejected(sipua.Rejection)
	// Tolerated tells of a request that was accepted against its RFC: of a call's, once for each breach.
	Tolerated(sipua.Tolerance)
	// Leave is called when Close has waited long enough: from now on no session may wait for an agent.
	Leave()
}

// Arrival is an INVITE for a number of the platform.
type Arrival struct {
	CallID  string            // of the SIP dialog: its caller chose it, so it names nothing that must be unique
	Number  string            // as Dialled gave it to Arrive
	ANI     string            // "" when withheld
	Headers map[string]string // the caller's own, X-…, by their names as sent; nil when there are none
	End     func()            // ends the call from the platform's side, as soon as its agent lets it; of a call that Arrive gets
}

// Session is one call inside the platform. The edge calls its methods from one goroutine, but for Release and Hangup.
type Session interface {
	// Bound says whether the call found a live reservation.
	Bound() bool
	// Answered is the moment of the 200.
	Answered()
	// Begin and Next run the agent; the edge lets the step's time pass, then asks for the next.
	Begin(context.Context) conversation.Step
	Next(context.Context) conversation.Step
	// Pressed is a digit that the caller has pressed. It reports whether the agent has a turn for it, or for it and those before
	// it: then the next step is due at once. Due reports whether one is.
	Pressed(digit string) bool
	Due() bool
	// Release is the moment at which a BYE leaves or arrives, or the call fails: the number is let go, and the agent's
	// next step will be the end. Only the first cause counts.
	Release(cause string)
	// Hangup is Release, and writes what the call leaves behind; it may wait for the agent's current step.
	Hangup(cause string)
	// ByeLeft is the moment at which the platform's BYE has left, after Hangup.
	ByeLeft()
	// ByeLost is called instead when it has not: the caller's came first, or it could not be sent, which detail says.
	ByeLost(cause, detail string)
	// Finish runs what follows the call, at most until Close has waited long enough: then the context ends.
	Finish(context.Context)
}
