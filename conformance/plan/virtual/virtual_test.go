package virtual

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/pool"
)

var callers = flag.Uint64("callers", 20_000, "callers in the runs that are held against simulated references")

func distribution(t testing.TB, text string) traffic.Distribution {
	t.Helper()
	d, err := traffic.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// held is a pool of n numbers that are held for as long as the set-up takes, and nothing else.
func held(n int, rate traffic.Rate, setUp traffic.Distribution) Config {
	p := pool.Default()
	p.Numbers, p.Release, p.Window = pool.Count(n), pool.ReleaseArrival, time.Hour
	return Config{Pool: p, Arrivals: traffic.Arrivals{Rates: traffic.Steady(rate)}, PostDial: setUp, WarmUp: 5 * time.Minute, Seed: 1}
}

func mustRun(t testing.TB, c Config) Result {
	t.Helper()
	r, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if spent := r.Abandoned + r.Lost + r.Own + r.Wrong + r.Unbound + r.Open; r.Tries != r.Refused+r.Reserved || r.Reserved != spent {
		t.Errorf("ledger: want every reservation to end in one way, got %+v", r)
	}
	return r
}

func TestQueue(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	q := newQueue()
	var want []event // in the order in which they are to come
	now := time.Duration(0)
	for i := range 20_000 {
		for range r.IntN(3) {
			e := event{at: now + time.Duration(r.IntN(50)), call: int32(i)}
			q.push(e)
			at, _ := slices.BinarySearchFunc(want, e, func(a, b event) int {
				if a.at <= b.at {
					return -1
				}
				return 1
			})
			want = slices.Insert(want, at, e)
		}
		limit := now + time.Duration(r.IntN(20))
		got, ok := q.pop(limit)
		if due := len(want) > 0 && want[0].at <= limit; ok != due {
			t.Fatalf("event %d: want one due by %v: %v, got %v", i, limit, due, ok)
		}
		if !ok {
			continue
		}
		if got != want[0] {
			t.Fatalf("event %d: want %v, got %v", i, want[0], got)
		}
		now, want = got.at, want[1:]
	}
}

// TestBlockingIsErlangs: the pool itself refuses what the formula says, at 180, 240 and 300 calls a minute on 20 numbers
// that are held for 4 s on the average. The interval is that of batch means, within 10 % of the share.
func TestBlockingIsErlangs(t *testing.T) {
	t.Parallel()
	setUp := distribution(t, "mean: 4s, cv: 0.6")
	for _, test := range []struct {
		rate    traffic.Rate
		callers uint64
	}{{3, 300_000}, {4, 40_000}, {5, 20_000}} {
		t.Run(test.rate.String(), func(t *testing.T) {
			t.Parallel()
			c := held(20, test.rate, setUp)
			c.Calls = test.callers
			r := mustRun(t, c)
			want := erlang.Blocking(20, 4*float64(test.rate))
			if !r.Blocking.Contains(want) || r.Blocking.Relative() > 0.1 {
				t.Errorf("refused: want %.4f within 10 %%, got %v of %d", want, r.Blocking, r.Blocking.Outcomes)
			}
			if held := 4 * float64(test.rate) * (1 - want); math.Abs(r.Held-held) > 0.03*held {
				t.Errorf("held: want %.2f numbers, got %.2f", held, r.Held)
			}
		})
	}
}

// TestMetronome is the trap: callers at even distances are never refused at the documented capacity, where callers who do
// not know of each other are refused one time in six.
func TestMetronome(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rate     traffic.Rate
		setUp    string
		want, by float64
	}{
		{3, "4s", 0, 0}, {4, "4s", 0, 0}, {5, "4s", 0, 0}, {3, "mean: 4s, cv: 0.6", 0.00003, 0.0005},
		{4, "mean: 4s, cv: 0.6", 0.013, 0.005}, {5, "mean: 4s, cv: 0.6", 0.104, 0.02},
	} {
		c := held(20, test.rate, distribution(t, test.setUp))
		c.Arrivals.Pattern, c.Calls = traffic.Metronome, 8_000
		if got := mustRun(t, c).Blocking.Share; math.Abs(got-test.want) > test.by {
			t.Errorf("metronome at %s, held for %s: want %.3f refused, got %.4f", test.rate, test.setUp, test.want, got)
		}
	}
}

