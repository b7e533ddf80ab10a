// Package plan says how many numbers a pool needs. It is the arithmetic of a plan: what holds a number and for how long,
// how many are refused, what is uncertain and what that is worth, and what goes wrong with numbers that are used again.
// It is pure; package virtual runs the pool itself beside it.
package plan

import (
	"errors"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic"
)

// Release is the moment at which the number of a call that got through is free again.
type Release string

// The rules of release. Which one holds decides more than all other inputs together.
const (
	OnArrival Release = "arrival" // the call reaches the platform: the newer draft of the documentation
	OnAnswer  Release = "answer"
	OnHangup  Release = "hangup" // what the published documentation implies
)

// Releases are all rules.
func Releases() []Release { return []Release{OnHangup, OnArrival, OnAnswer} }

// Inputs are what a plan rests on. Start from Default. Shares are of 0 to 1, times are in seconds.
type Inputs struct {
	Rate      traffic.Rate  `json:"rate"`     // callers in the busiest interval
	Day       traffic.Rates `json:"-"`        // callers over the day, of which Rate is the peak; nil: not known
	DayBegins float64       `json:"-"`        // after midnight
	Forecast  float64       `json:"forecast"` // coefficient of variation of what Rate will be
	Growth    float64       `json:"growth"`   // of Rate, on top: 0.2 is 20 % more
	Batch     int           `json:"batch"`    // callers who come at once, 1 or more

	Think    traffic.Distribution `json:"think"`        // from the moment of the reservation to the INVITE
	PostDial traffic.Distribution `json:"pdd"`          // from there until the call reaches the platform
	SetUp    Range                `json:"set_up_times"` // how many times as long as these two the set-up may take, 1 when they are known
	Ring     traffic.Distribution `json:"ring"`         // from there to the answer
	Talk     traffic.Distribution `json:"talk"`
	Talks    Range                `json:"talk_times"` // how many times as long as Talk calls may be, 1 when it is known

	Abandoned Range   `json:"abandon"`   // share of reservations that no call follows: the caller gave up, or the call never came through
	Window    Range   `json:"window"`    // that a reservation lives without a call
	CoolDown  Range   `json:"cool_down"` // between the end of a lease and the next use of the number
	Release   Release `json:"release"`

	Lost    float64 `json:"lost"`           // share of reservations whose reply is lost, so that the client asks again
	Retries int     `json:"retries"`        // how often it asks again
	Again   float64 `json:"again"`          // share of refused callers who ask again at once
	Outage  float64 `json:"outage"`         // calls do not arrive for so long, and nobody is to be refused
	Out     int     `json:"out_of_service"` // numbers that are not in service
	Numbers int     `json:"numbers"`        // how many there are already; 0: not asked
	Grade   float64 `json:"grade"`          // share of reservations that may be refused in the busiest interval
	Strays  float64 `json:"strays"`         // calls that nobody reserved, a day and number

	Projects Projects `json:"projects,omitempty"` // whose callers they are, where each project has a pool of its own; nil: all share one
	share    float64  // of each batch; 0: all of it
}

// Range is an input that is not quite known.
type Range struct {
	Low    float64 `json:"low"`
	Likely float64 `json:"likely"`
	High   float64 `json:"high"`
}

// Known is an input that is.
func Known(v float64) Range { return Range{v, v, v} }

// Uncertain reports whether the range has a width.
func (r Range) Uncertain() bool { return r.Low < r.High }

// at is the value that the share u of all cases stays below: half of them are below what is likely, evenly.
func (r Range) at(u float64) float64 {
	if u < 0.5 {
		return r.Low + 2*u*(r.Likely-r.Low)
	}
	return r.Likely + (2*u-1)*(r.High-r.Likely)
}

// Default is a plan for what is usual, where nothing is known; Sources says what each value rests on.
func Default() Inputs {
	return Inputs{
		Rate: 1000.0 / 3600, Forecast: 0.1, Batch: 1,
		Think: traffic.Think(), PostDial: traffic.Reattempts(traffic.PostDialDelay()), SetUp: Range{0.5, 1, 1.6},
		Ring: traffic.Ring(), Talk: traffic.Talk(), Talks: Range{2.0 / 3, 1, 5.0 / 3},
		Abandoned: Range{0.01, 0.02, 0.05}, Window: Range{30, 120, 180}, CoolDown: Range{0, 0, 5}, Release: OnHangup,
		Lost: 0.001, Retries: 1, Grade: 0.01, Strays: 0.12,
	}
}

