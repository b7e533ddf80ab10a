package scenario

import (
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// unmarked is a reference but for its dollar sign. Text may look like it, so it is spoken of only with a name that is known, and
// is no more than a warning.
var unmarked = regexp.MustCompile(`(?:^|[^$])\{([A-Za-z_][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_-]+)+)\}`)

// forgotten finds references without their dollar sign: "{lease.body.dni}" as text, and {lease.body.dni} without quotes, which
// YAML takes for a mapping.
func (n *names) forgotten(node *yaml.Node) {
	switch {
	case node == nil:
		return
	case node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str":
		for _, m := range unmarked.FindAllStringSubmatch(node.Value, -1) {
			n.unmarked(node, m[1], m[2])
		}
	case node.Kind == yaml.MappingNode:
		if m := unmarked.FindStringSubmatch(unquoted(node)); m != nil {
			n.unmarked(node.Content[0], m[1], m[2])
			return
		}
		for _, value := range strictyaml.Pairs(node) {
			n.forgotten(value)
		}
	default:
		for _, item := range node.Content {
			n.forgotten(item)
		}
	}
}

func (n *names) unmarked(at *yaml.Node, root, path string) {
	s := n.find(root)
	switch {
	case s != nil:
		s.used = true // it was meant to be
	case !slices.Contains(n.visible(), root):
		return
	}
	n.warn(at, "reference: want \"${%[1]s%[2]s}\", got {%[1]s%[2]s}, which is only text: its $ is forgotten", root, path)
}

// unquoted is a reference without dollar sign and quotes, as it was written; "" for any other value.
func unquoted(node *yaml.Node) string {
	if node.Kind != yaml.MappingNode || len(node.Content) != 2 || node.Content[1].Value != "" || node.Content[1].ShortTag() != "!!null" {
		return ""
	}
	return unmarked.FindString("{" + node.Content[0].Value + "}")
}
