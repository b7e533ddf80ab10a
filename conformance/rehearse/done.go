package rehearse

import (
	"context"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
)

// decided reports whether every expectation is met, or one is lost for good.
func (v *view) decided() bool {
	if !v.asked() {
		return false
	}
	for _, e := range v.lesson.Expect {
		switch j := e.rule.judge(v); {
		case j.met || j.unseen != "":
		case j.final:
			return true
		default:
			return false
		}
	}
	return true
}

// rest waits for the last messages of a client that is done: a BYE may be on its way.
func (p *play) rest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, afterwards)
	defer cancel()
	for p.view().busy() {
		select {
		case <-ctx.Done():
			return
		case <-p.world.watch.changed:
		}
	}
}

const afterwards = time.Second

// busy reports whether a request waits or a call is up.
func (v *view) busy() bool {
	for _, r := range v.requests {
		if r.Done.IsZero() {
			return true
		}
	}
	for _, c := range v.calls {
		if !c.Over() {
			return true
		}
	}
	return false
}

// held reports whether all that goes on of the client's is calls that somebody in a queue has answered.
func (v *view) held() bool {
	held := false
	for _, r := range v.requests {
		if r.Done.IsZero() {
			return false
		}
	}
	for _, c := range v.calls {
		switch {
		case c.Over():
		case c.Route != pstn.ToDesk || !c.Answered():
			return false
		default:
			held = true
		}
	}
	return held
}
