package pool

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Random histories over every combination of settings, against the naive pool and
// the monitor of events. Time is in nanoseconds, and the window is ten of them, so
// that every boundary is met often.

const (
	testWindow   = 10
	testLag      = 3
	testCoolDown = 4
)

var formatChoices = []Format{FormatE164, FormatExact, FormatLast4, FormatLast10}

// combination is the i-th of all settings. The rules come first, so that each span
// of that many has every combination of rules.
func combination(i int) Config {
	pick := func(n int) int {
		defer func() { i /= n }()
		return i % n
	}
	c := Default()
	c.Window = testWindow
	c.Release = releases[pick(len(releases))]
	c.Selection = selections[pick(len(selections))]
	c.Reaper = reapers[pick(len(reapers))]
	if c.Reaper == ReaperLag {
		c.Lag = testLag
	}
	c.Bindings = bindings[pick(len(bindings))]
	c.Match = matches[pick(len(matches))]
	c.CoolDown = time.Duration(pick(2)) * testCoolDown
	c.Numbers = Count(1 + pick(4))
	c.Format = formatChoices[pick(len(formatChoices))]
	return c
}

const (
	ruleCombinations = 3 * 5 * 3 * 2 * 2 * 2
	combinations     = ruleCombinations * 4 * 4
)

func TestAgainstNaivePool(t *testing.T) {
	for i := range ruleCombinations {
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		r, err := newRace(combination(i + ruleCombinations*rng.IntN(combinations/ruleCombinations)))
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			r.step(uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()))
			if r.err != nil {
				t.Fatalf("combination %d %+v: %v\n%v", i, r.naive.c, r.err, r.log)
			}
		}
	}
}

// FuzzPool lets the fuzzer choose the settings and the operations.
func FuzzPool(f *testing.F) {
	f.Add(uint16(0), []byte("reserve, call, hang up; and some more of it all"))
	f.Add(uint16(777), []byte{0, 0, 0, 4, 1, 0, 9, 1, 9, 0, 0, 7, 12, 3, 1})
	f.Fuzz(func(t *testing.T, settings uint16, ops []byte) {
		r, err := newRace(combination(int(settings) % combinations))
		if err != nil {
			t.Fatal(err)
		}
		for op := range slices.Chunk(ops[:min(len(ops), 600)/3*3], 3) {
			r.step(op[0], op[1], op[2])
			if r.err != nil {
				t.Fatalf("%+v: %v\n%v", r.naive.c, r.err, r.log)
			}
		}
	})
}

// race gives the same operations to the pool and to the naive one.
type race struct {
	pool    *Pool
	naive   *naive
	monitor *monitor
	now     time.Duration
	calls   []CallRef // of the pool; the slot is its own business
	log     []string
	err     error
}

func newRace(c Config) (*race, error) {
	p, err := New(c)
	if err != nil {
		return nil, err
	}
	r := &race{pool: p, naive: newNaive(c), monitor: newMonitor(c, p.Numbers()), calls: []CallRef{{}}}
	p.Observe(r.monitor.see)
	return r, nil
}

func (r *race) step(op, arg, wait uint8) {
	r.now += []time.Duration{0, 0, 0, 1, 1, 2, 3, 4, 6, 7, 10, 25}[wait%12]
	switch op % 16 {
	default:
		r.reserve(arg)
	case 5, 6, 7, 8, 9:
		r.arrive(arg)
	case 10, 11, 12:
		call := r.call(arg)
		r.note("hangup %v", call)
		r.compare(r.pool.Hangup(r.now, call), r.naive.hangup(r.now, call))
	case 13, 14:
		call := r.call(arg)
		r.note("answer %v", call)
		r.compare(r.pool.Answer(r.now, call), r.naive.answer(r.now, call))
	case 15:
		r.resize(arg)
	}
	stats := r.pool.Stats(r.now)
	r.compare(stats, r.naive.stats())
	r.check(r.monitor.agree(stats))
	r.check(audit(r.pool))
}

func (r *race) reserve(arg uint8) {
	ani := anis[int(arg)%len(anis)]
	r.note("reserve %q", ani)
	attributes := fmt.Sprint("nonce ", len(r.log))
	candidates := r.naive.candidates(r.now)
	got, ok := r.pool.Reserve(r.now, []byte(attributes), ani)
	if len(candidates) == 0 {
		r.naive.totals.Refused++
		r.compare(ok, false)
		return
	}
	i := slices.IndexFunc(candidates, func(n *naiveNumber) bool { return n.number == got.Number })
	if i < 0 {
		r.check(fmt.Errorf("reserve: want one of %d numbers from %s, got %+v", len(candidates), candidates[0].number, got))
		return
	}
	r.naive.reserve(candidates[i], r.now, attributes, ani)
	r.compare(got, Reservation{Lease: r.naive.leases, Number: got.Number, Expires: r.now + testWindow})
}

var anis = []string{"", "+447700900123", "07700900123", "00447700900124", "anonymous"}

func (r *race) arrive(arg uint8) {
	dialled := fmt.Sprintf([]string{"+%s", "%s", "00%s", "+%s"}[arg>>4&3], fmt.Sprintf("44207946%04d", arg%6))
	ani := anis[int(arg/8)%len(anis)]
	r.note("call %q from %q", dialled, ani)
	got, want := r.pool.Arrive(r.now, dialled, ani), r.naive.arrive(r.now, dialled, ani)
	r.calls = append(r.calls, got.Call)
	got.Call.slot = 0
	if !got.Known {
		got.Number = ""
	}
	r.compare(got, want)
}

// call is a recent call or any older one, bound or not.
func (r *race) call(arg uint8) CallRef {
	back := int(arg) % 4
	if arg > 200 {
		back = int(arg)
	}
	return r.calls[max(0, len(r.calls)-1-back)]
}

func (r *race) resize(arg uint8) {
	var numbers []string
	for i := range 6 {
		if arg>>i&1 == 1 {
			numbers = append(numbers, fmt.Sprintf("+44207946%04d", i))
		}
	}
	if arg > 127 {
		slices.Reverse(numbers)
	}
	r.note("resize %v", numbers)
	r.check(r.pool.Resize(r.now, numbers))
	r.naive.resize(r.now, numbers)
	r.compare(r.pool.Numbers(), append([]string{}, numbers...))
}

func (r *race) note(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf("\n%d %s", r.now, fmt.Sprintf(format, args...)))
}

func (r *race) compare(got, want any) {
	if !reflect.DeepEqual(got, want) {
		r.check(fmt.Errorf("want %+v, got %+v", want, got))
	}
}

func (r *race) check(err error) {
	if r.err == nil {
		r.err = err
	}
}

// audit looks at what no caller sees: each number is reachable, and calls are
// remembered only as long as their lease.
func audit(p *Pool) error {
	for i := range p.slots {
		s := &p.slots[i]
		if s.state != out && p.index.get(s.key) != int32(i) {
			return fmt.Errorf("%s: not in the index", s.number)
		}
		if held := s.state == pending || s.state == inCall; !held && (s.attributes != nil || s.ani != "") {
			return fmt.Errorf("%s: attributes outlive the lease", s.number)
		}
	}
	for call := range p.calls {
		if s := p.slots[call.slot]; s.state != inCall || s.lease != call.lease {
			return fmt.Errorf("call %v: outlives its lease", call)
		}
	}
	return nil
}
