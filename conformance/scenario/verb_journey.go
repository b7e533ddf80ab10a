package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"

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
			{name: "reserve_attempts", kind: kindNumber},
			{name: "polls", kind: kindNumber},
			{name: "fail_open", kind: kindBool}, // the record never appeared, and the caller was let go
			{name: "id"},                        // of the conversation
		},
		args: func() Args { return &Journey{} },
		check: func(l *loader, args Args, n *yaml.Node) {
			a := args.(*Journey)
			l.need(VerbJourney, n, "attributes")
			l.positive(n, "reserve_timeout", a.ReserveTimeout)
			l.atLeast(n, "retries", a.Retries, 0)
			if poll := strictyaml.Lookup(n, "poll"); poll != nil {
				l.positive(poll, "every", a.Poll.Every)
				l.positive(poll, "for", a.Poll.For)
			}
		},
	}
}

// Journey is the integrator's whole flow: reserve, dial or fall back, read the handoff
// after the call, transfer or finish.
type Journey struct {
	Attributes     Value         `yaml:"attributes"`
	ANI            Text          `yaml:"ani"`
	Fallback       Text          `yaml:"fallback"` // queue for callers without a number
	Project        Text          `yaml:"project"`
	ReserveTimeout time.Duration `yaml:"reserve_timeout"` // of one try; 0: the client's default
	Retries        int           `yaml:"retries"`         // further tries to reserve
	Poll           Poll          `yaml:"poll"`
}

// Poll is how a journey asks for the handoff after the call.
type Poll struct {
	Every time.Duration `yaml:"every"` // 0: the client's default
	For   time.Duration `yaml:"for"`   // gives up after so long; 0: the client's default
}

func (a *Journey) values() []*Value {
	return []*Value{&a.Attributes, &a.ANI.Value, &a.Fallback.Value, &a.Project.Value}
}
