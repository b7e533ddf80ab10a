package scenario

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// document is the top level of a file.
type document struct {
	Scenario    string        `yaml:"scenario"`
	Summary     string        `yaml:"summary"`
	Requirement string        `yaml:"requirement"`
	Source      string        `yaml:"source"`
	Level       level         `yaml:"level"`
	Labels      []name        `yaml:"labels"`
	Timeout     time.Duration `yaml:"timeout"`
	Given       *yaml.Node    `yaml:"given"`
	Vars        *yaml.Node    `yaml:"vars"`
	Steps       *yaml.Node    `yaml:"steps"`
	Check       []checkItem   `yaml:"check"`
}

// Parse reads one scenario from memory; ID stays empty. The scenario is nil when the text
// cannot be read as YAML, and usable only when there are no problems.
func Parse(file string, data []byte, opts Options) (*Scenario, strictyaml.Problems) {
	root, ps := strictyaml.Parse(file, data)
	if root == nil {
		return nil, ps
	}
	l := &loader{file: file, opts: opts, root: root, src: strictyaml.NewSource(data), ps: ps}
	s := l.scenario()
	l.lint(s)
	l.ps.Sort()
	return s, l.ps
}

// loader collects the problems of one file.
type loader struct {
	file string
	opts Options
	root *yaml.Node
	src  strictyaml.Source
	ps   strictyaml.Problems

	warnings strictyaml.Problems

	asserts bool     // an expect is written
	needIDs []string // see Scenario
}

func (l *loader) problem(n *yaml.Node, format string, args ...any) {
	l.ps = append(l.ps, strictyaml.At(l.file, n, format, args...))
}

func (l *loader) warn(n *yaml.Node, format string, args ...any) {
	l.warnings = append(l.warnings, strictyaml.At(l.file, n, format, args...))
}

func (l *loader) problemAt(pos Pos, hint, format string, args ...any) {
	p := strictyaml.At(l.file, nil, format, args...)
	p.Line, p.Column, p.Hint = pos.Line, pos.Column, hint
	l.ps = append(l.ps, p)
}

func (l *loader) pos(n *yaml.Node) Pos { return Pos{n.Line, n.Column, l.src.Width(n)} }

func (l *loader) scenario() *Scenario {
	d := document{Timeout: DefaultTimeout}
	l.ps = append(l.ps, strictyaml.Decode(l.file, l.root, &d)...)
	l.header(&d)
	s := &Scenario{
		File: l.file, Line: 1, Lines: l.src,
		Summary: d.Summary, Requirement: strings.TrimSpace(d.Requirement), Source: d.Source, Level: string(d.Level),
		Labels:  l.names("labels", d.Labels),
		Timeout: d.Timeout, Given: l.given(d.Given), Vars: l.vars(d.Vars),
	}
	for key := range strictyaml.Pairs(l.root) {
		if key.Value == "scenario" {
			s.Line = key.Line
		}
	}
	if l.require("steps", d.Steps != nil) {
		s.Steps = l.steps(d.Steps, false)
	}
	s.Checks, s.Expects = l.checks(d.Check), l.asserts
	return s
}

func (l *loader) header(d *document) {
	if n := strictyaml.Lookup(l.root, "scenario"); l.require("scenario", n != nil) && d.Scenario != "" && d.Scenario != Version {
		l.problem(n, "scenario: want %s, got %q", Version, d.Scenario)
	}
	for _, key := range []struct{ name, value string }{
		{"summary", d.Summary}, {"requirement", d.Requirement}, {"source", d.Source},
	} {
		n := strictyaml.Lookup(l.root, key.name)
		if l.require(key.name, n != nil) && !strictyaml.IsNull(n) && n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == "" {
			l.problem(n, "%s: want text, got %q", key.name, key.value)
		}
	}
	l.require("level", strictyaml.Lookup(l.root, "level") != nil)
	if d.Timeout <= 0 {
		l.problem(strictyaml.Lookup(l.root, "timeout"), "timeout: want more than 0, got %s", d.Timeout)
	}
}

