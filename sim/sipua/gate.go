package sipua

import (
	"hash/maphash"
	"sync"
	"time"
)

// holdBack is how long a message waits for the one before it; it only passes in full when sipgo swallowed that one (a retransmission).
const holdBack = 2 * time.Millisecond

// gate keeps the messages of one call in the order in which they came. sipgo gives each message a goroutine of its own, so that a
// CANCEL can overtake its INVITE, or a 200 the 180 before it. The read loops call enter, which waits while the previous message of the
// same call is on its way to us; whoever gets a message calls leave. Calls share slots by hash: a clash costs order, nothing else.
type gate struct {
	seed  maphash.Seed
	mu    sync.Mutex
	slots [256]slot
}

type slot struct {
	call  uint64
	since time.Time
	left  chan struct{} // made by the first one who waits
}

func newGate() *gate { return &gate{seed: maphash.MakeSeed()} }

func (g *gate) enter(callID string) {
	call := maphash.String(g.seed, callID)
	s := &g.slots[call%uint64(len(g.slots))]
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := holdBack - now.Sub(s.since); s.call == call && wait > 0 {
		if s.left == nil {
			s.left = make(chan struct{})
		}
		left := s.left
		g.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-left:
			timer.Stop()
		case <-timer.C:
		}
		now = time.Now()
		g.mu.Lock()
	}
	*s = slot{call: call, since: now}
}

func (g *gate) leave(callID string) {
	call := maphash.String(g.seed, callID)
	s := &g.slots[call%uint64(len(g.slots))]
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.call != call {
		return
	}
	if s.left != nil {
		close(s.left)
	}
	*s = slot{}
}
