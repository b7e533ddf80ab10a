package pool

import (
	"slices"
	"testing"
	"time"
)

func TestResize(t *testing.T) {
	playAll(t, []tale{
		{"a removed free number leaves at once", with(2), `
			0s resize a  -> ok
			0s stats     -> free=1
			0s call b    -> unknown number
			0s reserve   -> a #1
			0s reserve   -> none`},
		{"an added number is free and comes last under lru", with(2), `
			0s reserve      -> a #1
			1s resize c a b -> ok
			1s reserve      -> b #2
			1s reserve      -> c #3
			1s reserve      -> none
			1s call a       -> bound #1`},
		{"a removed reservation still waits for its call, then leaves", with(2), `
			0s reserve   -> a #1
			1s resize b  -> ok
			1s stats     -> free=1 pending=1 draining=1
			2s call a    -> bound #1
			3s stats     -> free=1 incall=1 draining=1
			4s call a    -> consumed
			5s hangup c1 -> ended
			5s stats     -> free=1
			5s call a    -> unknown number
			5s reserve   -> b #2
			5s reserve   -> none`},
		{"a removed reservation expires, then leaves", with(2), `
			0s   reserve  -> a #1
			1s   resize b -> ok
			120s call a   -> unknown number
			120s totals   -> reserved=1 expired=1 unknown=1`},
		{"a removed number finishes its cool-down first", with(2, coolDown(10*time.Second)), `
			0s  reserve   -> a #1
			1s  call a    -> bound #1
			2s  hangup c1 -> ended
			3s  resize b  -> ok
			4s  stats     -> free=1 cooling=1 draining=1
			4s  call a    -> cooling
			12s call a    -> unknown number`},
		{"so that removing and adding it cannot cut the cool-down short", with(1, coolDown(10*time.Second)), `
			0s  reserve   -> a #1
			1s  call a    -> bound #1
			2s  hangup c1 -> ended
			3s  resize    -> ok
			3s  resize a  -> ok
			3s  stats     -> cooling=1
			11s reserve   -> none
			12s reserve   -> a #2`},
		{"a number that is listed again while it drains stays", with(2), `
			0s reserve    -> a #1
			1s resize b   -> ok
			2s resize a b -> ok
			2s stats      -> free=1 pending=1
			3s call a     -> bound #1
			4s hangup c1  -> ended
			4s reserve    -> b #2
			4s reserve    -> a #3`},
		{"a number that left and came back is a new one", with(2), `
			0s reserve    -> a #1
			1s call a     -> bound #1
			2s hangup c1  -> ended
			3s resize b   -> ok
			4s resize c   -> ok
			5s resize a   -> ok
			5s reserve    -> a #2
			6s hangup c1  -> nothing
			6s call c     -> unknown number
			6s call a     -> bound #2`},
		{"an empty pool refuses", with(1), `
			0s resize   -> ok
			0s reserve  -> none
			0s stats    ->
			0s resize a -> ok
			0s reserve  -> a #1`},
		{"an error changes nothing", with(2), `
			0s reserve    -> a #1
			1s resize c c -> numbers: want each once, got "+442079460002" twice
			1s resize 123 -> numbers: want E.164 like +442079460000 or a range like +442079460000..+442079460019, got "123"
			1s stats      -> free=1 pending=1
			1s reserve    -> b #2`},
		{"round-robin goes on after the number issued last", with(4, selection(SelectRoundRobin)), `
			0s reserve        -> a #1
			0s reserve        -> b #2
			1s resize d b a c -> ok
			1s reserve        -> c #3
			1s reserve        -> d #4`},
		{"round-robin starts at the top when that number has left", with(4, selection(SelectRoundRobin)), `
			0s reserve      -> a #1
			0s reserve      -> b #2
			1s resize d a c -> ok
			1s reserve      -> d #3
			1s reserve      -> c #4`},
		{"first goes by the new order", with(3, selection(SelectFirst)), `
			0s resize c b a d -> ok
			0s reserve        -> c #1
			0s reserve        -> b #2
			0s reserve        -> a #3
			0s reserve        -> d #4`},
		{"lifo issues new numbers from the top of the list", with(2, selection(SelectLIFO)), `
			0s reserve        -> a #1
			0s resize a b c d -> ok
			0s reserve        -> c #2
			0s reserve        -> d #3
			0s reserve        -> b #4`},
		{"lazy: a removed lease drains until a sweep", with(2, lazy), `
			0s   reserve  -> a #1
			1s   resize b -> ok
			200s stats    -> free=1 pending=1 draining=1
			200s reserve  -> b #2
			200s reserve  -> none
			200s stats    -> pending=1
			200s call a   -> unknown number`},
	})
}

func TestResizeKeepsDrainingNumbersApart(t *testing.T) {
	p, err := New(with(1, func(c *Config) { c.Format = FormatLast4 }))
	if err != nil {
		t.Fatal(err)
	}
	p.Reserve(0, nil, "")
	const want = `numbers: want numbers that number_format last-4 can tell apart, got "+12025550000" and "+442079460000", which is still in use`
	if err := p.Resize(0, []string{"+12025550000"}); err == nil || err.Error() != want {
		t.Errorf("resize: want %s, got %v", want, err)
	}
	if got := p.Numbers(); !slices.Equal(got, []string{"+442079460000"}) {
		t.Errorf("numbers: want no change, got %v", got)
	}
	p.Arrive(120*time.Second, "+442079460000", "")
	if err := p.Resize(120*time.Second, []string{"+12025550000"}); err != nil {
		t.Errorf("resize after the lease: %v", err)
	}
	if a := p.Arrive(120*time.Second, "0000", ""); a.Number != "+12025550000" {
		t.Errorf("call to 0000: want +12025550000, got %+v", a)
	}
}

func TestResizeTakesRanges(t *testing.T) {
	p, err := New(with(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Resize(0, []string{"+442079460000..+442079460004"}); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(0); s.Size != 5 || s.Free != 5 {
		t.Errorf("stats: want 5 free of 5, got %+v", s)
	}
}
