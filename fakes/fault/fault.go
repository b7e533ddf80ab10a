// Package fault is what goes wrong on purpose, in the one vocabulary of scenarios, configurations, flags and the control API:
// on HTTP (wire), with the carrier (pstn), and inside of a platform, on its calls, its agents and its handoff states, which are
// this package's own.
package fault

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Faults is what a scenario's fault, a configuration's faults and the control API hold: what is not there does not go wrong.
type Faults struct {
	HTTP     wire.Faults `yaml:"http"`
	Carrier  *Carrier    `yaml:"carrier"` // instead of the carrier as it is otherwise
	Calls    Calls       `yaml:"calls"`
	Agent    Agents      `yaml:"agent"`
	Handoffs Handoffs    `yaml:"handoffs"`
}

// Read reads faults; a nil or zero node is none.
func Read(file string, n *yaml.Node) (f Faults, problems strictyaml.Problems) {
	if n == nil || n.IsZero() {
		return f, nil
	}
	problems = strictyaml.Decode(file, n, &f)
	return f, problems
}

// Inside reports whether something goes wrong inside of the platform, which nobody can arrange from outside.
func (f Faults) Inside() bool { return len(f.Calls)+len(f.Agent)+len(f.Handoffs) > 0 }

// Names tells a wire for which endpoint a request is, by its path, and of which project, by the key that it shows.
func Names(projects []sim.Project) wire.Option {
	return wire.Names(func(_, path, key string) (endpoint, project string) {
		switch {
		case strings.HasSuffix(path, "/dni-reservation") || strings.HasSuffix(path, "/reserve-dni"):
			endpoint = wire.EndpointReserve
		case strings.HasSuffix(path, "/handoff_state") || path == "/handoff":
			endpoint = wire.EndpointHandoff
		}
		for _, p := range projects {
			if key != "" && (key == p.DNIKey || key == p.HandoffKey) {
				project = p.Name
			}
		}
		return endpoint, project
	})
}

// Carrier is how a carrier behaves meanwhile; what is not said is as usual.
type Carrier pstn.Behaviour

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (c *Carrier) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	b, problems := pstn.ReadBehaviour(file, n)
	*c = Carrier(b)
	return problems
}

type (
	// Calls is one fault of calls, or a list of them: the first that fits a call, or an INVITE, hits it.
	Calls []Call
	// Agents is one fault of agents, or a list of them.
	Agents []Agent
	// Handoffs is one fault of handoff states, or a list of them.
	Handoffs []Handoff
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *Calls) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*f, problems = strictyaml.DecodeSeveral(file, n, Call.validate)
	return problems
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *Agents) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*f, problems = strictyaml.DecodeSeveral(file, n, Agent.validate)
	return problems
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *Handoffs) UnmarshalStrict(file string, n *yaml.Node) (problems strictyaml.Problems) {
	*f, problems = strictyaml.DecodeSeveral(file, n, Handoff.validate)
	return problems
}