// TestBatches: Hayward's formula is too low where whole batches come at one instant; the reference was simulated.
func TestBatches(t *testing.T) {
	t.Parallel()
	for batch, want := range map[int]float64{1: 0.0097, 2: 0.035, 5: 0.115, 10: 0.229} {
		c := held(20, 12.03/4, distribution(t, "mean: 4s, cv: 0.57"))
		c.Arrivals.Batch, c.Calls = batch, 25_000
		if r := mustRun(t, c); math.Abs(r.Blocking.Share-want) > r.Blocking.HalfWidth+0.0005 {
			t.Errorf("batches of %d: want %.3f refused, got %v", batch, want, r.Blocking)
		}
	}
}

// TestHoldingTimesDoNotMatter: only their mean does, also when some of them are windows that nobody called in.
func TestHoldingTimesDoNotMatter(t *testing.T) {
	t.Parallel()
	want := erlang.Blocking(20, 12)
	for _, setUp := range []string{"mean: 4s", "4s", "mixture: [{share: 0.95, of: {mean: 1s}}, {share: 0.05, of: 61s}]"} {
		c := held(20, 3, distribution(t, setUp))
		c.Calls = 40_000
		if r := mustRun(t, c); !r.Blocking.Contains(want) {
			t.Errorf("held for %s: want %.4f refused, got %v", setUp, want, r.Blocking)
		}
	}
	c := held(20, 3, distribution(t, "mean: 1s"))
	c.Pool.Window, c.Abandoned, c.Calls = 61*time.Second, 0.05, 40_000
	if r := mustRun(t, c); !r.Blocking.Contains(want) || math.Abs(float64(r.Abandoned)/float64(r.Reserved)-0.05) > 0.005 {
		t.Errorf("one in twenty abandoned: want %.4f refused, got %v and %+v", want, r.Blocking, r)
	}
}

// TestLateCalls holds late calls, those that are taken for others, and callers who are refused against the reference, which was
// simulated with 400,000 reservations: 30 numbers, 3 callers a second, one in twenty of whom does not call.
func TestLateCalls(t *testing.T) {
	t.Parallel()
	const notKnown = -1
	for _, test := range []struct {
		selection               pool.Selection
		window, coolDown        time.Duration
		wrong, unbound, refused float64 // in a million
	}{
		{pool.SelectLRU, 10 * time.Second, 0, 8950, 46658, 110}, {pool.SelectLRU, 15 * time.Second, 0, 2168, 8430, 378},
		{pool.SelectLRU, 20 * time.Second, 0, 633, 1848, 778}, {pool.SelectLRU, 30 * time.Second, 0, 63, 128, 2348},
		{pool.SelectRandom, 10 * time.Second, 0, 20520, notKnown, notKnown}, {pool.SelectRandom, 15 * time.Second, 0, 4395, notKnown, notKnown},
		{pool.SelectRandom, 20 * time.Second, 0, 945, notKnown, notKnown}, {pool.SelectRandom, 30 * time.Second, 0, 110, notKnown, notKnown},
		{pool.SelectLIFO, 10 * time.Second, 0, 81075, notKnown, notKnown}, {pool.SelectLIFO, 15 * time.Second, 0, 15655, notKnown, notKnown},
		{pool.SelectLIFO, 20 * time.Second, 0, 3553, notKnown, notKnown}, {pool.SelectLIFO, 30 * time.Second, 0, 250, notKnown, notKnown},
		{pool.SelectLRU, 15 * time.Second, 5 * time.Second, 858, notKnown, 140_000},
	} {
		t.Run(fmt.Sprint(test.selection, test.window, test.coolDown), func(t *testing.T) {
			t.Parallel()
			c := held(30, 3, traffic.SlowPostDialDelay())
			c.Pool.Window, c.Pool.CoolDown, c.Pool.Selection, c.Abandoned, c.Calls = test.window, test.coolDown, test.selection, 0.05, *callers
			r := mustRun(t, c)
			near := func(what string, got, of uint64, want, clusters float64) {
				share, n := want/1e6, float64(of)
				// four standard deviations of the two counts, and one that was seen where none was to be
				margin := 4*clusters*math.Sqrt(share/n+share/400_000) + 1/n
				if got := float64(got) / n; want != notKnown && math.Abs(got-share) > margin {
					t.Errorf("%s: want %.5f within %.5f, got %.5f", what, share, margin, got)
				}
			}
			near("wrong", r.Wrong, r.Reserved, test.wrong, 1.5) // a wrong call brings on others
			near("unbound", r.Unbound, r.Reserved, test.unbound, 1.5)
			near("late", r.Late, r.Reserved, 0.95e6*c.PostDial.Exceeds(test.window), 1.5)
			near("refused", r.Refused, r.Tries, test.refused, 2) // by TestRefusalsComeInClusters
		})
	}
}

