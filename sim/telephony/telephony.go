package telephony

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Edge answers the platform's calls.
type Edge struct {
	config   Config
	platform Platform
	clock    clock.Clock
	log      *slog.Logger
	trouble  func(Arrival) Trouble // nil: none
	endpoint *sipua.Endpoint

	ctx    context.Context // ends when Close begins
	cancel context.CancelFunc
	ending context.Context // of what follows a call: ends when Close has waited long enough
	cut    context.CancelFunc
	calls  sync.WaitGroup

	mu      sync.Mutex
	closing bool
	serving int // calls
	perLine map[string]int
}

// Listen starts the edge. It is ready for calls when Listen returns.
func Listen(ctx context.Context, c Config, p Platform, k clock.Clock, log *slog.Logger, o Options) (*Edge, error) {
	at, err := hostport.Listen(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("sip: listen: %w", err)
	}
	tlsListen := ""
	if c.TLSListen != "" {
		at, err := hostport.Listen(c.TLSListen)
		if err != nil {
			return nil, fmt.Errorf("sip: tls_listen: %w", err)
		}
		tlsListen = at.String()
	}
	return listen(ctx, sipua.Config{
		Listen: at.String(), TLSListen: tlsListen, TLS: o.Secure, TCP: c.TCP, Advertise: c.Advertise, Symmetric: c.Symmetric, LookUpNames: c.LookUpNames, Strict: c.Strict,
		MaxConnections: min(c.MaxConnections, max(1, descriptors()/4)), IdleTimeout: c.IdleTimeout, ReadTimeout: c.ReadTimeout, Trace: o.Trace,
	}, c, p, k, log, o)
}

func listen(ctx context.Context, s sipua.Config, c Config, p Platform, k clock.Clock, log *slog.Logger, o Options) (*Edge, error) {
	e := &Edge{config: c, platform: p, clock: k, log: log, trouble: o.Trouble, perLine: make(map[string]int)}
	e.ending, e.cut = context.WithCancel(context.WithoutCancel(ctx))
	e.ctx, e.cancel = context.WithCancel(e.ending)
	s.UserAgent, s.Logger, s.MaxCalls, s.MaxBytes, s.OnCall, s.OnRefused = "dnispool", log, c.MaxCalls, c.MaxBytes, e.serve, e.turnedAway
	s.Network = e.onTheWay(o.Network)
	s.OnRejected = func(r sipua.Rejection) { e.clock.Run(func() { p.Rejected(r) }) }
	s.OnTolerated = func(t sipua.Tolerance) { e.clock.Run(func() { p.Tolerated(t) }) }
	var err error
	if e.endpoint, err = sipua.Listen(ctx, s); err != nil {
		e.cut()
		return nil, fmt.Errorf("sip: %w", err)
	}
	return e, nil
}

// Addr returns the host:port at which calls are answered.
func (e *Edge) Addr() string { return e.endpoint.Addr() }

// TLSAddr returns the host:port at which calls over TLS are answered; "" where none are.
func (e *Edge) TLSAddr() string { return e.endpoint.TLSAddr() }

// Advertise changes what the calls from now on are told to call: host, host:port, or "" for what their callers have called.
func (e *Edge) Advertise(address string) error { return e.endpoint.Advertise(address) }

// Active returns the number of calls that are up.
func (e *Edge) Active() int { return e.endpoint.Active() }

// Close ends the calls that are up with BYE, waits for them until ctx ends, and stops listening. Then it tells the
// platform to Leave, and relies on the sessions to return soon. When nothing but calls was left, the error is an *Unfinished.
func (e *Edge) Close(ctx context.Context) error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	e.cancel()
	ended := make(chan struct{})
	go func() {
		e.calls.Wait()
		close(ended)
	}()
	defer e.cut()
	select {
	case <-ended:
		if err := e.endpoint.Shutdown(ctx); err != nil { // which sees to it that the last caller hears of the end
			return fmt.Errorf("sip: %w", err)
		}
		return nil
	case <-ctx.Done():
	}
	left := &Unfinished{e.unfinished(), ctx.Err()}
	e.cut()
	e.platform.Leave()
	err := e.endpoint.Close() // which ends whatever is left, so that ended follows
	<-ended
	if err != nil {
		return errors.Join(left, err)
	}
	return left
}

