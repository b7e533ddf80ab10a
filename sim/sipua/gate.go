package sipua

import (
	"bytes"
	"hash/maphash"
	"net"
	"sync"
	"time"
)

const (
	// holdBack is how long a message waits for the one before it; it only passes in full when sipgo swallowed that one (a retransmission).
	holdBack = 2 * time.Millisecond
	// mostHeld is how many messages of one call may wait. Those above it pass without an order, and only their own call can notice.
	mostHeld = 16
	// mostHeldBytes is how long those of all calls may be together, or else the same happens.
	mostHeldBytes = 16 << 20
)

// gate keeps the messages of one call in the order in which they came. sipgo gives each message a goroutine of its own, so that a
// CANCEL can overtake its INVITE, or a 200 the 180 before it. A read loop asks the gate with each message that it reads; while the
// previous message of the same call is on its way to us the gate keeps this one, and the read loop reads on. Whoever gets a message
// calls leave, and the next one goes back to its read loop. Calls share slots by hash: a clash costs order, nothing else.
type gate struct {
	seed  maphash.Seed
	mu    sync.Mutex
	bytes int // of the messages that are held
	slots [1024]slot
}

// slot is the call whose message is on its way, and its messages behind that one.
type slot struct {
	call  uint64
	since time.Time
	held  []held
	timer *time.Timer // there while messages are held: lets the next one go when nobody calls leave
}

// held is a message that waits, or goes back to the read loop that read it.
type held struct {
	inbox *inbox
	data  []byte
	from  net.Addr // of a datagram
}

func newGate() *gate { return &gate{seed: maphash.MakeSeed()} }

// pass reports whether a message may go on now. Otherwise the gate has a copy, which will be in the inbox.
func (g *gate) pass(callID []byte, in *inbox, data []byte, from net.Addr) bool {
	call := maphash.Bytes(g.seed, callID)
	s := &g.slots[call%uint64(len(g.slots))]
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := holdBack - now.Sub(s.since)
	switch {
	case len(s.held) == 0 && (s.call != call || wait <= 0):
		*s = slot{call: call, since: now}
		return true
	case s.call != call || len(s.held) == mostHeld || g.bytes+len(data) > mostHeldBytes || in == nil:
		return true
	}
	s.held = append(s.held, held{in, bytes.Clone(data), from})
	g.bytes += len(data)
	if s.timer == nil {
		s.rearm(g, wait)
	}
	return false
}

// rearm lets the next message go after d, when nobody does before.
func (s *slot) rearm(g *gate, d time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if s.timer == timer {
			s.next(g)
		}
	})
	s.timer = timer
}

// next gives the first message that waits back to its read loop; the caller holds the lock.
func (s *slot) next(g *gate) {
	if len(s.held) == 0 {
		*s = slot{}
		return
	}
	first := s.held[0]
	g.bytes -= len(first.data)
	s.held, s.since = s.held[1:], time.Now()
	if len(s.held) > 0 {
		s.rearm(g, holdBack)
	} else {
		s.timer.Stop()
		s.timer, s.held = nil, nil
	}
	first.inbox.put(first)
}

// leave lets the next message of the call go.
func (g *gate) leave(callID string) {
	call := maphash.String(g.seed, callID)
	s := &g.slots[call%uint64(len(g.slots))]
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.call == call {
		s.next(g)
	}
}

// inbox is what the gate gives back to a read loop. The loop, which is asleep in a read, is woken by a deadline in the past.
type inbox struct {
	handover *handover
	deadline func(time.Time) error

	mu     sync.Mutex
	filled sync.Cond
	ready  []held
	closed bool
}

// newInbox returns nil when the read loop cannot be woken: its messages are then not held.
func newInbox(h *handover, deadline func(time.Time) error) *inbox {
	if deadline(time.Time{}) != nil {
		return nil
	}
	in := &inbox{handover: h, deadline: deadline}
	in.filled.L = &in.mu
	return in
}

func (in *inbox) put(h held) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		in.handover.back()
		return
	}
	in.ready = append(in.ready, h)
	in.filled.Signal()
	_ = in.deadline(time.Unix(1, 0)) // fails when the socket is closed, and the read loop with it
}

// take gives the next message that is ready, if there is one.
func (in *inbox) take() (held, bool) {
	if in == nil {
		return held{}, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.ready) == 0 {
		return held{}, false
	}
	first := in.ready[0]
	in.ready = in.ready[1:]
	return first, true
}

// wait returns when there is something to take. The gate must have a message of this inbox.
func (in *inbox) wait() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.ready) == 0 {
		in.filled.Wait()
	}
}

// awake is called when a read has failed. It reports whether that was to wake the loop, which can go on reading.
func (in *inbox) awake(err error) bool {
	timeout, ok := err.(net.Error)
	return in != nil && ok && timeout.Timeout() && in.deadline(time.Time{}) == nil
}

// until lets the next read end at a time, the zero time for never, unless there is something to take.
func (in *inbox) until(end time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.ready) == 0 {
		_ = in.deadline(end) // fails when the connection is closed, as the read will
	}
}

// close loses what is still held for a read loop that has ended.
func (in *inbox) close() {
	if in == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for range in.ready {
		in.handover.back()
	}
	in.ready = nil
}
