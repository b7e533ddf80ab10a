// Package handoff keeps what the Handoff API shows of ended calls: the configured keys of conv.state, found by
// conversation id or by shared_id. It decides what is exposed, from when a read can see it, and for how long.
// It has no clock, no goroutine and no lock: time is an argument and the caller holds a mutex. It does not know
// projects either: a project has its own Store, so a shared_id of one is never found in another.
package handoff

import (
	"bytes"
	"container/list"
	"encoding/json"
	"time"
)

// Call is what a conversation leaves behind.
type Call struct {
	ID         string                     // the conversation's id, unique
	State      map[string]json.RawMessage // conv.state
	Attributes json.RawMessage            // of the reservation, nil when there was none
	Abandoned  bool                       // the caller hung up first
}

// Query asks for a record. With a shared_id the id does not matter, even when the two disagree. Source: OpenAPI.
type Query struct {
	ID, SharedID       string
	HasID, HasSharedID bool
}

// Record is what a GET shows. Data is shared with the store and must not be changed.
type Record struct {
	ID          string
	SharedID    string
	HasSharedID bool
	Data        json.RawMessage // a JSON object, its keys in the order of state_keys: repeated reads are equal byte by byte
	At          time.Time       // when the state was taken
	VisibleAt   time.Time       // from when a GET sees it

	empty bool // all exposed keys are null
}

// Stats counts what a store holds and what it let go.
type Stats struct {
	Records int    // kept now, visible or not
	Waiting int    // snapshots that are not visible yet
	Expired uint64 // gone by retention
	Evicted uint64 // gone because newer ones needed the room
	Bytes   int    // that the kept ones take
}

// Store holds the records of one project. It is not safe for concurrent use.
type Store struct {
	c     Config
	names [][]byte // `"public name":` of each state key

	now      time.Time // the latest time seen: time never goes back
	calls    map[string]*entry
	byShared map[string]*list.List // of *entry, visible ones only, in the order in which they became visible
	kept     *list.List            // of *entry, the next to expire first
	waiting  *list.List            // of *snapshot, the next to become visible first

	bytes            int // of the kept ones
	expired, evicted uint64
	observer         func(Evicted)
}

// Evicted is a record that made room for newer ones.
type Evicted struct {
	Record Record        // what a GET found, or would have found once it was visible
	Limit  string        // the setting that was reached: max_records or max_bytes
	Left   time.Duration // of its retention; 0 when there is none
}

type entry struct {
	id       string
	ended    bool
	revised  bool
	deadline time.Time // of retention
	kept     *list.Element
	waiting  []*list.Element // its own snapshots that are not visible yet: at most two

	visible bool
	shown   Record
	bytes   int           // that it takes, with all its snapshots
	placed  bool          // what is shown is of the ended call
	peer    *list.Element // its place among calls with the same shared_id
}

type snapshot struct {
	of *entry
	r  Record
}

// NewStore returns an empty store. c must be valid.
func NewStore(c Config) *Store {
	s := &Store{
		c:        c,
		calls:    map[string]*entry{},
		byShared: map[string]*list.List{},
		kept:     list.New(),
		waiting:  list.New(),
	}
	for _, key := range c.StateKeys {
		name, _ := json.Marshal(c.publicName(key)) // a string always encodes
		s.names = append(s.names, append(name, ':'))
	}
	return s
}

// Observe makes f hear of every record that makes room before its time; nil stops that. f is called inside the operation
// and must not call the store.
func (s *Store) Observe(f func(Evicted)) { s.observer = f }

// Live shows the state of a call that is still up, at once, when midcall_read is current; else it does nothing.
// It can be called again after every turn. After Put it does nothing.
func (s *Store) Live(now time.Time, c Call) {
	if s.c.MidCallRead != Current {
		return
	}
	s.settle(now)
	e := s.entry(c.ID)
	if e.ended {
		return
	}
	s.keep(e)
	s.show(e, s.record(c, s.now, s.now))
	s.makeRoom(e)
}

