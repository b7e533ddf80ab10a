package retryafter_test

import (
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/retryafter"
)

func TestWait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const later, sent = "Sun, 01 Mar 2026 12:00:30 GMT", "Sun, 01 Mar 2026 12:00:20 GMT"
	for _, c := range []struct {
		name, value, date string
		want              time.Duration
		said              bool
	}{
		{"seconds", "120", "", 2 * time.Minute, true},
		{"no time", "0", "", 0, true},
		{"seconds, whatever the Date", " 7 ", later, 7 * time.Second, true},
		{"a date, by the server's clock", later, sent, 10 * time.Second, true},
		{"a date, by ours", later, "", 30 * time.Second, true},
		{"a date, beside a Date that is none", later, "now", 30 * time.Second, true},
		{"a date of an older form", "Sunday, 01-Mar-26 12:00:30 GMT", sent, 10 * time.Second, true},
		{"a date that is past", sent, later, 0, true},
		{"more seconds than there are", "18446744073709551615", "", 9223372036 * time.Second, true},
		{"less than none", "-1", "", 0, false},
		{"a fraction", "1.5", "", 0, false},
		{"words", "soon", "", 0, false},
		{"nothing", "", sent, 0, false},
	} {
		if got, said := retryafter.Wait(c.value, c.date, now); got != c.want || said != c.said {
			t.Errorf("%s: want %s, %t, got %s, %t", c.name, c.want, c.said, got, said)
		}
	}
}
