package check

import (
	"cmp"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
)

// docket is a history made ready for all checks.
type docket struct {
	names []string
	views map[string]*view // of each project
	whole *view
	skew  skew
}

func newDocket(facts map[string]Facts, ops []history.Op) *docket {
	parts := split(facts, ops)
	d := &docket{names: slices.Sorted(maps.Keys(parts)), views: make(map[string]*view)}
	known := make(map[string]Facts)
	for _, name := range d.names {
		known[name] = factsOf(facts, name)
		d.views[name] = newView(known[name], parts[name])
	}
	if len(d.names) == 1 {
		d.whole = d.views[d.names[0]]
	} else {
		d.whole = newView(common(known), pointers(ops))
	}
	d.skew = d.whole.apart()
	return d
}

// Part is one project's share of a history.
type Part struct {
	Project string
	Facts   Facts
	Ops     []history.Op
}

// Parts returns the shares of all projects, by name. The operations of a history of one project are not copied.
func Parts(facts map[string]Facts, ops []history.Op) (out []Part) {
	shares := split(facts, ops)
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		own := ops
		if len(shares) > 1 {
			own = copies(shares[name]...)
		}
		out = append(out, Part{name, factsOf(facts, name), own})
	}
	return out
}

func factsOf(facts map[string]Facts, project string) Facts {
	if f, ok := facts[project]; ok {
		return f
	}
	return facts[""]
}

// split puts each operation to its project. A call belongs to the project whose number it went to, and to the first
// one when that is nobody's. What is of no project, a restart for one, belongs to all.
func split(facts map[string]Facts, ops []history.Op) map[string][]*history.Op {
	home, alone := projects(facts, ops)
	if alone {
		return map[string][]*history.Op{home: pointers(ops)}
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
	for i := range ops {
		o := &ops[i]
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
	for i := range ops {
		o := &ops[i]
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
		parts[name] = append(parts[name], o)
	}
	return parts
}

// projects returns the first of the projects that are known or seen, and whether it is the only one seen. Calls of no
// project and restarts are no sign of one.
func projects(facts map[string]Facts, ops []history.Op) (first string, alone bool) {
	names := make(map[string]bool)
	last, seen := "", false
	for i := range ops {
		o := &ops[i]
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
