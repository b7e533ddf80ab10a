package pstn

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/dnispool/dnispool/fakes/media"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Who ended a call, or refused it.
const (
	ByPlatform = "platform"
	ByDesk     = "desk" // the other end of a transfer
	ByCaller   = "caller"
	ByCarrier  = "carrier"
	ByNetwork  = "network" // nobody answered, or the connection broke
)

// Call is a call that the carrier was asked to place. When Dial returns it, it is up or has ended.
type Call struct {
	carrier *Carrier
	id      string
	number  string // as delivered, after rewriting
	far     string // ByPlatform or ByDesk
	started time.Time
	leg     *sipua.Leg    // nil: never up
	release func()        // gives its channel back
	audio   *media.Stream // nil: the call has none
	ended   chan struct{}

	mu       sync.Mutex
	hungUp   bool
	progress []int
	pdd      time.Duration
	attempts int
	endedAt  time.Time
	result   result
}

// result is how a call came out and ended.
type result struct {
	answered bool
	status   int
	reason   string
	cause    int
	by, how  string
	lost     bool // on the way to the far end, by the carrier's behaviour
	headers  []sipua.Header
}

// ID is the Call-ID. A call that the carrier itself refused has one too.
func (c *Call) ID() string { return c.id }

// Number is the number that the call was delivered to, which a rewrite may have changed, in the form it was given.
func (c *Call) Number() string { return c.number }

// PassedOn reports whether the call has left for the far end: the carrier has neither refused it by itself, nor lost all of it as it was
// told to.
func (c *Call) PassedOn() bool {
	r := c.get()
	return !r.lost && (r.by != ByCarrier || r.how != sipua.HowReject)
}

// Answered reports whether the call was ever up.
func (c *Call) Answered() bool { return c.get().answered }

// Status is the SIP status of the call's set-up: 200 when it was answered, 487 when it was cancelled, 408 when nobody
// answered at all. For calls that the carrier refused it is the one that the carrier would have sent.
func (c *Call) Status() int { return c.get().status }

// Reason is the phrase that came with the status.
func (c *Call) Reason() string { return c.get().reason }

// Cause is the Q.850 cause of a call that the carrier refused; else 0.
func (c *Call) Cause() int { return c.get().cause }

// PDD is the time on the carrier's clock from dialling to the first ringing or answer; 0 when there was none.
func (c *Call) PDD() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pdd
}

// Progress lists the 1xx that came before the answer.
func (c *Call) Progress() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int(nil), c.progress...)
}

// Attempts is how often the call reached out for the platform: 0 when the carrier refused it, 2 after a reattempt.
func (c *Call) Attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attempts
}

// Ended is closed when the call is over, or never came to be.
func (c *Call) Ended() <-chan struct{} { return c.ended }

// EndedBy says who ended or refused the call, as one of the By constants; "" while it is up.
func (c *Call) EndedBy() string { return c.get().by }

// EndedAt is when the call ended, on the carrier's clock: when a BYE came or was answered, or when the call came to
// nothing. It is zero while the call is up.
func (c *Call) EndedAt() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endedAt
}

// How says in which way the call ended: one of sipua's How constants; "" while it is up.
func (c *Call) How() string { return c.get().how }

// EndHeaders are the headers of the BYE that ended the call, or of the response that refused it.
func (c *Call) EndHeaders() []sipua.Header { return c.get().headers }

// Hangup ends the call from the caller's side with BYE. It returns nil also when the call had ended already.
func (c *Call) Hangup(ctx context.Context, h ...sipua.Header) error {
	if c.leg == nil {
		return nil
	}
	c.mu.Lock()
	c.hungUp = true
	c.mu.Unlock()
	err := c.leg.Bye(ctx, h...)
	if err == nil {
		<-c.ended // the leg has ended: its end is about to be recorded
	}
	return err
}

// Press sends digits, one after another, each in an INFO of a form; "" is application/dtmf-relay. It returns the status of the
// last one, which is the first that was not answered with 200.
func (c *Call) Press(ctx context.Context, digits, form string) (status int, err error) {
	if err := sipua.CheckDigits(digits); err != nil {
		return 0, err
	}
	if c.leg == nil {
		return 0, sipua.ErrEnded
	}
	for _, digit := range digits {
		status, err = c.leg.SendDigit(ctx, string(digit), cmp.Or(form, sipua.DTMFRelay))
		if err != nil || status != 200 {
			return status, err
		}
	}
	return status, nil
}

func (c *Call) get() result {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.result
}

// fail settles a call that did not come up.
func (c *Call) fail(r result) {
	c.stamp(sipua.End{})
	c.mu.Lock()
	c.result = r
	c.mu.Unlock()
	c.over()
}

// over lets others know, those who wait for a channel first.
func (c *Call) over() {
	c.closeAudio()
	if c.release != nil {
		c.release()
	}
	close(c.ended)
}

// cutShort is ctx's error when that is what kept the call from coming up.
func (c *Call) cutShort(ctx context.Context) error {
	if r := c.get(); r.answered || r.how != sipua.HowCancel {
		return nil
	}
	return ctx.Err()
}

// heard notes a response of the platform.
func (c *Call) heard(code int) {
	now := c.carrier.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if code < 200 {
		c.progress = append(c.progress, code)
	}
	if code >= 180 && c.pdd == 0 {
		c.pdd = now.Sub(c.started)
	}
}

func (c *Call) attempted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts++
}

// up settles a call that was answered.
func (c *Call) up(leg *sipua.Leg) {
	c.heard(200)
	c.leg = leg
	leg.OnEnd(c.stamp) // before the platform hears our answer to its BYE, and virtual time goes on
	c.speak(leg)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.result = result{answered: true, status: 200, reason: "OK"}
}

// stamp notes the time of the end.
func (c *Call) stamp(sipua.End) {
	now := c.carrier.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endedAt = now
}

// watch records the end of a call that is up.
func (c *Call) watch() {
	<-c.leg.Done()
	end := c.leg.End()
	closing := c.carrier.isClosing()
	c.mu.Lock()
	c.result.how, c.result.headers = end.How, end.Headers
	switch {
	case end.By == sipua.Remote && end.How == sipua.HowBye:
		c.result.by = c.far
	case closing && !c.hungUp:
		c.result.by = ByCarrier
	case end.How == sipua.HowBye:
		c.result.by = ByCaller
	default:
		c.result.by = ByNetwork
	}
	c.mu.Unlock()
	c.over()
}
