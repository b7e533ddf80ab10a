package scenario

import (
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// restartVerb stops the platform's store and starts it again.
func restartVerb() definition {
	return definition{
		name:  VerbRestart,
		needs: []Need{NeedRestart},
		args:  func() Args { return &Restart{} },
		check: func(l *loader, _ Args, n *yaml.Node) { l.need(VerbRestart, n, "leases") },
	}
}

// Restart stops the platform's store and starts it again. Calls that are up go on.
type Restart struct {
	Leases Leases `yaml:"leases"`
}

// Leases is what a restart does to the reservations that are live.
type Leases string

// What a restart can do.
const (
	LeasesKeep Leases = "keep"
	LeasesLose Leases = "lose"
)

func (a *Restart) values() []*Value { return nil }

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *Leases) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "leases", v, LeasesKeep, LeasesLose)
}
