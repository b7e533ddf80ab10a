package scenario

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/jsonvalue"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// tally reads the key `expect` of concurrently.
func (l *loader) tally(c *Concurrently, n *yaml.Node) *Tally {
	t := &Tally{}
	names := []string{indefiniteField}
	for _, s := range c.Steps {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	for key, value := range strictyaml.Pairs(n) {
		i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.Name == key.Value })
		switch {
		case key.Value == indefiniteField:
			t.Indefinite = l.counter(indefiniteField, value)
		case i < 0 || key.Value == "":
			l.ps = append(l.ps, strictyaml.UnknownKey(l.file, key, "the results of concurrently", names))
		default:
			t.Groups = append(t.Groups, l.groups(c, c.Steps[i], value)...)
		}
	}
	return t
}

func (l *loader) groups(c *Concurrently, s Step, n *yaml.Node) []Group {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		l.problem(n, "%s: want a list like [{status: 200, count: 1}], got %s", s.Name, emptyOr(n))
		return nil
	}
	var groups []Group
	for i, item := range n.Content {
		if item.Kind != yaml.MappingNode {
			l.problem(item, "%s: want a mapping like {status: 200, count: 1}, got %s", s.Name, strictyaml.Got(item))
			continue
		}
		g := l.group(c, s, item)
		g.Index = i
		groups = append(groups, g)
	}
	return groups
}

func (l *loader) group(c *Concurrently, s Step, n *yaml.Node) Group {
	g := Group{Step: s.Name, Pos: l.pos(n)}
	for key, value := range strictyaml.Pairs(n) {
		switch key.Value {
		case countField:
			g.Count = l.counter(countField, value)
			l.checkCount(c, g.Count)
		case distinctField:
			l.distinct(&g, s.Verb, value)
		default:
			g.Where = append(g.Where, l.expectField(s.Verb, key, value)...)
		}
	}
	if strictyaml.Lookup(n, countField) == nil && strictyaml.Lookup(n, distinctField) == nil {
		l.problem(n, "%s: want the key count or distinct, got none", s.Name)
	}
	return g
}

// counter reads a number or a matcher of one.
func (l *loader) counter(name string, n *yaml.Node) *Expectation {
	e := expectReader{loader: l, field: field{name: name, kind: kindNumber}}
	e.read(n, []string{name})
	if len(e.found) != 1 {
		return nil
	}
	return &e.found[0]
}

func (l *loader) checkCount(c *Concurrently, count *Expectation) {
	if count == nil || count.Matcher.Op != Equal {
		return
	}
	got, ok := count.Matcher.Arg.tree.(json.Number)
	if ok && c.Clients > 0 && jsonvalue.Compare(got, normal(c.Clients).(json.Number)) > 0 {
		l.problemAt(count.Pos, "", "count: want at most the %d clients, got %s", c.Clients, got)
	}
}

func (l *loader) distinct(g *Group, verb Verb, n *yaml.Node) {
	var path string
	if !l.decode(distinctField, n, &path) {
		return
	}
	g.Distinct, g.distinct = strings.Split(path, "."), l.pos(n)
	if !refPath.MatchString(path) {
		l.problem(n, "distinct: want a path like body.dni, got %q", path)
		return
	}
	l.checkPath(g.distinct, verb, g.Distinct)
}
