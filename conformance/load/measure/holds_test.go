package measure

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// TestHolds plays small stories, and asks after each step how many numbers must be and may be held.
func TestHolds(t *testing.T) {
	t.Parallel()
	hangup := Rules{Release: "hangup", WindowMin: 10 * time.Second, WindowMax: 11 * time.Second}
	arrival := hangup
	arrival.Release = "arrival"
	resting := arrival
	resting.Rest, resting.RestMax = 3*time.Second, 4*time.Second
	cases := []struct {
		name  string
		rules Rules
		story string // "second event → must may", one after the other
		held  string // the area until the end of all
	}{
		{"not called", hangup, "0 sent 0 1; 1 given 1 1; 9 look 1 1; 10 look 0 1; 12 look 0 0", "10"},
		{"called until hang-up", hangup, "0 sent 0 1; 1 given 1 1; 2 dialled 1 1; 5 arrived 1 1; 60 look 1 1; 61 ended 0 0", "60"},
		{"called too late", hangup, "0 sent 0 1; 1 given 1 1; 9 dialled 1 1; 15 arrived 0 1; 60 ended 0 0", "10"},
		{"call refused", hangup, "0 sent 0 1; 1 given 1 1; 2 dialled 1 1; 3 failed 1 1; 10 look 0 1; 12 look 0 0", "10"},
		{"released on arrival", arrival, "0 sent 0 1; 1 given 1 1; 2 dialled 0 1; 5 arrived 0 0; 60 ended 0 0", "4"},
		{"rests", resting, "0 sent 0 1; 1 given 1 1; 2 dialled 0 1; 5 arrived 0 1; 9 look 0 0", "7"},
		{"refused", hangup, "0 sent 0 1; 1 nothing 0 0", "0"},
		{"without a reply", hangup, "0 sent 0 1; 2 lost 0 1; 12 look 0 1; 13 look 0 0", "0"},
		{"nothing is known", Rules{}, "0 sent 0 1; 1 given 0 1; 99 look 0 1", "0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := NewHolds(c.rules)
			var l *Lease
			for step := range strings.SplitSeq(c.story, "; ") {
				var second, must, may int
				var what string
				if _, err := fmt.Sscan(step, &second, &what, &must, &may); err != nil {
					t.Fatal(err)
				}
				now := time.Duration(second) * time.Second
				switch what {
				case "sent":
					h.Sent(now)
				case "nothing":
					h.Nothing(now)
				case "lost":
					h.Lost(now)
				case "given":
					l = h.Given("+1", 0, now)
				case "dialled":
					l.Dialled(now)
				case "arrived":
					l.Arrived(now)
				case "ended", "failed":
					l.Ended(now, what == "ended")
				}
				if gotMust, gotMay := h.Now(now); gotMust != must || gotMay != may {
					t.Errorf("%s: got %d %d", step, gotMust, gotMay)
				}
			}
			h.Now(1000 * time.Second)
			if got := fmt.Sprint(h.Held(0, 1000*time.Second) * 1000); got != c.held {
				t.Errorf("held: want %s number-seconds, got %s", c.held, got)
			}
		})
	}
}

func TestANumberThatWasGivenTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		sent, now time.Duration // of the second reservation; the first was given at 1 s, and its window is over at 10 s
		called    bool          // the first was
		over      time.Duration // when its call ended
		twice     int
	}{
		{name: "in the window", sent: 2 * time.Second, now: 3 * time.Second, twice: 1},
		{name: "the window may have been over", sent: 9 * time.Second, now: 12 * time.Second},
		{name: "during the call", sent: 20 * time.Second, now: 21 * time.Second, called: true, over: time.Minute, twice: 1},
		{name: "when the call may have been over", sent: 20 * time.Second, now: 21 * time.Second, called: true, over: 22 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := NewHolds(Rules{Release: "hangup", WindowMin: 10 * time.Second, WindowMax: 10 * time.Second})
			h.Sent(0)
			first := h.Given("+1", 0, time.Second)
			if c.called {
				first.Dialled(2 * time.Second)
				first.Arrived(3 * time.Second)
			}
			h.Sent(c.sent)
			h.Given("+1", c.sent, c.now)
			if c.called {
				first.Ended(c.over, true)
			}
			if h.Twice() != c.twice {
				t.Errorf("given twice: want %d, got %d", c.twice, h.Twice())
			}
		})
	}
}

func TestTheMostThatWereHeldAtOneTime(t *testing.T) {
	t.Parallel()
	h := NewHolds(Rules{Release: "hangup", WindowMin: 10 * time.Second, WindowMax: 10 * time.Second})
	for i := range 3 {
		h.Sent(time.Duration(i) * time.Second)
		h.Given(fmt.Sprint(i), time.Duration(i)*time.Second, time.Duration(i+1)*time.Second)
	}
	h.Sent(4 * time.Second)
	if must, may := h.Most(); must != 3 || may != 4 {
		t.Errorf("most: want 3 and 4, got %d and %d", must, may)
	}
	h.Now(time.Minute)
	h.Most()
	if must, may := h.Most(); must != 0 || may != 1 {
		t.Errorf("most since then: want 0 and 1, got %d and %d", must, may)
	}
}

func TestHeldBetweenMarks(t *testing.T) {
	t.Parallel()
	h := NewHolds(Rules{Release: "hangup", WindowMin: 10 * time.Second, WindowMax: 10 * time.Second}, 4*time.Second, 8*time.Second)
	h.Sent(0)
	h.Given("+1", 0, 2*time.Second)
	h.Sent(0)
	h.Given("+2", 0, 6*time.Second)
	h.Mark(9 * time.Second)
	for _, c := range []struct {
		from, to time.Duration
		want     float64
	}{{0, 4 * time.Second, 0.5}, {4 * time.Second, 8 * time.Second, 1.5}, {8 * time.Second, 9 * time.Second, 2}, {0, 9 * time.Second, 10.0 / 9}} {
		if got := h.Held(c.from, c.to); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("held from %v to %v: want %v, got %v", c.from, c.to, c.want, got)
		}
	}
}