// TestLostReplies: a client that asks again leaves a number behind that nobody knows of.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	c := held(200, 3, distribution(t, "mean: 4s"))
	c.Pool.Window, c.Lost, c.Retries, c.Timeout, c.Calls = time.Minute, 0.1, 1, distribution(t, "2s"), 10_000
	r := mustRun(t, c)
	if want := 3 * (4 + 0.1*60.0); math.Abs(r.Held-want) > 0.05*want {
		t.Errorf("held: want %.1f numbers, got %.2f", want, r.Held)
	}
	if lost := float64(r.Lost) / float64(r.Callers); math.Abs(lost-0.1) > 0.01 || r.Callers+r.Lost-r.Tries > 5 {
		t.Errorf("lost: want one reply in ten and a try more for each, got %+v", r)
	}
}

// TestAgain: refused callers who come again are what the extended formula says.
func TestAgain(t *testing.T) {
	t.Parallel()
	c := held(20, 5, distribution(t, "mean: 4s"))
	c.Again, c.Backoff, c.Calls = 0.5, distribution(t, "mean: 60s"), 30_000
	_, want, _ := erlang.Retried(20, 20, 0.5, 1)
	if r := mustRun(t, c); math.Abs(r.Blocking.Share-want) > r.Blocking.HalfWidth+0.01 {
		t.Errorf("refused: want %.4f, got %v", want, r.Blocking)
	}
}

// TestStrays: one that meets a reservation takes its attributes, as often as numbers wait.
func TestStrays(t *testing.T) {
	t.Parallel()
	c := held(30, 3, distribution(t, "mean: 4s"))
	c.Strays, c.Talk, c.Calls = 0.01, distribution(t, "20s"), 10_000
	r := mustRun(t, c)
	if want := r.Held / 30; math.Abs(float64(r.StrayHits)/float64(r.Strays)-want) > 0.05 {
		t.Errorf("strays: want %.2f of them to hit, got %d of %d", want, r.StrayHits, r.Strays)
	}
	if r.Unbound == 0 || r.Unbound > r.StrayHits+r.Wrong {
		t.Errorf("unbound: want the calls whose attributes went to a stray, got %+v", r)
	}
}

// TestCallsAtOnce: a number that is released on arrival carries several calls.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	c := held(40, 5, distribution(t, "mean: 4s"))
	c.Talk, c.WarmUp, c.Calls = distribution(t, "mean: 180s"), 20*time.Minute, 10_000
	r := mustRun(t, c)
	var sum, n float64
	for up, times := range r.Busy {
		sum, n = sum+float64(up)*float64(times), n+float64(times)
	}
	if got := sum / n; math.Abs(got-23.2) > 1 { // itself, and 22.5 of which some ended
		t.Errorf("calls on a number when another arrives: want about 23, got %.2f", got)
	}
	c.Pool.Release = pool.ReleaseHangup
	if c.Calls = 1000; mustRun(t, c).Busy != nil {
		t.Error("calls at once on a number that is held until hang-up: want none told")
	}
}

