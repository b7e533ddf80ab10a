package verdict_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// mixing is a platform that gives the calls of one moment each other's attributes, and is right in all else. Its numbers
// are given again as soon as they are free, for many rounds.
type mixing struct {
	name    string
	release string
	callers int  // of one moment
	own     bool // ids of the platform's own
	talk    float64
}

// history is what is seen of it: in the first round, each caller is given the next one's attributes.
func (x mixing) history(rounds int) []history.Op {
	var m made
	for round := range rounds {
		t := float64(round) * (x.talk + 3)
		for i, n := range numbers(x.callers) {
			m.reserve(t+float64(i)*.01, t+float64(i)*.01+.005, n)
		}
		reserved := m.ops[len(m.ops)-x.callers:]
		calls := make([]history.Op, x.callers)
		for i, r := range reserved {
			from := t + .5 + float64(i)*.01
			c := m.add(history.Op{Kind: history.Call, Outcome: history.OK, Status: 200, Number: r.Number, Nonce: r.Nonce, SharedID: r.SharedID, Client: r.Client,
				CallID: fmt.Sprint("call ", len(m.ops)), Ended: true, EndedBy: "platform", Bye: at(from + .1 + x.talk)}, from, from+.1)
			calls[i] = *c
		}
		for i, c := range calls {
			given := c
			if round == 0 {
				given = calls[(i+1)%x.callers]
			}
			id := c.CallID
			if x.own {
				id = "CA" + c.CallID
			}
			asked := given.SharedID // its client finds another's state under its own
			m.add(history.Op{Kind: history.Handoff, Outcome: history.OK, Status: 200, Client: given.Client, AskedSharedID: asked, GotSharedID: asked, GotID: id,
				Data: fmt.Appendf(nil, `{"echo_nonce":%q,"echo_dnis":%q}`, given.Nonce, c.Number)}, t+1+x.talk, t+1.1+x.talk)
		}
	}
	return m.ops
}

// TestOneRootOfMany has one mix-up, and hundreds of rounds after it in which nothing is wrong: what is said is the mix-up.
func TestOneRootOfMany(t *testing.T) {
	for _, x := range []mixing{
		{name: "two at arrival", release: reading.OnArrival, callers: 2, talk: 1},
		{name: "two until they hang up", release: reading.OnHangup, callers: 2, talk: 4},
		{name: "a ring of three", release: reading.OnArrival, callers: 3, talk: 2},
		{name: "a ring of four until they hang up", release: reading.OnHangup, callers: 4, talk: 1},
		{name: "two, under ids of the platform's own", release: reading.OnArrival, callers: 2, talk: 1, own: true},
		{name: "three, under ids of the platform's own", release: reading.OnHangup, callers: 3, talk: 1, own: true},
	} {
		t.Run(x.name, func(t *testing.T) {
			f := stated(func(f *reading.Facts) {
				f.Size, f.Release, f.Visible = x.callers, x.release, 100*time.Millisecond
			})
			j := judge(f, x.history(100))
			roots := 0
			for _, r := range j.Results {
				for _, v := range r.Violations {
					if r.Name != "no-cross-talk" && v.Follows == nil {
						t.Errorf("want nothing but the mix-up, got %s: %s", r.Name, v.Text)
					}
					if v.Follows == nil {
						roots++
					}
				}
			}
			if roots == 0 || roots > x.callers {
				t.Errorf("want a finding for each of the %d that were mixed up at most, got %d", x.callers, roots)
			}
			t.Log(roots, j.Violations())
		})
	}
}
