package strictyaml

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	integerText = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	numberText  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// IsNull reports whether n is null: `null`, `~` or nothing at all.
func IsNull(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// plain reports whether n is a scalar without quotes, the only kind YAML guesses a type for.
func plain(n *yaml.Node) bool {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Kind == yaml.ScalarNode && n.Style&quoted == 0
}

// isText reports whether n is a string. Dates are strings too: JSON has no other way to
// write them. A number too large for a float64 is not, whatever the parser says.
func isText(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	if !plain(n) {
		return true
	}
	switch n.ShortTag() {
	case "!!str":
		return !numberText.MatchString(n.Value)
	case "!!timestamp":
		return true
	}
	return false
}

func isNumber(n *yaml.Node) bool {
	if !plain(n) {
		return false
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return true
	case "!!str":
		return numberText.MatchString(n.Value)
	}
	return false
}

func isBool(n *yaml.Node) bool { return plain(n) && n.ShortTag() == "!!bool" }

// looksBool reports whether s is a word that YAML 1.1 reads as a boolean and YAML 1.2 as text.
func looksBool(n *yaml.Node) bool {
	if !plain(n) {
		return false
	}
	switch strings.ToLower(n.Value) {
	case "yes", "no", "on", "off":
		return true
	}
	return false
}
