package reading

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
)

// History is a history that has been read: each project by itself, and all together.
type History struct {
	Ops      []history.Op
	Names    []string // of the projects, in order
	Projects map[string]*Reading
	Whole    *Reading
	Skew     Skew   // what the history itself proves of its clocks
	Steps    []Step // clocks that were set back while they stamped it
	Missing  int    // operations that were not written down, or not kept

	facts   map[string]Facts
	all     []*history.Op
	parts   map[string][]*history.Op // by project
	numbers spelling
	marked  map[string]bool // what generators are called after their clocks were set back
}

// missing counts the operations that the history lacks. A generator counts its own from 1, or several share one count:
// then no two operations have one id.
func missing(ops []history.Op) (n int) {
	if len(ops) == 0 {
		return 0
	}
	last := make(map[string]int)
	for i := range ops {
		o := &ops[i]
		last[o.Generator] = max(last[o.Generator], o.ID)
	}
	if len(last) == 1 || apart(ops) {
		return max(0, slices.Max(slices.Collect(maps.Values(last)))-len(ops))
	}
	for _, l := range last {
		n += l
	}
	return max(0, n-len(ops))
}

// apart reports whether no two operations have one id.
func apart(ops []history.Op) bool {
	taken := make(map[int]bool)
	for i := range ops {
		if taken[ops[i].ID] {
			return false
		}
		taken[ops[i].ID] = true
	}
	return true
}

// Of reads a history. Facts under the name "" hold for every project that has none of its own. The history must be
// complete: every operation has ended.
func Of(facts map[string]Facts, ops []history.Op) *History {
	all := Pointers(ops)
	set := steps(all)
	marked := setBack(all, set)
	numbers := newSpelling(numbersOfPools(facts, all))
	numbers.complete(all)
	facts = maps.Clone(facts)
	for name, f := range facts {
		facts[name] = numbers.facts(f)
	}
	lines := missing(ops)
	if lines > 0 { // who reserved and who called is not all known
		if len(facts) == 0 {
			facts = map[string]Facts{}
		}
		for name, f := range facts {
			f.Exclusive, f.Strays = false, nil
			facts[name] = f
		}
	}
	parts := split(facts, all)
	d := &History{
		Ops: ops, facts: facts, Names: slices.Sorted(maps.Keys(parts)), Missing: lines, Steps: set,
		all: all, parts: parts, numbers: numbers, marked: marked,
	}
	d.read(clock{})
	d.Skew = d.Whole.ProvenSkew()
	return d
}

// read reads what is there by one clock.
func (h *History) read(by clock) {
	h.Projects = make(map[string]*Reading)
	known := make(map[string]Facts)
	for _, name := range h.Names {
		known[name] = factsOf(h.facts, name)
		h.Projects[name] = read(known[name], h.parts[name], h.numbers, by)
	}
	if len(h.Names) == 1 {
		h.Whole = h.Projects[h.Names[0]]
	} else {
		h.Whole = read(common(known), h.all, h.numbers, by)
	}
	for _, r := range h.Projects {
		r.Lacking = h.Missing > 0
	}
	h.Whole.Lacking = h.Missing > 0
}

func factsOf(facts map[string]Facts, project string) Facts {
	if f, ok := facts[project]; ok {
		return f
	}
	return facts[""]
}

// split puts each operation to its project. A call belongs to the project whose number it went to, and to the first
// one when that is nobody's. What is of no project, a restart for one, belongs to all.
func split(facts map[string]Facts, ops []*history.Op) map[string][]*history.Op {
	home, alone := projects(facts, ops)
	if alone {
		for i, o := range ops {
			ops[i] = ofProject(o, home)
		}
		return map[string][]*history.Op{home: ops}
	}
	owner := make(map[string]string)
	for name, f := range facts {
		if name == "" { // of whoever has none of its own
			continue
		}
		for _, n := range f.Numbers {
			owner[n] = name
		}
	}
	count := make(map[string]int)
	for _, o := range ops {
		if o.Kind == history.Reserve && o.Number != "" {
			owner[o.Number] = o.Project
		}
		if o.Project != "" {
			count[o.Project]++
		}
	}
	count[home]++ // what has no project
	parts := make(map[string][]*history.Op, len(count))
	for name, n := range count {
		parts[name] = make([]*history.Op, 0, n)
	}
	for i, o := range ops {
		name := cmp.Or(o.Project, home)
		if p, ok := owner[o.Number]; ok && o.Kind == history.Call {
			name = p
		}
		if o.Kind == history.Restart && o.Project == "" {
			for p := range parts {
				parts[p] = append(parts[p], o)
			}
			continue
		}
		ops[i] = ofProject(o, name)
		parts[name] = append(parts[name], ops[i])
	}
	return parts
}

// projects returns the first of the projects that are known or seen, and whether it is the only one seen. Calls of no
// project and restarts are no sign of one.
func projects(facts map[string]Facts, ops []*history.Op) (first string, alone bool) {
	names := make(map[string]bool)
	last, seen := "", false
	for _, o := range ops {
		if seen && o.Project == last || o.Project == "" && (o.Kind == history.Call || o.Kind == history.Restart) {
			continue
		}
		names[o.Project], last, seen = true, o.Project, true
	}
	alone = len(names) <= 1
	if len(names) == 0 {
		for name := range facts {
			names[name] = true
		}
	}
	if len(names) > 0 {
		first = slices.Min(slices.Collect(maps.Keys(names)))
	}
	return first, alone
}
