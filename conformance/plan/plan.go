package plan

import (
	"math"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// Plan is what follows from inputs. Times are in seconds, traffic is in erlangs, shares are of 0 to 1.
type Plan struct {
	Inputs Inputs `json:"inputs"`
	// Cases are the plans for two rules of release, that of the inputs first: which one a platform follows matters more
	// than everything else.
	Cases []Case `json:"cases"`
	Rules []Rule `json:"rules"`
	// Windows is what other windows would need and risk, Sensitivity what other shares of abandoned reservations and more
	// callers would need as well, both by the rule of the inputs.
	Windows     []Window    `json:"windows"`
	Sensitivity []Cell      `json:"sensitivity"`
	Spare       int         `json:"spare"`               // numbers that are out of service, or for an outage: no formula counts them
	Simulated   []Simulated `json:"simulated,omitempty"` // see package virtual; nil: not asked for
	Assumed     []Source    `json:"assumed"`             // what the inputs that nobody gave rest on
	Curves      []Curve     `json:"curves"`              // of the likely numbers of both cases, and of the numbers that the inputs name by their rule
	Day         []Interval  `json:"day,omitempty"`       // by the rule of the inputs; nil: the day is not known
	// Projects are the plans of several, each with a pool of its own; all else is then of all their callers on one pool. nil:
	// there are none.
	Projects []ProjectPlan `json:"projects,omitempty"`
}

// Case is the plan for one rule of release.
type Case struct {
	Release    Release `json:"release"`
	Hold       float64 `json:"hold"`       // seconds that a reservation holds a number, on the average
	Offered    float64 `json:"offered"`    // erlangs in the busiest interval, everything as likely
	Peakedness float64 `json:"peakedness"` // 1 when callers come one by one; see erlang.Hayward
	Pending    float64 `json:"pending"`    // numbers that wait for a call, on the average

	Likely  int     `json:"likely"`  // numbers that serve the grade when everything is as likely
	Low     int     `json:"low"`     // numbers that serve it in 5 % of all cases
	High    int     `json:"high"`    // in 95 %: what to buy
	Blocked float64 `json:"refused"` // share of reservations refused with Likely numbers, everything as likely
	Rest    float64 `json:"rest"`    // seconds between two uses of a number, on the average

	Swings  []Swing `json:"swings"`         // what each uncertain input is worth, the most first
	Doubled int     `json:"window_doubled"` // numbers more when the window is twice as long
	Risks   Risks   `json:"risks"`
}

// Swing is what an input moves by itself: the numbers when it is at its low and high end, everything else as likely.
type Swing struct {
	Input string `json:"input"`
	Low   int    `json:"low"`
	High  int    `json:"high"`
}

func (s Swing) width() int { return max(s.Low-s.High, s.High-s.Low) }

// The names of rules that are of no document.
const (
	ThisPlan = "this plan" // one for each rule of release
	Yours    = "yours"     // as many as the inputs name
)

// Rule is a way to come to a number of numbers, and what that would lose.
type Rule struct {
	Release Release `json:"release,omitempty"` // that ThisPlan is for
	Name    string  `json:"name"`
	Says    string  `json:"says"`
	Numbers int     `json:"numbers"`
	Loses   []Loss  `json:"loses"`
}

// Loss is what a number of numbers comes to on a platform that releases by the rule.
type Loss struct {
	Release Release      `json:"release"`
	Refused float64      `json:"refused"` // share of reservations in the busiest interval
	Carries traffic.Rate `json:"carries"` // callers that it could serve at the grade
}

// Make makes a plan. The error is that of Validate.
func Make(in Inputs) (Plan, error) {
	if err := in.Validate(); err != nil {
		return Plan{}, err
	}
	p := Plan{Inputs: in}
	delay := newCurve(in.delay(), in.longest())
	models := make([]model, 2)
	for i, release := range pair(in.Release) {
		models[i] = model{in, release, delay, in.peakedness(release)}
		p.Cases = append(p.Cases, models[i].plan())
	}
	m := models[0]
	p.Spare = m.spare(m.likely().rate)
	p.Rules = rules(models, p.Cases)
	for i, c := range p.Cases {
		p.Curves = append(p.Curves, models[i].curve(c.Likely))
	}
	if in.Numbers > 0 {
		p.Curves = append(p.Curves, m.curve(in.Numbers))
	}
	p.Windows = m.windows()
	p.Sensitivity = m.sensitivity()
	p.Day = m.day(p.Cases[0].Likely)
	var err error
	p.Projects, err = in.projects()
	return p, err
}

// pair is a rule of release and the one that it has to be told from.
func pair(r Release) []Release {
	if r == OnHangup {
		return []Release{OnHangup, OnArrival}
	}
	return []Release{r, OnHangup}
}

// model is inputs whose set-up has been looked at, for one rule of release, which need not be theirs.
type model struct {
	Inputs
	release    Release
	delay      setUp
	peakedness float64
}

// longest is the longest set-up that is asked for, over its factor.
func (in Inputs) longest() float64 {
	return 2 * max(in.Window.High, windowsAsked[len(windowsAsked)-1]) / min(in.SetUp.Low, 1)
}

func (m model) erlangs(p point) float64 { return p.erlangs(m.Inputs, m.delay, m.release) }

// numbers serve so many erlangs, those that are out of service and those that an outage takes included.
func (m model) numbers(erlangs, rate float64) int {
	if m.Again == 0 {
		return erlang.Lines(erlangs, m.Grade, m.peakedness) + m.spare(rate)
	}
	return erlang.Fewest(func(lines int) bool { return m.refused(lines, erlangs) <= m.Grade }) + m.spare(rate)
}

// spare are numbers that take part in no formula: during an outage every caller takes one, and nobody gives one back.
func (m model) spare(rate float64) int {
	return m.Out + int(math.Ceil(rate*m.Outage-1e-9))
}

// refused is the share of tries that find no number free.
func (m model) refused(lines int, erlangs float64) float64 {
	if m.Again == 0 {
		return erlang.Hayward(lines, erlangs, m.peakedness)
	}
	_, blocked, settled := erlang.Retried(lines, erlangs, m.Again, m.peakedness)
	if !settled {
		return 1
	}
	return blocked
}

func (m model) plan() Case {
	p := m.likely()
	c := Case{Release: m.release, Hold: p.held(m.Inputs, m.delay, m.release), Offered: m.erlangs(p), Peakedness: m.peakedness, Pending: p.pending(m.Inputs, m.delay)}
	c.Likely = m.numbers(c.Offered, p.rate)
	serving := c.Likely - m.spare(p.rate)
	c.Blocked = m.refused(serving, c.Offered)
	c.Rest = erlang.Rest(serving, c.Offered, p.reservations(m.Inputs))
	c.Low, c.High = m.spread()
	c.Swings = m.swings()
	twice := p
	twice.window *= 2
	c.Doubled = m.numbers(m.erlangs(twice), p.rate) - c.Likely
	c.Risks = m.risks(p, c.Likely)
	return c
}
