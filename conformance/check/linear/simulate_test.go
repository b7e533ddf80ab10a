package linear

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// slot is a number of the plainest correct pool.
type slot struct {
	nonce   string // that waits for its call, or is served
	expires time.Duration
	open    int // calls that hold it
	free    time.Duration
}

type task struct {
	at time.Duration
	do func()
}

type agenda []task

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at < a[j].at }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(task)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	t := (*a)[last]
	*a = (*a)[:last]
	return t
}

// sim is the pool with its clients and their carrier, in virtual time.
type sim struct {
	*rand.Rand
	reading.Facts
	now   time.Duration
	tasks agenda
	slots []slot
	ops   []history.Op
	late  time.Duration // how late a call may come
	calls int
}

func (s *sim) after(d time.Duration, do func()) { heap.Push(&s.tasks, task{s.now + d, do}) }

func (s *sim) upTo(d time.Duration) time.Duration { return time.Duration(s.Int64N(int64(d) + 1)) }

func (s *sim) number(i int) string { return fmt.Sprintf("+4420794600%02d", i) }

// record stamps by one of two clocks, which are Eps apart.
func (s *sim) record(o history.Op) {
	o.ID = len(s.ops) + 1
	if o.ID%2 == 0 {
		o.Generator, o.Start, o.End, o.Bye = "late", o.Start+*s.Eps, o.End+*s.Eps, o.Bye+*s.Eps
	}
	s.ops = append(s.ops, o)
}

// simulate plays clients whose requests overlap, get lost and are repeated, and whose calls come late, twice or never.
func simulate(seed uint64, f reading.Facts, clients int) []history.Op {
	s := &sim{Rand: rand.New(rand.NewPCG(seed, 7)), Facts: f, slots: make([]slot, f.Size), late: 14 * time.Second}
	for i := range clients {
		s.after(s.upTo(time.Duration(clients)*time.Second), func() { s.client(fmt.Sprintf("n%d", i)) })
	}
	for len(s.tasks) > 0 {
		t := heap.Pop(&s.tasks).(task)
		s.now = t.at
		t.do()
	}
	return s.ops
}

func (s *sim) client(nonce string) {
	start := s.now
	s.after(s.upTo(200*time.Millisecond), func() {
		i := s.reserve(nonce)
		reply := s.upTo(200 * time.Millisecond)
		o := history.Op{Kind: history.Reserve, Outcome: history.Refused, Start: start, End: s.now + reply, Nonce: nonce, Status: 404}
		switch {
		case s.Float64() < .05:
			o.Outcome, o.Status, o.End = history.Indefinite, 0, start+s.upTo(s.now-start)
			i = s.IntN(s.Size) // and calls somebody else's number
		case i >= 0:
			o.Outcome, o.Number, o.Status = history.OK, s.number(i), 200
		}
		s.record(o)
		for n := 0; i >= 0 && n < 2 && s.Float64() < .85-.7*float64(n); n++ {
			s.after(reply+s.upTo(s.late), func() { s.call(i) })
		}
	})
}

func (s *sim) reserve(nonce string) int {
	for _, i := range s.Perm(s.Size) {
		n := &s.slots[i]
		s.settle(n)
		if n.nonce == "" && n.free <= s.now {
			*n = slot{nonce: nonce, expires: s.now + s.WindowMin + s.upTo(s.WindowMax-s.WindowMin)}
			return i
		}
	}
	return -1
}

// settle ends what nobody called.
func (s *sim) settle(n *slot) {
	if n.nonce != "" && n.open == 0 && n.expires <= s.now {
		*n = slot{free: n.expires + s.ShortestRest()}
	}
}

func (s *sim) call(i int) {
	start := s.now
	s.after(s.upTo(time.Second), func() {
		n := &s.slots[i]
		s.settle(n)
		s.calls++
		given, id := "", fmt.Sprintf("c%d", s.calls)
		if n.nonce != "" && (n.open == 0 || s.Bindings == "many") {
			given = n.nonce
			n.open++
		}
		release := func() {
			if n.nonce != given || given == "" {
				return
			}
			if n.open--; n.open == 0 || s.Release != reading.OnHangup {
				*n = slot{free: s.now + s.ShortestRest()}
			}
		}
		if s.Release != reading.OnHangup {
			release()
		}
		end, talk := s.now+s.upTo(time.Second), time.Second+s.upTo(20*time.Second)
		s.after(talk, func() {
			if s.Release == reading.OnHangup {
				release()
			}
			o := history.Op{Kind: history.Call, Outcome: history.OK, Start: start, End: min(end, s.now), Number: s.number(i), CallID: id, Ended: true, Bye: s.now, Status: 200}
			s.record(o)
			if s.Float64() < .85 { // else nobody asks
				s.record(history.Op(heard(id, given, o.Number)))
			}
		})
	})
}

func facts(seed uint64) reading.Facts {
	f := reading.Facts{Size: 3, WindowMin: 10 * time.Second, WindowMax: 11 * time.Second, Exclusive: true, CoolDown: new(time.Duration(0)), Strays: new(0.0), Signal: new(time.Duration(0)), Eps: new(time.Duration(0)), Bindings: "once", ServerMax: new(time.Second)}
	f.Release = []string{reading.OnArrival, reading.OnHangup, reading.OnAnswer}[seed%3]
	if f.Release == reading.OnHangup && seed%2 == 0 {
		f.Bindings = "many"
	}
	f.CoolDown = new(time.Duration(seed%4) * time.Second)
	f.Eps = new(time.Duration(seed%5) * 50 * time.Millisecond)
	return f
}

func TestACorrectPoolIsNeverIllegal(t *testing.T) {
	var ok, unknown, waited, given int
	for seed := range uint64(200) {
		ops := simulate(seed, facts(seed), 60)
		r := searched(t.Context(), facts(seed), ops, 2*time.Second)
		switch r.Status {
		case OK:
			ok++
		case Unknown:
			unknown++
		default:
			t.Fatalf("seed %d: got %s: %s", seed, r.Status, r.Reason)
		}
		read := reading.New(facts(seed), reading.Pointers(ops))
		waited += len(read.Leases)
		for _, c := range read.Calls {
			if c.Echo != nil && c.Echo.Bound {
				given++
			}
		}
	}
	if ok < 190 || given < waited/4 {
		t.Errorf("got %d ok, %d unknown, %d of %d reservations used: the histories say too little", ok, unknown, given, waited)
	}
}

// A fault that is put into a correct history is found.
func TestAFaultInARandomHistoryIsFound(t *testing.T) {
	found := 0
	for seed := range uint64(30) {
		f := facts(seed)
		ops := simulate(seed, f, 60)
		i := slices.IndexFunc(ops, func(o history.Op) bool { return o.Kind == history.Reserve && o.Outcome == history.OK })
		again := ops[i]
		again.ID, again.Nonce, again.Start, again.End = len(ops)+1, "again", again.End, again.End+1
		if searched(t.Context(), f, append(ops, again), 2*time.Second).Status == Illegal {
			found++
		}
	}
	if found < 20 {
		t.Errorf("got %d of 30 double reservations, want 20 or more", found)
	}
}

func BenchmarkJudge(b *testing.B) {
	f := facts(1)
	f.Size = 20
	ops := simulate(1, f, 3000)
	b.ReportAllocs()
	for b.Loop() {
		if r := searched(b.Context(), f, ops, 10*time.Second); r.Status == Illegal {
			b.Fatal(r.Reason)
		}
	}
	b.ReportMetric(float64(len(ops)), "ops/history")
}
