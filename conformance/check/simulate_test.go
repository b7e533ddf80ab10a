package check

import (
	"container/heap"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// traffic is what a simulated pool is, and what its clients and the carrier do. The pool is right unless told otherwise.
type traffic struct {
	seed                uint64
	requests            int
	rate                float64 // per second
	size                int
	windowMin           time.Duration // each reservation's own window lies between the two
	windowMax           time.Duration
	coolDown            time.Duration
	release             string
	bindings            string
	selection           string
	talk                time.Duration // mean
	generators          int
	skew                time.Duration // the clocks are within it, either way
	abandon, lost       float64
	retry               float64 // of the lost
	late, probes, twice float64
	refuse              float64 // calls that the carrier refuses
	cancel              float64 // calls whose caller gives up before the answer
	callerHangsUp       float64
	unheard             float64 // calls whose state nobody reads
	instant             float64 // requests that take no time
	spurious, double    float64 // faults: a 404 for nothing, a number that is in use
	drain               bool
}

func (p traffic) facts() reading.Facts {
	f := reading.Facts{
		Size: p.size, WindowMin: p.windowMin, WindowMax: p.windowMax, CoolDown: new(p.coolDown), Release: p.release, Bindings: p.bindings, Selection: p.selection,
		Match: "dni", Exclusive: true, Strays: new(0.0), Failures: new(0.0), Signal: new(time.Duration(0)), Eps: new(time.Duration(0)), ServerMax: new(10 * time.Second), Handoffs: true, Visible: 300 * time.Millisecond, Retention: 24 * time.Hour, Duplicate: "last", Abandoned: "keep",
	}
	for i := range p.size {
		f.Numbers = append(f.Numbers, number(i))
	}
	return f
}

func number(i int) string { return "+4420794" + strconv.Itoa(60000+i) }

// sim is a pool of the plainest kind, and everything around it, in virtual time.
type sim struct {
	traffic
	*rand.Rand
	now     time.Duration
	queue   later
	numbers []*slot
	turn    int
	ops     []*history.Op
	records map[string][]*record
	injured int // faults that were brought about
}

type slot struct {
	name string
	// A slot is free from free on. A lease on it waits until expires, or is bound.
	free     time.Duration
	nonce    string
	shared   string
	attrs    json.RawMessage
	waiting  bool
	expires  time.Duration
	up       int // calls that hold it
	released bool
	lease    int
}

type event2 struct {
	at time.Duration
	n  int
	do func()
}

type later []event2

func (q later) Len() int { return len(q) }
func (q later) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].n < q[j].n
}
func (q later) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *later) Push(x any)   { *q = append(*q, x.(event2)) }
func (q *later) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

func (s *sim) at(t time.Duration, do func()) {
	heap.Push(&s.queue, event2{max(t, s.now), len(s.ops)<<20 | len(s.queue), do})
}

func (s *sim) chance(p float64) bool { return p > 0 && s.Float64() < p }

func (s *sim) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*s.NormFloat64()))
}

func simulate(p traffic) []history.Op {
	s := run(p)
	return s.history()
}

func run(p traffic) *sim {
	s := &sim{traffic: p, records: make(map[string][]*record), Rand: rand.New(rand.NewPCG(p.seed, 7))}
	for i := range p.size {
		s.numbers = append(s.numbers, &slot{name: number(i)})
	}
	at := time.Duration(0)
	for i := range p.requests {
		at += time.Duration(s.ExpFloat64() / p.rate * float64(time.Second))
		s.at(at, func() { s.request(fmt.Sprintf("n%d", i), 0) })
		if s.chance(p.probes) {
			s.at(at+time.Duration(s.Float64()*float64(p.windowMax)), func() { s.dial(number(s.IntN(p.size)), "", "", s.lognormal(time.Second, .5)) })
		}
	}
	for len(s.queue) > 0 {
		e := heap.Pop(&s.queue).(event2)
		s.now = e.at
		e.do()
	}
	if p.drain {
		s.now += p.windowMax + p.coolDown + 11*time.Second
		for range p.size + 1 {
			o := s.begin(history.Reserve, "drain")
			o.Drain = true
			s.commit(o, "", "", nil)
			o.End = s.now
		}
	}
	return s
}

