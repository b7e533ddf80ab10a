package scenario

import (
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// journeyVerb is the integrator's whole flow.
func journeyVerb() definition {
	return definition{
		name:   VerbJourney,
		client: true, needs: []Need{NeedCalls},
		results: []field{
			{name: "outcome", kind: kindWord, words: []string{"transferred", "completed", "fallback", "failed"}},
			{name: "queue"},
			{name: "destination"},
			{name: "reason"},
			{name: "dialled", kind: kindBool},
			{name: "gave_up", kind: kindBool}, // the caller left before somebody answered
			{name: "reserve_attempts", kind: kindNumber},
			{name: "polls", kind: kindNumber},
			{name: "fail_open", kind: kindBool}, // the record never appeared or could not be read, and the caller was let go
			{name: "id"},                        // of the conversation
		},
		args: func() Args { return &Journey{} },
		check: func(l *loader, args Args, n *yaml.Node) {
			a := args.(*Journey)
			l.need(VerbJourney, n, "attributes")
			for _, p := range a.Problems(l.file, n) {
				if !l.reported(&yaml.Node{Line: p.Line, Column: p.Column}) {
					l.ps = append(l.ps, p)
				}
			}
			l.drawn(a, n)
		},
	}
}

// drawn reports attributes that are written and drawn as well.
func (l *loader) drawn(a *Journey, n *yaml.Node) {
	attributes := strictyaml.Lookup(n, "attributes")
	for _, d := range []struct {
		attribute, by string
		drawn         bool
	}{{"want_talk", "talk", a.Talk != nil}, {"want_handoff_to", "handoff", a.Handoff > 0}} {
		if at := strictyaml.Lookup(attributes, d.attribute); at != nil && d.drawn {
			l.problem(at, "%s: want it here or drawn by %s, got both", d.attribute, d.by)
		}
	}
}

// Journey is the integrator's whole flow: reserve, dial or fall back, read the handoff
// after the call, transfer or finish. What of its caller is random the scenario's seed repeats.
type Journey struct {
	Attributes Value `yaml:"attributes"`
	ANI        Text  `yaml:"ani"`
	Fallback   Text  `yaml:"fallback"` // queue for callers without a number
	Project    Text  `yaml:"project"`
	traffic.Manner
}

func (a *Journey) values() []*Value {
	return []*Value{&a.Attributes, &a.ANI.Value, &a.Fallback.Value, &a.Project.Value}
}
