package measure

import (
	"maps"
	"math"
	"time"

	"github.com/dnispool/dnispool/conformance/traffic/batchmeans"
)

// Result is what a run came to. All but the ledger and the slices leaves the warm-up out.
type Result struct {
	Formula  Formula                `json:"formula,omitempty"` // what predicts how much is refused
	Counts   Counts                 `json:"counts"`
	Ledger   []Row                  `json:"ledger"`
	Stages   []StageResult          `json:"stages"`
	Whole    StageResult            `json:"whole"` // all that is measured
	Statuses map[string]map[int]int `json:"statuses"`
	Times    map[string]Percentiles `json:"times"`  // by what they are of, see Timed
	Curves   map[string]Curve       `json:"curves"` // of the same, where a picture shows them
	Slices   Slices                 `json:"slices"`
	Numbers  []Use                  `json:"numbers,omitempty"`         // of the pool, those with the most trouble first
	Omitted  int                    `json:"numbers_omitted,omitempty"` // besides
	Used     int                    `json:"numbers_used"`              // different ones that were given
	Given    []Given                `json:"given,omitempty"`           // the newest allocations; of a sum there are none
	// Projects are what the callers of each came to, where there are several: all else is their sum.
	Projects []ProjectResult `json:"projects,omitempty"`
	// Violations is how many the checks have found; nil: they have not looked.
	Violations *int `json:"violations,omitempty"`
}

// Curve is how long something took at even shares from 0 to 1.
type Curve []time.Duration

// The names of what takes time, as thresholds have them.
const (
	TimeReserve = "reserve"  // a number, from when its caller was due
	TimeService = "service"  // the same, from when it was sent
	TimeRefused = "refused"  // a refusal, from when its caller was due
	TimeHandoff = "handoff"  // one question
	TimeSetUp   = "set_up"   // from dialling to the arrival
	TimeArrive  = "arrival"  // from the number to the arrival of its call
	TimeReuse   = "reuse"    // from when a number was free again to when it was given again
	TimeVisible = "visible"  // from the end of a call to the state that was read
	TimeLag     = "send_lag" // from when a caller was due to when he began
)

// Timed are the names of what takes time, in the order of a table.
func Timed() []string {
	return []string{TimeReserve, TimeService, TimeRefused, TimeHandoff, TimeSetUp, TimeArrive, TimeVisible, TimeReuse, TimeLag}
}

// StageResult is what a stage came to.
type StageResult struct {
	Name      string        `json:"name"`
	From      time.Duration `json:"from_ns"`
	To        time.Duration `json:"to_ns"`
	Warm      bool          `json:"warm_up,omitempty"`
	Steady    bool          `json:"steady"`
	Scheduled int           `json:"scheduled"`
	Begun     int           `json:"begun"`
	Late      int           `json:"late"`    // of these, later than a second after they were due, or than the whole of a shorter stage
	Given     int           `json:"given"`   // tries
	Refused   int           `json:"refused"` // tries
	Blocked   Interval      `json:"blocked"` // of tries that were given a number or refused
	Hold      time.Duration `json:"hold_ns"` // how long a number was held in the mean, by Little's law; 0: not known
	Offered   *float64      `json:"offered_erlangs"`
	Carried   *float64      `json:"carried_erlangs"`
	Predicted *float64      `json:"predicted_blocked"` // by the formula, of the offered load that was measured
}

// Interval is batchmeans.Interval with nil for what is not known.
type Interval struct {
	Share     float64  `json:"share"`
	HalfWidth *float64 `json:"half_width_95"`
	Tries     int      `json:"tries"`
	Batches   int      `json:"batches"`
	VMR       float64  `json:"vmr"`
	Missing   int      `json:"missing_tries,omitempty"` // for an interval
}

func intervalOf(b batchmeans.Interval) Interval {
	out := Interval{Share: b.Share, Tries: b.Outcomes, Batches: b.Batches, VMR: b.VMR}
	if math.IsInf(b.HalfWidth, 1) {
		out.Missing = max(0, 20*b.BatchSize-b.Outcomes)
		return out
	}
	out.HalfWidth = new(b.HalfWidth)
	return out
}

// Rate is how many callers were due a second.
func (s StageResult) Rate() float64 { return perSecond(s.Scheduled, s.To-s.From) }

