package traffic

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Parse reads a distribution as YAML has it; the braces may be left out: "median: 2.5s, p95: 6s".
func Parse(text string) (Distribution, error) {
	var d Distribution
	err := parse("distribution", text, &d)
	return d, err
}

// parse reads one value that stands on a line by itself. name is what an error begins with.
func parse(name, text string, into any) error {
	written := strings.TrimSpace(text)
	if strings.Contains(written, ":") && !strings.HasPrefix(written, "{") {
		written = "{" + written + "}"
	}
	n, problems := strictyaml.Parse("", []byte("value: "+written))
	if len(problems) == 0 {
		problems = strictyaml.DecodeKey("", name, strictyaml.Lookup(n, "value"), into)
	}
	if len(problems) == 0 {
		return nil
	}
	first := problems[0]
	if first.Hint != "" {
		return fmt.Errorf("%s (did you mean %q?)", first.Message, first.Hint)
	}
	return errors.New(first.Message)
}

// distributionYAML holds what a mapping may say; which keys go together is decided by form.
type distributionYAML struct {
	Min         *time.Duration  `yaml:"min"`
	Max         *time.Duration  `yaml:"max"`
	Mean        *time.Duration  `yaml:"mean"`
	CV          *float64        `yaml:"cv"`
	Median      *time.Duration  `yaml:"median"`
	P95         *time.Duration  `yaml:"p95"`
	P99         *time.Duration  `yaml:"p99"`
	Percentiles percentilesYAML `yaml:"percentiles"`
	Mixture     []shareYAML     `yaml:"mixture"`
	Sum         []Distribution  `yaml:"sum"`
}

type shareYAML struct {
	Share float64      `yaml:"share"`
	Of    Distribution `yaml:"of"`
}

// UnmarshalStrict reads a duration or a mapping and validates it.
func (d *Distribution) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.MappingNode {
		var fixed time.Duration
		problems := strictyaml.Decode(file, n, &fixed)
		if len(problems) == 0 && fixed < 0 {
			problems = append(problems, strictyaml.At(file, n, "want no negative length, got %v", fixed))
		}
		*d = Constant(fixed)
		return problems
	}
	var m distributionYAML
	problems := strictyaml.Decode(file, n, &m)
	if len(problems) > 0 {
		return problems
	}
	read, err := m.distribution(n)
	if err != nil {
		return strictyaml.Problems{strictyaml.At(file, n, "%v", err)}
	}
	*d = read
	return nil
}

// distribution is what the mapping says: its keys, in order, name the form.
func (m distributionYAML) distribution(n *yaml.Node) (Distribution, error) {
	var keys []string
	for key := range strictyaml.Pairs(n) {
		keys = append(keys, key.Value)
	}
	slices.Sort(keys)
	form := strings.Join(keys, " ")
	for _, length := range []*time.Duration{m.Min, m.Max, m.Mean, m.Median, m.P95, m.P99} {
		if length != nil && *length < 0 {
			return Distribution{}, fmt.Errorf("want no negative length, got %v", *length)
		}
	}
	switch form {
	case "max min":
		if *m.Max < *m.Min {
			return Distribution{}, fmt.Errorf("want max of min or more, got %v and %v", *m.Max, *m.Min)
		}
		if *m.Max == *m.Min {
			return Constant(*m.Min), nil
		}
		return Uniform(*m.Min, *m.Max), nil
	case "mean", "cv mean":
		return m.byMean()
	case "median p95", "median p99", "max median p95", "max median p99":
		return m.lognormal()
	case "percentiles":
		return m.Percentiles.distribution()
	case "mixture":
		return m.mixture()
	case "sum":
		if len(m.Sum) == 0 {
			return Distribution{}, fmt.Errorf("sum: want one term or more, got none")
		}
		return Sum(m.Sum...), nil
	}
	return Distribution{}, fmt.Errorf("want a duration, or one of {min, max}, {mean}, {mean, cv}, {median, p95}, {median, p99}, {percentiles}, {mixture}, {sum}, got {%s}", strings.Join(keys, ", "))
}

func (m distributionYAML) byMean() (Distribution, error) {
	switch {
	case *m.Mean == 0:
		return Distribution{}, fmt.Errorf("want a mean of more than 0s, got %v", *m.Mean)
	case m.CV == nil:
		return Exponential(*m.Mean), nil
	case !(*m.CV > 0 && *m.CV <= 100):
		return Distribution{}, fmt.Errorf("cv: want standard deviation over mean, more than 0 and at most 100, got %v", *m.CV)
	}
	return LognormalMean(*m.Mean, *m.CV), nil
}

func (m distributionYAML) lognormal() (Distribution, error) {
	high, z := m.P95, z95
	if m.P99 != nil {
		high, z = m.P99, z99
	}
	if *m.Median == 0 || *high <= *m.Median {
		return Distribution{}, fmt.Errorf("want a median of more than 0s and below its percentile, got %v and %v", *m.Median, *high)
	}
	l := law(byPercentile(*m.Median, *high, z))
	if m.Max != nil {
		if *m.Max < *m.Median {
			return Distribution{}, fmt.Errorf("want max of median or more, got %v and %v", *m.Max, *m.Median)
		}
		l = cut{l, m.Max.Seconds()}
	}
	return Distribution{l}, nil
}

func (m distributionYAML) mixture() (Distribution, error) {
	var total float64
	parts := make([]Share, len(m.Mixture))
	for i, p := range m.Mixture {
		if !(p.Share > 0 && p.Share <= 1) {
			return Distribution{}, fmt.Errorf("share: want more than 0 and at most 1, got %v", p.Share)
		}
		total += p.Share
		parts[i] = Share(p)
	}
	if total < 0.999999 || total > 1.000001 {
		return Distribution{}, fmt.Errorf("mixture: want shares that add up to 1, got %.6g", total)
	}
	return Mixture(parts...), nil
}

// percentilesYAML is {p0: 1s, p50: 2s, p100: 9s}, in any order.
type percentilesYAML map[string]time.Duration

func (m percentilesYAML) distribution() (Distribution, error) {
	points := make([]Percentile, 0, len(m))
	for name, at := range m {
		p, err := strconv.ParseFloat(strings.TrimPrefix(name, "p"), 64)
		if err != nil || name[0] != 'p' || !(p >= 0 && p <= 100) {
			return Distribution{}, fmt.Errorf("percentiles: want keys of p0 to p100 as in p99.9, got %q", name)
		}
		points = append(points, Percentile{p / 100, at})
	}
	slices.SortFunc(points, func(a, b Percentile) int { return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(a.At, b.At)) })
	if len(points) < 2 || points[0].P != 0 || points[len(points)-1].P != 1 {
		return Distribution{}, fmt.Errorf("percentiles: want p0, the shortest, p100, the longest, and what is known between them")
	}
	for i, p := range points[1:] {
		if before := points[i]; p.At < before.At || p.P == before.P || before.At < 0 {
			return Distribution{}, fmt.Errorf("percentiles: want lengths that ascend from 0s, got p%g %v before p%g %v", 100*before.P, before.At, 100*p.P, p.At)
		}
	}
	return Percentiles(points...), nil
}
