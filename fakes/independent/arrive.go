package independent

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// arrival is a call that has reached the platform, for its agent.
type arrival struct {
	id      string // the platform's own
	number  *number
	turn    int // of the number, which the call holds until it is over; 0 holds nothing
	dnis    string
	ani     string
	at      time.Time
	given   *booking // what the agent is told: nil is a call without a reservation
	started bool     // the agent has been told
	project *project // whose agent it is
	over    bool
}

// arrive finds out whom a call is for, and what there is to tell its agent. Without a number of any pool it is nil, with
// the SIP status to refuse the call with.
func (n *numbering) arrive(dialled, ani string) (a *arrival, status int) {
	n.loop.do(func() { a, status = n.lookUp(dialled, ani) })
	if a == nil && status == 0 { // the loop has stopped
		status = 503
	}
	return a, status
}

func (n *numbering) lookUp(dialled, ani string) (*arrival, int) {
	l := n.byDigits[digits(dialled)]
	switch {
	case l == nil || l.state == gone:
		return nil, 404
	case n.broken["F63"] && l == l.project.numbers[0]:
		return nil, 480
	case n.broken["F62"] && l.up > 0:
		return nil, 486
	}
	if n.broken["F38"] && l == l.project.numbers[0] {
		l = l.project.numbers[len(l.project.numbers)-1]
	}
	a := n.bind(l, dialled, ani)
	if n.nth("F44", 5) {
		for _, other := range n.projects {
			if other != a.project {
				a.project = other
				break
			}
		}
	}
	if n.nth("F43", 5) {
		a.given = nil
	}
	n.swap(a)
	return a, 0
}

// bind gives a call what its number holds. The number is then free, or the call's until it is over.
func (n *numbering) bind(l *number, dialled, ani string) *arrival {
	l.up++
	a := &arrival{id: n.newID(), number: l, dnis: dialled, ani: ani, at: time.Now(), project: l.project}
	if l.state != booked || n.misses(l, dialled) {
		a.given = n.wrongly(l)
		return a
	}
	a.given = l.holds
	if n.options.Release == OnArrival {
		n.release(l)
		return a
	}
	l.stopExpiry()
	l.state, a.turn = inCall, l.turn
	return a
}

// misses reports whether a defect keeps the lookup from finding what is there.
func (n *numbering) misses(l *number, dialled string) bool {
	return n.broken["F36"] && dialled != l.e164() || n.broken["F61"] && time.Since(l.holds.made) < 40*time.Millisecond
}

// wrongly is what a defect finds under a number that nobody has reserved for this call.
func (n *numbering) wrongly(l *number) *booking {
	switch {
	case n.broken["F41"] && l.state == inCall:
		return l.holds
	case n.broken["F40"] && l.state == free:
		return l.last
	case n.broken["F26"] && l.state == free && l.last != nil && time.Since(l.last.made) >= n.options.Window:
		return l.last
	}
	return nil
}

// swap is F47: of two calls whose agents have not begun, each gets what is the other's.
func (n *numbering) swap(a *arrival) {
	if !n.broken["F47"] || a.given == nil {
		return
	}
	if b := n.recent; b != nil && !b.started && !b.over {
		a.given, b.given = b.given, a.given
		n.recent = nil
		return
	}
	n.recent = a
}

// hangUp ends a call for the pool and the agent, once.
func (n *numbering) hangUp(a *arrival) { n.loop.do(func() { n.over(a) }) }

func (n *numbering) over(a *arrival) {
	if a.over {
		return
	}
	a.over = true
	l := a.number
	l.up--
	if n.broken["F07"] { // a second report of the end, late, that does not say which call it is about
		n.loop.after(20*time.Millisecond, func() { n.release(l) })
	}
	if a.turn != 0 && a.turn == l.turn && !n.nth("F25", 5) {
		n.release(l)
	}
	if a.started { // else no agent has left anything
		n.states.file(a)
	}
}

// newID is a name for a conversation that nothing else can be told from.
func (n *numbering) newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	if n.options.IDs == UUID {
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	}
	return "CA" + hex.EncodeToString(b[:])
}
