package sipua

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// handoverTime is how long after it was read a request may still be on its way through sipgo. Those that sipgo swallows
// (retransmissions, an ACK to a refusal, a CANCEL) look the same, so a close may have to wait that long for nothing.
const handoverTime = 20 * time.Millisecond

// handover knows what the read loops have taken from the sockets and sipgo has not given to us yet. In between, in a goroutine that
// nobody can wait for, sipgo looks for the socket of a request, and when that is closed already it opens another one, which stays
// for ever. So a close shuts the handover first, then waits for it, then closes the sockets.
type handover struct {
	started time.Time
	shut    atomic.Bool

	mu      sync.Mutex
	readers int // read loops that are busy with what they have read
	last    time.Duration
	next    int
	slots   [16]*sip.Request // the latest ones on their way; older ones are through: goroutines begin in order, more or less
}

// take is called with something read; false: throw it away. The read loop calls back when it returns.
func (h *handover) take() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shut.Load() {
		return false
	}
	h.readers++
	return true
}

func (h *handover) back() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers--
}

// leaves notes a request that the read loop gives to sipgo.
func (h *handover) leaves(r *sip.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = time.Since(h.started)
	h.slots[h.next%len(h.slots)] = r
	h.next++
}

// arrives notes a request that sipgo gives to us.
func (h *handover) arrives(r *sip.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.slots {
		if h.slots[i] == r {
			h.slots[i] = nil
		}
	}
}

// close makes what is read or written from now on be lost.
func (h *handover) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shut.Store(true)
}

// wait returns when nothing is on its way any more.
func (h *handover) wait() {
	for h.open() {
		time.Sleep(time.Millisecond)
	}
}

func (h *handover) open() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers > 0 {
		return true
	}
	return h.slots != [16]*sip.Request{} && time.Since(h.started)-h.last < handoverTime
}
