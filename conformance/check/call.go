package check

import (
	"cmp"
	"encoding/json"
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// call is what a client's times allow a call to have been. It arrived in [soonest, latest], if it did.
type call struct {
	op              *history.Op
	echo            *echo // what its agent said of it; nil when nobody asked
	soonest, latest time.Duration
	// A number that is bound to the call is let go in [freesFrom, freesBy].
	freesFrom, freesBy time.Duration
	reached            bool   // it may have reached the platform
	n                  int    // its place among the calls
	nth                int    // of the calls that were given the same nonce, from 0
	meant              *lease // the reservation for which it was placed: the last one of its nonce on the number dialled

	data json.RawMessage // the state that was read last, and what it says
	said *echo
}

// call widens o. lastSeen is the last stamp of its generator: a call whose end is not recorded was up until then.
func (v *view) call(o *history.Op, lastSeen time.Duration) call {
	c := call{op: o, latest: o.End + v.Eps, reached: MayArrive(o)}
	if o.Outcome == history.Indefinite || o.Outcome == history.Refused && (o.Status == 0 || o.Status == 408) {
		c.latest = add(c.latest, v.serverMax()) // its caller gave up; its INVITE may still be on its way
	}
	c.soonest = min(o.Start+v.ArrivalMin-v.Eps, c.latest)
	c.freesFrom = c.soonest
	if v.Release == hangup && o.Outcome == history.OK {
		end := lastSeen + 1
		if o.Ended {
			end = o.Bye
		}
		c.freesFrom = max(c.soonest, end-v.Eps-v.Signal)
	}
	switch {
	case v.Release == arrival:
		c.freesBy = c.latest
	case o.Ended: // answer: the answer came before the end
		c.freesBy = max(c.latest, o.Bye+v.Eps+v.Signal)
	case o.Outcome == history.Refused:
		c.freesBy = c.latest + v.Signal
	default:
		c.freesBy = Forever
	}
	if lost := v.lostAt(c.soonest, c.freesFrom); lost < c.freesFrom {
		c.freesFrom = lost
	}
	return c
}

// MayArrive tells that a call may have reached the platform. What the carrier refuses never did; a carrier that heard
// no answer has tried.
func MayArrive(o *history.Op) bool {
	switch o.Outcome {
	case history.Rejected:
		return false
	case history.Refused:
		return o.EndedBy != "carrier" || o.Status == 0 || o.Status == 408 || o.Status == 487
	}
	return true
}

func (c *call) answered() bool { return c.op.Outcome == history.OK }

// over is when the call has certainly ended at the platform; Forever when that is not known.
func (v *view) over(c *call) time.Duration {
	if !c.op.Ended {
		return Forever
	}
	return c.op.Bye + v.Eps + v.Signal
}

// line is one number: its reservations and the calls that may have arrived there.
type line struct {
	number string
	leases []*lease        // by start
	calls  []*call         // by arrival
	reach  []time.Duration // the latest arrival of the calls so far: where to begin to look
}

func (l *line) place(c *call) {
	l.calls = append(l.calls, c)
	so := c.latest
	if n := len(l.reach); n > 0 {
		so = max(so, l.reach[n-1])
	}
	l.reach = append(l.reach, so)
}

// between yields the calls that may have arrived in [from, *to], which may grow meanwhile.
func (l *line) between(from time.Duration, to *time.Duration) iter.Seq[*call] {
	return func(yield func(*call) bool) {
		first := sort.Search(len(l.reach), func(i int) bool { return l.reach[i] >= from })
		for _, c := range l.calls[first:] {
			if c.soonest > *to {
				return
			}
			if c.latest >= from && !yield(c) {
				return
			}
		}
	}
}

// after returns the first reservation that was asked for after t.
func (l *line) after(t time.Duration) *lease {
	i, _ := slices.BinarySearchFunc(l.leases, t+1, func(a *lease, t time.Duration) int { return cmp.Compare(a.from, t) })
	if i == len(l.leases) {
		return nil
	}
	return l.leases[i]
}
