package measure

import (
	"math"
	"time"
)

// Runs is a run whose callers are of one project or of several, each with a pool of its own. What is said of several is the
// sum; what a formula predicts is predicted of each pool by itself, because pools do not share numbers.
type Runs struct {
	projects []Project
	slices   Slices // of the sum
}

// Project is the part of a run that is of one project.
type Project struct {
	Name string
	*Run
}

// ProjectResult is what the callers of one project came to.
type ProjectResult struct {
	Name string `json:"name"`
	Size int    `json:"numbers_of_pool"` // 0: not known
	Result
}

// NewRuns is the run of all these together.
func NewRuns(projects ...Project) *Runs {
	return &Runs{projects: projects, slices: Slices{Width: time.Second}}
}

// End says that no more callers are due.
func (r *Runs) End(now time.Duration) {
	for _, p := range r.projects {
		p.End(now)
	}
}

// Tick ends the slice that is being filled, and returns it.
func (r *Runs) Tick(now time.Duration) Slice {
	if len(r.projects) == 1 {
		return r.projects[0].Tick(now)
	}
	reserve, lag := NewLengths(), NewLengths()
	var sum Slice
	for _, p := range r.projects {
		sum = sum.beside(p.tick(now, reserve, lag))
	}
	sum.P99, sum.Lag = reserve.At(0.99), lag.At(0.99)
	r.slices.add(sum)
	return sum
}

// Result is what has come of the run until now, without the curves.
func (r *Runs) Result(now time.Duration) Result {
	if len(r.projects) == 1 {
		return r.projects[0].Result(now)
	}
	out, _ := r.sum(func(p Project) Result { return p.Result(now) })
	return out
}

// Final is Result with the curves of its pictures.
func (r *Runs) Final(now time.Duration) Result {
	if len(r.projects) == 1 {
		return r.projects[0].Final(now)
	}
	out, lengths := r.sum(func(p Project) Result { return p.Final(now) })
	out.Curves = curves(lengths)
	var omitted int
	out.Numbers, omitted = worst(out.Numbers)
	out.Omitted += omitted
	return out
}

// sum adds up what each project came to.
func (r *Runs) sum(of func(Project) Result) (Result, map[string]*Lengths) {
	out := Result{Times: make(map[string]Percentiles), Statuses: map[string]map[int]int{Reserve: {}, Handoff: {}}, Slices: r.slices.whole()}
	lengths := make(map[string]*Lengths)
	var stages [][]StageResult
	var wholes []StageResult
	for _, p := range r.projects {
		one := of(p)
		out.Projects = append(out.Projects, ProjectResult{p.Name, p.plan.Rules.Size, one})
		out.Formula, out.Counts = one.Formula, out.Counts.and(one.Counts)
		for request, by := range one.Statuses {
			for status, n := range by {
				out.Statuses[request][status] += n
			}
		}
		out.Numbers = append(out.Numbers, one.Numbers...)
		out.Omitted, out.Used = out.Omitted+one.Omitted, out.Used+one.Used
		stages, wholes = append(stages, one.Stages), append(wholes, one.Whole)
		p.addTo(lengths)
	}
	out.Ledger = out.Counts.Ledger()
	out.Whole = together(wholes)
	for i := range stages[0] {
		var of []StageResult
		for _, s := range stages {
			of = append(of, s[i])
		}
		out.Stages = append(out.Stages, together(of))
	}
	for name, l := range lengths {
		out.Times[name] = l.Percentiles()
	}
	return out, lengths
}

// addTo adds what took time to what takes time elsewhere.
func (r *Run) addTo(all map[string]*Lengths) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, l := range r.lengths() {
		if all[name] == nil {
			all[name] = NewLengths()
		}
		all[name].Merge(l)
	}
}

// together is the same stage of several projects. Their callers do not depend on each other, so the variances of what is
// refused add up.
func together(of []StageResult) StageResult {
	out := of[0]
	out.Scheduled, out.Begun, out.Late, out.Given, out.Refused = 0, 0, 0, 0, 0
	b := Interval{}
	for _, s := range of {
		out.Scheduled += s.Scheduled
		out.Begun += s.Begun
		out.Late += s.Late
		out.Given += s.Given
		out.Refused += s.Refused
		b.Tries += s.Blocked.Tries
		b.Batches += s.Blocked.Batches
		b.Missing += s.Blocked.Missing
	}
	b.Share = share(out.Refused, b.Tries)
	weighed := func(figure func(StageResult) *float64, power float64) *float64 {
		if b.Tries == 0 {
			return nil
		}
		sum := 0.0
		for _, s := range of {
			if s.Blocked.Tries == 0 {
				continue
			}
			f := figure(s)
			if f == nil {
				return nil
			}
			sum += math.Pow(*f*share(s.Blocked.Tries, b.Tries), power)
		}
		return new(math.Pow(sum, 1/power))
	}
	b.HalfWidth = weighed(func(s StageResult) *float64 { return s.Blocked.HalfWidth }, 2)
	out.Blocked = b
	out.Predicted = weighed(func(s StageResult) *float64 { return s.Predicted }, 1)
	out.Offered, out.Carried = added(of, func(s StageResult) *float64 { return s.Offered }), added(of, func(s StageResult) *float64 { return s.Carried })
	out.Hold = 0
	if out.Carried != nil && out.Given > 0 {
		out.Hold = time.Duration(*out.Carried * float64(out.To-out.From) / float64(out.Given))
	}
	return out
}

// added is the sum of a figure; nil when it is not known of all who had callers.
func added(of []StageResult, figure func(StageResult) *float64) *float64 {
	sum := 0.0
	for _, s := range of {
		switch f := figure(s); {
		case f != nil:
			sum += *f
		case s.Blocked.Tries > 0:
			return nil
		}
	}
	return &sum
}
