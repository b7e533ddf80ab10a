package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/fakes/client"
)

// caller is one arrival: what the distributions have drawn for it, and what becomes of it.
type caller struct {
	run     *run
	project *project
	due     time.Duration // all times are since the start of the run

	traffic.Caller

	nonce, sharedID string

	tries    int
	polls    int
	reserved time.Duration // when the number was there
	status   int           // of the last try
	lease    *measure.Lease
	dialled  bool
	up       bool // the call was answered
	over     sync.Once
	by       string        // who ended the call; "": it was up when the caller was cut off
	ended    time.Duration // the call
	context  measure.Context
}

// draw makes the next caller. All that is random of a caller is drawn here, one caller after the other, so that a seed
// brings the same callers however they then overlap.
func (r *run) draw(random *rand.Rand, due time.Duration) *caller {
	c := &caller{run: r, project: r.drawProject(random), due: due, Caller: r.profile.Journey.Draw(random)}
	id := strconv.FormatInt(r.callers.Add(1), 10)
	c.nonce, c.sharedID = r.Prefix+"n"+id, r.Prefix+id
	return c
}

// attributes are what the caller's reservation is sent with.
func (c *caller) attributes() []byte {
	b := fmt.Appendf(nil, `{"nonce":"%s","shared_id":"%s"`, c.nonce, c.sharedID)
	if c.run.calls {
		b = fmt.Appendf(b, `,"want_talk":%.3f`, c.Wants().Seconds())
		if c.Handoff {
			b = fmt.Appendf(b, `,"want_handoff_to":"%s"`, traffic.Queue)
		}
	}
	rest := c.run.profile.Journey.Attributes[1:] // without the brace
	if len(rest) > 1 {
		b = append(b, ',')
	}
	return append(b, rest...)
}

// play takes the caller through.
func (c *caller) play(ctx context.Context) {
	r := c.run
	c.project.measure.Begun(c.due, r.now())
	who := client.Caller{ANI: r.profile.Journey.ANI, Attributes: c.attributes(), SharedID: c.sharedID, Think: c.Think}
	switch {
	case !r.calls:
		who.Think, who.Leaves = 0, true
	case c.Leaves():
		who.Think, who.Leaves = c.Patience, true
	}
	if c.HangsUp {
		who.HangUpAfter = c.Talk
	}
	j := c.project.client.With(line{c}, line{c}).Run(ctx, who)
	if c.up {
		c.callOver("", r.now()) // when it was cut off
	}
	c.project.measure.Done(measure.Caller{
		Lease: c.lease, Status: c.status, Stopped: ctx.Err() != nil, NoCalls: !r.calls, Left: j.GaveUp, Dialled: c.dialled,
		Asks: c.up && c.by != "" && c.by != "caller", Record: string(j.Record), Context: c.context, FailOpen: j.FailOpen,
	})
}

// callOver notes once how the call ended.
func (c *caller) callOver(by string, at time.Duration) {
	c.over.Do(func() {
		c.by, c.ended = by, at
		c.project.measure.Ended(c.lease, by, at)
	})
}

// settings are those of the fake integrator, for all callers of a project.
func (r *run) settings(p targets.Project) client.Config {
	j := r.profile.Journey
	return client.Config{
		BaseURL: r.Stage.BaseURL(), DNIKey: p.DNIKey, HandoffKey: p.HandoffKey, Account: p.Account, Project: p.Project,
		Fallback: j.Fallback, ReserveTimeout: j.ReserveTimeout, ReserveRetries: j.Retries, Storm: j.Storm, DialAttempts: 1,
		Poll: client.Poll{Every: j.Poll.Every, For: j.Poll.For}, Backoff: j.Pause(), Seed: r.Seed,
	}
}