// Unfinished is the error of a Close that has waited in vain for calls to end.
type Unfinished struct {
	Calls int
	cause error
}

func (u *Unfinished) Error() string {
	return fmt.Sprintf("sip: %d calls not finished: %v", u.Calls, u.cause)
}

// Unwrap gives the error of the context.
func (u *Unfinished) Unwrap() error { return u.cause }

// serve is one call from INVITE to BYE. The call is over when it returns.
func (e *Edge) serve(leg *sipua.Leg) {
	if !e.begin() {
		e.turnedAway(leg)
		e.refuse(leg, 503)
		return
	}
	defer e.done()
	growStack()
	e.clock.Run(func() { e.answer(leg) })
}

// turnedAway tells of a call that is refused with 503 whatever its number is. Virtual time stands still meanwhile, as for any call.
func (e *Edge) turnedAway(leg *sipua.Leg) {
	cause := "too many calls"
	if e.isClosing() {
		cause = "shutdown"
	}
	e.clock.Run(func() {
		a, _ := e.arrival(leg)
		e.platform.Refused(a, 503, cause)
	})
}

// begin counts a call that Close waits for.
func (e *Edge) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.calls.Add(1)
	e.serving++
	return true
}

func (e *Edge) done() {
	e.mu.Lock()
	e.serving--
	e.mu.Unlock()
	e.calls.Done()
}

func (e *Edge) unfinished() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.serving
}

func (e *Edge) isClosing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closing
}

func (e *Edge) answer(leg *sipua.Leg) {
	a, ok := e.arrival(leg)
	if !ok {
		e.platform.Refused(a, e.config.UnknownNumber, "number of no pool")
		e.refuse(leg, e.config.UnknownNumber)
		return
	}
	trouble := e.troubleWith(a)
	if trouble.Refuse != 0 {
		e.platform.Refused(a, trouble.Refuse, "fault")
		e.refuse(leg, trouble.Refuse)
		return
	}
	leave, ok := e.seize(a.Number)
	if !ok {
		e.platform.Refused(a, 486, "busy")
		e.refuse(leg, 486)
		return
	}
	defer leave()
	ctx, end := context.WithCancelCause(e.ctx)
	defer end(nil)
	a.End = func() { end(errEnded) }
	c := call{e.platform.Arrive(a), leave, new(atomic.Bool), trouble, new(pause)}
	leg.OnDigit(func(digit string) { e.pressed(c, digit) })
	leg.OnBye(func() { c.left.Store(true) }) // one for a caller that does not acknowledge: the call has failed by then
	e.attend(ctx, leg, c)
}

// attend takes a call to its end.
func (e *Edge) attend(ctx context.Context, leg *sipua.Leg, s call) {
	if !s.Bound() && e.config.UnreservedDial == Reject {
		s.Release("unreserved")
		e.refuse(leg, e.config.UnreservedStatus)
		return
	}
	ctx, stop := e.watch(ctx, leg, s)
	defer stop()
	if err := e.pickUp(ctx, leg, s); err != nil {
		s.Hangup(failure(err))
		e.giveUp(ctx, leg, s)
	} else {
		cause, headers := e.converse(ctx, s)
		s.Hangup(cause)
		if e.holdBye(ctx, leg, s) {
			e.bye(ctx, leg, s, headers...)
		}
	}
	s.Finish(e.ending)
}