// Achieved is how many callers began a second, of those who began in time.
func (s StageResult) Achieved() float64 { return perSecond(s.Begun-s.Late, s.To-s.From) }

// enough is the share of the callers who were due that must have begun in time for a rate to be reached.
const enough = 0.99

// Reached reports whether the rate that was to be offered was offered.
func (s StageResult) Reached() bool { return float64(s.Begun-s.Late) >= enough*float64(s.Scheduled) }

func perSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// Final is Result with the curves of its pictures.
func (r *Run) Final(now time.Duration) Result {
	out := r.Result(now)
	r.mu.Lock()
	defer r.mu.Unlock()
	out.Curves = curves(r.lengths())
	out.Numbers, out.Omitted = r.numbers.table()
	out.Given = r.numbers.allocations()
	out.Used = len(r.numbers.all)
	return out
}

// curves are those that a picture shows.
func curves(of map[string]*Lengths) map[string]Curve {
	const points = 101
	out := make(map[string]Curve)
	for _, name := range []string{TimeArrive, TimeVisible, TimeReuse} {
		out[name] = of[name].Curve(points)
	}
	return out
}

// Result is what has come of the run until now, without the curves.
func (r *Run) Result(now time.Duration) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds.Now(now)
	r.counts.Twice = r.holds.Twice()
	out := Result{
		Formula: r.plan.Formula, Counts: r.counts, Ledger: r.counts.Ledger(), Slices: r.slices.whole(), Times: make(map[string]Percentiles),
		Statuses: map[string]map[int]int{Reserve: maps.Clone(r.statuses[Reserve]), Handoff: maps.Clone(r.statuses[Handoff])},
	}
	for name, l := range r.lengths() {
		out.Times[name] = l.Percentiles()
	}
	all := stage{}
	var measured []Stage
	var tries batchmeans.Interval
	for i, p := range r.plan.Stages {
		if p.From >= now {
			break
		}
		p.To = min(p.To, now)
		s := r.stages[i]
		out.Stages = append(out.Stages, r.stage(p, s, intervalOf(s.blocked.Interval())))
		if p.Warm {
			continue
		}
		measured = append(measured, p)
		all.add(s)
		tries = s.blocked.Interval()
	}
	if len(measured) == 0 {
		return out
	}
	whole := Stage{Name: "all", From: measured[0].From, To: measured[len(measured)-1].To, Steady: len(measured) == 1 && measured[0].Steady}
	interval := intervalOf(tries)
	if len(measured) > 1 { // the stages differ, so that the differences of batches say nothing
		interval = Interval{Share: share(all.refused, all.given+all.refused), Tries: all.given + all.refused}
	}
	out.Whole = r.stage(whole, all, interval)
	return out
}

// lengths are what takes time, by the names of Timed.
func (r *Run) lengths() map[string]*Lengths {
	return map[string]*Lengths{
		TimeReserve: r.reserve, TimeService: r.service, TimeRefused: r.refused, TimeHandoff: r.handoff, TimeSetUp: r.setUp, TimeArrive: r.arrive, TimeVisible: r.visible, TimeReuse: r.numbers.reuse, TimeLag: r.lag,
	}
}

func (s *stage) add(t stage) {
	s.scheduled += t.scheduled
	s.begun += t.begun
	s.late += t.late
	s.given += t.given
	s.refused += t.refused
}

func (r *Run) stage(p Stage, s stage, blocked Interval) StageResult {
	out := StageResult{
		Name: p.Name, From: p.From, To: p.To, Warm: p.Warm, Steady: p.Steady, Scheduled: s.scheduled, Begun: s.begun, Late: s.late,
		Given: s.given, Refused: s.refused, Blocked: blocked,
	}
	if s.given == 0 || !r.plan.Rules.Known() || p.To <= p.From {
		return out
	}
	carried := r.holds.Held(p.From, p.To)
	offered := carried * float64(s.given+s.refused) / float64(s.given) // who was refused would have held a number as long
	out.Carried, out.Offered = &carried, &offered
	out.Hold = time.Duration(carried * (p.To - p.From).Seconds() / float64(s.given) * float64(time.Second))
	if p.Steady {
		out.Predicted = r.plan.predicted(*out.Offered, out.Hold)
	}
	return out
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