// TestReleases: what a call holds its number for is up to the rule.
func TestReleases(t *testing.T) {
	t.Parallel()
	for release, want := range map[pool.Release]float64{pool.ReleaseArrival: 4, pool.ReleaseAnswer: 6, pool.ReleaseHangup: 16} {
		c := held(1000, 3, distribution(t, "mean: 4s"))
		c.Ring, c.Talk, c.Pool.Release, c.Calls = distribution(t, "2s"), distribution(t, "mean: 10s"), release, 10_000
		if r := mustRun(t, c); math.Abs(r.Held-3*want) > 0.05*3*want || r.Refused > 0 {
			t.Errorf("released on %s: want %g numbers held, got %.2f", release, 3*want, r.Held)
		}
	}
}

func TestTheSameSeedRepeats(t *testing.T) {
	t.Parallel()
	c := held(20, 5, distribution(t, "mean: 4s, cv: 0.6"))
	c.Length, c.Strays, c.Abandoned = 10*time.Minute, 0.001, 0.01
	one, two := mustRun(t, c), mustRun(t, c)
	if fmt.Sprint(one) != fmt.Sprint(two) || one.Virtual != c.Length {
		t.Errorf("the same seed: want the same, got %+v and %+v", one, two)
	}
	c.Seed = 2
	if fmt.Sprint(mustRun(t, c)) == fmt.Sprint(one) {
		t.Error("another seed: want another run, got the same")
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, held(20, 5, distribution(t, "4s"))); err != context.Canceled {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
	c := held(20, 5, distribution(t, "4s"))
	c.Pool.Window = 0
	if _, err := Run(context.Background(), c); err == nil {
		t.Error("a pool without a window: want a problem, got none")
	}
}

// TestSeveral: each project's callers are refused as Erlang's formula says of their own load and pool, whatever the others do; no
// reservation is given a number of another's pool; each project's ledger is balanced, and they add up to all callers.
func TestSeveral(t *testing.T) {
	t.Parallel()
	c := held(1, 6, distribution(t, "mean: 4s, cv: 0.6"))
	c.Calls = 120_000
	shares := []Share{{Of: 0.5, Numbers: 18}, {Of: 0.3, Numbers: 8}, {Of: 0.2, Numbers: 9}}
	all, err := Several(context.Background(), c, shares)
	if err != nil {
		t.Fatal(err)
	}
	var callers uint64
	for i, r := range all {
		s := shares[i]
		want := erlang.Blocking(s.Numbers, 24*s.Of)
		if !r.Blocking.Contains(want) || r.Blocking.Relative() > 0.3 {
			t.Errorf("%v: want %.4f refused, got %v", s, want, r.Blocking)
		}
		if spent := r.Abandoned + r.Lost + r.Own + r.Wrong + r.Unbound + r.Open; r.Tries != r.Refused+r.Reserved || r.Reserved != spent || r.Wrong+r.Unbound+r.Foreign > 0 {
			t.Errorf("%v: want every reservation to end in one way, with its own attributes, got %+v", s, r)
		}
		if got := float64(r.Callers) / float64(c.Calls); math.Abs(got-s.Of) > 0.01 {
			t.Errorf("%v: want this share of the callers, got %.3f", s, got)
		}
		callers += r.Callers
	}
	if callers != c.Calls {
		t.Errorf("callers: want %d, got %d", c.Calls, callers)
	}
	again, err := Several(context.Background(), c, shares)
	if err != nil || again[1].Refused != all[1].Refused {
		t.Errorf("the same seed: want the same, got %d and %d (%v)", again[1].Refused, all[1].Refused, err)
	}
}

// TestForeignNumbersAreSeen: a number that is not of the pool would be counted.
func TestForeignNumbersAreSeen(t *testing.T) {
	t.Parallel()
	r, err := newRun(held(4, 1, traffic.Constant(time.Second)), 0.5, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.first -= 2 // the pool's last two numbers are beyond its range now
	r.counting = true
	for range 4 {
		r.reserve(0, r.take())
	}
	if r.seen.Foreign != 2 {
		t.Errorf("want 2 of 4, got %d", r.seen.Foreign)
	}
}
