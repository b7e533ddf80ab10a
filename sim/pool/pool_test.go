package pool

import (
	"math"
	"testing"
	"time"
)

type tale struct {
	name   string
	config Config
	lines  string
}

func playAll(t *testing.T, tales []tale) {
	for _, c := range tales {
		t.Run(c.name, func(t *testing.T) { play(t, c.config, c.lines) })
	}
}

func TestWindow(t *testing.T) {
	playAll(t, []tale{
		{"a call at the first instant is bound", with(1), `
			5s  reserve -> a #1
			5s  call a  -> bound #1`},
		{"a call one nanosecond before the end is bound", with(1), `
			5s             reserve -> a #1
			124.999999999s call a  -> bound #1`},
		{"a call at the end is not, and the number is free exactly once", with(2), `
			5s   reserve -> a #1
			125s call a  -> not reserved
			125s stats   -> free=2
			125s reserve -> b #2
			125s reserve -> a #3
			125s reserve -> none`},
		{"the window starts at the commit, not at an earlier look", with(1), `
			0s   stats   -> free=1
			30s  reserve -> a #1
			149s call a  -> bound #1`},
		{"looking often does not shorten it", with(1), `
			0s   reserve -> a #1
			60s  stats   -> pending=1
			60s  reserve -> none
			119s stats   -> pending=1
			119s reserve -> none
			119s call a  -> bound #1`},
		{"a refused reservation changes nothing", with(1), `
			0s   reserve -> a #1
			100s reserve -> none
			119s call a  -> bound #1
			119s totals  -> reserved=1 refused=1 bound=1 calls=1`},
		{"an uncalled lease gives its number back, cycle after cycle", with(1), `
			0s    reserve -> a #1
			120s  reserve -> a #2
			240s  reserve -> a #3
			360s  reserve -> a #4
			480s  stats   -> free=1
			480s  totals  -> reserved=4 expired=4`},
		{"an endless window does not overflow", with(1, window(math.MaxInt64)), `
			1h       reserve -> a #1
			2000000h call a  -> bound #1`},
		{"time that goes back stands still", with(1), `
			100s reserve -> a #1
			0s   reserve -> none
			219s call a  -> bound #1
			0s   hangup c1 -> ended
			219s stats   -> free=1`},
		{"so that a cool-down cannot start in the past", with(1, coolDown(10*time.Second)), `
			100s reserve   -> a #1
			110s call a    -> bound #1
			0s   hangup c1 -> ended
			119s reserve   -> none
			120s reserve   -> a #2`},
	})
}

func TestReaper(t *testing.T) {
	playAll(t, []tale{
		{"lag: a call after the window and before the lag is bound", with(1, lag(10*time.Second)), `
			0s             reserve -> a #1
			129.999999999s call a  -> bound #1`},
		{"lag: at window+lag it has expired", with(1, lag(10*time.Second)), `
			0s             reserve -> a #1
			129.999999999s reserve -> none
			130s           call a  -> not reserved
			130s           reserve -> a #2`},
		{"lag: the cool-down follows the actual expiry", with(1, lag(10*time.Second), coolDown(5*time.Second)), `
			0s             reserve -> a #1
			134.999999999s reserve -> none
			135s           reserve -> a #2`},
		{"lazy: a lease lives on while other numbers are free", with(2, lazy), `
			0s    reserve -> a #1
			500s  stats   -> free=1 pending=1
			500s  call a  -> bound #1`},
		{"lazy: a Reserve that finds nothing sweeps all expired leases, oldest first", with(3, lazy), `
			0s   reserve -> a #1
			1s   reserve -> b #2
			2s   reserve -> c #3
			121s reserve -> a #4
			121s stats   -> free=1 pending=2
			121s call b  -> not reserved
			121s call c  -> bound #3
			121s reserve -> b #5
			121s reserve -> none`},
		{"lazy: the sweep does not shorten the window", with(1, lazy), `
			0s   reserve -> a #1
			119s reserve -> none
			119s call a  -> bound #1`},
		{"lazy: the cool-down counts from the end of the window", with(2, lazy, coolDown(10*time.Second)), `
			0s   reserve -> a #1
			5s   reserve -> b #2
			131s reserve -> a #3
			131s stats   -> pending=1 cooling=1
			134s reserve -> none
			135s reserve -> b #4`},
		{"lazy: a sweep dates back past a release", with(2, lazy, coolDown(100*time.Second)), `
			0s   reserve   -> a #1
			0s   reserve   -> b #2
			130s call b    -> bound #2
			140s hangup c1 -> ended
			150s reserve   -> none
			219s stats     -> cooling=2
			220s stats     -> free=1 cooling=1
			239s reserve   -> a #3
			240s reserve   -> b #4`},
	})
}

