package scenario

import (
	"maps"
	"slices"
	"strings"
)

// lint checks what no single key can show: every reference names an earlier result, every
// name is used, and the scenario asserts something.
func (l *loader) lint(s *Scenario) {
	n := &names{loader: l, known: map[string]*symbol{}, vars: map[string]*symbol{}, values: map[string]any{}}
	for _, v := range s.Vars {
		n.vars[v.Name] = &symbol{pos: v.Pos}
		n.values[v.Name] = v.Value.plain()
	}
	n.steps(s.Steps)
	n.unused(s)
	s.FromPool, s.NeedIDs, s.Warnings = n.fromPool, l.needIDs, l.warnings
	if !l.asserts && len(s.Checks) == 0 && len(s.Steps) > 0 {
		l.problem(l.root, "scenario: want an expect or a check, got none: it would pass whatever happens")
	}
}

// names is the table of names that a reference can use.
type names struct {
	*loader
	known  map[string]*symbol // by step name; grows as the steps are walked
	vars   map[string]*symbol
	values map[string]any // of the vars
	later  map[string]int // names of steps not reached yet, and their index
	outer  *names         // of concurrently: the steps before it
	inner  map[string]bool

	fromPool []string
}

type symbol struct {
	verb Verb
	pos  Pos
	used bool
}

func (n *names) steps(steps []Step) {
	n.later = map[string]int{}
	for _, s := range slices.Backward(steps) {
		n.later[s.Name] = s.Index
	}
	for i := range steps {
		n.step(&steps[i])
	}
}

func (n *names) step(s *Step) {
	for _, v := range s.Args.values() {
		n.refs(v)
	}
	switch args := s.Args.(type) {
	case *Press:
		n.call(args.Call)
	case *Hangup:
		n.call(args.Call)
	case *Await:
		n.call(args.Call)
	case *Advance:
		if args.By == 0 {
			n.takes(PoolWindow)
		}
	case *Fill:
		n.takes(PoolSize)
	case *Concurrently:
		if args.Clients == 0 {
			n.takes(PoolSize)
		}
		n.concurrently(args, s.Tally)
	}
	n.define(s)
	for _, e := range s.Expect {
		n.refs(&e.Matcher.Arg)
	}
}

func (n *names) define(s *Step) {
	if s.Name == "" {
		return
	}
	if old := n.find(s.Name); old != nil {
		n.problemAt(s.namePos, "", "as: want a name of its own, got %q again, first on line %d", s.Name, old.pos.Line)
		return
	}
	delete(n.later, s.Name)
	n.known[s.Name] = &symbol{verb: s.Verb, pos: s.namePos}
}

// concurrently walks the steps of one client, whose names end with it.
func (n *names) concurrently(c *Concurrently, t *Tally) {
	local := &names{loader: n.loader, known: map[string]*symbol{}, vars: n.vars, values: n.values, outer: n}
	local.steps(c.Steps)
	if t != nil {
		n.tally(t, local)
	}
	local.unusedNames()
	if n.inner == nil {
		n.inner = map[string]bool{}
	}
	for name := range local.known {
		n.inner[name] = true
	}
}

func (n *names) tally(t *Tally, local *names) {
	for _, g := range t.Groups {
		if s := local.known[g.Step]; s != nil {
			s.used = true
		}
		for _, e := range g.Where {
			n.refs(&e.Matcher.Arg)
		}
		if g.Count != nil {
			n.refs(&g.Count.Matcher.Arg)
		}
	}
	if t.Indefinite != nil {
		n.refs(&t.Indefinite.Matcher.Arg)
	}
}

func (n *names) find(name string) *symbol {
	for ; n != nil; n = n.outer {
		if s := n.known[name]; s != nil {
			return s
		}
	}
	return nil
}

