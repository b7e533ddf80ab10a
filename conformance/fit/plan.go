package fit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
)

// Plan is what playing scenarios one after the other takes, as rehearsed.
type Plan struct {
	Scenarios, Played int
	Usage             deployment.Usage // of the run as it is played: Held counts what scenarios before have left held, too
	Left              int              // numbers that nobody calls, held until their window is over
	Takes             time.Duration    // about
	limits            string
	window            time.Duration
}

// Plan adds up what the scenarios take. Where nobody knows how long a number is held, those that would leave more numbers held
// than limits.reservations allows for the whole run are not played: Plan settles that too.
func (f *Fitted) Plan(selected []*scenario.Scenario) Plan {
	p := Plan{Scenarios: len(selected), window: f.file.Facts.WindowMax}
	l := f.file.Limits
	p.limits = fmt.Sprintf("at most %g requests a second, %d numbers held and %d calls up at one time", l.Requests, l.Reservations, l.Calls)
	var held []time.Duration // when each number that is left is free, from the start
	var now time.Duration
	for _, s := range selected {
		fit, left := f.fits[s.File], f.left[s.File]
		if fit.Status != "" {
			continue
		}
		u := fit.Usage
		room := l.Reservations // one less for who leaves numbers held: a request that must be refused holds one while it is under way
		if left > 0 {
			room--
		}
		if p.window == 0 && u.Held > 0 && (p.Left+max(u.Held, left) > room || fit.Alone && p.Left > 0) {
			fit.Status, fit.Reason = finding.Unsupported, fmt.Sprintf("needs to know the window: without it a run may reserve %d numbers in all; state window_max", l.Reservations)
			fit.Lacks = []string{"window_max"}
			fit.Ask = asks(fit.Lacks)
			f.fits[s.File] = fit
			continue
		}
		most := l.Reservations - u.Held
		if size := f.file.Facts.PoolSize(); size > 0 {
			most = min(most, max(0, size-u.Held))
		}
		if fit.Alone {
			most = 0
		}
		held = slices.DeleteFunc(held, func(until time.Duration) bool { return until <= now })
		if surplus := len(held) - most; surplus > 0 && u.Held > 0 && p.window > 0 {
			slices.Sort(held)
			now = held[surplus-1]
			held = held[surplus:]
		}
		now += max(time.Duration(float64(u.Requests)/l.Requests*float64(time.Second)), u.Waited+u.CallTime)
		p.Usage = sum(p.Usage, u)
		switch {
		case u.Held > 0 && p.window > 0:
			p.Usage.Held = max(p.Usage.Held, len(held)+u.Held)
		case u.Held > 0: // nobody knows that any of them comes back
			p.Usage.Held = max(p.Usage.Held, p.Left+u.Held)
		}
		for range left {
			held = append(held, now+p.window)
		}
		p.Played++
		p.Left += left
	}
	p.Takes = now
	return p
}

func sum(a, b deployment.Usage) deployment.Usage {
	return deployment.Usage{
		Requests: a.Requests + b.Requests, Reservations: a.Reservations + b.Reservations, Calls: a.Calls + b.Calls,
		CallTime: a.CallTime + b.CallTime, Waited: a.Waited + b.Waited,
		Held: max(a.Held, b.Held), Up: max(a.Up, b.Up), Longest: max(a.Longest, b.Longest),
	}
}

// String is the plan in a few lines.
func (p Plan) String() string {
	u := p.Usage
	var b strings.Builder
	fmt.Fprintf(&b, "plan      %d of %d scenarios can be played\n", p.Played, p.Scenarios)
	fmt.Fprintf(&b, "          %s, %s (%d at one time)", count(u.Requests, "request"), count(u.Reservations, "reservation"), u.Held)
	switch {
	case p.Left > 0 && p.window > 0:
		fmt.Fprintf(&b, ", of which %s not called: %s of a number each", number(p.Left, "is", "are"), p.window)
	case p.Left > 0:
		fmt.Fprintf(&b, ", of which %s not called: nobody knows for how long they are held", number(p.Left, "is", "are"))
	}
	fmt.Fprintf(&b, "\n          %s, %s in all\n", count(u.Calls, "call"), minutes(u.CallTime))
	fmt.Fprintf(&b, "          about %s; %s\n", minutes(p.Takes), p.limits)
	return b.String()
}

func count(n int, noun string) string { return number(n, noun, noun+"s") }

func number(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func minutes(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}