// require reports a key that every scenario has.
func (l *loader) require(key string, present bool) bool {
	if !present {
		l.problem(l.root, "scenario: want the key %s, got none", key)
	}
	return present
}

func (l *loader) given(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		l.problem(n, "given: want a mapping, got %s", strictyaml.Got(n))
		return nil
	}
	if l.opts.Given != nil {
		l.ps = append(l.ps, l.opts.Given(l.file, n)...)
	}
	return n
}

func (l *loader) vars(n *yaml.Node) []Var {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		l.problem(n, "vars: want a mapping, got %s", strictyaml.Got(n))
		return nil
	}
	var vars []Var
	for key, value := range strictyaml.Pairs(n) {
		v := Var{Name: key.Value, Pos: l.pos(key)}
		if !nameText.MatchString(key.Value) {
			l.problem(key, "vars: want a name of lower-case letters, digits and _, got %q", key.Value)
		}
		l.ps = append(l.ps, v.Value.UnmarshalStrict(l.file, value)...)
		for _, ref := range v.Value.refs() {
			placeRef(l.src, ref)
			l.problemAt(ref.Pos, "", "vars: want a literal, got ${%s}", ref.Name())
		}
		l.place(&v.Value)
		vars = append(vars, v)
	}
	return vars
}

// checkItem is the name of a check, or, as {rotation: {cases: 3}}, the check with what it must have looked at.
type checkItem struct {
	name
	cases int
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (c *checkItem) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind != yaml.MappingNode {
		return c.name.UnmarshalStrict(file, n)
	}
	if len(n.Content) != 2 {
		return strictyaml.Problems{strictyaml.At(file, n, "check: want a name or one {name: {cases: 1}}, got a mapping of %d keys", len(n.Content)/2)}
	}
	c.node = n.Content[0]
	c.text = c.node.Value
	var needs struct {
		Cases int `yaml:"cases"`
	}
	ps := strictyaml.DecodeKey(file, c.text, n.Content[1], &needs)
	if c.cases = needs.Cases; len(ps) == 0 && c.cases < 1 {
		ps = append(ps, strictyaml.At(file, n.Content[1], "cases: want at least 1, got %d", c.cases))
	}
	return ps
}

func (l *loader) checks(items []checkItem) []Check {
	var checks []Check
	for _, item := range items {
		name := item.text
		if l.reported(item.node) {
			continue
		}
		c := Check{Name: name, Cases: item.cases, Pos: l.pos(item.node)}
		if slices.ContainsFunc(checks, func(other Check) bool { return other.Name == name }) {
			l.problem(item.node, "check: want each check once, got %q again", name)
		}
		if l.opts.CheckNames != nil && !slices.Contains(l.opts.CheckNames, name) {
			l.unknown(c.Pos, "check", name, l.opts.CheckNames)
		}
		checks = append(checks, c)
	}
	return checks
}

// unknown reports a word that is not one of those known, with the nearest as a hint.
func (l *loader) unknown(pos Pos, what, word string, known []string) {
	hint := strictyaml.Suggest(word, known)
	if hint == "" && len(known) > 0 {
		l.problemAt(pos, "", "unknown %s %q; want %s", what, word, strictyaml.OneOf(known))
		return
	}
	l.problemAt(pos, hint, "unknown %s %q", what, word)
}

var (
	nameText  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	labelText = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

// name is a label or a check, with its place.
type name struct {
	text string
	node *yaml.Node
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (w *name) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	w.node = n
	return strictyaml.Decode(file, n, &w.text)
}

func (l *loader) names(key string, items []name) []string {
	var names []string
	for _, item := range items {
		switch {
		case l.reported(item.node):
			continue
		case !labelText.MatchString(item.text) || isOperator(item.text):
			l.problem(item.node, "%s: want a word of lower-case letters, digits and -, got %q", key, item.text)
		case slices.Contains(names, item.text):
			l.problem(item.node, "%s: want each word once, got %q again", key, item.text)
		}
		names = append(names, item.text)
	}
	return names
}