// history stamps what happened with the generators' clocks.
func (s *sim) history() []history.Op {
	out := make([]history.Op, len(s.ops))
	for i, o := range s.ops {
		out[i] = *o
		if s.generators > 1 {
			g := s.of(o.Client)
			// Two generators are at the two ends, the others in between.
			d := time.Duration(float64(s.skew) * (2*float64(g)/float64(s.generators-1) - 1))
			o := &out[i]
			o.Generator = fmt.Sprintf("g%d", g)
			o.Start, o.End, o.Bye = o.Start+d, o.End+d, o.Bye+d
		}
	}
	slices.SortStableFunc(out, func(a, b history.Op) int { return int(a.Start - b.Start) })
	return out
}

func (s *sim) of(client string) int {
	h := 0
	for _, c := range client {
		h = h*31 + int(c)
	}
	return h % s.generators
}

func (s *sim) begin(k history.Kind, client string) *history.Op {
	o := &history.Op{ID: len(s.ops) + 1, Kind: k, Client: client, Start: s.now, End: s.now, Outcome: history.Indefinite}
	s.ops = append(s.ops, o)
	return o
}

func (s *sim) request(nonce string, try int) {
	o := s.begin(history.Reserve, "client "+nonce)
	o.Nonce, o.SharedID = nonce, "s-"+nonce
	o.Attributes = json.RawMessage(`{"nonce":"` + nonce + `","shared_id":"s-` + nonce + `","case":9007199254740993}`)
	there, back := s.lognormal(20*time.Millisecond, .8), s.lognormal(20*time.Millisecond, .8)
	if s.chance(s.instant) {
		there, back = 0, 0
	}
	lost := try == 0 && s.chance(s.lost)
	s.at(s.now+there, func() {
		s.commit(o, nonce, o.SharedID, o.Attributes)
		if lost {
			o.Outcome, o.Number, o.Status = history.Indefinite, "", 0
			s.at(s.now+2*time.Second, func() {
				o.End = s.now
				if s.chance(s.retry) {
					s.request(nonce, 1)
				}
			})
			return
		}
		s.at(s.now+back, func() {
			o.End = s.now
			if o.Outcome == history.OK && !s.chance(s.abandon) {
				s.at(s.now+s.lognormal(200*time.Millisecond, .9), func() { s.dialFor(o) })
			}
		})
	})
}

func (s *sim) dialFor(o *history.Op) {
	delay := s.lognormal(2500*time.Millisecond, .5)
	if s.chance(s.late) {
		delay = time.Duration(float64(s.windowMax) * (.8 + s.Float64()))
	}
	s.dial(o.Number, o.Nonce, o.SharedID, delay)
	if s.chance(s.twice) {
		s.at(s.now+delay, func() { s.dial(o.Number, o.Nonce, o.SharedID, time.Millisecond) })
	}
}

// settle lets what is due happen.
func (s *sim) settle() {
	for _, n := range s.numbers {
		if n.waiting && n.expires <= s.now {
			n.waiting, n.free = false, n.expires+s.coolDown
			n.released = true
		}
	}
}

func (n *slot) isFree(now time.Duration) bool { return !n.waiting && n.up == 0 && n.free <= now }

// commit is the platform's part of a reservation.
func (s *sim) commit(o *history.Op, nonce, shared string, attributes json.RawMessage) {
	s.settle()
	n := s.choose()
	switch {
	case n != nil && s.chance(s.spurious):
		s.injured++
		n = nil
	case s.chance(s.double):
		if i := slices.IndexFunc(s.numbers, func(n *slot) bool { return n.waiting }); i >= 0 {
			s.injured++
			n = s.numbers[i]
		}
	}
	if n == nil {
		o.Outcome, o.Status = history.Refused, 404
		return
	}
	o.Outcome, o.Status, o.Number = history.OK, 200, n.name
	n.lease++
	n.waiting, n.up, n.released, n.nonce, n.shared, n.attrs = true, 0, false, nonce, shared, attributes
	n.expires = s.now + s.windowMin + time.Duration(s.Float64()*float64(s.windowMax-s.windowMin))
}

func (s *sim) choose() *slot {
	var free []*slot
	for _, n := range s.numbers {
		if n.isFree(s.now) {
			free = append(free, n)
		}
	}
	if len(free) == 0 {
		return nil
	}
	switch s.selection {
	case "lru":
		return slices.MinFunc(free, func(a, b *slot) int { return int(a.free - b.free) })
	case "round-robin":
		for i := range s.size {
			if n := s.numbers[(s.turn+i)%s.size]; n.isFree(s.now) {
				s.turn = (s.turn + i + 1) % s.size
				return n
			}
		}
	}
	return free[s.IntN(len(free))]
}

