package deployment

import (
	"fmt"
	"time"
)

// moment is what the two clocks of this machine say: that of the wall, which can be set, and the one that only counts, and
// stands still while the machine sleeps.
type moment struct{ wall, counted time.Time }

func (t *Target) moment() moment {
	now := time.Now()
	if t.Wall != nil {
		return moment{t.Wall(), now}
	}
	return moment{now.Round(0), now}
}

// unnoticed is how far the two clocks may come apart while a scenario is played, by the corrections of a time service.
const unnoticed = time.Second

// leap is how much further than was counted the wall clock has come since a moment; 0 when that is little.
func (t *Target) leap(since moment) time.Duration {
	now := t.moment()
	if d := now.wall.Sub(since.wall) - now.counted.Sub(since.counted); d.Abs() >= unnoticed {
		return d.Round(time.Second)
	}
	return 0
}

// leapt says of a leap what happened; "" of none.
func leapt(d time.Duration) string {
	switch {
	case d > 0:
		return fmt.Sprintf("this machine slept, or its clock was set: it has not counted %s", d)
	case d < 0:
		return fmt.Sprintf("this machine's clock was set back by %s", -d)
	}
	return ""
}

// Leapt is leapt of the whole run so far.
func (t *Target) Leapt() string {
	t.opening.Lock()
	defer t.opening.Unlock()
	if t.began == (moment{}) {
		return ""
	}
	return leapt(t.leap(t.began))
}

// Untimed implements targets.Untimed.
func (s *stage) Untimed() string { return leapt(s.target.leap(s.began)) }
