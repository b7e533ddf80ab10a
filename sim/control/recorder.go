package control

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/sipua"
)

// Recorder keeps the newest exchanges, calls and SIP messages of a simulator, bounded in number and in bytes, so that
// they can be asked for. It is the simulator's witness: what it does while a request or a call waits is to store a
// reference.
type Recorder struct {
	config    sim.Control
	seed      maphash.Seed
	exchanges *ring[api.Exchange]
	bytes     atomic.Int64 // of calls and ladders
	shards    [16]shard    // of the ladders, by Call-ID, so that calls do not wait for one another

	mu     sync.Mutex
	calls  map[string]*call // by conversation id
	order  []*call          // oldest first, from index gone on
	gone   int
	evicts uint64
}

// shard keeps the SIP messages of some Call-IDs.
type shard struct {
	mu      sync.Mutex
	ladders map[string]*ladder
	order   []string // Call-IDs, oldest first; some may be gone
	strays  int      // ladders that no call has: of calls that were refused, or have not arrived yet
}

// ladder is what was sent and received under one Call-ID.
type ladder struct {
	messages []sipua.Message
	cut      int // messages that were too many
	size     int
	owned    bool // a call that is kept has it
}

// maxMessages bounds one ladder: who repeats the Call-ID of another call fills its ladder, not the memory.
const maxMessages = 200

// usualMessages are those of a call that is answered and ended: INVITE, 100, 180, 200, ACK, BYE, 200.
const usualMessages = 7

// NewRecorder returns an empty one. c must be valid.
func NewRecorder(c sim.Control) *Recorder {
	r := &Recorder{config: c, seed: maphash.MakeSeed(), calls: make(map[string]*call)}
	r.exchanges = newRing[api.Exchange](c.Exchanges, c.Bytes/4)
	for i := range r.shards {
		r.shards[i].ladders = make(map[string]*ladder)
	}
	return r
}

// Exchange implements sim.Witness.
func (r *Recorder) Exchange(e api.Exchange) {
	size := 400 + len(e.RequestBody) + len(e.Body) + len(e.Path)
	for name, values := range e.Header {
		size += 48 + len(name)
		for _, v := range values {
			size += len(v)
		}
	}
	r.exchanges.append(e, size)
}

func (r *Recorder) shard(callID string) *shard {
	return &r.shards[maphash.String(r.seed, callID)%uint64(len(r.shards))]
}

// Message implements sim.Witness.
func (r *Recorder) Message(m sipua.Message) {
	s := r.shard(m.CallID)
	size := 200 + len(m.Raw)
	s.mu.Lock()
	l := s.ladders[m.CallID]
	if l == nil {
		l = &ladder{messages: make([]sipua.Message, 0, usualMessages)}
		id := strings.Clone(m.CallID) // the message's own is a piece of its text, which would be kept with it
		s.ladders[id] = l
		s.order = append(s.order, id)
		s.strays++
		if len(s.order) > 2*r.config.Conversations/len(r.shards)+2 {
			r.bytes.Add(-int64(s.makeRoom(m.CallID)))
		}
	}
	if len(l.messages) >= maxMessages {
		l.cut++
		s.mu.Unlock()
		return
	}
	l.messages = append(l.messages, m)
	l.size += size
	full := r.bytes.Add(int64(size)) > r.limit()
	if full && s.strays > 1 {
		r.bytes.Add(-int64(s.makeRoom(m.CallID)))
	}
	s.mu.Unlock()
	if full && r.bytes.Load() > r.limit() {
		r.evict()
	}
}

// limit is what calls and ladders may take together.
func (r *Recorder) limit() int64 { return int64(r.config.Bytes / 4 * 3) }

// makeRoom drops the oldest ladder that no kept call has, other than that of callID, and returns what it took. The caller
// holds mu.
func (s *shard) makeRoom(callID string) int {
	for i, id := range s.order {
		if l := s.ladders[id]; id != callID && (l == nil || !l.owned) {
			s.order = append(s.order[:i], s.order[i+1:]...)
			delete(s.ladders, id)
			if l == nil {
				return 0
			}
			s.strays--
			return l.size
		}
	}
	return 0
}

// ladder returns the messages of a Call-ID, and how many more there were.
func (r *Recorder) ladder(callID string) ([]sipua.Message, int) {
	s := r.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.ladders[callID]
	if l == nil {
		return nil, 0
	}
	return l.messages[:len(l.messages):len(l.messages)], l.cut
}

// own says that a call that is kept has the ladder of its Call-ID.
func (r *Recorder) own(callID string) {
	s := r.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.ladders[callID]; l != nil && !l.owned {
		l.owned = true
		s.strays--
	}
}

// disown drops the ladder of a call that is no longer kept.
func (r *Recorder) disown(callID string) {
	s := r.shard(callID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.ladders[callID]; l != nil {
		r.bytes.Add(-int64(l.size))
		delete(s.ladders, callID)
		if !l.owned {
			s.strays--
		}
	}
}

// keep adds a call, and lets the oldest go when there are too many.
func (r *Recorder) keep(c *call) {
	r.own(c.arrived.CallID)
	r.mu.Lock()
	r.calls[c.arrived.Call.ID] = c
	r.order = append(r.order, c)
	full := len(r.order)-r.gone > r.config.Conversations
	r.mu.Unlock()
	if r.bytes.Add(int64(c.size())) > r.limit() || full {
		r.evict()
	}
}

// evict lets the oldest call go, but never the newest.
func (r *Recorder) evict() {
	r.mu.Lock()
	if len(r.order)-r.gone < 2 {
		r.mu.Unlock()
		return
	}
	oldest := r.order[r.gone]
	r.order[r.gone] = nil
	r.gone++
	if r.gone > len(r.order)/2 && r.gone > 1000 {
		r.order, r.gone = append([]*call(nil), r.order[r.gone:]...), 0
	}
	delete(r.calls, oldest.arrived.Call.ID)
	r.evicts++
	r.mu.Unlock()
	r.bytes.Add(-int64(oldest.forget()))
	r.disown(oldest.arrived.CallID)
}

// find returns a call by its id.
func (r *Recorder) find(id string) (*call, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.calls[id]
	return c, ok
}

// newest returns the calls that are kept, newest first.
func (r *Recorder) newest() ([]*call, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*call, 0, len(r.order)-r.gone)
	for i := len(r.order) - 1; i >= r.gone; i-- {
		out = append(out, r.order[i])
	}
	return out, r.evicts
}

// Clear forgets every exchange, call and message. Calls that are up are forgotten too.
func (r *Recorder) Clear() {
	r.exchanges.clear()
	r.mu.Lock()
	clear(r.calls)
	calls := r.order[r.gone:]
	r.order, r.gone = nil, 0
	r.mu.Unlock()
	for _, c := range calls {
		r.bytes.Add(-int64(c.forget()))
	}
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for _, l := range s.ladders {
			r.bytes.Add(-int64(l.size))
		}
		clear(s.ladders)
		s.order, s.strays = nil, 0
		s.mu.Unlock()
	}
}
