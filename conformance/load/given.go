package load

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// World is the world of the reference, as its target reads it.
func (p *Profile) World() *yaml.Node {
	if p.Given.IsZero() {
		return nil
	}
	return &p.Given
}

// Set changes one setting of the reference: path=value, as in pool.numbers=30.
func (p *Profile) Set(setting string) error {
	path, value, ok := strings.Cut(setting, "=")
	if !ok || path == "" {
		return fmt.Errorf("want path=value, as in pool.numbers=30, got %q", setting)
	}
	n, problems := strictyaml.Parse(setting, []byte("value: "+value))
	if len(problems) > 0 {
		return fmt.Errorf("%s: want a value, got %q", path, value)
	}
	if p.Given.IsZero() {
		p.Given = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	}
	put(&p.Given, strings.Split(path, "."), strictyaml.Lookup(n, "value"))
	return nil
}

// put sets the value at a path, and makes the mappings on the way.
func put(n *yaml.Node, path []string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch {
		case n.Content[i].Value != path[0]:
		case len(path) == 1:
			n.Content[i+1] = value
			return
		default:
			put(n.Content[i+1], path[1:], value)
			return
		}
	}
	if len(path) > 1 {
		inner := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: value.Line, Column: value.Column}
		put(inner, path[1:], value)
		value = inner
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: path[0], Line: value.Line, Column: value.Column}, value)
}
