package scenario

import (
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// level is one of finding's levels, as a file spells it.
type level string

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *level) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "level", v, finding.Must, finding.Should, finding.May)
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (v *ContractMode) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "mode", v, ContractPublished, ContractNone)
}
