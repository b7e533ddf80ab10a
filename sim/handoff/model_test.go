package handoff

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// model keeps every snapshot ever taken and looks through all of them: too slow to ship, too simple to be wrong.
// It covers an unlimited store with duplicates: last and both snapshots.
type model struct {
	c     Config
	takes []take
}

type take struct {
	id, shared, a  string
	first          bool // this snapshot ended it
	visible, until time.Duration
}

func (m *model) get(now time.Duration, q Query) string {
	shown := map[string]take{}
	var order []string // of ids, as they came to have their shared_id
	for _, t := range m.due(now) {
		old, known := shown[t.id]
		if !known || t.first || old.shared != t.shared {
			order = append(slices.DeleteFunc(order, func(id string) bool { return id == t.id }), t.id)
		}
		shown[t.id] = t
	}
	for _, id := range slices.Backward(order) {
		t := shown[id]
		if now < m.until(id) && (q.HasSharedID && t.shared == q.SharedID || !q.HasSharedID && id == q.ID) {
			return t.a
		}
	}
	return ""
}

// due returns the snapshots that are visible at now, in the order in which they became visible.
func (m *model) due(now time.Duration) []take {
	due := slices.DeleteFunc(slices.Clone(m.takes), func(t take) bool { return t.visible > now })
	slices.SortStableFunc(due, func(a, b take) int { return int(a.visible - b.visible) })
	return due
}

func (m *model) until(id string) (until time.Duration) {
	for _, t := range m.takes {
		if t.id == id {
			until = max(until, t.until)
		}
	}
	return until
}

func TestStoreAgreesWithModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		c := Default()
		c.StateKeys, c.Snapshot, c.Retention = []string{"a"}, EndFunction, 40*time.Second
		c.VisibleAfter = time.Duration(r.IntN(8)) * time.Second
		s, m, now := NewStore(c), &model{c: c}, time.Duration(0)
		ended := map[string]time.Duration{}
		for step := range 100 {
			now += time.Duration(r.IntN(3)) * time.Second
			id, shared, a := fmt.Sprint("c", step), fmt.Sprint(r.IntN(6)), fmt.Sprint(step)
			call := Call{ID: id, State: map[string]json.RawMessage{"a": json.RawMessage(a), "shared_id": json.RawMessage(`"` + shared + `"`)}}
			if r.IntN(3) == 0 && step > 0 {
				call.ID = fmt.Sprint("c", step-1-r.IntN(min(step, 4))) // the end hook of a recent call
			}
			if call.ID == id {
				ended[id] = now
				s.Put(at(now), call)
				m.takes = append(m.takes, take{id: id, shared: shared, a: a, first: true, visible: now + c.VisibleAfter, until: now + c.Retention})
			} else {
				ends := now + time.Duration(r.IntN(2)*r.IntN(9))*time.Second
				if _, ok := s.Revise(at(ends), call); ok {
					m.takes = append(m.takes, take{id: call.ID, shared: shared, a: a, visible: ends + c.VisibleAfter, until: ended[call.ID] + c.Retention})
				}
			}
			for _, q := range []Query{byShared(fmt.Sprint(r.IntN(6))), byID(fmt.Sprint("c", r.IntN(step+1)))} {
				got, _ := s.Get(at(now), q)
				wanted := m.get(now, q)
				if wanted != "" {
					wanted = `{"a":` + wanted + `}`
				}
				if string(got.Data) != wanted {
					t.Fatalf("seed %d, step %d, at %v, %+v: want %q, got %q", seed, step, now, q, wanted, got.Data)
				}
			}
		}
	}
}

// Whatever happens, the store holds no more than it may, and its indexes agree.
func TestStoreStaysBounded(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := Default()
		c.StateKeys, c.Snapshot, c.MidCallRead, c.Abandoned = []string{"a"}, EndFunction, Current, Drop
		c.MaxRecords, c.Retention, c.VisibleAfter = 5, time.Minute, time.Duration(r.IntN(2))*10*time.Second
		c.MaxBytes = 3000 + r.IntN(3000)
		s, now := NewStore(c), time.Duration(0)
		for range 300 {
			now += time.Duration(r.IntN(5)) * time.Second
			call := Call{ID: fmt.Sprint(r.IntN(12)), State: state("a", `1`, "shared_id", fmt.Sprint(r.IntN(4))), Abandoned: r.IntN(6) == 0}
			switch r.IntN(4) {
			case 0:
				s.Live(at(now), call)
			case 1:
				s.Revise(at(now+time.Duration(r.IntN(20))*time.Second), call)
			default:
				s.Put(at(now), call)
			}
			checkIndexes(t, s)
		}
		if got := s.Stats(at(now + time.Hour)); got.Records != 0 || got.Waiting != 0 || len(s.byShared) != 0 {
			t.Fatalf("seed %d: want nothing left, got %+v and %d shared_ids", seed, got, len(s.byShared))
		}
	}
}

func checkIndexes(t *testing.T, s *Store) {
	t.Helper()
	if s.kept.Len() > s.c.MaxRecords || s.waiting.Len() > 2*s.c.MaxRecords || len(s.calls) != s.kept.Len() {
		t.Fatalf("sizes: kept %d, waiting %d, calls %d", s.kept.Len(), s.waiting.Len(), len(s.calls))
	}
	if want := bytesOf(s); s.bytes != want || s.bytes > s.c.MaxBytes && s.kept.Len() > 1 {
		t.Fatalf("bytes: want %d, and at most %d, got %d", want, s.c.MaxBytes, s.bytes)
	}
	linked := 0
	for shared, peers := range s.byShared {
		for el := peers.Front(); el != nil; el = el.Next() {
			e := el.Value.(*entry)
			if s.calls[e.id] != e || e.peer != el || !e.visible || e.shown.SharedID != shared {
				t.Fatalf("shared_id %q: lists %+v", shared, e)
			}
			linked++
		}
	}
	for _, e := range s.calls {
		if e.visible && e.shown.HasSharedID {
			linked--
		}
	}
	if linked != 0 {
		t.Fatalf("shared_ids: %d too many or too few", linked)
	}
	for el := s.waiting.Front(); el != nil; el = el.Next() {
		if w := el.Value.(*snapshot); s.calls[w.of.id] != w.of {
			t.Fatalf("waiting: a snapshot of a call that is gone: %q", w.of.id)
		}
	}
}

// bytesOf counts anew what s keeps count of.
func bytesOf(s *Store) int {
	n := 0
	for id, e := range s.calls {
		n += entryBytes + len(id) + e.shown.textBytes()
	}
	for el := s.waiting.Front(); el != nil; el = el.Next() {
		n += snapshotBytes + el.Value.(*snapshot).r.textBytes()
	}
	return n
}

func BenchmarkPutAndGet(b *testing.B) {
	c := Default()
	c.StateKeys, c.VisibleAfter = []string{"handoff_to", "handoff_reason"}, time.Second
	s, now := NewStore(c), epoch
	call := Call{State: state("handoff_to", `"QUEUE"`, "shared_id", `"s"`)}
	ids := make([]string, c.MaxRecords*2)
	for i := range ids {
		ids[i] = fmt.Sprint("call-", i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		now = now.Add(time.Millisecond)
		call.ID = ids[i%len(ids)]
		s.Put(now, call)
		s.Get(now, byID(call.ID))
	}
}
