package scenario

import (
	"go.yaml.in/yaml/v3"
)

// faultVerb changes what goes wrong.
func faultVerb() definition {
	return definition{
		name:  VerbFault,
		needs: []Need{NeedFaults},
		read:  func(l *loader, n *yaml.Node) Args { return l.fault(n) },
	}
}

// Fault changes what goes wrong from now on: each part of Faults replaces that part, and the others stay as they are. None ends
// all faults.
type Fault struct {
	None   bool
	Faults *yaml.Node // a raw mapping, checked by Options.Fault: http, carrier, calls, agent, handoffs
}

func (a *Fault) values() []*Value { return nil }

func (l *loader) fault(n *yaml.Node) *Fault {
	if n.Kind == yaml.ScalarNode && n.Value == "none" {
		return &Fault{None: true}
	}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		l.problem(n, "fault: want none or a mapping of faults, got %s", emptyOr(n))
		return &Fault{}
	}
	if l.opts.Fault != nil {
		l.ps = append(l.ps, l.opts.Fault(l.file, n)...)
	}
	return &Fault{Faults: n}
}
