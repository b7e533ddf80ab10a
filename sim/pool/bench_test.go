package pool

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Every benchmark reports x-baseline: its time per operation over that of the
// naive free list below, measured in the same run. Less than 1 is faster.

var sizes = []int{1_000, 100_000, 1_000_000}

// BenchmarkReserveArriveRelease is one call after the other on an idle pool: under
// lru and round-robin every number is as cold as can be.
func BenchmarkReserveArriveRelease(b *testing.B) {
	for _, s := range selections {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", s, n), func(b *testing.B) { cycle(b, with(n, selection(s)), 0) })
		}
	}
}

// BenchmarkBusy keeps half of the numbers in calls, ends the oldest, and has another
// quarter cooling down.
func BenchmarkBusy(b *testing.B) {
	for _, s := range selections {
		for _, n := range sizes {
			config := with(n, selection(s), coolDown(time.Duration(n/4)*time.Millisecond))
			b.Run(fmt.Sprintf("%s/%d", s, n), func(b *testing.B) { cycle(b, config, n/2) })
		}
	}
}

func cycle(b *testing.B, config Config, calls int) {
	p, err := New(config)
	if err != nil {
		b.Fatal(err)
	}
	attributes := []byte(`{"shared_id":"x"}`)
	var mu sync.Mutex
	var now time.Duration
	up := make([]CallRef, calls+1)
	i := 0
	one := func() {
		now += time.Millisecond
		mu.Lock()
		r, _ := p.Reserve(now, attributes, "")
		mu.Unlock()
		mu.Lock()
		a := p.Arrive(now, r.Number, "")
		mu.Unlock()
		up[i] = a.Call
		if i++; i == len(up) {
			i = 0
		}
		mu.Lock()
		p.Hangup(now, up[i])
		mu.Unlock()
	}
	for range calls {
		one()
	}
	b.ReportAllocs()
	for b.Loop() {
		one()
	}
	b.StopTimer()
	perOp := float64(b.Elapsed()) / float64(b.N)
	b.ReportMetric(perOp/baseline(config, calls, b.N), "x-baseline")
	if st := p.Stats(now); st.Refused != 0 || st.Unbound != 0 {
		b.Errorf("stats: want every call bound, got %+v", st)
	}
}

// simplePool is what one writes first: a mutex, a map and a slice, with no window,
// no cool-down, no number forms and no fence.
type simplePool struct {
	mu     sync.Mutex
	pick   func(free int) int // 0: a queue
	free   []string
	leases map[string][]byte
}

func (p *simplePool) reserve(attributes []byte) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, end := p.pick(len(p.free)), len(p.free)-1
	number := p.free[at]
	if at == 0 {
		p.free = p.free[1:]
	} else {
		p.free[at] = p.free[end]
		p.free = p.free[:end]
	}
	p.leases[number] = attributes
	return number
}

func (p *simplePool) arrive(number string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.leases[number]
}

func (p *simplePool) hangup(number string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.leases, number)
	p.free = append(p.free, number)
}

// baseline is the time per operation of simplePool, in nanoseconds. Selections that
// use the same few numbers again are compared with a stack, random with a random
// choice, the others with a queue.
func baseline(config Config, calls, rounds int) float64 {
	numbers, err := config.Numbers.Expand()
	if err != nil {
		panic(err) // a test's own mistake
	}
	pick := func(int) int { return 0 }
	switch config.Selection {
	case SelectLIFO, SelectFirst:
		pick = func(free int) int { return free - 1 }
	case SelectRandom:
		pick = rand.New(rand.NewPCG(1, 2)).IntN
	}
	p := &simplePool{pick: pick, free: numbers, leases: make(map[string][]byte, len(numbers))}
	attributes := []byte(`{"shared_id":"x"}`)
	up := make([]string, calls+1)
	i := 0
	one := func() {
		number := p.reserve(attributes)
		p.arrive(number)
		up[i] = number
		if i++; i == len(up) {
			i = 0
		}
		if up[i] != "" {
			p.hangup(up[i])
		}
	}
	for range calls {
		one()
	}
	runtime.GC()
	start := time.Now()
	for range rounds {
		one()
	}
	return float64(time.Since(start)) / float64(rounds)
}

// BenchmarkExpiry is a reservation that nobody calls, and its expiry.
func BenchmarkExpiry(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, err := New(with(n, window(time.Duration(n/2)*time.Millisecond)))
			if err != nil {
				b.Fatal(err)
			}
			var now time.Duration
			b.ReportAllocs()
			for b.Loop() {
				now += time.Millisecond
				if _, ok := p.Reserve(now, nil, ""); !ok {
					b.Fatal("reserve: want a number, got none")
				}
			}
		})
	}
}

// BenchmarkNew reports the time that it takes to make a pool, and its memory.
func BenchmarkNew(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var p *Pool
			for b.Loop() {
				var err error
				if p, err = New(with(n)); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			used := heap()
			runtime.KeepAlive(p)
			p = nil
			used -= heap()
			b.ReportMetric(float64(used)/1e6, "MB")
			b.ReportMetric(float64(used)/float64(n), "B/number")
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkArriveForms(b *testing.B) {
	for _, dialled := range []string{"+442079460000", "442079460000", "00442079460000", "02079460000", "+44 20 7946 0000", "+12025550123"} {
		b.Run(dialled, func(b *testing.B) {
			p, err := New(with(1000))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Arrive(0, dialled, "")
			}
		})
	}
}

func TestAllocations(t *testing.T) {
	for _, s := range selections {
		for _, b := range bindings {
			p, err := New(with(1000, selection(s), coolDown(time.Second), byANI, func(c *Config) { c.Bindings = b }))
			if err != nil {
				t.Fatal(err)
			}
			attributes := []byte("{}")
			var now time.Duration
			n := testing.AllocsPerRun(5000, func() {
				now += 100 * time.Millisecond
				r, _ := p.Reserve(now, attributes, "+447700900123")
				a := p.Arrive(now, r.Number, "+447700900123")
				if !p.Hangup(now, a.Call) {
					t.Errorf("%s %s: want the call bound and ended, got %+v", s, b, a)
				}
			})
			if n != 0 {
				t.Errorf("%s %s: want no allocation, got %v", s, b, n)
			}
		}
	}
}
