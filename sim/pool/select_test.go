package pool

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestSelection(t *testing.T) {
	roa := release(ReleaseArrival)
	playAll(t, []tale{
		{"lru: free for the longest time", with(3, roa), `
			0s reserve -> a #1
			1s reserve -> b #2
			2s call b  -> bound #2
			3s call a  -> bound #1
			4s reserve -> c #3
			5s reserve -> b #4
			6s reserve -> a #5
			7s reserve -> none`},
		{"lru: an expiry counts from its instant, however late it is seen", with(2), `
			0s   reserve   -> a #1
			1s   reserve   -> b #2
			2s   call b    -> bound #2
			119s hangup c1 -> ended
			300s reserve   -> b #3
			300s reserve   -> a #4`},
		{"lru: an expiry before a release comes first", with(2), `
			0s   reserve   -> a #1
			1s   reserve   -> b #2
			2s   call b    -> bound #2
			121s hangup c1 -> ended
			300s reserve   -> a #3
			300s reserve   -> b #4`},
		{"lru: cool-downs after expiry and release merge by their ends", with(3, coolDown(10*time.Second)), `
			0s   reserve   -> a #1
			1s   reserve   -> b #2
			2s   reserve   -> c #3
			3s   call b    -> bound #2
			121s hangup c1 -> ended
			300s reserve   -> a #4
			300s reserve   -> b #5
			300s reserve   -> c #6`},
		{"round-robin: goes on in list order past numbers that are taken", with(4, roa, selection(SelectRoundRobin)), `
			0s reserve -> a #1
			1s call a  -> bound #1
			2s reserve -> b #2
			3s reserve -> c #3
			4s call b  -> bound #2
			5s reserve -> d #4
			6s reserve -> a #5
			7s reserve -> b #6
			8s reserve -> none
			9s call d  -> bound #4
			9s call c  -> bound #3
			9s reserve -> c #7
			9s reserve -> d #8`},
		{"lifo: freed last", with(3, roa, selection(SelectLIFO)), `
			0s reserve -> a #1
			1s call a  -> bound #1
			2s reserve -> a #2
			3s reserve -> b #3
			4s call a  -> bound #2
			5s call b  -> bound #3
			6s reserve -> b #4
			7s reserve -> a #5
			8s reserve -> c #6
			9s reserve -> none`},
		{"first: lowest in the list", with(3, roa, selection(SelectFirst)), `
			0s reserve -> a #1
			1s reserve -> b #2
			2s reserve -> c #3
			3s call b  -> bound #2
			4s call a  -> bound #1
			5s reserve -> a #4
			6s reserve -> b #5
			7s reserve -> none`},
	})
}

// Every number is issued, none twice, and nothing is invented when all are out.
func TestDrain(t *testing.T) {
	for _, s := range selections {
		for _, n := range []int{1, 2, 63, 64, 65, 1000, 4097} {
			p, err := New(with(n, selection(s)))
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for range n {
				r, ok := p.Reserve(0, nil, "")
				if !ok || seen[r.Number] || !p.Arrive(0, r.Number, "").Bound {
					t.Fatalf("%s of %d: want a fresh number of the pool, got %+v, %t", s, n, r, ok)
				}
				seen[r.Number] = true
			}
			if r, ok := p.Reserve(0, nil, ""); ok {
				t.Errorf("%s of %d: want a refusal, got %+v", s, n, r)
			}
		}
	}
}

func TestRandomIsUniformOverFreeNumbers(t *testing.T) {
	const numbers, taken, rounds = 10, 4, 60_000
	p, err := New(with(numbers, release(ReleaseArrival), selection(SelectRandom)))
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for range taken {
		r, _ := p.Reserve(0, nil, "")
		held[r.Number] = true
	}
	counts := map[string]int{}
	for range rounds {
		r, _ := p.Reserve(0, nil, "")
		p.Arrive(0, r.Number, "")
		counts[r.Number]++
	}
	const free = numbers - taken
	mean := float64(rounds) / free
	chi := 0.0
	for number, n := range counts {
		if held[number] {
			t.Fatalf("%s: issued while it was held", number)
		}
		chi += (float64(n) - mean) * (float64(n) - mean) / mean
	}
	// 99.9 % point of chi-square with 5 degrees of freedom; the seed is fixed.
	if len(counts) != free || chi > 20.5 {
		t.Errorf("counts: want %d numbers at about %.0f each, got %v (chi-square %.1f)", free, mean, counts, chi)
	}
}

func TestRandomFollowsItsSeed(t *testing.T) {
	draw := func(seed uint64) (numbers [20]string) {
		p, err := New(with(1000, selection(SelectRandom), func(c *Config) { c.Seed = seed }))
		if err != nil {
			t.Fatal(err)
		}
		for i := range numbers {
			r, _ := p.Reserve(0, nil, "")
			numbers[i] = r.Number
		}
		return numbers
	}
	if first, again := draw(1), draw(1); first != again {
		t.Error("seed 1: want the same numbers again")
	}
	if draw(1) == draw(2) {
		t.Error("seeds 1 and 2: want different numbers")
	}
}

func TestBitmapAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 64, 65, 4096, 4097, 300_000} {
		b, want := newBitmap(n), map[int]bool{}
		for range 300 {
			i := rng.IntN(n)
			if rng.IntN(3) == 0 {
				b.remove(i)
				delete(want, i)
			} else {
				b.add(i)
				want[i] = true
			}
			from := rng.IntN(n + 1)
			if got, want := b.next(from), smallest(want, from); got != want {
				t.Fatalf("next(%d) of %d: want %d, got %d", from, n, want, got)
			}
		}
	}
}

func smallest(set map[int]bool, from int) int {
	best := math.MaxInt
	for i := range set {
		if i >= from {
			best = min(best, i)
		}
	}
	if best == math.MaxInt {
		return -1
	}
	return best
}
