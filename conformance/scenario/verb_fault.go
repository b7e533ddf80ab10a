package scenario

import (
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// faultVerb changes how the wire or the carrier misbehaves.
func faultVerb() definition {
	return definition{
		name:  VerbFault,
		needs: []Need{NeedFaults},
		read:  func(l *loader, n *yaml.Node) Args { return l.fault(n) },
	}
}

// Fault changes how the wire or the carrier misbehaves from now on. None ends all faults.
// HTTP and Carrier are raw mappings, checked by Options.Fault.
type Fault struct {
	None    bool
	HTTP    *yaml.Node
	Carrier *yaml.Node
}

func (a *Fault) values() []*Value { return nil }

func (l *loader) fault(n *yaml.Node) *Fault {
	if n.Kind == yaml.ScalarNode && n.Value == "none" {
		return &Fault{None: true}
	}
	a := &Fault{}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		l.problem(n, "fault: want none or a mapping with http or carrier, got %s", emptyOr(n))
		return a
	}
	for key, value := range strictyaml.Pairs(n) {
		switch key.Value {
		case "http":
			a.HTTP = value
		case "carrier":
			a.Carrier = value
		default:
			l.ps = append(l.ps, strictyaml.UnknownKey(l.file, key, "fault", []string{"carrier", "http"}))
			continue
		}
		l.faultPart(key.Value, value)
	}
	return a
}

// faultPart checks one fault, or, on HTTP, a list of them.
func (l *loader) faultPart(kind string, n *yaml.Node) {
	several := kind == "http" && n.Kind == yaml.SequenceNode
	if n.Kind != yaml.MappingNode && !several || len(n.Content) == 0 {
		l.problem(n, "%s: want a mapping of at least one key, got %s", kind, emptyOr(n))
		return
	}
	if l.opts.Fault != nil {
		l.ps = append(l.ps, l.opts.Fault(l.file, kind, n)...)
	}
}
