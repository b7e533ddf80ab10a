package plan

import (
	"math"
	"slices"

	"github.com/dnispool/dnispool/conformance/traffic"
)

// Risks are what goes wrong with numbers that are used again, in the busiest interval and with the likely numbers. Shares
// are of reservations.
type Risks struct {
	Late  float64 `json:"late"`          // the call comes when its window is over, and finds no attributes or another's
	Wrong float64 `json:"wrong_context"` // the call finds another's attributes, so that its caller is taken for somebody else; see wrong
	// Stray is a call that nobody reserved, by mistake or by a robot, that comes while the number waits for its own.
	Stray       float64 `json:"stray"`
	StraysADay  float64 `json:"strays_a_day"`  // how many of them there are, if the busiest interval lasted all day
	CallsAtOnce float64 `json:"calls_at_once"` // calls that are up on each number, on the average: the carrier must carry them
	// MostAtOnce is how many calls on one number are enough in 999 cases of a thousand, if numbers are used at random.
	MostAtOnce int `json:"most_calls_at_once"`
}

func (m model) risks(p point, numbers int) Risks {
	serving := numbers - m.spare(p.rate)
	erlangs := m.erlangs(p)
	passed := 1 - m.refused(serving, erlangs)
	pending := p.pending(m.Inputs, m.delay) * passed
	r := Risks{Late: p.late(m.delay)}
	r.Stray = Hit(m.Strays/day, p.waiting(m.delay))
	r.Wrong = m.wrong(p, serving, erlangs, passed, r.Stray)
	r.StraysADay = m.Strays * pending
	talk := m.Ring.Mean().Seconds() + p.talks*m.Talk.Mean().Seconds()
	r.CallsAtOnce = p.rate * passed * (1 - p.abandoned - r.Late) * talk / float64(serving)
	r.MostAtOnce = 1
	if m.release != OnHangup {
		r.MostAtOnce = max(1, quantile(r.CallsAtOnce, 0.999))
	}
	return r
}

const day = 24 * 3600

// Hit is the chance that something that happens rate times a second happens within so many seconds.
func Hit(rate, seconds float64) float64 { return -math.Expm1(-rate * seconds) }

// quantile of a Poisson distribution: what the share p of all cases does not exceed. A large one is nearly normal.
func quantile(mean, p float64) int {
	if mean > 500 {
		return int(math.Ceil(mean + math.Sqrt2*math.Erfinv(2*p-1)*math.Sqrt(mean)))
	}
	term := math.Exp(-mean)
	n := 0
	for sum := term; sum < p; sum += term {
		n++
		term *= mean / float64(n)
	}
	return n
}

// Window is what a window needs and risks.
type Window struct {
	Seconds float64 `json:"window"`
	Numbers int     `json:"numbers"`
	Late    float64 `json:"late"`
	Wrong   float64 `json:"wrong_context"`
	Stray   float64 `json:"stray"`
}

// windowsAsked are usual windows, in seconds.
var windowsAsked = []float64{15, 30, 60, 120, 180, 300}

func (m model) windows() []Window {
	var out []Window
	for _, w := range among(windowsAsked, m.Window.Likely) {
		p := m.likely()
		p.window = w
		numbers := m.numbers(m.erlangs(p), p.rate)
		r := m.risks(p, numbers)
		out = append(out, Window{w, numbers, r.Late, r.Wrong, r.Stray})
	}
	return out
}

// Cell is one combination of inputs and the numbers that it needs.
type Cell struct {
	Growth    float64 `json:"growth"`
	Window    float64 `json:"window"`
	Abandoned float64 `json:"abandon"`
	Erlangs   float64 `json:"erlangs"`
	Numbers   int     `json:"numbers"`
}

// What is asked of in a table of combinations.
var (
	growthAsked    = []float64{0, 0.2, 0.5, 1}
	abandonedAsked = []float64{0, 0.02, 0.05, 0.1, 0.2}
)

func (m model) sensitivity() []Cell {
	var out []Cell
	for _, growth := range growthAsked {
		for _, window := range among(windowsAsked, m.Window.Likely) {
			for _, abandoned := range among(abandonedAsked, m.Abandoned.Likely) {
				p := m.likely()
				p.rate *= 1 + growth
				p.window, p.abandoned = window, abandoned
				a := m.erlangs(p)
				out = append(out, Cell{growth, window, abandoned, a, m.numbers(a, p.rate)})
			}
		}
	}
	return out
}

// among is what is asked of, with what is likely in its place.
func among(asked []float64, likely float64) []float64 {
	all := append([]float64{likely}, asked...)
	slices.Sort(all)
	return slices.Compact(all)
}

// Interval is one interval of a day.
type Interval struct {
	Begin   float64      `json:"begin"` // seconds after midnight
	Rate    traffic.Rate `json:"rate"`  // callers a second
	Erlangs float64      `json:"erlangs"`
	Numbers int          `json:"numbers"` // that serve the grade in this interval
	Blocked float64      `json:"refused"` // with the numbers of the plan
	// Simulated is the share that the simulator's own pool refused in virtual time; nil: not asked for, or nobody came.
	Simulated *float64 `json:"simulated,omitempty"`
}

// day is every interval by itself: they are longer than a call, so that none matters much to the next.
func (m model) day(numbers int) []Interval {
	var out []Interval
	begin := m.DayBegins
	for _, s := range m.Day {
		p := m.likely()
		p.rate = float64(s.From+s.To) / 2 * (1 + m.Growth)
		a := m.erlangs(p)
		out = append(out, Interval{begin, traffic.Rate(p.rate), a, m.numbers(a, p.rate), m.refused(numbers-m.spare(m.likely().rate), a), nil})
		begin += s.For.Seconds()
	}
	return out
}
