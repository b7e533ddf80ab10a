package steered

import (
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Worlds is the part of a targets.Target that is the same for every platform that a scenario can have as it wants it.
type Worlds struct{}

// Formats implements targets.Target.
func (Worlds) Formats() (names []string) {
	for _, f := range pstn.Formats() {
		names = append(names, string(f))
	}
	return names
}

// Refuses implements targets.Target: the platform can be made whatever is asked for.
func (Worlds) Refuses(*scenario.Scenario) (finding.Status, string) { return "", "" }

// Timeout implements targets.Target.
func (Worlds) Timeout(s *scenario.Scenario) time.Duration { return s.Timeout }

// Given implements targets.Target.
func (Worlds) Given(file string, given *yaml.Node) strictyaml.Problems {
	_, problems := world.Read(file, given)
	return problems
}

// Fault implements targets.Target.
func (Worlds) Fault(file string, n *yaml.Node) strictyaml.Problems {
	return world.CheckFault(file, n)
}

// Config implements targets.Target.
func (Worlds) Config() json.RawMessage {
	g, _ := world.Read("", nil)
	raw, _ := g.Platform.JSON() // what was read from a file can be written to one
	return raw
}

// Secrets implements targets.Target.
func (Worlds) Secrets() []string {
	g, _ := world.Read("", nil)
	var out []string
	for _, p := range g.Platform.Projects {
		out = append(out, p.DNIKey, p.HandoffKey)
	}
	return out
}