func TestReleaseOnHangup(t *testing.T) {
	playAll(t, []tale{
		{"the number is held until the call ends, however long", with(1), `
			0s    reserve   -> a #1
			119s  call a    -> bound #1
			5000s reserve   -> none
			5000s answer c1 -> nothing
			5000s reserve   -> none
			6000s hangup c1 -> ended
			6000s reserve   -> a #2`},
		{"a repeated hang-up changes nothing", with(1), `
			0s hangup c9 -> nothing
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s hangup c1 -> ended
			2s hangup c1 -> nothing
			3s totals    -> reserved=1 bound=1 released=1 calls=1`},
		{"a late hang-up does not end the next lease, pending or in call", with(1), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s hangup c1 -> ended
			3s reserve   -> a #2
			4s hangup c1 -> nothing
			4s answer c1 -> nothing
			5s call a    -> bound #2
			6s hangup c1 -> nothing
			6s stats     -> incall=1`},
		{"the hang-up of an unbound call changes nothing", with(1), `
			0s call a    -> not reserved
			0s reserve   -> a #1
			1s hangup c1 -> nothing
			1s call a    -> bound #1
			2s call a    -> consumed
			3s hangup c3 -> nothing
			3s stats     -> incall=1`},
		{"the cool-down is half-open", with(1, coolDown(10*time.Second)), `
			0s            reserve   -> a #1
			1s            call a    -> bound #1
			2s            hangup c1 -> ended
			2s            call a    -> cooling
			11.999999999s reserve   -> none
			12s           call a    -> not reserved
			12s           reserve   -> a #2`},
	})
}

func TestReleaseOnArrival(t *testing.T) {
	playAll(t, []tale{
		{"the number leaves the lease when the call arrives", with(1, release(ReleaseArrival)), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			1s reserve   -> a #2
			2s hangup c1 -> nothing
			2s stats     -> pending=1`},
		{"a second call does not get the attributes again", with(1, release(ReleaseArrival)), `
			0s reserve -> a #1
			1s call a  -> bound #1
			1s call a  -> not reserved`},
		{"nor with bindings: many, for the lease is over", with(1, release(ReleaseArrival), many), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			1s call a    -> not reserved
			1s hangup c1 -> nothing`},
		{"a call to the re-leased number gets the newer lease", with(1, release(ReleaseArrival)), `
			0s   reserve -> a #1
			120s reserve -> a #2
			121s call a  -> bound #2`},
		{"the cool-down starts at the arrival", with(1, release(ReleaseArrival), coolDown(2*time.Second)), `
			0s reserve -> a #1
			1s call a  -> bound #1
			2s call a  -> cooling
			2s reserve -> none
			3s reserve -> a #2`},
	})
}

func TestReleaseOnAnswer(t *testing.T) {
	playAll(t, []tale{
		{"the number is held while it rings, even past the window", with(1, release(ReleaseAnswer)), `
			0s   reserve   -> a #1
			1s   call a    -> bound #1
			500s reserve   -> none
			500s answer c1 -> released
			500s reserve   -> a #2
			501s hangup c1 -> nothing
			501s answer c1 -> nothing
			501s stats     -> pending=1`},
		{"a hang-up before the answer releases it too", with(1, release(ReleaseAnswer)), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s hangup c1 -> ended
			2s answer c1 -> nothing
			2s reserve   -> a #2`},
		{"many: the first answer releases, whatever the others do", with(1, release(ReleaseAnswer), many), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s call a    -> bound #1
			3s answer c2 -> released
			4s answer c1 -> nothing
			4s reserve   -> a #2
			5s call a    -> bound #2
			6s hangup c1 -> nothing
			6s stats     -> incall=1`},
	})
}

func TestBindings(t *testing.T) {
	playAll(t, []tale{
		{"once: a second call is unbound and changes nothing", with(1), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s call a    -> consumed
			3s hangup c2 -> nothing
			3s stats     -> incall=1
			4s hangup c1 -> ended
			4s totals    -> reserved=1 bound=1 released=1 calls=1 unbound=1`},
		{"many: the number is released with the last call", with(1, many), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s call a    -> bound #1
			3s hangup c1 -> ended
			3s hangup c1 -> nothing
			3s reserve   -> none
			4s call a    -> bound #1
			5s hangup c2 -> ended
			6s reserve   -> none
			7s hangup c3 -> ended
			7s reserve   -> a #2
			7s totals    -> reserved=2 refused=2 bound=1 released=1 calls=3`},
		{"many: calls of an older lease do not count", with(1, many), `
			0s reserve   -> a #1
			1s call a    -> bound #1
			2s hangup c1 -> ended
			3s reserve   -> a #2
			4s call a    -> bound #2
			5s hangup c1 -> nothing
			5s stats     -> incall=1`},
	})
}

func TestUnboundCalls(t *testing.T) {
	playAll(t, []tale{
		{"a free number has no attributes, before and after a lease", with(1), `
			0s call a    -> not reserved
			1s reserve   -> a #1
			2s call a    -> bound #1
			3s hangup c2 -> ended
			4s call a    -> not reserved
			4s stats     -> free=1`},
		{"an expired lease leaves nothing behind", with(1), `
			0s   reserve -> a #1
			200s call a  -> not reserved
			200s totals  -> reserved=1 expired=1 unbound=1`},
		{"a number that is not of the pool", with(1), `
			0s reserve           -> a #1
			1s call +12025550123 -> unknown number
			1s call anonymous    -> unknown number
			1s call b            -> unknown number
			1s stats             -> pending=1
			1s totals            -> reserved=1 unknown=3`},
		{"a stray takes the reservation, and the late caller gets nothing", with(1), `
			0s reserve -> a #1
			1s call a  -> bound #1
			2s call a  -> consumed`},
	})
}

func TestMatchANI(t *testing.T) {
	playAll(t, []tale{
		{"only the named caller is bound, in any number form", with(1, byANI), `
			0s reserve +447700900123 -> a #1
			1s call a +447700900124  -> ani
			1s call a                -> ani
			1s call a anonymous      -> ani
			1s stats                 -> pending=1
			2s call a 07700900123    -> bound #1`},
		{"a lease that names nobody takes anyone", with(1, byANI), `
			0s reserve -> a #1
			1s call a anonymous -> bound #1`},
		{"many: another caller stays out", with(1, byANI, many), `
			0s reserve 07700900123     -> a #1
			1s call a  +447700900123   -> bound #1
			2s call a  +447700900124   -> ani
			3s call a  00447700900123  -> bound #1`},
		{"a caller of an ended lease leaves no trace", with(1, byANI, release(ReleaseArrival)), `
			0s reserve 07700900123    -> a #1
			1s call a  07700900123    -> bound #1
			2s reserve                -> a #2
			3s call a  +12025550123   -> bound #2`},
		{"match dni ignores the caller", with(1), `
			0s reserve 07700900123  -> a #1
			1s call a  +12025550123 -> bound #1`},
	})
}

func TestNumberForms(t *testing.T) {
	for _, dialled := range []string{
		"+442079460000", "442079460000", "00442079460000", "011442079460000", "02079460000",
		" +44 20 7946-0000 ", "+44.20.7946.0000", "(020) 7946/0000",
	} {
		p, err := New(with(1))
		if err != nil {
			t.Fatal(err)
		}
		r, _ := p.Reserve(0, nil, "")
		if a := p.Arrive(0, dialled, ""); !a.Bound || a.Number != r.Number {
			t.Errorf("call to %q: want bound to %s, got %+v", dialled, r.Number, a)
		}
	}
}

func TestExactFormTakesNoOther(t *testing.T) {
	p, err := New(with(1, func(c *Config) { c.Format = FormatExact }))
	if err != nil {
		t.Fatal(err)
	}
	p.Reserve(0, nil, "")
	for _, dialled := range []string{"442079460000", " +442079460000", "02079460000"} {
		if a := p.Arrive(0, dialled, ""); a.Known || a.Number != dialled {
			t.Errorf("call to %q: want an unknown number, got %+v", dialled, a)
		}
	}
	if a := p.Arrive(0, "+442079460000", ""); !a.Bound {
		t.Errorf("call to the number itself: want bound, got %+v", a)
	}
}

func TestAttributesDoNotOutliveTheLease(t *testing.T) {
	p, err := New(with(1))
	if err != nil {
		t.Fatal(err)
	}
	p.Reserve(0, []byte("secret"), "")
	a := p.Arrive(0, "+442079460000", "")
	p.Hangup(0, a.Call)
	if got := p.slots[1].attributes; got != nil {
		t.Errorf("slot: want no attributes after release, got %q", got)
	}
	if string(a.Attributes) != "secret" {
		t.Errorf("arrival: want its attributes untouched, got %q", a.Attributes)
	}
}

func TestCallsAreForgottenWithTheirLease(t *testing.T) {
	p, err := New(with(1, many, release(ReleaseAnswer)))
	if err != nil {
		t.Fatal(err)
	}
	p.Reserve(0, nil, "")
	first := p.Arrive(0, "+442079460000", "")
	p.Arrive(0, "+442079460000", "")
	p.Answer(0, first.Call)
	if len(p.calls) != 0 {
		t.Errorf("calls: want none after release, got %v", p.calls)
	}
}
