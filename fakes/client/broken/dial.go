package broken

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/sim/sipua"
)

// dialler is a phone that dials in another way.
type dialler struct {
	client.Phone
	dial func(ctx context.Context, to, from string) (client.Call, error)
}

// Dial implements client.Phone.
func (d dialler) Dial(ctx context.Context, to, from string) (client.Call, error) {
	return d.dial(ctx, to, from)
}

// dialling are wrong in how they call.
func dialling() []Client {
	return []Client{
		dials("dials twice", "dials-once", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
			if first, err := p.Dial(ctx, to, from); err == nil {
				_ = first.Hangup(ctx)
			}
			return p.Dial(ctx, to, from)
		}),
		dials("dials the national form", "dials-the-number-as-given", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
			return p.Dial(ctx, "0"+strings.TrimPrefix(to, "+44"), from)
		}),
		dials("dials full numbers only", "dials-the-published-example", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
			if len(to) < 8 {
				return nil, client.ErrGaveUp
			}
			return p.Dial(ctx, to, from)
		}),
		{Name: "thinks before it dials", Lesson: "dials-in-the-window", Caller: func(c *client.Caller) { c.Think = 4 * time.Second }},
		gaveUpAt("drops the caller of a busy number", "dial-busy", 486),
		gaveUpAt("drops the caller of a number without a route", "dial-no-route", 404),
		gaveUpAt("drops the caller in congestion", "dial-congestion", 503),
		gaveUpAt("takes a redirection for the end of the call", "dial-redirected", 302),
		gaveUp("drops the caller of a number that nobody has", "reserve-number-out-of-service", func(refused *sipua.StatusError) bool {
			return slices.ContainsFunc(refused.Headers, func(h sipua.Header) bool {
				_, cause, _ := strings.Cut(h.Value, "cause=")
				return strings.EqualFold(h.Name, "Reason") && cause == "1" // Q.850: unallocated number
			})
		}),
		dials("dials on two lines at once", "dial-carrier-duplicates", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
			var other sync.WaitGroup
			defer other.Wait()
			other.Go(func() {
				if second, err := p.Dial(ctx, to, from); err == nil {
					_ = second.Hangup(ctx)
				}
			})
			return p.Dial(ctx, to, from)
		}),
		dials("takes early media for the answer, and hangs up at a second one", "dial-early-media", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
			answered := false
			call, err := p.(hearing).DialHearing(ctx, to, from, func(status int) { answered = answered || status == 183 })
			if err == nil && answered {
				_ = call.Hangup(ctx)
			}
			return call, err
		}),
		dials("takes a BYE with the agent's headers for its caller's", "bye-with-headers", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
			call, err := p.Dial(ctx, to, from)
			if err != nil {
				return nil, err
			}
			return callersBye{call}, nil
		}),
		{Name: "takes a queue that does not exist for one that has answered", Lesson: "handoff-unknown-queue", Phone: func(p client.Phone) client.Phone { return hopeful{p} }},
		asksForWhoHasGone(),
		dialsAgain(),
		{Name: "has its caller wait in the default queue", Lesson: "transfers-to-one-queue", Phone: func(p client.Phone) client.Phone { return waitingRoom{p} }},
		set("tries one number only", "dial-another-number", func(c *client.Config) { c.DialAttempts = 1 }),
		set("lets a number ring for ever", "dial-no-answer", func(c *client.Config) { c.RingTimeout = time.Hour }),
		set("lets a number ring for a moment only", "dial-late-answer", func(c *client.Config) { c.RingTimeout = 500 * time.Millisecond }),
		{Name: "stays on the line when its caller has gone", Lesson: "caller-hangs-up-first", Caller: func(c *client.Caller) { c.HangUpAfter = 0 }},
	}
}

func dials(name, lesson string, dial func(ctx context.Context, p client.Phone, to, from string) (client.Call, error)) Client {
	return Client{Name: name, Lesson: lesson, Phone: func(p client.Phone) client.Phone {
		return dialler{p, func(ctx context.Context, to, from string) (client.Call, error) { return dial(ctx, p, to, from) }}
	}}
}

// gaveUpAt takes a refusal of the call with this status for its caller's doing.
func gaveUpAt(name, lesson string, status int) Client {
	return gaveUp(name, lesson, func(refused *sipua.StatusError) bool { return refused.Code == status })
}

// gaveUp takes some refusals of the call for its caller's doing.
func gaveUp(name, lesson string, at func(*sipua.StatusError) bool) Client {
	return dials(name, lesson, func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
		call, err := p.Dial(ctx, to, from)
		if refused, ok := errors.AsType[*sipua.StatusError](err); ok && at(refused) {
			return nil, client.ErrGaveUp
		}
		return call, err
	})
}

