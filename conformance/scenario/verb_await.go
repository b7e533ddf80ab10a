package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// awaitVerb waits until a call has ended.
func awaitVerb() definition {
	return definition{
		name:   VerbAwait,
		client: true, needs: []Need{NeedCalls},
		results: []field{
			{name: "ended_by", kind: kindWord, words: sides()},
			{name: "how", kind: kindWord, words: []string{"bye", "cancel", "reject", "timeout", "error"}},
			{name: "cause"}, // text of the Reason header, else of the status line
			{name: headersField, kind: kindHeaders},
		},
		args: func() Args { return &Await{} },
		check: func(l *loader, args Args, n *yaml.Node) {
			a := args.(*Await)
			l.need(VerbAwait, n, "call")
			l.placeCall(&a.Call, n)
			l.positive(n, "within", a.Within)
		},
	}
}

// Await waits until a call has ended.
type Await struct {
	Call   CallName      `yaml:"call"`
	Within time.Duration `yaml:"within"` // 0: as long as the scenario may take
}

func (a *Await) values() []*Value { return nil }
