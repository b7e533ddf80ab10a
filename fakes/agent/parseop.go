package agent

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

func (p *parser) ops(n *yaml.Node, name string) []op {
	var ops []op
	items := p.list(n, name)
	for i, item := range items {
		o := p.op(item)
		ops = append(ops, o)
		switch o.(type) {
		case crashOp, hangupOp:
			if i < len(items)-1 {
				p.at(items[i+1], "%s: want nothing after crash or hangup: it never runs", name)
			}
		}
	}
	return ops
}

func (p *parser) op(n *yaml.Node) op {
	var keys struct {
		Set    *yaml.Node `yaml:"set"`
		Count  *yaml.Node `yaml:"count"`
		Sleep  *yaml.Node `yaml:"sleep"`
		Crash  *yaml.Node `yaml:"crash"`
		Hangup *yaml.Node `yaml:"hangup"`
		When   *yaml.Node `yaml:"when"`
		Do     *yaml.Node `yaml:"do"`
		Else   *yaml.Node `yaml:"else"`
	}
	if !p.decode(n, "operation", &keys) {
		return nil
	}
	if len(present(keys.Set, keys.Count, keys.Sleep, keys.Crash, keys.Hangup, keys.When)) != 1 {
		p.at(n, "operation: want exactly one of set, count, sleep, crash, hangup or when")
		return nil
	}
	if keys.When == nil && len(present(keys.Do, keys.Else)) > 0 {
		p.at(n, "operation: want do and else beside when only")
	}
	switch {
	case keys.Set != nil:
		return p.set(keys.Set)
	case keys.Count != nil:
		return p.count(keys.Count)
	case keys.Sleep != nil:
		return sleepOp(p.span(keys.Sleep, "sleep"))
	case keys.Crash != nil:
		var text string
		p.decode(keys.Crash, "crash", &text)
		return crashOp(text)
	case keys.Hangup != nil:
		if p.ended {
			p.at(n, "hangup: want it in start or turns: in end the call is over")
		}
		return p.hangup(keys.Hangup)
	}
	return p.when(n, keys.When, keys.Do, keys.Else)
}

// hangup reads true, or the headers of the BYE.
func (p *parser) hangup(n *yaml.Node) op {
	if n.Kind != yaml.MappingNode {
		p.truth(n, "hangup")
		return hangupOp{}
	}
	var with struct {
		Headers map[string]string `yaml:"headers"`
	}
	p.decode(n, "hangup", &with)
	return hangupOp{with.Headers}
}

func present(nodes ...*yaml.Node) []*yaml.Node {
	return slices.DeleteFunc(nodes, func(n *yaml.Node) bool { return n == nil })
}

func (p *parser) set(n *yaml.Node) op {
	var values map[string]yaml.Node // the keys' check; order and nodes come from n
	if !p.decode(n, "set", &values) {
		return nil
	}
	if len(n.Content) == 0 {
		p.at(n, "set: want at least one state key, got an empty mapping")
	}
	var set setOp
	for key, node := range strictyaml.Pairs(n) {
		if key.Value == "" {
			p.at(key, `set: want the name of a state key, got ""`)
		}
		p.wrote(key.Value)
		set = append(set, assignment{key.Value, p.value(node)})
	}
	return set
}

func (p *parser) count(n *yaml.Node) op {
	var key string
	if p.decode(n, "count", &key) && key == "" {
		p.at(n, `count: want the name of a state key, got ""`)
	}
	p.wrote(key)
	return countOp(key)
}

func (p *parser) when(n, test, do, other *yaml.Node) op {
	if do == nil {
		p.at(n, "when: want do beside it")
	}
	w := whenOp{condition: p.condition(test)}
	if do != nil {
		w.do = p.ops(do, "do")
	}
	if other != nil {
		w.other = p.ops(other, "else")
	}
	return w
}

// references are the words a value in a mapping may start with.
func references() []string {
	return []string{"attribute", "attribute_get", "state", "state_index", "call", "header", "literal"}
}

func callFields() []string {
	return []string{"id", "account", "project", "dnis", "ani", "arrived_at"}
}

func (p *parser) value(n *yaml.Node) value {
	if n.Kind != yaml.MappingNode {
		if inner := innerMapping(n); inner != nil {
			p.at(inner, "value: want {literal: ...} around a list with mappings in it")
		}
		return value{kind: "literal", literal: p.json(n)}
	}
	if len(n.Content) != 2 {
		p.at(n, "value: want one key out of %s, got %d; write an object as {literal: {...}}",
			strings.Join(references(), ", "), len(n.Content)/2)
		return value{}
	}
	key, node := n.Content[0], n.Content[1]
	if !slices.Contains(references(), key.Value) {
		p.problems = append(p.problems, strictyaml.UnknownKey(p.file, key, "a value", references()))
		return value{}
	}
	if key.Value == "literal" {
		return value{kind: "literal", literal: p.json(node)}
	}
	return p.reference(key.Value, node)
}

func innerMapping(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		return n
	}
	for _, child := range n.Content {
		if inner := innerMapping(child); inner != nil {
			return inner
		}
	}
	return nil
}

func (p *parser) reference(kind string, n *yaml.Node) value {
	var name string
	if !p.decode(n, kind, &name) {
		return value{}
	}
	v := value{kind: kind, name: name}
	switch {
	case name == "":
		p.at(n, `%s: want a name, got ""`, kind)
	case strings.HasPrefix(kind, "attribute"):
		v.path = strings.Split(name, ".")
		if slices.Contains(v.path, "") {
			p.at(n, "%s: want a path like customer.tier, got %q", kind, name)
		}
	case kind == "call" && !slices.Contains(callFields(), name):
		problem := strictyaml.At(p.file, n, "call: want one of %s, got %q", strings.Join(callFields(), ", "), name)
		problem.Hint = strictyaml.Suggest(name, callFields())
		p.problems = append(p.problems, problem)
	}
	return v
}

func (p *parser) condition(n *yaml.Node) condition {
	var keys struct {
		Attribute *yaml.Node `yaml:"attribute"`
		State     *yaml.Node `yaml:"state"`
		Header    *yaml.Node `yaml:"header"`
		Call      *yaml.Node `yaml:"call"`
		Unbound   *bool      `yaml:"unbound"`
		Present   *bool      `yaml:"present"`
		Equals    *yaml.Node `yaml:"equals"`
		OneOf     *yaml.Node `yaml:"one_of"`
	}
	if !p.decode(n, "when", &keys) {
		return condition{}
	}
	c := condition{unbound: keys.Unbound, present: keys.Present}
	for _, subject := range []struct {
		kind string
		node *yaml.Node
	}{{"attribute", keys.Attribute}, {"state", keys.State}, {"header", keys.Header}, {"call", keys.Call}} {
		if subject.node != nil {
			c.subject = p.reference(subject.kind, subject.node)
		}
	}
	if keys.Equals != nil {
		c.equals = []json.RawMessage{p.json(keys.Equals)}
	}
	if keys.OneOf != nil {
		for _, item := range p.list(keys.OneOf, "one_of") {
			c.equals = append(c.equals, p.json(item))
		}
	}
	subjects := len(present(keys.Attribute, keys.State, keys.Header, keys.Call))
	tests := len(present(keys.Equals, keys.OneOf))
	if keys.Present != nil {
		tests++
	}
	alone := keys.Unbound != nil && subjects == 0 && tests == 0
	tested := keys.Unbound == nil && subjects == 1 && tests == 1
	if !alone && !tested {
		p.at(n, "when: want one of attribute, state, header or call with one of equals, one_of or present, or unbound alone")
	}
	return c
}
