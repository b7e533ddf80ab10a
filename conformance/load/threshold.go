package load

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Threshold is a demand on what was measured: `blocked < 1%`, `reserve.p99 < 300ms`, `wrong_context == 0`. In a profile it
// is a text, or {want: blocked < 1%, abort: true} to end the run as soon as it does not hold.
type Threshold struct {
	Metric   string
	Operator string
	Value    float64 // a share, a count, or seconds
	Abort    bool
	text     string
}

// String is the threshold as it was written.
func (t Threshold) String() string { return t.text }

var thresholdForm = regexp.MustCompile(`^\s*([a-z_]+(?:\.[a-z0-9.]+)?)\s*(<=|>=|==|<|>)\s*(\S+)\s*$`)

// ParseThreshold reads a threshold.
func ParseThreshold(text string) (Threshold, error) {
	parts := thresholdForm.FindStringSubmatch(text)
	if parts == nil {
		return Threshold{}, fmt.Errorf("threshold: want one like \"blocked < 1%%\", \"reserve.p99 < 300ms\" or \"wrong_context == 0\", got %q", text)
	}
	t := Threshold{Metric: parts[1], Operator: parts[2], text: strings.Join(parts[1:], " ")}
	kind, known := measure.KindOf(t.Metric)
	if !known {
		if s := strictyaml.Suggest(t.Metric, measure.Metrics()); s != "" {
			return Threshold{}, fmt.Errorf("threshold: no metric %q (did you mean %q?)", t.Metric, s)
		}
		plain := slices.DeleteFunc(measure.Metrics(), func(name string) bool { return strings.Contains(name, ".") })
		return Threshold{}, fmt.Errorf("threshold: want one of %s, or a percentile like reserve.p99 of %s, got %q", strings.Join(plain, ", "), strings.Join(measure.Timed(), ", "), t.Metric)
	}
	var err error
	if t.Value, err = figure(kind, parts[3]); err != nil {
		return Threshold{}, fmt.Errorf("threshold: %s: %w", t.Metric, err)
	}
	return t, nil
}

// figure reads the right side of a threshold.
func figure(kind measure.Kind, text string) (float64, error) {
	switch kind {
	case measure.Length:
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("want a time like 300ms, got %q", text)
		}
		return d.Seconds(), nil
	case measure.Share:
		number, percent := strings.CutSuffix(text, "%")
		v, err := strconv.ParseFloat(number, 64)
		if percent {
			v /= 100
		}
		if err != nil || !(v >= 0 && v <= 1) {
			return 0, fmt.Errorf("want a share like 1%% or 0.01, got %q", text)
		}
		return v, nil
	}
	v, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("want a number like 0, got %q", text)
	}
	return float64(v), nil
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (t *Threshold) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	var read struct {
		Want  string `yaml:"want"`
		Abort bool   `yaml:"abort"`
	}
	into := any(&read)
	if n.Kind != yaml.MappingNode {
		into = &read.Want
	}
	if problems := strictyaml.DecodeKey(file, "threshold", n, into); len(problems) > 0 {
		return problems
	}
	parsed, err := ParseThreshold(read.Want)
	if err != nil {
		return strictyaml.Problems{strictyaml.At(file, n, "%v", err)}
	}
	parsed.Abort = read.Abort
	*t = parsed
	return nil
}

// Status is what a threshold came to.
type Status string

// The statuses.
const (
	Passed       Status = "passed"
	Failed       Status = "failed"
	Inconclusive Status = "inconclusive" // what was measured does not decide it
	NotApplied   Status = "not applied"  // it is about calls, and none were placed
)

// Verdict is what came of a threshold.
type Verdict struct {
	Threshold string  `json:"threshold"`
	Project   string  `json:"project,omitempty"` // whose callers it is decided for, where there are several; "": all
	Status    Status  `json:"status"`
	Value     float64 `json:"value"` // a share, a count, or seconds
	Says      string  `json:"says"`
}

// decideAll holds a result against the threshold: that of each project where there are several, because a project whose callers
// are refused is no better for another one whose are not. What the checks find is of all of them.
func (t Threshold) decideAll(r measure.Result) (out []Verdict) {
	if len(r.Projects) == 0 || t.Metric == measure.Violations {
		return []Verdict{t.decide(r)}
	}
	for _, p := range r.Projects {
		v := t.decide(p.Result)
		v.Project = p.Name
		out = append(out, v)
	}
	return out
}

