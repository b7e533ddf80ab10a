package pool

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// naive is the pool again, written as plainly as possible: no queues, no index, a
// look at every number for every question.
type naive struct {
	c      Config
	now    time.Duration
	list   []*naiveNumber
	drain  []*naiveNumber
	last   *naiveNumber
	seq    int
	leases LeaseID
	totals Stats
}

type naiveNumber struct {
	number      string
	state       string // free pending incall cooling
	at          time.Duration
	seq         int // order of entering the state
	afterExpiry bool
	lease       LeaseID
	attributes  string
	ani         string
	issued      uint32
	open        map[uint32]bool
}

func newNaive(c Config) *naive {
	m := &naive{c: c}
	numbers, err := c.Numbers.Expand()
	if err != nil {
		panic(err) // a test's own mistake
	}
	m.resize(0, numbers)
	return m
}

func (m *naive) all() []*naiveNumber { return append(slices.Clone(m.list), m.drain...) }

func (m *naive) in(state string) (found []*naiveNumber) {
	for _, n := range m.all() {
		if n.state == state {
			found = append(found, n)
		}
	}
	return found
}

func (m *naive) enter(n *naiveNumber, state string, at time.Duration) {
	m.seq++
	n.state, n.at, n.seq = state, at, m.seq
}

// due is when a number changes by itself, and how ties are broken: cool-downs
// after expiry, cool-downs after release, expiries; each by age.
func (m *naive) due(n *naiveNumber, reap bool) (at time.Duration, class int, ok bool) {
	switch {
	case n.state == "cooling" && n.afterExpiry:
		return n.at, 0, true
	case n.state == "cooling":
		return n.at, 1, true
	case n.state == "pending" && reap:
		return n.at + m.c.Window + m.c.Lag, 2, true
	}
	return 0, 0, false
}

func (m *naive) settle(now time.Duration) { m.until(now, m.c.Reaper != ReaperLazy) }

func (m *naive) until(now time.Duration, reap bool) {
	m.now = now
	for {
		var next *naiveNumber
		for _, n := range m.all() {
			if at, _, ok := m.due(n, reap); ok && at <= now && (next == nil || m.before(n, next, reap)) {
				next = n
			}
		}
		if next == nil {
			return
		}
		if next.state == "cooling" {
			m.free(next, next.at)
			continue
		}
		m.totals.Expired++
		m.end(next, next.at+m.c.Window+m.c.Lag, true)
	}
}

func (m *naive) before(a, b *naiveNumber, reap bool) bool {
	ta, ca, _ := m.due(a, reap)
	tb, cb, _ := m.due(b, reap)
	return cmp.Or(cmp.Compare(ta, tb), cmp.Compare(ca, cb), cmp.Compare(a.seq, b.seq)) < 0
}

func (m *naive) end(n *naiveNumber, at time.Duration, expiry bool) {
	n.attributes, n.ani, n.open, n.afterExpiry = "", "", nil, expiry
	if m.c.CoolDown == 0 {
		m.free(n, at)
		return
	}
	m.enter(n, "cooling", at+m.c.CoolDown)
}

func (m *naive) free(n *naiveNumber, at time.Duration) {
	if i := slices.Index(m.drain, n); i >= 0 {
		m.drain = slices.Delete(m.drain, i, i+1)
		n.state = "gone"
		return
	}
	m.enter(n, "free", at)
}

// candidates are the numbers that may be issued now: one, or any free one.
func (m *naive) candidates(now time.Duration) []*naiveNumber {
	m.settle(now)
	if len(m.in("free")) == 0 {
		m.until(now, true)
	}
	free := m.in("free")
	if len(free) == 0 {
		return nil
	}
	byAge := func(a, b *naiveNumber) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) }
	switch m.c.Selection {
	case SelectLRU:
		return []*naiveNumber{slices.MinFunc(free, byAge)}
	case SelectLIFO:
		return []*naiveNumber{slices.MaxFunc(free, byAge)}
	case SelectFirst:
		return free[:1]
	case SelectRoundRobin:
		start := slices.Index(m.list, m.last) + 1
		for i := range m.list {
			if n := m.list[(start+i)%len(m.list)]; n.state == "free" {
				return []*naiveNumber{n}
			}
		}
	}
	return free
}

