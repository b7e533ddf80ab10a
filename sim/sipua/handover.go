package sipua

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// handoverTime is how long after it was read a request may still be on its way through sipgo. Those that sipgo swallows
// (retransmissions, an ACK to a refusal) look the same, so a close may have to wait that long for nothing.
const handoverTime = 20 * time.Millisecond

// answerTime is how long the end of a connection waits for the answers to requests that have reached us.
const answerTime = 500 * time.Millisecond

// handover knows what the read loops have taken from the sockets and sipgo has not given to us yet, and what we have been given and
// have not answered yet.
//
// While a request is on its way, in a goroutine that nobody can wait for, sipgo looks for its socket, and when that is closed already
// it opens another one, which stays for ever. So a close shuts the handover first, then waits for it, then closes the sockets.
type handover struct {
	started time.Time
	shut    atomic.Bool // nothing is written any more

	mu         sync.Mutex
	deaf       bool // nothing is read any more
	readers    int  // messages that were read and not given to sipgo yet, and read loops that are giving it some
	last       time.Duration
	next       int
	slots      [16]*sip.Request // the latest ones on their way; older ones are through: goroutines begin in order, more or less
	unanswered map[*sip.Request]struct{}
	changed    chan struct{} // made by who waits, closed by the next change
}

func newHandover() *handover {
	return &handover{started: time.Now(), unanswered: map[*sip.Request]struct{}{}}
}

// take is called with something read; false: throw it away. The read loop calls back when it returns.
func (h *handover) take() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf {
		return false
	}
	h.readers++
	return true
}

func (h *handover) back() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers--
	h.tell()
}

// leaves notes a request that the read loop gives to sipgo.
func (h *handover) leaves(r *sip.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = time.Since(h.started)
	h.slots[h.next%len(h.slots)] = r
	h.next++
}

// arrives notes a request that sipgo gives to us. It is answered when answered is called.
func (h *handover) arrives(r *sip.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.slots {
		if h.slots[i] == r {
			h.slots[i] = nil
		}
	}
	h.unanswered[r] = struct{}{}
	h.tell()
}

// answered may be called again for the same request.
func (h *handover) answered(r *sip.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.unanswered, r)
	h.tell()
}

// tell wakes who waits; the caller holds the lock.
func (h *handover) tell() {
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// stopReading makes what is read from now on be lost; answers are still written.
func (h *handover) stopReading() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deaf = true
}

// close makes what is read or written from now on be lost.
func (h *handover) close() {
	h.stopReading()
	h.shut.Store(true)
}

// passed returns when the requests that came from a source are through, or must have been swallowed, and are answered, or will not be soon.
func (h *handover) passed(source string) {
	from := func(r *sip.Request) bool { return r != nil && r.Source() == source }
	for began := time.Now(); ; {
		h.mu.Lock()
		left := time.Duration(0)
		if slices.ContainsFunc(h.slots[:], from) {
			left = handoverTime - (time.Since(h.started) - h.last)
		}
		for r := range h.unanswered {
			if from(r) {
				left = max(left, answerTime-time.Since(began))
			}
		}
		if left <= 0 {
			h.mu.Unlock()
			return
		}
		if h.changed == nil {
			h.changed = make(chan struct{})
		}
		changed := h.changed
		h.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(left):
		}
	}
}

// late reports whether a request is on its way still, or was swallowed: nobody can know.
func (h *handover) late() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.slots != [16]*sip.Request{}
}

// wait returns when nothing is on its way any more.
func (h *handover) wait() { h.await(false, nil) }

// settle returns true when all that has been read is answered, false when stop is closed before that.
func (h *handover) settle(stop <-chan struct{}) bool {
	h.stopReading()
	return h.await(true, stop)
}

func (h *handover) await(answers bool, stop <-chan struct{}) bool {
	for {
		changed, swallowed := h.busy(answers)
		if changed == nil {
			return true
		}
		var late <-chan time.Time
		if swallowed > 0 {
			late = time.After(swallowed)
		}
		select {
		case <-changed:
		case <-late: // of a request that sipgo has swallowed nobody will tell
		case <-stop:
			return false
		}
	}
}

// busy gives what to wait for, nil when there is nothing: the next change and, when a request is on its way, the time after which it
// has been swallowed.
func (h *handover) busy(answers bool) (changed <-chan struct{}, swallowed time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.slots != [16]*sip.Request{} {
		swallowed = max(0, handoverTime-(time.Since(h.started)-h.last))
	}
	if h.readers == 0 && swallowed == 0 && !(answers && len(h.unanswered) > 0) {
		return nil, 0
	}
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return h.changed, swallowed
}