// watch ties the session to the leg: when the far end hangs up, its number is free and its state is written before the
// far end is told so, whatever the session waits for ends, and virtual time stands still until the session is over.
func (e *Edge) watch(ctx context.Context, leg *sipua.Leg, s Session) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
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
		if end.By == sipua.Local && (end.How == sipua.HowBye || end.How == sipua.HowReject) {
			return // our doing, which the session knows of
		}
		s.Release(endCause(end))
		cancel() // the agent is told to stop before its last word is waited for
		if end.By == sipua.Remote {
			s.Hangup(endCause(end))
		}
	})
	return ctx, func() {
		mu.Lock()
		over = true
		mu.Unlock()
		cancel()
		release()
	}
}

// progress tells the caller that it rings, or lets them hear the network before the answer.
func (e *Edge) progress(leg *sipua.Leg, t Trouble) error {
	if t.EarlyMedia {
		if sdp, err := e.media(leg); err == nil {
			return leg.Provisional(183, "Session Progress", sdp)
		}
	}
	return leg.Provisional(180, "Ringing", nil)
}

// pickUp rings and answers.
func (e *Edge) pickUp(ctx context.Context, leg *sipua.Leg, s call) error {
	if err := e.clock.Sleep(ctx, e.config.RingingAfter); err != nil {
		return err
	}
	if err := e.progress(leg, s.trouble); err != nil {
		return err
	}
	if err := e.ring(ctx, s.trouble); err != nil {
		return err
	}
	sdp, err := e.media(leg)
	if err != nil {
		s.Release(failure(err)) // before the caller is told
		e.refuse(leg, 488)
		return err
	}
	s.Answered()
	return leg.Answer(ctx, sdp)
}

// giveUp ends a call that could not be answered in the way that is left, if any.
func (e *Edge) giveUp(ctx context.Context, leg *sipua.Leg, s call) {
	if e.ctx.Err() == nil && !errors.Is(context.Cause(ctx), errEnded) {
		return // the caller has ended it, or it has been refused
	}
	if err := leg.Reject(503, ""); errors.Is(err, sipua.ErrAnswered) { // the ACK has not come yet
		e.bye(ctx, leg, s)
	}
}

// media answers the caller's offer, or makes one where the INVITE had none.
func (e *Edge) media(leg *sipua.Leg) ([]byte, error) {
	if len(leg.Offer()) == 0 {
		return sipua.OfferSDP(leg.LocalHost(), e.config.MediaPort), nil
	}
	return sipua.AnswerSDP(leg.Offer(), leg.LocalHost(), e.config.MediaPort)
}

// converse lets the agent talk until somebody ends the call, and says why, and what the agent has the BYE carry.
func (e *Edge) converse(ctx context.Context, s call) (cause string, headers []sipua.Header) {
	for step := s.Begin(ctx); ; step = s.Next(ctx) {
		pressed, err := e.wait(ctx, s, step)
		if err != nil {
			if errors.Is(context.Cause(ctx), errEnded) {
				return CauseEnded, nil
			}
			return "shutdown", nil // unless the call's end has given the session a cause
		}
		if step.Hangup && !pressed {
			return step.Cause, e.sendable(step.Headers)
		}
	}
}

func (e *Edge) refuse(leg *sipua.Leg, status int) {
	if err := leg.Reject(status, ""); err != nil {
		e.log.Warn("refusal was not delivered", "call", leg.CallID(), "status", status, "error", err)
	}
}

// seize takes one of the number's channels until leave, which may be called more than once.
func (e *Edge) seize(number string) (leave func(), ok bool) {
	if e.config.MaxCallsPerNumber == 0 {
		return func() {}, true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.perLine[number] >= e.config.MaxCallsPerNumber {
		return nil, false
	}
	e.perLine[number]++
	return sync.OnceFunc(func() { e.leave(number) }), true
}

func (e *Edge) leave(number string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.perLine[number]--; e.perLine[number] == 0 {
		delete(e.perLine, number)
	}
}
