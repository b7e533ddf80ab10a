package traffic

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// ParseArrivals reads arrivals as YAML has them; the braces may be left out: "rate: 300/min, batch: 5".
func ParseArrivals(text string) (Arrivals, error) {
	var a Arrivals
	err := parse("arrivals", text, &a)
	return a, err
}

type arrivalsYAML struct {
	Rate    *Rate      `yaml:"rate"`
	Steps   []stepYAML `yaml:"steps"`
	Day     string     `yaml:"day"`
	Pattern Pattern    `yaml:"pattern"`
	Batch   *int       `yaml:"batch"`
}

// stepYAML is {rate: 60/min, for: 5m}, or a ramp: {from: 60/min, to: 300/min, for: 5m}.
type stepYAML struct {
	Rate *Rate         `yaml:"rate"`
	From *Rate         `yaml:"from"`
	To   *Rate         `yaml:"to"`
	For  time.Duration `yaml:"for"`
}

// UnmarshalText reads a pattern.
func (p *Pattern) UnmarshalText(text []byte) error {
	return strictyaml.Pick("pattern", p, text, Poisson, Metronome)
}

// UnmarshalStrict reads arrivals:
//
//	300/min                                                    Poisson
//	{rate: 300/min, pattern: metronome}                        a control, no test
//	{rate: 300/min, batch: 5}                                  five callers at once, sixty times a minute
//	{steps: [{rate: 60/min, for: 5m}, {from: 60/min, to: 300/min, for: 10m}, {rate: 60/min}]}
//	{day: calls.csv}                                           see ReadDay
func (a *Arrivals) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.MappingNode {
		var r Rate
		problems := strictyaml.Decode(file, n, &r)
		*a = Arrivals{Rates: Steady(r)}
		return problems
	}
	var m arrivalsYAML
	if problems := strictyaml.Decode(file, n, &m); len(problems) > 0 {
		return problems
	}
	read, err := m.arrivals()
	if err != nil {
		return strictyaml.Problems{strictyaml.At(file, n, "%v", err)}
	}
	*a = read
	return nil
}

func (m arrivalsYAML) arrivals() (Arrivals, error) {
	a := Arrivals{Pattern: m.Pattern, Day: m.Day}
	if m.Batch != nil {
		if a.Batch = *m.Batch; a.Batch < 1 {
			return a, fmt.Errorf("batch: want 1 caller or more, got %d", a.Batch)
		}
	}
	said := 0
	for _, is := range []bool{m.Rate != nil, len(m.Steps) > 0, m.Day != ""} {
		if is {
			said++
		}
	}
	if said != 1 {
		return a, fmt.Errorf("want one of rate, steps and day, got %d of them", said)
	}
	if m.Rate != nil {
		a.Rates = Steady(*m.Rate)
	}
	for i, s := range m.Steps {
		segment, err := s.segment(i == len(m.Steps)-1)
		if err != nil {
			return a, err
		}
		a.Rates = append(a.Rates, segment)
	}
	return a, nil
}

func (s stepYAML) segment(last bool) (Segment, error) {
	steady, ramp := s.Rate != nil, s.From != nil && s.To != nil
	switch {
	case steady == ramp || steady && (s.From != nil || s.To != nil):
		return Segment{}, fmt.Errorf("steps: want rate, or from and to, in each")
	case s.For < 0 || s.For == 0 && (ramp || !last):
		return Segment{}, fmt.Errorf("steps: want a time for each, for: 5m, got %v; only the last one may go on for ever, and no ramp", s.For)
	case steady:
		return Segment{*s.Rate, *s.Rate, s.For}, nil
	}
	return Segment{*s.From, *s.To, s.For}, nil
}
