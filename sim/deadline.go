package sim

import (
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
)

// deadline is the one alarm of a platform, set to the next moment at which one of its pools changes by itself. The pools
// would find out when somebody looks; with it an expiry is in the journal when it happens. A clock without alarms, as
// that of a driver who looks all the time anyway, has none.
type deadline struct {
	alarms clock.Alarms
	epoch  time.Time
	call   func()

	mu     sync.Mutex
	stop   func() // nil: no alarm is set
	at     time.Duration
	closed bool
}

func newDeadline(k clock.Clock, epoch time.Time, call func()) *deadline {
	d := &deadline{epoch: epoch, call: call}
	d.alarms, _ = k.(clock.Alarms)
	return d
}

// set sees to it that there is a call at that pool time, or before.
func (d *deadline) set(at time.Duration) {
	if d.alarms == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.stop != nil && d.at <= at {
		return
	}
	if d.stop != nil {
		d.stop()
	}
	d.at, d.stop = at, d.alarms.At(d.epoch.Add(at), func() { d.reached(at) })
}

func (d *deadline) reached(at time.Duration) {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return
	}
	if d.at == at {
		d.stop = nil
	}
	d.mu.Unlock()
	d.call()
}

// close lets no call begin any more.
func (d *deadline) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.stop != nil {
		d.stop()
	}
}

// settle lets every pool do what is due, and sets the deadline anew.
func (p *platform) settle() {
	for _, t := range p.projects {
		t.mu.Lock()
		t.pool.Settle(p.now())
		p.expect(t)
		t.mu.Unlock()
	}
}

// expect sets the deadline to what the pool of t has before it. It is called with the project's mutex held, after every
// operation that can bring something forward.
func (p *platform) expect(t *project) {
	if at, ok := t.pool.Next(); ok {
		p.deadline.set(at)
	}
}
