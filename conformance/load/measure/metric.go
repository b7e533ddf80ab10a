package measure

import (
	"slices"
	"strings"
	"time"
)

// Kind is what a metric is measured in.
type Kind int

// The kinds of metric.
const (
	Share Kind = iota // 0 to 1
	Count
	Length // in seconds
)

// metric is a figure that a threshold can be about.
type metric struct {
	kind  Kind
	value func(Result) float64
}

// metrics are those that are no percentiles.
var metrics = map[string]metric{
	"blocked":       {Share, func(r Result) float64 { return r.Whole.Blocked.Share }},
	"dropped":       {Share, func(r Result) float64 { return share(r.Counts.Dropped, r.Counts.Scheduled) }},
	"failed":        {Share, func(r Result) float64 { return share(r.Counts.Failed+r.Counts.NoReply, r.Counts.Begun) }},
	"calls_failed":  {Share, func(r Result) float64 { return share(r.Counts.CallRefused+r.Counts.CallFailed, r.Counts.Dialled) }},
	"wrong_context": {Count, func(r Result) float64 { return float64(r.Counts.Foreign) }},
	"no_context":    {Count, func(r Result) float64 { return float64(r.Counts.None) }},
	"fail_open":     {Count, func(r Result) float64 { return float64(r.Counts.FailOpen) }},
	"given_twice":   {Count, func(r Result) float64 { return float64(r.Counts.Twice) }},
	Violations: {Count, func(r Result) float64 {
		if r.Violations == nil {
			return 0
		}
		return float64(*r.Violations)
	}},
}

// Violations is the metric of what the checks find, in what was recorded so far while a run goes on, and in all of it at its end.
const Violations = "violations"

// Metrics are the names of the figures that a threshold can be about, sorted.
func Metrics() (names []string) {
	for name := range metrics {
		names = append(names, name)
	}
	for _, of := range Timed() {
		for _, p := range Named() {
			names = append(names, of+"."+p)
		}
	}
	slices.Sort(names)
	return names
}

// KindOf is what the metric of this name is measured in; false: there is none.
func KindOf(name string) (Kind, bool) {
	if m, ok := metrics[name]; ok {
		return m.kind, true
	}
	return Length, slices.Contains(Metrics(), name)
}

// Figure is a metric of the result, whose name is one of Metrics, and of how many cases it is made.
func (r Result) Figure(name string) (value float64, cases int) {
	if m, ok := metrics[name]; ok {
		cases := r.Counts.Begun
		switch name {
		case "blocked":
			cases = r.Whole.Blocked.Tries
		case "calls_failed":
			cases = r.Counts.Dialled
		case Violations:
			if r.Violations == nil {
				cases = 0
			}
		case "wrong_context", "no_context":
			cases = r.Counts.Read - r.Counts.Untold
		}
		return m.value(r), cases
	}
	of, p, _ := strings.Cut(name, ".")
	t := r.Times[of]
	return t.By(p).Seconds(), t.Count
}

// Heaped reports whether so many callers did not begin, or long after they were due, that what happened to all may be the
// generator's doing: who should have come one by one came in a heap.
func (r Result) Heaped() bool {
	return float64(r.Whole.Begun) < enough*float64(r.Whole.Scheduled) || r.Times[TimeLag].P99 > inTime
}

// Explained reports whether the send lag alone could make a percentile of what is timed from when it was due: it is half of
// it or more.
func (r Result) Explained(of, percentile string) bool {
	if of != TimeReserve && of != TimeRefused {
		return false
	}
	lag := r.Times[TimeLag].By(percentile)
	return lag > time.Millisecond && 2*lag >= r.Times[of].By(percentile)
}