// broken reports whether the threshold certainly does not hold.
func (t Threshold) broken(r measure.Result) bool {
	return slices.ContainsFunc(t.decideAll(r), func(v Verdict) bool { return v.Status == Failed })
}

// decide holds a result against the threshold. A share that was measured in too few tries, a percentile that the generator's own
// lag explains, and what callers found who did not come when they should, decide nothing.
func (t Threshold) decide(r measure.Result) Verdict {
	value, cases := r.Figure(t.Metric)
	kind, _ := measure.KindOf(t.Metric)
	v := Verdict{Threshold: t.text, Status: Failed, Value: value, Says: said(kind, value)}
	if cases == 0 {
		v.Status, v.Says = Inconclusive, "nothing of the kind was seen"
		return v
	}
	if t.holds(value) {
		v.Status = Passed
	}
	if t.Metric == "blocked" {
		t.weigh(&v, r.Whole.Blocked)
	}
	if of, p, _ := strings.Cut(t.Metric, "."); kind == measure.Length && v.Status == Failed && r.Explained(of, p) {
		v.Status = Inconclusive
		v.Says += fmt.Sprintf("; the generator itself was late by %s", said(measure.Length, r.Times[measure.TimeLag].By(p).Seconds()))
	}
	if v.Status == Failed && kind != measure.Count && t.aboutPlatform() && r.Heaped() {
		v.Status = Inconclusive
		v.Says += fmt.Sprintf("; the generator began %d of %d callers late, or not at all, and so may have made it", r.Whole.Scheduled-r.Whole.Begun+r.Whole.Late, r.Whole.Scheduled)
	}
	return v
}

// aboutPlatform reports whether what is measured is the platform, and not the generator.
func (t Threshold) aboutPlatform() bool {
	return t.Metric != "dropped" && !strings.HasPrefix(t.Metric, measure.TimeLag)
}

// weigh takes in how far a share can be trusted. Where there are too few tries for the interval that counts with clusters, the
// narrower one of tries that do not depend on each other must lie on one side at least.
func (t Threshold) weigh(v *Verdict, b measure.Interval) {
	low, high := wilson(b.Share, float64(b.Tries))
	if b.HalfWidth != nil {
		low, high = max(0, b.Share-*b.HalfWidth), b.Share+*b.HalfWidth
		v.Says += fmt.Sprintf(" ± %s", said(measure.Share, *b.HalfWidth))
	} else {
		v.Says += fmt.Sprintf(" of %d tries", b.Tries)
	}
	if t.holds(low) != t.holds(high) {
		v.Status = Inconclusive
		v.Says += fmt.Sprintf(", which may be anything from %s to %s", said(measure.Share, low), said(measure.Share, high))
	}
}

// wilson is the interval, with 95 % confidence, of a share that was seen in n tries that do not depend on each other.
func wilson(share, n float64) (low, high float64) {
	const z = 1.959963984540054
	middle := (share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	low, high = max(0, middle-half), min(1, middle+half)
	switch share { // whose end is exact, but for rounding
	case 0:
		low = 0
	case 1:
		high = 1
	}
	return low, high
}

// aboutCalls reports whether there is nothing to see where no calls are placed.
func (t Threshold) aboutCalls() bool {
	of, _, _ := strings.Cut(t.Metric, ".")
	return slices.Contains([]string{"wrong_context", "no_context", "fail_open", "calls_failed", measure.TimeSetUp, measure.TimeArrive, measure.TimeVisible, measure.TimeHandoff}, of)
}

func (t Threshold) holds(v float64) bool {
	switch t.Operator {
	case "<":
		return v < t.Value
	case "<=":
		return v <= t.Value
	case ">":
		return v > t.Value
	case ">=":
		return v >= t.Value
	}
	return v == t.Value
}

func said(kind measure.Kind, v float64) string {
	switch kind {
	case measure.Share:
		return fmt.Sprintf("%.3g %%", 100*v)
	case measure.Length:
		return time.Duration(v * float64(time.Second)).Round(10 * time.Microsecond).String()
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
