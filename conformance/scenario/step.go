package scenario

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

func options() []string { return []string{"as", "expect", "within", "note", "contract"} }

// steps reads a list of steps; inner ones are those of one client of concurrently.
func (l *loader) steps(n *yaml.Node, inner bool) []Step {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		l.problem(n, "steps: want a list of at least one step, got %s", emptyOr(n))
		return nil
	}
	var steps []Step
	for i, item := range n.Content {
		if s, ok := l.step(item, inner); ok {
			s.Index = i + 1
			steps = append(steps, s)
		}
	}
	return steps
}

func emptyOr(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
		return "an empty one"
	}
	return strictyaml.Got(n)
}

func (l *loader) step(n *yaml.Node, inner bool) (Step, bool) {
	if n.Kind != yaml.MappingNode {
		l.problem(n, "step: want a mapping, got %s", strictyaml.Got(n))
		return Step{}, false
	}
	verb, args, ok := l.verb(n, inner)
	if !ok {
		return Step{}, false
	}
	s := Step{Verb: Verb(verb.Value), Pos: l.pos(verb)}
	s.Args = l.args(define(s.Verb), args)
	for key, value := range strictyaml.Pairs(n) {
		l.option(&s, key, value)
	}
	l.checkOptions(&s, n)
	return s, true
}

// verb finds the one verb among the keys of a step, and reports every other key that is
// not an option.
func (l *loader) verb(n *yaml.Node, inner bool) (verb, args *yaml.Node, ok bool) {
	verbs := allVerbs()
	known := slices.Concat(verbs, options())
	unknown := false
	for key, value := range strictyaml.Pairs(n) {
		switch {
		case !slices.Contains(known, key.Value):
			l.ps = append(l.ps, strictyaml.UnknownKey(l.file, key, "step", known))
			unknown = true
		case !slices.Contains(verbs, key.Value):
		case verb != nil:
			l.problem(key, "step: want one verb, got %s and %s", verb.Value, key.Value)
		default:
			verb, args = key, value
		}
	}
	switch {
	case verb == nil && !unknown:
		l.problem(n, "step: want one verb (%s), got none", strictyaml.OneOf(verbs))
	case verb != nil && inner && !slices.Contains(clientVerbs(), verb.Value):
		l.problem(verb, "concurrently: want %s, got %s", strictyaml.OneOf(clientVerbs()), verb.Value)
		return nil, nil, false
	}
	return verb, args, verb != nil
}

func (l *loader) option(s *Step, key, value *yaml.Node) {
	switch key.Value {
	case "as":
		l.decode("as", value, &s.Name)
		s.namePos = l.pos(value)
		if s.Name != "" && !nameText.MatchString(s.Name) {
			l.problem(value, "as: want a name of lower-case letters, digits and _, got %q", s.Name)
		}
		if slices.Contains([]string{"vars", "client", "pool", "projects", "seed"}, s.Name) {
			l.problem(value, "as: want a name that is free, got %q", s.Name)
		}
	case "note":
		l.decode("note", value, &s.Note)
	case "within":
		if l.decode("within", value, &s.Within) && s.Within <= 0 {
			l.problem(value, "within: want more than 0, got %s", s.Within)
		}
	case "contract":
		l.contract(s, value)
	case "expect":
		l.expect(s, value)
	}
}

// decode reads the value of one key; its messages name the key.
func (l *loader) decode(key string, n *yaml.Node, into any) bool {
	ps := strictyaml.DecodeKey(l.file, key, n, into)
	l.ps = append(l.ps, ps...)
	return len(ps) == 0
}

func (l *loader) contract(s *Step, n *yaml.Node) {
	var c struct {
		Mode    ContractMode `yaml:"mode"`
		Because string       `yaml:"because"`
	}
	if !l.decode("contract", n, &c) {
		return
	}
	for _, key := range []string{"mode", "because"} {
		if v := strictyaml.Lookup(n, key); v == nil || v.Value == "" {
			l.problem(n, "contract: want the key %s, got none", key)
		}
	}
	s.Contract = Contract(c)
}

// checkOptions reports options that the verb has no use for: a reader would think that
// they do something.
func (l *loader) checkOptions(s *Step, n *yaml.Node) {
	d := define(s.Verb)
	if v := strictyaml.Lookup(n, "within"); v != nil {
		switch {
		case !d.exchange:
			l.problem(v, "within: want it on reserve, handoff or request, got it on %s", s.Verb)
		case s.Verb != VerbHandoff && strictyaml.Lookup(n, "expect") == nil:
			l.problem(v, "within: want an expect to wait for, got none")
		}
	}
	if v := strictyaml.Lookup(n, "contract"); v != nil && !d.exchange && s.Verb != VerbJourney {
		l.problem(v, "contract: want it on reserve, handoff, request or journey, got it on %s", s.Verb)
	}
	if v := strictyaml.Lookup(n, "as"); v != nil && len(d.results) == 0 && s.Verb != VerbConcurrently {
		l.problem(v, "as: want it on a step with a result, got it on %s", s.Verb)
	}
}
