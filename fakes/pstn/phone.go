package pstn

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/fakes/client"
)

// Phone is an integrator's telephone line at this carrier. Every call to a number is placed like d, whose To and From
// are the caller's.
func (c *Carrier) Phone(d Dial) client.Phone { return phone{c, d} }

type phone struct {
	carrier *Carrier
	like    Dial
}

// phoneCall is a Call as an integrator has it.
type phoneCall struct{ *Call }

func (p phoneCall) Hangup(ctx context.Context) error { return p.Call.Hangup(ctx) }

func (p phone) Dial(ctx context.Context, to, from string) (client.Call, error) {
	d := p.like
	d.To, d.From = to, from
	return answered(p.carrier.Dial(ctx, d))
}

func (p phone) Transfer(ctx context.Context, destination, from string) (client.Call, error) {
	return answered(p.carrier.Transfer(ctx, destination, from))
}

// answered turns a call that is not up into an error.
func answered(call *Call, err error) (client.Call, error) {
	switch {
	case call != nil && call.Answered():
		return phoneCall{call}, nil
	case err != nil:
		return nil, err
	case call.Cause() != 0:
		return nil, fmt.Errorf("%d %s from the %s, cause %d", call.Status(), call.Reason(), call.EndedBy(), call.Cause())
	}
	return nil, fmt.Errorf("%d %s from the %s", call.Status(), call.Reason(), call.EndedBy())
}
