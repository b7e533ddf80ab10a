package pstn

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Answering is what a desk does with calls.
type Answering string

// The ways of a desk.
const (
	Answer  Answering = "answer"  // at once; the desk never hangs up
	Busy    Answering = "busy"    // 486
	Ring    Answering = "ring"    // 180, and 480 after the behaviour's NoAnswer
	Unknown Answering = "unknown" // 404: there is no desk of that name
)

var answerings = []Answering{Answer, Busy, Ring, Unknown}

// UnmarshalText accepts the four names.
func (a *Answering) UnmarshalText(text []byte) error {
	return strictyaml.Pick("desk", a, text, answerings...)
}

// DeskCall is one call that came to a desk.
type DeskCall struct {
	At       time.Time // on the carrier's clock
	CallID   string
	From     string // the caller's number as shown; "anonymous" when withheld
	Status   int    // what the desk answered: 200, 486, 480, 404, or 487 when the caller gave up
	Answered bool
	Ended    bool
}

// Desk sets how the desk of that name answers, and takes the place of what the behaviour says about it.
// A name is any text: the user part of the SIP URI that Transfer calls.
func (c *Carrier) Desk(name string, a Answering) error {
	if name == "" {
		return fmt.Errorf("desk: want a name, got none")
	}
	if err := new(Answering).UnmarshalText([]byte(a)); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	desks := maps.Clone(c.net.Desks) // the behaviour's own may be shared
	if desks == nil {
		desks = map[string]Answering{}
	}
	desks[name] = a
	c.net.Desks = desks
	return nil
}

// DeskLog returns the calls that came to a desk, in order, also those to a desk that is not there.
func (c *Carrier) DeskLog(name string) []DeskCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log[name])
}

// attend is the desks' side of a transfer.
func (c *Carrier) attend(leg *sipua.Leg) {
	name := deskName(leg.RequestURI())
	c.mu.Lock()
	how, known := c.net.Desks[name]
	if !known {
		how = c.net.Desks["*"]
	}
	noAnswer := c.net.NoAnswer
	c.mu.Unlock()
	if noAnswer == 0 {
		noAnswer = 20 * time.Second
	}
	i := c.enter(name, DeskCall{At: c.clock.Now(), CallID: leg.CallID(), From: leg.From().Dialled()})
	switch how {
	case Answer:
		c.answer(leg, name, i)
	case Busy:
		c.settle(name, i, 486)
		_ = leg.Reject(486, "Busy Here", q850(17)...)
	case Ring:
		c.ring(leg, name, i, noAnswer)
	default: // Unknown, and what is not set up
		c.settle(name, i, 404)
		_ = leg.Reject(404, "Not Found", q850(1)...)
	}
	select {
	case <-leg.Done():
		c.change(name, i, func(d *DeskCall) { d.Ended = true })
	case <-c.ctx.Done(): // whoever has the leg's endpoint ends it
	}
}

func (c *Carrier) answer(leg *sipua.Leg, name string, i int) {
	c.settle(name, i, 200) // before the caller can know
	switch err := leg.Answer(c.ctx, nil); {
	case errors.Is(err, sipua.ErrCancelled):
		c.settle(name, i, 487)
	case errors.Is(err, sipua.ErrNoCodec):
		c.settle(name, i, 488)
	} // any other error is of a call that was answered: a BYE may overtake the ACK
}

func (c *Carrier) ring(leg *sipua.Leg, name string, i int, patience time.Duration) {
	_ = leg.Provisional(180, "Ringing", nil)
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-leg.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(); <-gone }()
	if c.sleep(ctx, patience) != nil {
		c.settle(name, i, 487)
		_ = leg.Reject(480, "Temporarily Unavailable") // when it is the carrier that closes
		return
	}
	c.settle(name, i, 480)
	_ = leg.Reject(480, "Temporarily Unavailable", q850(19)...)
}

// enter adds a call to a desk's log and returns its place.
func (c *Carrier) enter(name string, d DeskCall) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log[name] = append(c.log[name], d)
	return len(c.log[name]) - 1
}

func (c *Carrier) settle(name string, i, status int) {
	c.change(name, i, func(d *DeskCall) { d.Status, d.Answered = status, status == 200 })
}

func (c *Carrier) change(name string, i int, f func(*DeskCall)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.log[name][i])
}
