package broken

import (
	"context"
	"errors"
	"strings"
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

// gaveUpAt takes a refusal of the call for its caller's doing.
func gaveUpAt(name, lesson string, status int) Client {
	return dials(name, lesson, func(ctx context.Context, p client.Phone, to, from string) (client.Call, error) {
		call, err := p.Dial(ctx, to, from)
		if refused, ok := errors.AsType[*sipua.StatusError](err); ok && refused.Code == status {
			return nil, client.ErrGaveUp
		}
		return call, err
	})
}
