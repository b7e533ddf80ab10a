package scenario

import "go.yaml.in/yaml/v3"

// fillVerb reserves what is free.
func fillVerb() definition {
	return definition{
		name:    VerbFill,
		needs:   []Need{NeedDrain},
		results: []field{{name: "reserved", kind: kindNumber}},
		args:    func() Args { return &Fill{} },
		check: func(l *loader, args Args, n *yaml.Node) {
			l.need(VerbFill, n, "leave")
			l.atLeast(n, "leave", args.(*Fill).Leave, 0)
		},
	}
}

// Fill reserves the numbers of a pool, one after the other. With Leave of 0 it goes on until none is given, or one more than
// the pool has. With more it is for a pool of which the scenario holds nothing, and reserves so many fewer than that has.
type Fill struct {
	Leave   int  `yaml:"leave"`
	Project Text `yaml:"project"` // unset: the first project
}

func (a *Fill) values() []*Value { return []*Value{&a.Project.Value} }
