package sim

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Mask stands for a secret that is not shown.
const Mask = "***"

// masked is c without its secrets.
func (c Config) masked() Config {
	if c.Control.Token != "" {
		c.Control.Token = Mask
	}
	c.Agent = *maskedUnder(&c.Agent, "secrets", false)
	c.Faults = *maskedUnder(&c.Faults, "key", false) // whose requests a fault of HTTP hits
	c.Projects = slices.Clone(c.Projects)
	for i, p := range c.Projects {
		c.Projects[i].DNIKey, c.Projects[i].HandoffKey = Mask, Mask
		c.Projects[i].Agent = *maskedUnder(&p.Agent, "secrets", false)
	}
	return c
}

// maskedUnder is a copy of what n is, in which each scalar under a key of that name is masked, however deep it stands; under
// says that n itself stands there. What an agent or a fault may hold is known to those that read it, and not here.
func maskedUnder(n *yaml.Node, name string, under bool) *yaml.Node {
	if n == nil {
		return nil
	}
	out := *n
	if n.Kind == yaml.ScalarNode && under {
		out.Tag, out.Value, out.Style = "!!str", Mask, yaml.DoubleQuotedStyle
	}
	out.Alias = maskedUnder(n.Alias, name, under)
	out.Content = slices.Clone(n.Content) // nil stays nil: a node without anything is none
	for i, child := range n.Content {
		switch {
		case n.Kind != yaml.MappingNode:
			out.Content[i] = maskedUnder(child, name, under)
		case i%2 == 0:
			key := *child
			out.Content[i] = &key
		default:
			out.Content[i] = maskedUnder(child, name, under || n.Content[i-1].Value == name)
		}
	}
	return &out
}
