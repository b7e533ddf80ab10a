package explore

import (
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// arrived is a call that has reached the platform.
type arrived struct {
	*run
	op      int
	at      Session
	project string
	polls   []Poll
	up      bool // answered
	over    bool
}

// arrive takes a call from its INVITE to its end.
func (r *run) arrive(op int, a Arrival, hangUp time.Duration, polls []Poll) {
	c := &arrived{run: r, op: op, at: r.world.Call(a), project: r.ops[op].Project, polls: polls}
	for i := range polls {
		if polls[i].Early {
			r.after(polls[i].After, func() { c.poll(polls[i]) })
		}
	}
	if status := c.at.Refused(); status != 0 {
		c.end(false, history.Refused, status, "platform")
		return
	}
	o := r.plan.Options
	r.after(o.Ringing, c.ring)
	r.after(o.Ringing+o.Answering, c.answer)
	if hangUp > 0 {
		r.after(hangUp, c.hangUp)
	}
}

// ring is the first sign that the call has arrived.
func (c *arrived) ring() {
	if !c.over {
		c.ops[c.op].End = c.now
	}
}

func (c *arrived) answer() {
	if c.over {
		return
	}
	c.up = true
	c.at.Answer()
	op := &c.ops[c.op]
	op.Outcome, op.Status = history.OK, 200
	c.next()
}

// next lets the agent work until it hangs up.
func (c *arrived) next() {
	if c.over {
		return
	}
	wait, over := c.at.Next()
	if !over {
		c.after(wait, c.next)
		return
	}
	c.after(wait, func() {
		if !c.over {
			c.at.End(false)
			c.end(true, history.OK, 200, "platform")
		}
	})
}

// hangUp is the caller's BYE, or CANCEL when nobody has answered yet.
func (c *arrived) hangUp() {
	if c.over {
		return
	}
	c.at.End(true)
	if c.up {
		c.hungUp(c.op)
		c.end(true, history.OK, 200, "caller")
		return
	}
	c.end(true, history.Refused, 487, "caller")
}

// end notes how the call ended, and asks what it left.
func (c *arrived) end(reached bool, outcome history.Outcome, status int, by string) {
	c.over = true
	op := &c.ops[c.op]
	if !c.up {
		op.End = c.now
	}
	op.Outcome, op.Status, op.EndedBy, op.Ended, op.Bye = outcome, status, by, true, c.now
	for i := range c.polls {
		if p := c.polls[i]; !p.Early && reached {
			c.after(p.After, func() { c.poll(p) })
		}
	}
}

// early marks the part of a client that asks while its call is up.
const early = " early"

// poll asks for the state of the call, by its id or by the shared_id that its client holds.
func (c *arrived) poll(p Poll) {
	of := c.ops[c.op]
	ask := history.Op{Client: of.Client, Kind: history.Handoff, Outcome: history.Refused, Project: c.project, Status: 404}
	if p.Early { // whoever asks during the call does not wait for its end, and may be just too soon
		ask.Client += early
	}
	named := c.op // the call whose id is asked for
	if p.Shared && of.SharedID != "" {
		if ask.AskedSharedID, named = of.SharedID, -1; p.Both {
			named = c.other()
		}
	}
	if named >= 0 {
		ask.AskedID = c.ops[named].CallID
	}
	c.asked(ask, named)
	if s, found := c.world.Handoff(c.project, ask.AskedID, ask.AskedSharedID); found {
		ask.Outcome, ask.Status, ask.GotID, ask.GotSharedID, ask.Data = history.OK, 200, s.ID, s.SharedID, s.Data
	}
	c.begin(ask)
}

// other is the last call that was over before this one was placed, -1 when there is none.
func (c *arrived) other() int {
	for i := c.op - 1; i >= 0; i-- {
		if o := &c.ops[i]; o.Kind == history.Call && o.Ended && o.Project == c.project {
			return i
		}
	}
	return -1
}
