// Package simulated is a pool of the plainest kind, its clients and their carrier, in virtual time. What they do is a
// history for the tests of whatever judges one. It shares no code with the reference.
package simulated

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Traffic is what a simulated pool is, and what its clients and the carrier do. The pool is right unless told otherwise.
type Traffic struct {
	Seed                uint64
	Requests            int
	Rate                float64 // per second
	Size                int
	WindowMin           time.Duration // each reservation's own window lies between the two
	WindowMax           time.Duration
	CoolDown            time.Duration
	Release             string
	Bindings            string
	Selection           string
	Talk                time.Duration // mean
	Generators          int
	Skew                time.Duration // the clocks are within it, either way
	Abandon, Lost       float64
	Retry               float64 // of the lost
	Late, Probes, Twice float64
	Refuse              float64 // calls that the carrier refuses
	Cancel              float64 // calls whose caller gives up before the answer
	CallerHangsUp       float64
	Unheard             float64 // calls whose state nobody reads
	Instant             float64 // requests that take no time
	Spurious, Double    float64 // faults: a 404 for nothing, a number that is in use
	Drain               bool
}

// Facts is what is known of the pool: everything.
func (p Traffic) Facts() reading.Facts {
	f := reading.Facts{
		Size: p.Size, WindowMin: p.WindowMin, WindowMax: p.WindowMax, CoolDown: new(p.CoolDown), Release: p.Release, Bindings: p.Bindings, Selection: p.Selection,
		Match: "dni", Exclusive: true, Strays: new(0.0), Failures: new(0.0), Signal: new(time.Duration(0)), Eps: new(time.Duration(0)), ServerMax: new(10 * time.Second), Handoffs: true, Visible: 300 * time.Millisecond, Retention: 24 * time.Hour, Duplicate: "last", Abandoned: "keep",
	}
	for i := range p.Size {
		f.Numbers = append(f.Numbers, Number(i))
	}
	return f
}

// Number is one of the numbers of the pool, from 0.
func Number(i int) string { return "+4420794" + strconv.Itoa(60000+i) }

// Busy is the traffic of a busy pool whose history is of so many operations or more: each has attributes or a state, but
// for the calls.
func Busy(operations int) Traffic {
	return Traffic{
		Seed: 1, Requests: operations / 9, Rate: 40, Size: 1000, WindowMin: 15 * time.Second, WindowMax: 16 * time.Second, CoolDown: 500 * time.Millisecond, Release: "hangup",
		Bindings: "once", Selection: "random", Talk: 15 * time.Second, Abandon: .05, Lost: .01, Retry: .5, Late: .01, Probes: .01, Twice: .01, Drain: true,
	}
}

// sim is a pool of the plainest kind, and everything around it, in virtual time.
type sim struct {
	Traffic
	*rand.Rand
	now     time.Duration
	queue   later
	numbers []*slot
	turn    int
	ops     []*history.Op
	records map[string][]*record
	injured int // faults that were brought about
}

type event struct {
	at time.Duration
	n  int
	do func()
}

type later []event

func (q later) Len() int { return len(q) }
func (q later) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].n < q[j].n
}
func (q later) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *later) Push(x any)   { *q = append(*q, x.(event)) }
func (q *later) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

func (s *sim) at(t time.Duration, do func()) {
	heap.Push(&s.queue, event{max(t, s.now), len(s.ops)<<20 | len(s.queue), do})
}

func (s *sim) chance(p float64) bool { return p > 0 && s.Float64() < p }

func (s *sim) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*s.NormFloat64()))
}

// History is what happened, as the clients have seen it.
func (p Traffic) History() []history.Op {
	all, _ := p.Run()
	return all
}

// Run is History that counts the faults as well that were brought about.
func (p Traffic) Run() (all []history.Op, faults int) {
	s := &sim{Traffic: p, records: make(map[string][]*record), Rand: rand.New(rand.NewPCG(p.Seed, 7))}
	for i := range p.Size {
		s.numbers = append(s.numbers, &slot{name: Number(i)})
	}
	at := time.Duration(0)
	for i := range p.Requests {
		at += time.Duration(s.ExpFloat64() / p.Rate * float64(time.Second))
		s.at(at, func() { s.request(fmt.Sprintf("n%d", i), 0) })
		if s.chance(p.Probes) {
			s.at(at+time.Duration(s.Float64()*float64(p.WindowMax)), func() { s.dial(Number(s.IntN(p.Size)), "", "", s.lognormal(time.Second, .5)) })
		}
	}
	for len(s.queue) > 0 {
		e := heap.Pop(&s.queue).(event)
		s.now = e.at
		e.do()
	}
	if p.Drain {
		s.now += p.WindowMax + p.CoolDown + 11*time.Second
		for range p.Size + 1 {
			o := s.begin(history.Reserve, "drain")
			o.Drain = true
			s.commit(o, "", "", nil)
			o.End = s.now
		}
	}
	return s.history(), s.injured
}

// history stamps what happened with the generators' clocks.
func (s *sim) history() []history.Op {
	out := make([]history.Op, len(s.ops))
	for i, o := range s.ops {
		out[i] = *o
		if s.Generators > 1 {
			g := s.of(o.Client)
			// Two generators are at the two ends, the others in between.
			d := time.Duration(float64(s.Skew) * (2*float64(g)/float64(s.Generators-1) - 1))
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
	return h % s.Generators
}

func (s *sim) begin(k history.Kind, client string) *history.Op {
	o := &history.Op{ID: len(s.ops) + 1, Kind: k, Client: client, Start: s.now, End: s.now, Outcome: history.Indefinite}
	s.ops = append(s.ops, o)
	return o
}
