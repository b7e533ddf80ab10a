package wire

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Delay is a length of time, fixed or drawn: `200ms`, `{min: 1s, max: 3s}` (uniform), or `{median: 2.5s, p95: 6s}`
// (lognormal, which is what set-up and reply times look like), where p99 may stand for p95 and max cuts the tail.
type Delay struct {
	Fixed  time.Duration
	Min    time.Duration
	Max    time.Duration
	Median time.Duration
	P95    time.Duration
	P99    time.Duration
}

type delayYAML struct {
	Min    time.Duration `yaml:"min"`
	Max    time.Duration `yaml:"max"`
	Median time.Duration `yaml:"median"`
	P95    time.Duration `yaml:"p95"`
	P99    time.Duration `yaml:"p99"`
}

// UnmarshalStrict reads a duration or a mapping and validates it.
func (d *Delay) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	var read Delay
	var ps strictyaml.Problems
	if n.Kind == yaml.MappingNode {
		var m delayYAML
		ps = strictyaml.Decode(file, n, &m)
		read = Delay{Min: m.Min, Max: m.Max, Median: m.Median, P95: m.P95, P99: m.P99}
	} else {
		ps = strictyaml.Decode(file, n, &read.Fixed)
	}
	if len(ps) == 0 {
		if err := read.Validate(); err != nil {
			ps = append(ps, strictyaml.At(file, n, "delay: %v", err))
		}
	}
	*d = read
	return ps
}

// Validate refuses negative lengths and mixtures of the three forms.
func (d Delay) Validate() error {
	if min(d.Fixed, d.Min, d.Max, d.Median, d.P95, d.P99) < 0 {
		return errors.New("want no negative length")
	}
	fixed, uniform, drawn := d.Fixed > 0, d.Min > 0, d.Median > 0 || d.P95 > 0 || d.P99 > 0
	if fixed && (uniform || drawn || d.Max > 0) || uniform && drawn {
		return errors.New("want one of a fixed length, min and max, median and p95")
	}
	if !drawn {
		if d.Max < d.Min {
			return fmt.Errorf("want max of min or more, got %v and %v", d.Max, d.Min)
		}
		return nil
	}
	if (d.P95 > 0) == (d.P99 > 0) {
		return errors.New("want median with one of p95 and p99")
	}
	if d.Median <= 0 || max(d.P95, d.P99) < d.Median {
		return fmt.Errorf("want a median up to its percentile, got %v and %v", d.Median, max(d.P95, d.P99))
	}
	return nil
}

// Draw returns one length.
func (d Delay) Draw(rng *rand.Rand) time.Duration {
	switch {
	case d.Fixed > 0:
		return d.Fixed
	case d.Median > 0:
		return d.lognormal(rng.NormFloat64())
	case d.Max > d.Min:
		return d.Min + time.Duration(rng.Int64N(int64(d.Max-d.Min)+1))
	}
	return d.Min
}

// lognormal returns the length z standard deviations from the median.
func (d Delay) lognormal(z float64) time.Duration {
	const z95, z99 = 1.6448536269514722, 2.3263478740408408
	sigma := math.Log(float64(d.P95)/float64(d.Median)) / z95
	if d.P99 > 0 {
		sigma = math.Log(float64(d.P99)/float64(d.Median)) / z99
	}
	drawn := float64(d.Median) * math.Exp(sigma*z)
	if d.Max > 0 {
		drawn = min(drawn, float64(d.Max))
	}
	return time.Duration(min(drawn, float64(24*time.Hour))) // the tail has no end, a Duration has
}

// Zero tells a delay that never waits.
func (d Delay) Zero() bool { return d == Delay{} }

// String shows the delay the way YAML has it.
func (d Delay) String() string {
	switch {
	case d.Median > 0 && d.P99 > 0:
		return fmt.Sprintf("median %v, p99 %v", d.Median, d.P99)
	case d.Median > 0:
		return fmt.Sprintf("median %v, p95 %v", d.Median, d.P95)
	case d.Max > 0:
		return fmt.Sprintf("%v to %v", d.Min, d.Max)
	}
	return d.Fixed.String()
}