// hearing is a phone that tells what the network says before the answer: the one of fakes/phone.
type hearing interface {
	DialHearing(ctx context.Context, to, from string, hear func(status int)) (client.Call, error)
}

// callersBye is a call that is taken for hung up by its caller when a header X-… came with the BYE.
type callersBye struct{ client.Call }

// EndedBy implements client.Call.
func (c callersBye) EndedBy() string {
	headers := c.Call.(interface{ EndHeaders() []sipua.Header }).EndHeaders()
	if slices.ContainsFunc(headers, func(h sipua.Header) bool { return strings.HasPrefix(h.Name, "X-") }) {
		return "caller"
	}
	return c.Call.EndedBy()
}

// dialsAgain takes a BYE that crosses the client's own for a broken line.
func dialsAgain() Client {
	return dials("dials again when the network hangs up as its caller does", "bye-crossing", func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
		call, err := p.Dial(ctx, to, from)
		if err != nil {
			return nil, err
		}
		return restored{call, func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // ctx is over with the answer
			defer cancel()
			if again, err := p.Dial(ctx, to, from); err == nil {
				_ = again.Hangup(ctx)
			}
		}}, nil
	})
}

// hopeful takes every call to a queue for answered.
type hopeful struct{ client.Phone }

// Transfer implements client.Phone.
func (h hopeful) Transfer(ctx context.Context, destination, from string) (client.Call, error) {
	call, err := h.Phone.Transfer(ctx, destination, from)
	if refused, ok := errors.AsType[*sipua.StatusError](err); ok && refused.Code == 404 {
		return nothing{}, nil
	}
	return call, err
}

// nothing is a call that was not placed.
type nothing struct{}

func (nothing) ID() string                   { return "" }
func (nothing) Ended() <-chan struct{}       { return nil }
func (nothing) EndedBy() string              { return "" }
func (nothing) Hangup(context.Context) error { return nil }

// asksForWhoHasGone hangs up when its caller has, asks for the handoff as if the agent had, and puts nobody through.
func asksForWhoHasGone() Client {
	var after time.Duration
	return Client{
		Name: "asks for the handoff of a caller who has gone", Lesson: "caller-gone-is-not-asked-for",
		Caller: func(c *client.Caller) { after, c.HangUpAfter = c.HangUpAfter, 0 },
		Phone:  func(p client.Phone) client.Phone { return forgetful{p, &after} },
	}
}

// forgetful is a telephone that hangs up when the caller does, and says that the platform has.
type forgetful struct {
	client.Phone
	after *time.Duration // the answer
}

// Dial implements client.Phone.
func (f forgetful) Dial(ctx context.Context, to, from string) (client.Call, error) {
	call, err := f.Phone.Dial(ctx, to, from)
	if err != nil {
		return nil, err
	}
	go func() {
		gone := time.NewTimer(*f.after)
		defer gone.Stop()
		select {
		case <-gone.C:
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // ctx is over with the answer
			defer cancel()
			_ = call.Hangup(ending)
		case <-call.Ended():
		}
	}()
	return platformsBye{call}, nil
}

// Transfer implements client.Phone.
func (forgetful) Transfer(context.Context, string, string) (client.Call, error) {
	return nothing{}, nil
}

// platformsBye is a call that is taken for hung up by the platform.
type platformsBye struct{ client.Call }

// EndedBy implements client.Call.
func (platformsBye) EndedBy() string { return "platform" }

// waitingRoom puts whoever is to be put through to a queue through to the default queue first.
type waitingRoom struct{ client.Phone }

// Transfer implements client.Phone.
func (w waitingRoom) Transfer(ctx context.Context, destination, from string) (client.Call, error) {
	if call, err := w.Phone.Transfer(ctx, "default", from); err == nil {
		_ = call.Hangup(ctx)
	}
	return w.Phone.Transfer(ctx, destination, from)
}

// restored is a call that is dialled again when a BYE of the network's has crossed its own.
type restored struct {
	client.Call
	again func()
}

// Hangup implements client.Call.
func (c restored) Hangup(ctx context.Context) error {
	err := c.Call.Hangup(ctx)
	headers := c.Call.(interface{ EndHeaders() []sipua.Header }).EndHeaders() // of a BYE, or of the answer to ours
	if slices.ContainsFunc(headers, func(h sipua.Header) bool { return h.Name == "Reason" }) {
		c.again()
	}
	return err
}
