// Package journal keeps what happened inside the simulator: ordered events, each with its time and its cause.
// It is the white-box truth that a black-box verdict can be compared with. It is a ring in memory, bounded in events and
// in bytes, not a log file and not the history of a run: old events make room for new ones, and Dropped says how many did.
package journal

import (
	"slices"
	"sync"
	"time"
)

// Event is one thing that happened. Only Seq, At and Kind are always there.
type Event struct {
	Seq      uint64    `json:"seq"` // 1 for the first event, then without gaps; given by Append
	At       time.Time `json:"at"`  // by the simulator's clock, which may be virtual
	Kind     Kind      `json:"kind"`
	Cause    string    `json:"cause,omitempty"`
	Project  string    `json:"project,omitempty"`
	Number   string    `json:"number,omitempty"` // the DNI
	Lease    uint64    `json:"lease,omitempty"`
	Call     string    `json:"call,omitempty"`    // the conversation's id
	CallID   string    `json:"call_id,omitempty"` // the Call-ID of the SIP dialog or request, as its sender chose it
	SharedID string    `json:"shared_id,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

// Journal is a bounded, ordered record of events, safe for concurrent use.
type Journal struct {
	// order is held from the numbering of an event until every subscriber has seen it, so that all see one order.
	// It is taken before mu, never after: readers need mu alone and do not wait for a slow subscriber.
	order sync.Mutex

	mu    sync.Mutex
	c     Config
	ring  []Event // event n lives at (n-1) % c.Events
	first uint64  // the number of the oldest event that is kept
	last  uint64
	bytes int           // that the kept events take
	subs  []*subscriber // replaced, never changed in place
}

type subscriber struct{ see func(Event) }

// New returns an empty journal that keeps the newest events. c must be valid.
func New(c Config) *Journal { return &Journal{c: c, first: 1} }

// Append numbers e, cuts its texts, keeps it, shows it to every subscriber and returns its number. Any Seq in e is
// overwritten.
func (j *Journal) Append(e Event) uint64 {
	e.cut(j.c.Text)
	j.order.Lock()
	defer j.order.Unlock()
	seq, subs := j.keep(e)
	e.Seq = seq
	for _, s := range subs {
		s.see(e)
	}
	return seq
}

func (j *Journal) keep(e Event) (uint64, []*subscriber) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Seq = j.last
	j.bytes += e.size()
	for j.first < j.last && (j.last-j.first >= uint64(j.c.Events) || j.bytes > j.c.Bytes) {
		oldest := j.at(j.first)
		j.bytes -= oldest.size()
		*oldest = Event{}
		j.first++
	}
	if len(j.ring) < j.c.Events {
		j.ring = append(j.ring, e) // grows on demand, so that room for many costs nothing until it is used
	} else {
		*j.at(e.Seq) = e
	}
	return e.Seq, j.subs
}

// at is the place of event n in the ring.
func (j *Journal) at(n uint64) *Event { return &j.ring[(n-1)%uint64(j.c.Events)] }

// Bytes returns how many bytes the kept events take, texts included.
func (j *Journal) Bytes() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes
}

// Text returns b as an event would keep it, without copying what would be cut.
func (j *Journal) Text(b []byte) string {
	if len(b) <= j.c.Text {
		return string(b)
	}
	return shorten(b, j.c.Text)
}

// Events returns a copy of the events that are still kept, oldest first.
func (j *Journal) Events() []Event { return j.Since(0) }

// Since returns a copy of the kept events with a number above seq, oldest first.
func (j *Journal) Since(seq uint64) []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	seq = max(seq, j.first-1)
	if seq >= j.last {
		return nil
	}
	out := make([]Event, 0, j.last-seq)
	for n := seq + 1; n <= j.last; n++ {
		out = append(out, *j.at(n))
	}
	return out
}

// Of returns a copy of the kept events of a kind, oldest first. The others are not copied: whoever appends waits meanwhile.
func (j *Journal) Of(kind Kind) (out []Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for n := j.first; n <= j.last; n++ {
		if e := j.at(n); e.Kind == kind {
			out = append(out, *e)
		}
	}
	return out
}

// Last returns the number of the newest event; 0 when there was none.
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// Dropped returns how many events made room for newer ones.
func (j *Journal) Dropped() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.first - 1
}

// Subscribe calls see with every event appended from now on, one at a time, in order, before its Append returns.
// see runs in the goroutine that appends: it must be quick, and it must neither append nor unsubscribe, which would
// deadlock; reading the journal is fine. After unsubscribe returns, see is not called again.
func (j *Journal) Subscribe(see func(Event)) (unsubscribe func()) {
	s := &subscriber{see: see}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.subs = append(slices.Clone(j.subs), s)
	return func() { j.remove(s) }
}

func (j *Journal) remove(s *subscriber) {
	j.order.Lock() // waits for a call of see that is under way
	defer j.order.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.subs = slices.DeleteFunc(slices.Clone(j.subs), func(other *subscriber) bool { return other == s })
}