// visible lists the names that a reference at this place could use.
func (n *names) visible() []string {
	all := []string{"pool", "projects", "seed"}
	if len(n.vars) > 0 {
		all = append(all, "vars")
	}
	if n.outer != nil {
		all = append(all, "client")
	}
	for table := n; table != nil; table = table.outer {
		for name, s := range table.known {
			if s.verb != VerbConcurrently {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (n *names) refs(v *Value) {
	for _, ref := range v.refs() {
		n.ref(ref)
	}
	n.forgotten(v.node)
}

func (n *names) ref(ref *Ref) {
	root, rest := ref.Path[0], ref.Path[1:]
	switch root {
	case "seed":
		if len(rest) > 0 {
			n.problemAt(ref.Pos, "", "reference: want ${seed}, got ${%s}", ref.Name())
		}
	case "pool":
		n.poolRef(ref, rest)
	case "projects":
		n.projectRef(ref, rest)
	case "vars":
		n.varRef(ref, rest)
	case "client":
		n.clientRef(ref, rest)
	default:
		s := n.find(root)
		if s == nil {
			n.missing(ref.Pos, root, "name")
			return
		}
		s.used = true
		n.resultRef(ref, s.verb, rest)
	}
}

func (n *names) varRef(ref *Ref, rest []string) {
	if len(rest) == 0 {
		n.problemAt(ref.Pos, "", "reference: want ${vars.name}, got ${vars}")
		return
	}
	s := n.vars[rest[0]]
	if s == nil {
		n.unknown(ref.Pos, "var", rest[0], slices.Sorted(maps.Keys(n.vars)))
		return
	}
	s.used = true
	if _, why := descend(n.values, rest, "vars"); why != "" {
		n.problemAt(ref.Pos, "", "reference: want ${%s}, got %s", ref.Name(), why)
	}
}

func (n *names) clientRef(ref *Ref, rest []string) {
	fields := []string{"index", "random"}
	switch {
	case n.outer == nil:
		n.problemAt(ref.Pos, "", "reference: want ${%s} inside the steps of concurrently, got it outside", ref.Name())
	case len(rest) != 1:
		n.problemAt(ref.Pos, "", "reference: want ${client.index} or ${client.random}, got ${%s}", ref.Name())
	case !slices.Contains(fields, rest[0]):
		n.unknown(ref.Pos, "field of client", rest[0], fields)
	}
}

func (n *names) resultRef(ref *Ref, verb Verb, rest []string) {
	switch {
	case verb == VerbConcurrently:
		n.problemAt(ref.Pos, "", "reference: want a step with one result, got ${%s} of concurrently", ref.Name())
	case len(rest) == 0:
		n.problemAt(ref.Pos, "", "reference: want a field like ${%s.%s}, got ${%s}", ref.Name(), Fields(verb)[0], ref.Name())
	default:
		n.checkPath(ref.Pos, verb, rest)
		if rest[0] == "id" {
			n.needIDs = append(n.needIDs, ref.Path[0])
		}
	}
}

// checkPath checks a path into the result of a verb as far as the result is known.
func (l *loader) checkPath(pos Pos, verb Verb, path []string) {
	f, known := findField(verb, path[0])
	switch {
	case !known:
		l.unknown(pos, "field of "+string(verb), path[0], Fields(verb))
	case f.scalar() && len(path) > 1, f.kind == kindHeaders && len(path) > 2:
		l.problemAt(pos, "", "reference: want %s as it is, got %s: it has no fields", path[len(path)-2], strings.Join(path, "."))
	}
}

// call checks the bare name of a dial step.
func (n *names) call(c CallName) {
	if c.Name == "" {
		return
	}
	s := n.find(c.Name)
	if s == nil {
		n.missing(c.Pos, c.Name, "call")
		return
	}
	s.used = true
	if s.verb != VerbDial {
		n.problemAt(c.Pos, "", "call: want the name of a dial step, got %q of %s", c.Name, s.verb)
	}
}

// missing explains a name that is not there (yet).
func (n *names) missing(pos Pos, name, what string) {
	for table := n; table != nil; table = table.outer {
		if index := table.later[name]; index > 0 {
			n.problemAt(pos, "", "reference: want the name of an earlier step, got %q of step %d", name, index)
			return
		}
		if table.inner[name] {
			n.problemAt(pos, "", "reference: want a name outside concurrently, got %q, which each client has for itself", name)
			return
		}
	}
	known := n.visible()
	if what == "call" {
		known = slices.DeleteFunc(known, func(name string) bool {
			s := n.find(name)
			return s == nil || s.verb != VerbDial
		})
	}
	n.unknown(pos, what, name, known)
}

func (n *names) unused(s *Scenario) {
	n.unusedNames()
	for _, v := range s.Vars {
		if sym := n.vars[v.Name]; !sym.used {
			n.problemAt(v.Pos, "", "vars: want every var used, got %q unused", v.Name)
		}
	}
}

// unusedNames spares concurrently, whose name is only for the reader.
func (n *names) unusedNames() {
	for name, s := range n.known {
		if !s.used && s.verb != VerbConcurrently {
			n.problemAt(s.pos, "", "as: want every name used, got %q unused; use note to explain a step", name)
		}
	}
}
