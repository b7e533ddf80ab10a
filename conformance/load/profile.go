package load

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Version is the only value of the key `load`.
const Version = "v1"

// Profile is what a load test offers and what it demands: one YAML file. Start from Default; specs/load.schema.json
// describes it.
type Profile struct {
	Load       string           `yaml:"load"`       // Version
	Summary    string           `yaml:"summary"`    // one sentence for people
	Arrivals   traffic.Arrivals `yaml:"arrivals"`   // when callers come
	Closed     Closed           `yaml:"closed"`     // instead of arrivals: a few callers who come again and again
	WarmUp     time.Duration    `yaml:"warm_up"`    // before the arrivals begin, at their first rate; nothing of it is measured
	For        time.Duration    `yaml:"for"`        // how long arrivals that have no end go on after the warm-up
	Journey    Journey          `yaml:"journey"`    // what each caller does
	Calls      bool             `yaml:"calls"`      // false: numbers are reserved and not called
	Faults     []Fault          `yaml:"faults"`     // what goes wrong meanwhile, on the way to the platform
	Thresholds []Threshold      `yaml:"thresholds"` // what must hold at the end
	InFlight   int              `yaml:"in_flight"`  // callers at one time; one more is dropped, and counted
	Grace      time.Duration    `yaml:"grace"`      // how long callers who have begun may take to end, once no more arrive
	Given      yaml.Node        `yaml:"given"`      // the world of the reference, as in a scenario; other targets have their own

	file string // that it was read from
}

// Journey is what each caller does: the verb of that name in a scenario.
type Journey struct {
	Attributes json.RawMessage `yaml:"-"`        // beside nonce, shared_id, want_talk and want_handoff_to, which each caller has of its own
	ANI        string          `yaml:"ani"`      // the caller's number
	Fallback   string          `yaml:"fallback"` // queue for callers without a number
	Project    Projects        `yaml:"project"`  // whose pool it is
	traffic.Manner
}

// Closed is the closed model: each of a few callers comes again once it is done and was idle for a while. It offers less when
// the platform is slow, and so can refuse few: what it measures is Engset's formula and not Erlang's.
type Closed struct {
	Callers int                  `yaml:"callers"` // 0: the model is not closed
	Idle    traffic.Distribution `yaml:"idle"`    // from the end of one journey to the next
}

// Fault is what a scenario's verb of that name does, for a time. One ends before the next begins.
type Fault struct {
	At      time.Duration `yaml:"at"`  // since the first caller after the warm-up
	For     time.Duration `yaml:"for"` // how long
	HTTP    yaml.Node     `yaml:"http"`
	Carrier yaml.Node     `yaml:"carrier"`
}

// Default is what a profile that says nothing else has. The distributions are those that package traffic calls usual.
func Default() Profile {
	return Profile{
		Calls: true, InFlight: 20_000, Grace: 30 * time.Second,
		Journey: Journey{
			Attributes: json.RawMessage("{}"), Fallback: "overflow",
			Manner: traffic.Manner{
				ReserveTimeout: 2 * time.Second, Retries: 1, Think: traffic.Think(), Talk: new(traffic.Talk()), Handoff: 0.4,
				Poll: traffic.Poll{Every: time.Second, For: 10 * time.Second},
			},
		},
	}
}

// Parse reads a profile. The problems name file, line and column.
func Parse(file string, data []byte) (Profile, strictyaml.Problems) {
	p := Default()
	p.file = file
	n, problems := strictyaml.Parse(file, data)
	if len(problems) > 0 {
		return p, problems
	}
	problems = strictyaml.Decode(file, n, &p)
	if len(problems) > 0 {
		return p, problems
	}
	return p, p.check(file, n)
}