func (m *naive) reserve(n *naiveNumber, now time.Duration, attributes, ani string) {
	m.leases++
	m.totals.Reserved++
	m.last = n
	n.lease, n.attributes, n.ani = m.leases, attributes, ""
	if m.c.Match == MatchDNIANI {
		n.ani = m.plain(ani)
	}
	n.issued, n.open = 0, map[uint32]bool{}
	m.enter(n, "pending", now)
}

func (m *naive) arrive(now time.Duration, dialled, ani string) Arrival {
	m.settle(now)
	for _, n := range m.all() {
		if m.plain(n.number) == m.plain(dialled) {
			return m.meet(n, now, ani)
		}
	}
	m.totals.Unknown++
	return Arrival{Cause: CauseUnknown}
}

func (m *naive) meet(n *naiveNumber, now time.Duration, ani string) Arrival {
	live := n.state == "pending" || n.state == "incall" && m.c.Bindings == BindMany
	causes := map[string]Cause{"free": CauseUnreserved, "cooling": CauseCooling, "incall": CauseConsumed, "pending": CauseANI}
	if live && n.ani != "" && n.ani != m.plain(ani) {
		m.totals.Unbound++
		return Arrival{Number: n.number, Known: true, Cause: CauseANI}
	}
	if !live {
		m.totals.Unbound++
		return Arrival{Number: n.number, Known: true, Cause: causes[n.state]}
	}
	if n.state == "pending" {
		m.totals.Bound++
		m.enter(n, "incall", now)
	}
	m.totals.Calls++
	n.issued++
	n.open[n.issued] = true
	a := Arrival{Number: n.number, Known: true, Bound: true, Lease: n.lease, Attributes: []byte(n.attributes)}
	a.Call = CallRef{lease: n.lease, call: n.issued}
	if m.c.Release == ReleaseArrival {
		m.release(n, now)
	}
	return a
}

func (m *naive) release(n *naiveNumber, now time.Duration) {
	m.totals.Released++
	m.end(n, now, false)
}

// holder is the number that a call holds.
func (m *naive) holder(call CallRef) *naiveNumber {
	for _, n := range m.in("incall") {
		if n.lease == call.lease && n.open[call.call] {
			return n
		}
	}
	return nil
}

func (m *naive) answer(now time.Duration, call CallRef) bool {
	m.settle(now)
	n := m.holder(call)
	if n == nil || m.c.Release != ReleaseAnswer {
		return false
	}
	m.release(n, now)
	return true
}

func (m *naive) hangup(now time.Duration, call CallRef) bool {
	m.settle(now)
	n := m.holder(call)
	if n == nil {
		return false
	}
	delete(n.open, call.call)
	if len(n.open) == 0 {
		m.release(n, now)
	}
	return true
}

func (m *naive) resize(now time.Duration, numbers []string) {
	m.settle(now)
	old := m.all()
	m.list, m.drain = nil, nil
	var fresh []*naiveNumber
	for _, number := range numbers {
		i := slices.IndexFunc(old, func(n *naiveNumber) bool { return n.number == number })
		if i >= 0 {
			m.list = append(m.list, old[i])
			old = slices.Delete(old, i, i+1)
			continue
		}
		n := &naiveNumber{number: number}
		m.list, fresh = append(m.list, n), append(fresh, n)
	}
	for _, n := range old {
		if n.state != "free" {
			m.drain = append(m.drain, n)
		}
	}
	if m.c.Selection == SelectLIFO {
		slices.Reverse(fresh)
	}
	for _, n := range fresh {
		m.enter(n, "free", now)
	}
}

func (m *naive) stats() Stats {
	s := m.totals
	s.Size, s.Draining = len(m.list), len(m.drain)
	s.Free, s.Pending, s.InCall, s.Cooling = len(m.in("free")), len(m.in("pending")), len(m.in("incall")), len(m.in("cooling"))
	return s
}

// plain normalises the few forms that the random test dials. All of them are of
// country 44.
func (m *naive) plain(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	var n int
	switch {
	case m.c.Format == FormatExact || digits == "":
		return s
	case m.c.Format == FormatE164:
		digits = strings.TrimPrefix(digits, "00")
		if national, ok := strings.CutPrefix(digits, "0"); ok {
			digits = "44" + national
		}
		return "+" + digits
	}
	fmt.Sscanf(string(m.c.Format), "last-%d", &n)
	return digits[max(0, len(digits)-n):]
}
