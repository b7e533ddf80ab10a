package rehearse

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Self is the word for callers whom nobody tells the client of: whoever runs it starts each, and the first reservation is one.
const Self = "self"

// Arrives is the setting `arrival`: the word self, or one of webhook, run, sip and file with its argument.
type Arrives struct{ how Arrival }

// Ways are the ways in which a client can be told of a caller, each empty or what its setting says.
type Ways struct {
	Webhook Webhook `yaml:"webhook"`
	Run     Command `yaml:"run"`
	SIP     Inbound `yaml:"sip"`
	File    File    `yaml:"file"`
}

// Arrival is the one way that is chosen; nil for none, which is Self. The error says what is wrong with it, or that there are
// several.
func (w Ways) Arrival() (Arrival, error) {
	type way interface {
		Arrival
		check() error
	}
	var chosen way
	var names []string
	for _, c := range []struct {
		name  string
		given bool
		way   way
	}{{"webhook", w.Webhook != "", w.Webhook}, {"run", w.Run != "", w.Run}, {"sip", w.SIP != "", w.SIP}, {"file", w.File != "", w.File}} {
		if c.given {
			chosen, names = c.way, append(names, c.name)
		}
	}
	switch len(names) {
	case 0:
		return nil, nil
	case 1:
		return chosen, chosen.check()
	}
	return nil, fmt.Errorf("arrival: want one way, got %s", strings.Join(names, " and "))
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (a *Arrives) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	a.how = nil
	if n.Kind == yaml.ScalarNode && n.Value == Self {
		return nil
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return strictyaml.Problems{strictyaml.At(file, n, "arrival: want self, or one of webhook, run, sip and file with its argument, got %s", strictyaml.Got(n))}
	}
	var ways Ways
	problems := strictyaml.Decode(file, n, &ways)
	if len(problems) > 0 {
		return problems
	}
	how, err := ways.Arrival()
	if err != nil {
		return strictyaml.Problems{strictyaml.At(file, n.Content[1], "%v", err)}
	}
	if how == nil {
		return strictyaml.Problems{strictyaml.At(file, n.Content[1], "%s: want its argument, got none", n.Content[0].Value)}
	}
	a.how = how
	return nil
}

// By is the setting for one way.
func By(how Arrival) Arrives { return Arrives{how} }

// Arrival is the way that is meant; nil is Self.
func (a *Arrives) Arrival() Arrival { return a.how }