// UnmarshalStrict implements strictyaml.Unmarshaler: the attributes are kept as they are written.
func (j *Journey) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	type fields Journey
	read := struct {
		*fields    `yaml:",inline"`
		Attributes yaml.Node `yaml:"attributes"`
	}{fields: (*fields)(j)}
	if problems = strictyaml.Decode(file, n, &read); len(problems) > 0 {
		return problems
	}
	problems = j.Problems(file, n)
	if read.Attributes.IsZero() {
		return problems
	}
	if read.Attributes.Kind != yaml.MappingNode {
		return append(problems, strictyaml.At(file, &read.Attributes, "attributes: want a mapping, got %s", strictyaml.Got(&read.Attributes)))
	}
	for key := range strictyaml.Pairs(&read.Attributes) {
		if slices.Contains(own, key.Value) {
			problems = append(problems, strictyaml.At(file, key, "attributes: want no %s, which each caller has of its own", key.Value))
		}
	}
	text, more := strictyaml.JSON(file, &read.Attributes)
	j.Attributes = text
	return append(problems, more...)
}

// own are the attributes that each caller has of its own.
var own = []string{"nonce", "shared_id", "want_talk", "want_handoff_to"}

// check returns what is wrong with values that could be read.
func (p *Profile) check(file string, n *yaml.Node) (problems strictyaml.Problems) {
	bad := func(key, format string, args ...any) {
		at := n
		for name := range strings.SplitSeq(key, ".") {
			at = cmp.Or(strictyaml.Lookup(at, name), at)
		}
		problems = append(problems, strictyaml.At(file, at, key+": "+format, args...))
	}
	if p.Load != Version {
		bad("load", "want %s, got %q", Version, p.Load)
	}
	open := len(p.Arrivals.Rates) > 0 || p.Arrivals.Day != ""
	switch {
	case p.Closed.Callers < 0:
		bad("closed.callers", "want at least 1, got %d", p.Closed.Callers)
	case open && p.Closed.Callers > 0:
		bad("closed", "want it instead of arrivals, got both")
	case p.Closed.Callers > 0 && len(p.Journey.Project) > 1:
		bad("closed", "want one project, got %d: a formula for callers who come back goes by the pool that they come back to", len(p.Journey.Project))
	case !open && p.Closed.Callers == 0:
		bad("arrivals", "want a rate like 300/min, or steps, got nothing")
	}
	var free time.Duration
	for i, f := range p.Faults {
		at := strictyaml.Lookup(n, "faults").Content[i]
		switch {
		case f.At < free:
			problems = append(problems, strictyaml.At(file, at, "at: want it after the fault before, which ends at %v, got %v", free, f.At))
		case f.For <= 0:
			problems = append(problems, strictyaml.At(file, at, "for: want how long the fault lasts, got %v", f.For))
		case f.HTTP.IsZero() && f.Carrier.IsZero():
			problems = append(problems, strictyaml.At(file, at, "fault: want http or carrier, got neither"))
		case strictyaml.Lookup(&f.Carrier, "rewrite") != nil:
			problems = append(problems, strictyaml.At(file, &f.Carrier, "rewrite: want it under given, where it is known from the beginning"))
		}
		free = f.At + f.For
	}
	for key, d := range map[string]time.Duration{"warm_up": p.WarmUp, "for": p.For, "grace": p.Grace} {
		if d < 0 {
			bad(key, "want 0 or more, got %v", d)
		}
	}
	if p.InFlight < 1 {
		bad("in_flight", "want at least 1 caller, got %d", p.InFlight)
	}
	return problems
}

// Length is how long callers arrive, the warm-up included; 0: until the run is stopped.
func (p *Profile) Length() time.Duration {
	length := p.Arrivals.Rates.Length()
	if length == 0 || p.For > 0 && p.For < length {
		length = p.For
	}
	if length == 0 {
		return 0
	}
	return p.WarmUp + length
}

// rates are those of the run: the warm-up and then the arrivals'.
func (p *Profile) rates() traffic.Rates {
	if p.WarmUp == 0 || len(p.Arrivals.Rates) == 0 {
		return p.Arrivals.Rates
	}
	first := p.Arrivals.Rates[0].From
	return append(traffic.Rates{{From: first, To: first, For: p.WarmUp}}, p.Arrivals.Rates...)
}
