package deployment

import (
	"errors"
	"fmt"
	"time"
)

// Load is what a load test is about to take, in the mean at its highest rate.
type Load struct {
	Requests float64       // a second
	Held     float64       // numbers at one time
	Calls    float64       // at one time; 0: none are placed
	Call     time.Duration // the longest that calls are meant to be, 99 of 100
}

// Allows returns why the target file does not allow a load: the gate would hold it back, and what it then measures would be the
// gate.
func (t *Target) Allows(l Load) error {
	limits := t.File.Limits
	var errs []error
	over := func(key, unit string, limit, wanted float64) {
		if wanted > limit {
			errs = append(errs, fmt.Errorf("limits.%s: want %.3g%s or more for this profile, got %.3g; offer less, or raise it with a line under consent that says who allowed it", key, wanted, unit, limit))
		}
	}
	over("requests_per_second", "", limits.Requests, l.Requests)
	over("reservations", "", float64(limits.Reservations), l.Held)
	if l.Calls > 0 {
		over("calls", "", float64(limits.Calls), l.Calls)
		over("call", "s", limits.Call.Seconds(), l.Call.Seconds())
		if !t.File.Calls.Placed() {
			errs = append(errs, errNoCalls)
		}
	}
	return errors.Join(errs...)
}