// Put takes the state of a call that has ended. It returns what will be shown, and false when nothing is kept
// because the caller abandoned the call. A second call with the same id replaces the first.
func (s *Store) Put(now time.Time, c Call) (Record, bool) {
	s.settle(now)
	if e := s.calls[c.ID]; e != nil && (e.ended || s.drops(c)) {
		s.forget(e)
	}
	if s.drops(c) {
		return Record{}, false
	}
	e := s.entry(c.ID)
	e.ended = true
	s.keep(e)
	r := s.publish(e, c, s.now)
	s.makeRoom(e)
	return r, true
}

// Revise takes the state again after end_function. It returns what will be shown, and false when nothing changes: the
// state is what it was, the snapshot is the one of the call's end, the record is gone, or it was revised before. at is when end_function
// ended; it may lie ahead, when that is known beforehand, and does not move the store's time.
func (s *Store) Revise(at time.Time, c Call) (Record, bool) {
	e := s.calls[c.ID]
	if s.c.Snapshot != EndFunction || e == nil || !e.ended || e.revised || s.c.Retention > 0 && !at.Before(e.deadline) {
		return Record{}, false
	}
	if at.Before(s.now) {
		at = s.now
	}
	last := e.last()
	if r := s.record(c, at, at); r.SharedID == last.SharedID && bytes.Equal(r.Data, last.Data) {
		return Record{}, false
	}
	e.revised = true
	r := s.publish(e, c, at)
	s.makeRoom(e)
	return r, true
}

// last is the record that was taken last, visible or not.
func (e *entry) last() Record {
	if n := len(e.waiting); n > 0 {
		return e.waiting[n-1].Value.(*snapshot).r
	}
	return e.shown
}

// Get returns the record that q finds at now.
func (s *Store) Get(now time.Time, q Query) (Record, bool) {
	s.settle(now)
	e := s.find(q)
	if e == nil || !e.visible || e.shown.empty && s.c.Empty == NotFound {
		return Record{}, false
	}
	return e.shown, true
}

// Stats returns the counts at now.
func (s *Store) Stats(now time.Time) Stats {
	s.settle(now)
	return Stats{Records: s.kept.Len(), Waiting: s.waiting.Len(), Expired: s.expired, Evicted: s.evicted, Bytes: s.bytes}
}

func (s *Store) find(q Query) *entry {
	if !q.HasSharedID {
		if !q.HasID {
			return nil
		}
		return s.calls[q.ID]
	}
	peers := s.byShared[q.SharedID]
	if peers == nil || s.c.Duplicates == Conflict && peers.Len() > 1 {
		return nil
	}
	if s.c.Duplicates == First {
		return peers.Front().Value.(*entry)
	}
	return peers.Back().Value.(*entry)
}

func (s *Store) drops(c Call) bool { return c.Abandoned && s.c.Abandoned == Drop }

// settle makes visible and forgets what is due at now.
func (s *Store) settle(now time.Time) {
	if now.After(s.now) {
		s.now = now
	}
	for el := s.waiting.Front(); el != nil && !s.now.Before(el.Value.(*snapshot).r.VisibleAt); el = s.waiting.Front() {
		due := el.Value.(*snapshot)
		s.waiting.Remove(el)
		due.of.waiting = due.of.waiting[1:] // a revision is never due before the end that it revises
		s.grow(due.of, -snapshotBytes-due.r.textBytes())
		s.show(due.of, due.r)
	}
	if s.c.Retention == 0 {
		return
	}
	for el := s.kept.Front(); el != nil && !s.now.Before(el.Value.(*entry).deadline); el = s.kept.Front() {
		s.forget(el.Value.(*entry))
		s.expired++
	}
}

// entry returns the entry of a call, a new one when there is none. A new one is not kept yet.
func (s *Store) entry(id string) *entry {
	if e := s.calls[id]; e != nil {
		return e
	}
	return &entry{id: id}
}

