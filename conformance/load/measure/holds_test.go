package measure

import (
	"fmt"
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
		held  string
	}{
		{"not called", hangup, "0 sent 0 1; 1 given 1 1; 9 look 1 1; 10 look 0 1; 12 look 0 0", "10s"},
		{"called until hang-up", hangup, "0 sent 0 1; 1 given 1 1; 2 dialled 1 1; 5 arrived 1 1; 60 look 1 1; 61 ended 0 0", "1m0s"},
		{"called too late", hangup, "0 sent 0 1; 1 given 1 1; 9 dialled 1 1; 15 arrived 0 1; 60 ended 0 0", "10s"},
		{"call refused", hangup, "0 sent 0 1; 1 given 1 1; 2 dialled 1 1; 3 failed 1 1; 10 look 0 1; 12 look 0 0", "10s"},
		{"released on arrival", arrival, "0 sent 0 1; 1 given 1 1; 2 dialled 0 1; 5 arrived 0 0; 60 ended 0 0", "4s"},
		{"rests", resting, "0 sent 0 1; 1 given 1 1; 2 dialled 0 1; 5 arrived 0 1; 9 look 0 0", "7s"},
		{"refused", hangup, "0 sent 0 1; 1 nothing 0 0", ""},
		{"without a reply", hangup, "0 sent 0 1; 2 lost 0 1; 12 look 0 1; 13 look 0 0", ""},
		{"nothing is known", Rules{}, "0 sent 0 1; 1 given 0 1; 99 look 0 1", ""},
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
					l, _ = h.Given("+1", 0, now)
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
			got := ""
			if l != nil {
				if held, known := l.Held(); known {
					got = held.String()
				}
			}
			if got != c.held {
				t.Errorf("held: want %q, got %q", c.held, got)
			}
		})
	}
}

func TestANumberThatWasGivenTwice(t *testing.T) {
	t.Parallel()
	h := NewHolds(Rules{Release: "hangup", WindowMin: 10 * time.Second, WindowMax: 10 * time.Second})
	given := func(number string, sent, now time.Duration) bool {
		h.Sent(sent)
		_, twice := h.Given(number, sent, now)
		return twice
	}
	for _, c := range []struct {
		number    string
		sent, now time.Duration
		twice     bool
	}{
		{"+1", 0, time.Second, false},
		{"+2", time.Second, 2 * time.Second, false},
		{"+1", 2 * time.Second, 3 * time.Second, true},
		{"+2", 9 * time.Second, 12 * time.Second, false}, // its window may have been over
	} {
		if got := given(c.number, c.sent, c.now); got != c.twice {
			t.Errorf("%s at %v: want twice %v, got %v", c.number, c.now, c.twice, got)
		}
	}
	if must, may := h.Most(); must != 3 || may != 4 {
		t.Errorf("most: want 3 and 4, got %d and %d", must, may)
	}
}
