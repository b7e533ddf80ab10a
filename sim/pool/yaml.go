package pool

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// UnmarshalStrict reads an integer or a list of quoted numbers and ranges. Every
// bad item is a problem at its own place.
func (n *Numbers) UnmarshalStrict(file string, node *yaml.Node) strictyaml.Problems {
	switch {
	case node.Kind == yaml.SequenceNode:
		return n.readList(file, node)
	case node.Kind == yaml.ScalarNode && node.ShortTag() == "!!int":
		return n.readCount(file, node)
	}
	return strictyaml.Problems{strictyaml.At(file, node,
		`numbers: want a count like 20 or a list like ["+442079460000..+442079460019"], got %s`, strictyaml.Got(node))}
}

func (n *Numbers) readCount(file string, node *yaml.Node) strictyaml.Problems {
	count, err := strconv.Atoi(node.Value)
	if err != nil || count < 1 || count > maxNumbers {
		return strictyaml.Problems{strictyaml.At(file, node, "numbers: want a count of 1 to %d, got %s", maxNumbers, node.Value)}
	}
	*n = Count(count)
	return nil
}

func (n *Numbers) readList(file string, node *yaml.Node) strictyaml.Problems {
	var problems strictyaml.Problems
	if len(node.Content) == 0 {
		problems = append(problems, strictyaml.At(file, node, "numbers: want at least 1, got an empty list"))
	}
	list := make([]string, len(node.Content))
	for i, item := range node.Content {
		if ps := strictyaml.Decode(file, item, &list[i]); len(ps) > 0 {
			problems = append(problems, ps...)
			continue
		}
		if _, err := parseSpan(list[i]); err != nil {
			problems = append(problems, strictyaml.At(file, item, "%v", err))
		}
	}
	if len(problems) == 0 {
		*n = List(list...)
	}
	return problems
}
