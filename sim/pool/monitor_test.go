package pool

import (
	"fmt"
	"time"
)

// monitor judges a pool by its events alone: one lease per number at a time, no
// early reuse, no early or late expiry, refusal only when nothing is free, every
// reservation accounted for.
type monitor struct {
	c       Config
	numbers map[string]*watched
	now     time.Duration
	count   map[Kind]uint64
	stray   uint64
	leases  map[LeaseID]bool
	err     error
}

type watched struct {
	state    string // free pending incall resting
	draining bool
	lease    LeaseID
	from     time.Duration
	end      time.Duration
	used     bool
}

func newMonitor(c Config, numbers []string) *monitor {
	m := &monitor{c: c, numbers: map[string]*watched{}, count: map[Kind]uint64{}, leases: map[LeaseID]bool{}}
	for _, n := range numbers {
		m.numbers[n] = &watched{state: "free"}
	}
	return m
}

func (m *monitor) see(e Event) {
	m.count[e.Kind]++
	m.expect(e, "events in the order of time", e.At >= m.now || e.Cause == CauseSweep || m.c.Reaper == ReaperLazy)
	m.now = max(m.now, e.At)
	n := m.numbers[e.Number]
	switch {
	case e.Kind == Refused:
		m.refused(e)
	case e.Cause == CauseUnknown:
		m.stray++
		m.expect(e, "a stranger", n == nil || m.c.Format != FormatE164)
	case e.Kind == Added:
		m.added(e, n)
	case n == nil:
		m.expect(e, "a number of the pool", false)
	default:
		m.move(e, n)
	}
}

func (m *monitor) refused(e Event) {
	for name, n := range m.numbers {
		m.expect(e, "nothing free, but there is "+name, n.state != "free")
		overdue := n.state == "pending" && e.At >= n.from+m.c.Window+m.c.Lag
		m.expect(e, "no lease past its end, but there is "+name, !overdue)
	}
}

func (m *monitor) added(e Event, n *watched) {
	if n != nil {
		m.expect(e, "draining", n.draining)
		n.draining = false
		return
	}
	m.numbers[e.Number] = &watched{state: "free"}
}

func (m *monitor) move(e Event, n *watched) {
	switch e.Kind {
	case Reserved:
		m.expect(e, "a free number that stays", n.state == "free" && !n.draining)
		m.expect(e, "a new lease", !m.leases[e.Lease])
		m.expect(e, "the cool-down to be over", !n.used || e.At >= n.end+m.c.CoolDown)
		m.leases[e.Lease] = true
		n.state, n.lease, n.from, n.used = "pending", e.Lease, e.At, true
	case Bound:
		m.expect(e, "the lease", e.Lease == n.lease)
		m.expect(e, "a live lease", n.state == "pending" || n.state == "incall" && m.c.Bindings == BindMany)
		inTime := e.At < n.from+m.c.Window+m.c.Lag
		m.expect(e, "to be in time", inTime || n.state == "incall" || m.c.Reaper == ReaperLazy)
		n.state = "incall"
	case Released:
		m.expect(e, "a call", n.state == "incall" && e.Lease == n.lease)
		n.state, n.end = "resting", e.At
	case Expired:
		m.expect(e, "no call", n.state == "pending" && e.Lease == n.lease)
		m.expect(e, "the exact end", e.At == n.from+m.c.Window+m.c.Lag)
		n.state, n.end = "resting", e.At
	case Freed:
		m.expect(e, "the end of the cool-down", n.state == "resting" && !n.draining && e.At == n.end+m.c.CoolDown)
		n.state = "free"
	case Removed:
		m.expect(e, "a free or drained number", n.state == "free" || n.draining && n.state == "resting" && e.At == n.end+m.c.CoolDown)
		delete(m.numbers, e.Number)
	case Draining:
		m.expect(e, "a number in use", n.state != "free" && !n.draining)
		n.draining = true
	}
}

func (m *monitor) expect(e Event, what string, ok bool) {
	if !ok && m.err == nil {
		m.err = fmt.Errorf("%+v: want %s", e, what)
	}
}

// agree compares the events so far with the pool's own account.
func (m *monitor) agree(s Stats) error {
	live := map[string]int{}
	for _, n := range m.numbers {
		live[n.state]++
		if n.draining {
			live["draining"]++
		}
	}
	switch {
	case m.err != nil:
		return m.err
	case s.Free+s.Pending+s.InCall+s.Cooling != s.Size+s.Draining:
		return fmt.Errorf("stats: states do not add up: %+v", s)
	case s.Reserved != s.Bound+s.Expired+uint64(s.Pending) || s.Bound != s.Released+uint64(s.InCall):
		return fmt.Errorf("stats: totals do not add up: %+v", s)
	case s.Free != live["free"] || s.Pending != live["pending"] || s.InCall != live["incall"] || s.Cooling != live["resting"] || s.Draining != live["draining"]:
		return fmt.Errorf("stats: events say %v, the pool %+v", live, s)
	case s.Reserved != m.count[Reserved] || s.Refused != m.count[Refused] || s.Calls != m.count[Bound] || s.Expired != m.count[Expired] || s.Released != m.count[Released]:
		return fmt.Errorf("stats: events say %v, the pool %+v", m.count, s)
	case s.Unknown != m.stray || s.Unbound+s.Unknown != m.count[Unbound]:
		return fmt.Errorf("stats: events say %v, the pool %+v", m.count, s)
	}
	return nil
}