func (s *sim) dial(to, nonce, shared string, delay time.Duration) {
	o := s.begin(history.Call, "client "+nonce)
	o.Number, o.Nonce, o.SharedID, o.CallID = to, nonce, shared, "call-"+strconv.Itoa(o.ID)
	s.at(s.now+delay, func() {
		if s.chance(s.refuse) {
			o.End, o.Outcome, o.Status, o.EndedBy = s.now, history.Refused, 503, "carrier"
			return
		}
		s.arrive(o)
	})
}

// arrive is the platform's part of a call.
func (s *sim) arrive(o *history.Op) {
	s.settle()
	n := s.numbers[slices.IndexFunc(s.numbers, func(n *slot) bool { return n.name == o.Number })]
	bound := n.waiting || s.bindings == "many" && n.up > 0 && !n.released
	e := says("", o.Number)
	lease, sharedID := n.lease, ""
	if bound {
		n.waiting = false
		n.up++
		e = fmt.Sprintf(`{"echo_nonce":%q,"echo_dnis":%q,"echo_attributes":%s}`, n.nonce, o.Number, cmpOr(n.attrs, "null"))
		sharedID = n.shared
	}
	release := func() {
		if bound && n.lease == lease && n.up > 0 {
			if n.up--; n.up == 0 {
				n.released, n.free = true, s.now+s.coolDown
			}
		}
	}
	ring, talk := s.lognormal(30*time.Millisecond, .5), time.Duration(s.ExpFloat64()*float64(s.talk))
	if s.release == "arrival" {
		release()
	}
	if s.chance(s.cancel) {
		s.at(s.now+ring, func() {
			if s.release != "arrival" {
				release()
			}
			o.End, o.Outcome, o.Status, o.EndedBy = s.now, history.Refused, 487, "caller"
		})
		return
	}
	by := "platform"
	if s.chance(s.callerHangsUp) {
		by = "caller"
	}
	s.at(s.now+ring, func() {
		o.End, o.Outcome, o.Status = s.now, history.OK, 200
		if s.release == "answer" {
			release()
		}
	})
	s.at(s.now+ring+talk, func() {
		if s.release == "hangup" {
			release()
		}
		o.Ended, o.Bye, o.EndedBy = true, s.now, by
		left := &record{o.CallID, sharedID, e, s.now + time.Duration(s.Float64()*float64(299*time.Millisecond))}
		for _, key := range []string{"id " + o.CallID, "shared " + sharedID} {
			s.records[key] = append(s.records[key], left)
		}
		if !s.chance(s.unheard) {
			s.readAll(o)
		}
	})
}

func cmpOr(raw json.RawMessage, otherwise string) string {
	if len(raw) == 0 {
		return otherwise
	}
	return string(raw)
}

// record is what a call leaves.
type record struct {
	id, shared, data string
	there            time.Duration
}

// readAll polls for the state, which is there 0 to 300 ms after the call.
func (s *sim) readAll(o *history.Op) {
	for _, after := range []time.Duration{0, 100 * time.Millisecond, 350 * time.Millisecond, time.Second} {
		for _, byID := range []bool{true, false} {
			if !byID && o.SharedID == "" {
				continue
			}
			s.at(s.now+after, func() {
				h := s.begin(history.Handoff, o.Client)
				h.Outcome, h.Status = history.Refused, 404
				if byID {
					h.AskedID = o.CallID
				} else {
					h.AskedSharedID = o.SharedID
				}
				if r := s.find(h); r != nil {
					h.Outcome, h.Status, h.GotID, h.GotSharedID, h.Data = history.OK, 200, r.id, r.shared, json.RawMessage(r.data)
				}
			})
		}
	}
}

// find is the record of the last call that the question is about.
func (s *sim) find(h *history.Op) (found *record) {
	about := s.records["shared "+h.AskedSharedID]
	if h.AskedID != "" {
		about = s.records["id "+h.AskedID]
	}
	for _, r := range about {
		if s.now >= r.there && (found == nil || r.there >= found.there) {
			found = r
		}
	}
	return found
}
