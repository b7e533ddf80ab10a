package agent

import (
	"path/filepath"
	"slices"
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
	if a := project(file, n); a != nil {
		return a.Project().Settings()
	}
	return nil
}

// Located is the agent of a node that stands in file, as it can be written elsewhere: what it reads is named from the root.
func Located(file string, n yaml.Node) yaml.Node {
	project := strictyaml.Lookup(&n, "adk")
	options := project
	if project != nil && project.Kind == yaml.MappingNode {
		project = strictyaml.Lookup(project, "project")
	}
	if project == nil || project.Kind != yaml.ScalarNode || project.Value == "" || filepath.IsAbs(project.Value) {
		return n
	}
	folder, err := filepath.Abs(filepath.Join(filepath.Dir(file), project.Value))
	if err != nil {
		return n
	}
	named := *project
	named.Value = folder
	if options == project {
		return with(n, "adk", &named)
	}
	more := with(*options, "project", &named)
	return with(n, "adk", &more)
}

// with is a mapping with another value for a key.
func with(n yaml.Node, key string, value *yaml.Node) yaml.Node {
	n.Content = slices.Clone(n.Content)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
		}
	}
	return n
}

// Lacks says what the agent of a node needs and this machine does not have; nil for nothing.
func Lacks(file string, n *yaml.Node) error {
	if a := project(file, n); a != nil {
		return a.Lacks()
	}
	return nil
}

// project is the agent of a node that has an ADK project, nil for every other node, and where Parse has problems to report.
func project(file string, n *yaml.Node) *adk.Agent {
	at := strictyaml.Lookup(n, "adk")
	if at == nil {
		return nil
	}
	a, problems := adk.Parse(file, at)
	if len(problems) > 0 {
		return nil
	}
	return a
}
