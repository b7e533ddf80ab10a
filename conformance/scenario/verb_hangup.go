package scenario

import (
	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// hangupVerb is the caller's BYE.
func hangupVerb() definition {
	return definition{
		name:   VerbHangup,
		client: true, needs: []Need{NeedCalls},
		results: []field{{name: "status", kind: kindNumber}},
		args:    func() Args { return &Hangup{} },
		check: func(l *loader, args Args, n *yaml.Node) {
			l.need(VerbHangup, n, "call")
			l.placeCall(&args.(*Hangup).Call, n)
		},
	}
}

// Hangup is the caller's BYE.
type Hangup struct {
	Call CallName `yaml:"call"`
}

func (a *Hangup) values() []*Value { return nil }

// CallName is the name of a dial step.
type CallName struct {
	Name string
	Pos  Pos
}

// UnmarshalStrict reads the bare name of a dial step.
func (c *CallName) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	ps := strictyaml.Decode(file, n, &c.Name)
	if len(ps) == 0 && !nameText.MatchString(c.Name) {
		ps = append(ps, strictyaml.At(file, n, "call: want the bare name of a dial step, got %q", c.Name))
		c.Name = ""
	}
	return ps
}

func (l *loader) placeCall(c *CallName, args *yaml.Node) {
	if n := strictyaml.Lookup(args, "call"); n != nil {
		c.Pos = l.pos(n)
	}
}
