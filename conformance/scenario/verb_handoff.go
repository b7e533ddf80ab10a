package scenario

import "go.yaml.in/yaml/v3"

// handoffVerb reads a handoff state.
func handoffVerb() definition {
	return definition{
		name:   VerbHandoff,
		client: true, exchange: true, results: exchangeResults(),
		args:  func() Args { return &Handoff{} },
		check: func(l *loader, _ Args, n *yaml.Node) { l.exclude(VerbHandoff, n, "query", "id", "shared_id") },
	}
}

// Handoff reads a handoff state. With Query set, SharedID and ID are not.
type Handoff struct {
	SharedID Text `yaml:"shared_id"`
	ID       Text `yaml:"id"`
	Project  Text `yaml:"project"` // unset: the first project
	Account  Text `yaml:"account"` // unset: the project's
	Key      Text `yaml:"key"`     // handoff (default), dni, none, or a literal key
	Query    Text `yaml:"query"`   // the raw query, without '?'
}

func (a *Handoff) values() []*Value {
	return []*Value{&a.SharedID.Value, &a.ID.Value, &a.Project.Value, &a.Account.Value, &a.Key.Value, &a.Query.Value}
}
