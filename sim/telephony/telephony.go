package telephony

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Platform is what the SIP edge needs of the platform behind it.
type Platform interface {
	// Dialled returns the first of the numbers, in any form, that the platform owns, as its pool writes it.
	Dialled(numbers ...string) (number string, ok bool)
	// Arrive looks up the attributes by the dialled number and gives the call's session. It is the moment of arrival.
	Arrive(Arrival) Session
}

// Arrival is an INVITE for a number of the platform.
type Arrival struct {
	ID      string // Call-ID
	Number  string // as Dialled gave it
	ANI     string // "" when withheld
	Headers map[string]string
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
	// Release is the moment at which a BYE leaves or arrives, or the call fails: the number is let go, and the agent's
	// next step will be the end. Only the first cause counts.
	Release(cause string)
	// Hangup is Release, and writes what the call leaves behind; it may wait for the agent's current step.
	Hangup(cause string)
	// Finish runs what follows the call.
	Finish(context.Context)
}

// Edge answers the platform's calls.
type Edge struct {
	config   Config
	platform Platform
	clock    clock.Clock
	log      *slog.Logger
	endpoint *sipua.Endpoint

	ctx    context.Context
	cancel context.CancelFunc
	calls  sync.WaitGroup

	mu      sync.Mutex
	perLine map[string]int
}

// Listen starts the edge. It is ready for calls when Listen returns. trace, which may be nil, sees every SIP message.
func Listen(ctx context.Context, c Config, p Platform, k clock.Clock, log *slog.Logger, trace func(sipua.Message)) (*Edge, error) {
	e := &Edge{config: c, platform: p, clock: k, log: log, perLine: make(map[string]int)}
	e.ctx, e.cancel = context.WithCancel(context.WithoutCancel(ctx))
	var err error
	e.endpoint, err = sipua.Listen(ctx, sipua.Config{
		Listen: c.Listen, TCP: c.TCP, UserAgent: "dnispool", Logger: log, Trace: trace, MaxCalls: c.MaxCalls, OnCall: e.serve,
	})
	if err != nil {
		e.cancel()
		return nil, fmt.Errorf("sip: %w", err)
	}
	return e, nil
}

// Addr returns the host:port at which calls are answered.
func (e *Edge) Addr() string { return e.endpoint.Addr() }

// Active returns the number of calls that are up.
func (e *Edge) Active() int { return e.endpoint.Active() }

// Close ends the calls that are up with BYE, waits for them until ctx ends, and stops listening.
func (e *Edge) Close(ctx context.Context) error {
	e.cancel()
	ended := make(chan struct{})
	go func() {
		e.calls.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = fmt.Errorf("sip: %d calls still up: %w", e.Active(), ctx.Err())
	}
	err = errors.Join(err, e.endpoint.Close()) // which ends whatever is left, so that ended follows
	<-ended
	return err
}

// serve is one call from INVITE to BYE. The call is over when it returns.
func (e *Edge) serve(leg *sipua.Leg) {
	e.calls.Add(1)
	defer e.calls.Done()
	e.clock.Run(func() { e.answer(leg) })
}

func (e *Edge) answer(leg *sipua.Leg) {
	number, ok := e.platform.Dialled(leg.RequestURI().Dialled(), leg.To().Dialled())
	if !ok {
		e.log.Info("call to a number of no pool", "request_uri", leg.RequestURI().Raw, "to", leg.To().Raw, "call", leg.CallID())
		e.refuse(leg, e.config.UnknownNumber, "No Such Number")
		return
	}
	if !e.seize(number) {
		e.refuse(leg, 486, "Busy Here")
		return
	}
	defer e.leave(number)

	s := e.platform.Arrive(Arrival{ID: leg.CallID(), Number: number, ANI: callerNumber(leg), Headers: headers(leg)})
	if !s.Bound() && e.config.UnreservedDial == Reject {
		s.Release("unreserved")
		e.refuse(leg, e.config.UnreservedStatus, "Temporarily Unavailable")
		return
	}
	ctx, stop := e.watch(leg, s)
	defer stop()
	if err := e.pickUp(ctx, leg, s); err != nil {
		s.Hangup(failure(leg, err))
		if e.ctx.Err() != nil {
			e.refuse(leg, 503, "Service Unavailable")
		}
		s.Finish(context.WithoutCancel(ctx))
		return
	}
	cause := e.converse(ctx, s)
	s.Hangup(cause)
	if err := e.bye(ctx, leg); err != nil {
		e.log.Warn("BYE was not confirmed", "call", leg.CallID(), "error", err)
	}
	s.Finish(context.WithoutCancel(ctx))
}

