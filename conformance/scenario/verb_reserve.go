package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// reserveVerb asks for a number.
func reserveVerb() definition {
	return definition{
		name:   VerbReserve,
		client: true, exchange: true, results: exchangeResults(),
		args:  func() Args { return &Reserve{} },
		check: func(l *loader, args Args, n *yaml.Node) { l.checkReserve(args.(*Reserve), n) },
	}
}

// Reserve asks for a number. Exactly one of Attributes and Body is set.
type Reserve struct {
	Attributes Value         `yaml:"attributes"` // sent as {"attributes": …}
	Body       Value         `yaml:"body"`       // sent as the whole body
	Project    Text          `yaml:"project"`    // unset: the first project
	Key        Text          `yaml:"key"`        // dni (default), handoff, none, or a literal key
	Timeout    time.Duration `yaml:"timeout"`    // of the client; 0: its default
	Retry      int           `yaml:"retry"`      // further tries after an indefinite outcome
	Send       Send          `yaml:"send"`       // how the body goes out; zero: at once
}

// Send splits the body of a request in the middle. The first half goes out at once.
type Send struct {
	Pause time.Duration `yaml:"pause"` // in the target's time, before the second half
	Cut   bool          `yaml:"cut"`   // the connection is closed instead of the second half
}

func (a *Reserve) values() []*Value {
	return []*Value{&a.Attributes, &a.Body, &a.Project.Value, &a.Key.Value}
}

func (l *loader) checkReserve(a *Reserve, n *yaml.Node) {
	if strictyaml.Lookup(n, "attributes") == nil && strictyaml.Lookup(n, "body") == nil {
		l.problem(n, "reserve: want the key attributes or body, got none")
	}
	l.exclude(VerbReserve, n, "body", "attributes")
	l.positive(n, "timeout", a.Timeout)
	l.atLeast(n, "retry", a.Retry, 0)
	if send := strictyaml.Lookup(n, "send"); send != nil {
		l.checkSend(a.Send, send)
	}
}

func (l *loader) checkSend(s Send, n *yaml.Node) {
	l.positive(n, "pause", s.Pause)
	if cut := strictyaml.Lookup(n, "cut"); cut != nil && !s.Cut && !l.reported(cut) {
		l.problem(cut, "cut: want true, got %s", cut.Value)
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.problem(n, "send: want pause or cut, got neither")
	}
}
