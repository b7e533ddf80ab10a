package agent

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Configured reads the agent that a configuration has for a project. Where it has none that is the echo agent, which
// talks for so long unless the attribute want_talk says otherwise. file is only used in messages.
func Configured(file string, n *yaml.Node, talk time.Duration) (conversation.Agent, error) {
	if n.IsZero() {
		return Echo(EchoConfig{Talk: talk}), nil
	}
	a, problems := Parse(file, n)
	return a, problems.Err()
}

// Brought gives the settings that an agent brings with it; see sim.Brought.
func Brought(file string, n *yaml.Node) *yaml.Node {
	project := strictyaml.Lookup(n, "adk")
	if project == nil {
		return nil
	}
	a, problems := adk.Parse(file, project)
	if len(problems) > 0 {
		return nil // Parse says it
	}
	return a.Project().Settings()
}