// Source is what a default rests on.
type Source struct {
	Input string `json:"input"`
	Says  string `json:"says"`
}

// Sources are those of Default.
func Sources() []Source {
	return []Source{
		{"rate", "an example; yours is in your call statistics: take the busiest quarter of an hour"},
		{"forecast", "rates of call centres are hard to forecast, by 10 to 20 % (Brown et al., JASA 2005)"},
		{"think", "assumed: a client that dials at once"},
		{"pdd", "domestic trunks, median 2.5 s; 0.1 % are tried again over another route; half of that, the draft's second or two, to 1.6 times, mixed networks"},
		{"ring", "assumed: an agent answers within a second"},
		{"talk", "service times are lognormal (Brown et al., JASA 2005); three minutes in the mean, two to five, are assumed"},
		{"abandon", "1 % of callers give up at once, 0.2 % more each second, 0.5 % of calls are lost by the carrier: assumed"},
		{"window", "not published; 120 s is what AWS' samples of the same pattern use, 180 s is the most that Salesforce allows"},
		{"cool-down", "not published; AWS and Microsoft have none"},
		{"release", "the published documentation sizes a pool by concurrent calls; a newer draft by seconds a reservation"},
		{"lost", "assumed: one reply in a thousand"},
		{"retries", "a documented client does not ask again when it is refused, but goes to its fallback queue; one retry of a lost reply is assumed"},
		{"grade", "the custom of telephony: 1 % in the busiest hour"},
		{"strays", "one unsolicited call every 8.4 days on each line (Prasad et al., USENIX Security 2020)"},
	}
}

// Validate returns every problem, joined.
func (in Inputs) Validate() error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(in.Rate > 0, "rate: want more than 0, got %v", in.Rate)
	want(in.offered() <= mostErlangs, "rate: want at most %.0f erlangs, got %v at %.3gs a call", mostErlangs, in.Rate, in.likely().hold(in, OnHangup))
	want(in.Forecast >= 0 && in.Forecast <= 1, "forecast: want an error of 0 to 100 %%, got %g", in.Forecast)
	want(in.Growth > -1 && in.Growth <= 100, "growth: want more than -100 %%, got %g", in.Growth)
	want(in.Batch >= 1, "batch: want 1 caller or more, got %d", in.Batch)
	want(in.Abandoned.within(0, 1), "abandon: want shares of 0 to 100 %% that ascend, got %s", in.Abandoned)
	want(in.Window.within(0.001, 1e6), "window: want more than 0s, ascending, got %s", in.Window)
	want(in.CoolDown.within(0, 1e6), "cool-down: want 0s or more, ascending, got %s", in.CoolDown)
	want(in.Lost >= 0 && in.Lost < 1, "lost: want a share of 0 to 100 %%, got %g", in.Lost)
	want(in.Retries >= 0, "retries: want 0 or more, got %d", in.Retries)
	want(in.Again >= 0 && in.Again <= 1, "again: want a share of 0 to 100 %%, got %g", in.Again)
	want(in.Outage >= 0, "outage: want 0s or more, got %v", seconds(in.Outage))
	want(in.Out >= 0, "out: want 0 numbers or more, got %d", in.Out)
	want(in.Numbers >= 0 && in.Numbers <= mostErlangs, "numbers: want 0 to %.0f, got %d", mostErlangs, in.Numbers)
	want(in.Grade > 0 && in.Grade < 1, "grade: want a share between 0 and 100 %%, got %g", in.Grade)
	want(in.Strays >= 0, "strays: want 0 or more, got %g", in.Strays)
	if problem := in.Projects.problem(); problem != "" {
		errs = append(errs, fmt.Errorf("project: %s", problem))
	}
	if len(errs) == 0 {
		for _, release := range pair(in.Release) {
			want(in.likely().hold(in, release) > 0, "think, pdd: want one that is more than 0s, got %v and %v: released on %s, no reservation holds its number for any time", in.Think, in.PostDial, release)
		}
	}
	return errors.Join(errs...)
}

// mostErlangs bounds a plan: ten million numbers are the most that a pool of ours has.
const mostErlangs = 1e7

func (r Range) within(low, high float64) bool {
	return low <= r.Low && r.Low <= r.Likely && r.Likely <= r.High && r.High <= high
}

func (r Range) String() string {
	if r == Known(r.Likely) {
		return fmt.Sprintf("%g", r.Likely)
	}
	return fmt.Sprintf("%g..%g..%g", r.Low, r.Likely, r.High)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