// watch ties the session to the leg: when the far end hangs up, its number is free and its state is written before the
// far end is told so, whatever the session waits for ends, and virtual time stands still until the session is over.
func (e *Edge) watch(leg *sipua.Leg, s Session) (context.Context, func()) {
	ctx, cancel := context.WithCancel(e.ctx)
	var mu sync.Mutex
	release := func() {}
	over := false
	leg.OnEnd(func(end sipua.End) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		release = e.clock.Hold()
		if end.By != sipua.Remote {
			cancel()
			return
		}
		s.Release(remoteCause(end))
		cancel() // the agent is told to stop before its last word is waited for
		s.Hangup(remoteCause(end))
	})
	return ctx, func() {
		mu.Lock()
		over = true
		mu.Unlock()
		cancel()
		release()
	}
}

// pickUp rings and answers.
func (e *Edge) pickUp(ctx context.Context, leg *sipua.Leg, s Session) error {
	if err := e.clock.Sleep(ctx, e.config.RingingAfter); err != nil {
		return err
	}
	if err := leg.Provisional(180, "Ringing", nil); err != nil {
		return err
	}
	if err := e.clock.Sleep(ctx, e.config.AnswerAfter); err != nil {
		return err
	}
	sdp, err := e.media(leg)
	if err != nil {
		e.refuse(leg, 488, "Not Acceptable Here")
		return err
	}
	s.Answered()
	return leg.Answer(ctx, sdp)
}

// media answers the caller's offer, or makes one where the INVITE had none.
func (e *Edge) media(leg *sipua.Leg) ([]byte, error) {
	host, _, err := net.SplitHostPort(e.Addr())
	if err != nil {
		return nil, err
	}
	if len(leg.Offer()) == 0 {
		return sipua.OfferSDP(host, e.config.MediaPort), nil
	}
	return sipua.AnswerSDP(leg.Offer(), host, e.config.MediaPort)
}

// converse lets the agent talk until somebody ends the call, and says why.
func (e *Edge) converse(ctx context.Context, s Session) string {
	for step := s.Begin(ctx); ; step = s.Next(ctx) {
		if err := e.clock.Sleep(ctx, step.Wait); err != nil {
			if e.ctx.Err() != nil {
				return "shutdown"
			}
			return conversation.CauseCaller
		}
		if step.Hangup {
			return step.Cause
		}
	}
}

// bye ends the call from the platform's side, as the contract says. It outlives the edge's shutdown for a moment.
func (e *Edge) bye(ctx context.Context, leg *sipua.Leg) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 35*time.Second)
	defer cancel()
	return leg.Bye(ctx)
}

func (e *Edge) refuse(leg *sipua.Leg, status int, reason string) {
	if err := leg.Reject(status, reason); err != nil {
		e.log.Warn("refusal was not delivered", "call", leg.CallID(), "status", status, "error", err)
	}
}

// seize takes one of the number's channels.
func (e *Edge) seize(number string) bool {
	if e.config.MaxCallsPerNumber == 0 {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.perLine[number] >= e.config.MaxCallsPerNumber {
		return false
	}
	e.perLine[number]++
	return true
}

func (e *Edge) leave(number string) {
	if e.config.MaxCallsPerNumber == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.perLine[number]--; e.perLine[number] == 0 {
		delete(e.perLine, number)
	}
}

// failure names why a call was not answered.
func failure(leg *sipua.Leg, err error) string {
	select {
	case <-leg.Done():
		return remoteCause(leg.End())
	default:
	}
	if errors.Is(err, sipua.ErrNoCodec) {
		return "no-codec"
	}
	return "shutdown"
}

func remoteCause(end sipua.End) string {
	if end.By == sipua.Remote && end.How == "bye" {
		return conversation.CauseCaller
	}
	return end.How
}

// callerNumber is the ANI: the asserted identity where there is one, else From; "" when the caller withholds it.
func callerNumber(leg *sipua.Leg) string {
	if slices.ContainsFunc(leg.Header("Privacy"), func(v string) bool { return strings.Contains(strings.ToLower(v), "id") }) {
		return ""
	}
	for _, v := range leg.Header("P-Asserted-Identity") {
		if u, err := sipua.ParseURI(v); err == nil {
			return u.Dialled()
		}
	}
	if leg.From().User == "anonymous" {
		return ""
	}
	return leg.From().Dialled()
}

// headers are the caller's own headers, by the names as sent: agents look them up case-sensitively.
func headers(leg *sipua.Leg) map[string]string {
	out := make(map[string]string)
	for _, h := range leg.Headers() {
		if len(h.Name) > 2 && strings.EqualFold(h.Name[:2], "x-") {
			out[h.Name] = h.Value
		}
	}
	return out
}
