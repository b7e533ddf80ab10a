package scenario

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// pressVerb is the caller's DTMF.
func pressVerb() definition {
	return definition{
		name:   VerbPress,
		client: true, needs: []Need{NeedCalls},
		results: []field{{name: "status", kind: kindNumber}},
		args:    func() Args { return &Press{} },
		check: func(l *loader, args Args, n *yaml.Node) {
			l.need(VerbPress, n, "call")
			l.need(VerbPress, n, "digits")
			l.placeCall(&args.(*Press).Call, n)
		},
	}
}

// Press is the caller pressing digits, each of which is sent in an INFO once the one before is answered.
type Press struct {
	Call   CallName `yaml:"call"`
	Digits Pressed  `yaml:"digits"`
	Form   Form     `yaml:"form"` // empty: dtmf-relay
}

func (a *Press) values() []*Value { return nil }

// Pressed is one digit or more.
type Pressed string

// UnmarshalStrict implements strictyaml.Unmarshaler. Digits are text: YAML would take 012 for ten, and # for a comment.
func (p *Pressed) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	const digits = "0123456789*#ABCD"
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || n.Value == "" || strings.Trim(n.Value, digits) != "" {
		return strictyaml.Problems{strictyaml.At(file, n, `digits: want a text of %s, as "42#", got %s`, digits, strictyaml.Got(n))}
	}
	*p = Pressed(n.Value)
	return nil
}

// Form is the content type of the INFO that a digit is sent in, without application/.
type Form string

// The forms. No RFC describes either; what they have in common is that many understand them.
const (
	FormRelay Form = "dtmf-relay"
	FormPlain Form = "dtmf"
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *Form) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "form", f, FormRelay, FormPlain)
}
