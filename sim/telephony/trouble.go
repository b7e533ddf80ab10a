package telephony

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Options are what an edge may have besides.
type Options struct {
	Secure  *tls.Config           // has the certificate for calls over TLS; nil: none are taken
	Trace   func(sipua.Message)   // sees every message; nil: nobody does
	Trouble func(Arrival) Trouble // what goes wrong with a call to a number of the platform; nil: nothing
	// Network says what becomes of an INVITE that begins a call on its way, as often as it is sent. Its Number is as Dialled gave it or, of
	// a number of no pool, as dialled. nil: it arrives, once.
	Network func(Arrival) sipua.Fault
}

// Trouble is what goes wrong with one call on purpose. The zero value is nothing.
type Trouble struct {
	Refuse     int           // the SIP status that the call is refused with, before anything is looked up
	EarlyMedia bool          // it is told 183 with a session description instead of 180
	NoAnswer   bool          // it rings until its caller gives up
	Late       time.Duration // it rings so much longer
	NoBye      bool          // the platform ends the conversation, and never sends its BYE
	ByeLate    time.Duration // the BYE comes so much later; number and handoff state are settled by then
}

// CauseEnded is the cause of a call that was ended by Arrival.End.
const CauseEnded = "ended"

// errEnded is why a call is over whose end was asked for.
var errEnded = errors.New("the call is ended")

func (e *Edge) troubleWith(a Arrival) Trouble {
	if e.trouble == nil {
		return Trouble{}
	}
	return e.trouble(a)
}

// onTheWay asks what becomes of an INVITE. Virtual time stands still meanwhile.
func (e *Edge) onTheWay(network func(Arrival) sipua.Fault) func(sipua.Incoming) sipua.Fault {
	if network == nil {
		return nil
	}
	return func(i sipua.Incoming) (f sipua.Fault) {
		e.clock.Run(func() {
			a := Arrival{CallID: i.CallID}
			a.Number, _ = e.dialled(i.Dialled, i.To)
			f = network(a)
		})
		return f
	}
}

// ring lets a call ring as long as it must, and as its trouble has it.
func (e *Edge) ring(ctx context.Context, t Trouble) error {
	wait := e.config.AnswerAfter + t.Late
	if t.NoAnswer {
		wait = conversation.Forever
	}
	return e.clock.Sleep(ctx, wait)
}

// holdBye waits for as long as the call's trouble keeps the BYE back, and reports whether it is to be sent.
func (e *Edge) holdBye(ctx context.Context, leg *sipua.Leg, s call) bool {
	if s.trouble.ByeLate == 0 && !s.trouble.NoBye || ctx.Err() != nil && e.ctx.Err() != nil {
		return true
	}
	waiting, over := context.WithCancel(e.ctx)
	defer over()
	go func() {
		select {
		case <-leg.Done():
			over()
		case <-waiting.Done():
		}
	}()
	wait := s.trouble.ByeLate
	if s.trouble.NoBye {
		wait = conversation.Forever
	}
	_ = e.clock.Sleep(waiting, wait) // until then, or until the caller or the platform has had enough
	select {
	case <-leg.Done():
		s.ByeLost(endCause(leg.End()), "the BYE was kept back by a fault")
		return false
	default:
		return true
	}
}
