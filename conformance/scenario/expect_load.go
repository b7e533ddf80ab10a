package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/jsonvalue"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// expect reads the key `expect` of a step.
func (l *loader) expect(s *Step, n *yaml.Node) {
	l.asserts = true // or means to
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		l.problem(n, "expect: want a mapping of at least one key, got %s", emptyOr(n))
		return
	}
	if concurrently, ok := s.Args.(*Concurrently); ok {
		s.Tally = l.tally(concurrently, n)
		return
	}
	if len(define(s.Verb).results) == 0 {
		l.problem(n, "expect: want it on a step with a result, got it on %s", s.Verb)
		return
	}
	for key, value := range strictyaml.Pairs(n) {
		s.Expect = append(s.Expect, l.expectField(s.Verb, key, value)...)
	}
}

// expectField reads what is wanted of one field of the result.
func (l *loader) expectField(verb Verb, key, value *yaml.Node) Expect {
	f, known := findField(verb, key.Value)
	if !known {
		l.ps = append(l.ps, strictyaml.UnknownKey(l.file, key, "the result of "+string(verb), Fields(verb)))
		return nil
	}
	e := expectReader{loader: l, field: f}
	e.read(value, []string{f.name})
	return e.found
}

// expectReader flattens what is wanted of a field into one expectation a leaf.
type expectReader struct {
	*loader
	field field
	found Expect
}

func (e *expectReader) read(n *yaml.Node, path []string) {
	switch {
	case n.Kind != yaml.MappingNode:
		e.add(n, path, Matcher{Op: Equal, Arg: e.wanted(n)})
	case isMatcher(n), e.field.scalar() && hasMatcherName(n):
		if m, ok := e.matcher(n); ok {
			e.add(n.Content[1], path, m)
		}
	case e.field.scalar() || e.field.kind == kindHeaders && len(path) > 1:
		e.notAMatcher(n, path)
	case len(n.Content) == 0:
		e.problem(n, "%s: want at least one key, got none; write {exactly: {}} for an empty object or {type: object} for any", strings.Join(path, "."))
	case allMatcherNames(n):
		e.manyMatchers(n, path)
	default:
		e.readFields(n, path)
	}
}

// manyMatchers reports keys that may be meant as matchers or as fields.
func (e *expectReader) manyMatchers(n *yaml.Node, path []string) {
	way := "{exactly: …} for the whole value"
	for key, value := range strictyaml.Pairs(n) {
		if mayNameField(key) && !namesField(key, value) {
			way = asField(key.Value) + ", or " + way
			break
		}
	}
	e.problem(n, "%s: want one matcher, got %d; write %s", strings.Join(path, "."), len(n.Content)/2, way)
}

// readFields reads a subset: the keys that are written must match, others may be there.
func (e *expectReader) readFields(n *yaml.Node, path []string) {
	for key, value := range strictyaml.Pairs(n) {
		name := key.Value
		if t, err := parseTemplate(key, name); t != nil || err != nil {
			e.problem(key, "key: references are not replaced in keys, got %q", name)
			continue
		}
		if e.field.kind == kindHeaders {
			name = strings.ToLower(name)
		}
		e.read(value, append(slices.Clone(path), name))
	}
}

func (e *expectReader) notAMatcher(n *yaml.Node, path []string) {
	if len(n.Content) == 2 {
		e.ps = append(e.ps, strictyaml.UnknownKey(e.file, n.Content[0], "a matcher", matcherNames()))
		return
	}
	e.problem(n, "%s: want a value or one matcher, got a mapping of %d keys", strings.Join(path, "."), len(n.Content)/2)
}

func (e *expectReader) add(n *yaml.Node, path []string, m Matcher) {
	e.checkKind(n, path, m)
	e.found = append(e.found, Expectation{Path: path, Matcher: m, Pos: e.pos(n)})
}

// wanted reads a literal, in which a matcher would not work.
func (e *expectReader) wanted(n *yaml.Node) Value {
	if n.Kind == yaml.SequenceNode {
		e.noMatchersIn(n)
	}
	return e.value(n)
}

func (e *expectReader) noMatchersIn(n *yaml.Node) {
	for _, item := range n.Content {
		if isMatcher(item) {
			e.problem(item, "%s: want a literal inside a list, got a matcher; write {exactly: …} around the list if it is one", item.Content[0].Value)
			continue
		}
		e.noMatchersIn(item)
	}
}

func (l *loader) value(n *yaml.Node) Value {
	var v Value
	l.ps = append(l.ps, v.UnmarshalStrict(l.file, n)...)
	l.place(&v)
	return v
}

// isMatcher reports whether a node is a mapping with one key that is the name of a matcher, unless that key names a field.
func isMatcher(n *yaml.Node) bool {
	return hasMatcherName(n) && !namesField(n.Content[0], n.Content[1])
}

func hasMatcherName(n *yaml.Node) bool {
	return n.Kind == yaml.MappingNode && len(n.Content) == 2 && slices.Contains(matcherNames(), n.Content[0].Value)
}