// keep starts e's retention at the present.
func (s *Store) keep(e *entry) {
	e.deadline = s.now.Add(s.c.Retention)
	if e.kept != nil {
		s.kept.MoveToBack(e.kept)
		return
	}
	s.calls[e.id] = e
	e.kept = s.kept.PushBack(e)
	s.grow(e, entryBytes+len(e.id))
}

// entryBytes is what an entry takes beside its texts: itself and its places in two lists and two indexes. snapshotBytes
// is the same of a snapshot that is not visible yet. Both were measured, and are rounded up.
const entryBytes, snapshotBytes = 640, 256

// textBytes is what a record takes beside its place: its id is the entry's.
func (r Record) textBytes() int { return len(r.SharedID) + cap(r.Data) }

func (s *Store) grow(e *entry, by int) {
	e.bytes += by
	s.bytes += by
}

// makeRoom lets the oldest records go until both limits are kept, but for e.
func (s *Store) makeRoom(e *entry) {
	for {
		limit := ""
		switch {
		case s.kept.Len() > s.c.MaxRecords:
			limit = "max_records"
		case s.bytes > s.c.MaxBytes:
			limit = "max_bytes"
		}
		oldest := s.kept.Front()
		if oldest.Value == e {
			oldest = oldest.Next()
		}
		if limit == "" || oldest == nil {
			return
		}
		s.evict(oldest.Value.(*entry), limit)
	}
}

func (s *Store) evict(e *entry, limit string) {
	r := e.last()
	s.forget(e)
	s.evicted++
	if s.observer == nil {
		return
	}
	left := time.Duration(0)
	if s.c.Retention > 0 {
		left = e.deadline.Sub(s.now)
	}
	s.observer(Evicted{Record: r, Limit: limit, Left: left})
}

// publish takes a snapshot of c at the given time and shows it when its time has come.
func (s *Store) publish(e *entry, c Call, at time.Time) Record {
	r := s.record(c, at, at.Add(s.c.VisibleAfter))
	if !r.VisibleAt.After(s.now) {
		s.show(e, r)
		return r
	}
	e.waiting = append(e.waiting, s.wait(&snapshot{of: e, r: r}))
	s.grow(e, snapshotBytes+r.textBytes())
	return r
}

// wait puts w among those that are not visible yet. It belongs at the end, but for revisions that lie ahead.
func (s *Store) wait(w *snapshot) *list.Element {
	earlier := s.waiting.Back()
	for earlier != nil && earlier.Value.(*snapshot).r.VisibleAt.After(w.r.VisibleAt) {
		earlier = earlier.Prev()
	}
	if earlier == nil {
		return s.waiting.PushFront(w)
	}
	return s.waiting.InsertAfter(w, earlier)
}

// show makes r what a GET finds for e. The end of a call gives it its place among others with its shared_id; a
// revision leaves it there.
func (s *Store) show(e *entry, r Record) {
	if e.shown.SharedID != r.SharedID || e.ended && !e.placed {
		s.unlink(e)
	}
	s.grow(e, r.textBytes()-e.shown.textBytes())
	e.visible, e.shown, e.placed = true, r, e.ended
	if !r.HasSharedID || e.peer != nil {
		return
	}
	peers := s.byShared[r.SharedID]
	if peers == nil {
		peers = list.New()
		s.byShared[r.SharedID] = peers
	}
	e.peer = peers.PushBack(e)
}

func (s *Store) unlink(e *entry) {
	if e.peer == nil {
		return
	}
	peers := s.byShared[e.shown.SharedID]
	peers.Remove(e.peer)
	e.peer = nil
	if peers.Len() == 0 {
		delete(s.byShared, e.shown.SharedID)
	}
}

func (s *Store) forget(e *entry) {
	s.unlink(e)
	for _, el := range e.waiting {
		s.waiting.Remove(el)
	}
	s.kept.Remove(e.kept)
	delete(s.calls, e.id)
	s.bytes -= e.bytes
}