// namesField reports whether a matcher stands under the name of a matcher that takes none, as in {length: {exactly: 3}}: the
// name is then a field's.
func namesField(key, value *yaml.Node) bool { return mayNameField(key) && isMatcher(value) }

// mayNameField spares the two matchers under which another one may stand.
func mayNameField(key *yaml.Node) bool { return Op(key.Value) != Not && Op(key.Value) != Exactly }

func asField(name string) string {
	return fmt.Sprintf("{%s: {exactly: …}} for a field of that name", name)
}

// allMatcherNames reports whether every key is the name of a matcher, and not each of them a field's.
func allMatcherNames(n *yaml.Node) bool {
	fields := 0
	for key, value := range strictyaml.Pairs(n) {
		if !slices.Contains(matcherNames(), key.Value) {
			return false
		}
		if namesField(key, value) {
			fields++
		}
	}
	return fields < len(n.Content)/2
}

// matcher reads a mapping whose one key is the name of a matcher.
func (l *loader) matcher(n *yaml.Node) (Matcher, bool) {
	op, arg := Op(n.Content[0].Value), n.Content[1]
	before := len(l.ps)
	m := Matcher{Op: op}
	switch op {
	case Present, Absent:
		l.checkTrue(op, arg)
	case Not:
		m = l.notMatcher(arg)
	default:
		m.Arg = l.value(arg)
		l.checkMatcherArg(&m, arg)
	}
	return m, len(l.ps) == before
}

func (l *loader) checkTrue(op Op, arg *yaml.Node) {
	other := Absent
	if op == Absent {
		other = Present
	}
	if arg.Kind != yaml.ScalarNode || arg.ShortTag() != "!!bool" || !strings.EqualFold(arg.Value, "true") {
		l.problem(arg, "%s: want true, got %s; the opposite is {%s: true}", op, strictyaml.Got(arg), other)
	}
}

func (l *loader) notMatcher(arg *yaml.Node) Matcher {
	m := Matcher{Op: Not}
	switch {
	case isMatcher(arg):
		switch op := Op(arg.Content[0].Value); op {
		case Present, Absent, Not:
			l.problem(arg, "not: want a value or another matcher, got %s", op)
		default:
			inner, _ := l.matcher(arg)
			m.inner, m.Arg = &inner, inner.Arg
		}
	case arg.Kind == yaml.MappingNode:
		l.problem(arg, "not: want a value or one matcher, got a mapping; write {not: {exactly: …}}")
	default:
		m.Arg = l.value(arg)
	}
	return m
}

func (l *loader) checkMatcherArg(m *Matcher, n *yaml.Node) {
	switch m.Op {
	case OneOf:
		if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
			l.problem(n, "one_of: want a list of at least one value, got %s", emptyOr(n))
		}
	case Matches:
		l.checkPattern(m, n)
	case Type:
		if word, _ := m.Arg.tree.(string); !slices.Contains(typeNames(), word) {
			p := strictyaml.At(l.file, n, "type: want %s, got %s; write %s", strictyaml.OneOf(typeNames()), strictyaml.Got(n), asField("type"))
			p.Hint = strictyaml.Suggest(word, typeNames())
			l.ps = append(l.ps, p)
		}
	case AtLeast, AtMost:
		if !isNumberOrRef(m.Arg.tree) {
			l.problem(n, "%s: want a number, got %s", m.Op, strictyaml.Got(n))
		}
	case Contains:
		if n.Kind == yaml.MappingNode || strictyaml.IsNull(n) || n.Value == "" && n.Kind == yaml.ScalarNode {
			l.problem(n, "contains: want text or an item of a list, got %s", strictyaml.Got(n))
		}
	case Length:
		if size, ok := m.Arg.plain().(jsonNumber); !isRef(m.Arg.tree) && (!ok || !jsonvalue.Integer(size) || jsonvalue.Sign(size) < 0) {
			l.problem(n, "length: want a whole number from 0 up, got %s; write %s", strictyaml.Got(n), asField("length"))
		}
	}
}

// checkPattern compiles a regular expression. A plain word is more likely a misspelt
// format than a pattern.
func (l *loader) checkPattern(m *Matcher, n *yaml.Node) {
	text, ok := m.Arg.tree.(string)
	if !ok || text == "" {
		l.problem(n, "matches: want e164, uuid, rfc3339 or a regular expression, got %s", strictyaml.Got(n))
		return
	}
	if namedFormats()[text] != nil {
		return
	}
	pattern, err := regexp.Compile(text)
	switch {
	case err != nil:
		l.problem(n, "matches: want a regular expression, got %v", err)
	case regexp.QuoteMeta(text) == text:
		p := strictyaml.At(l.file, n, "matches: want e164, uuid, rfc3339 or a regular expression, got %q; write {contains: …} for a part of a text", text)
		p.Hint = strictyaml.Suggest(text, []string{"e164", "uuid", "rfc3339"})
		l.ps = append(l.ps, p)
	default:
		m.pattern = pattern
	}
}
