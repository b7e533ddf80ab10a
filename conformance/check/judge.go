package check

import (
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
)

// Result is what one check says about one project, or about all of them.
type Result struct {
	Check   Check
	Project string // "" for all
	Outcome
}

// Judgement is everything that can be said about a history.
type Judgement struct {
	Results  []Result
	Ledgers  map[string]Ledger // by project
	Warnings []string          // about the history itself: its clocks
}

// JudgeAll applies every check, each project's operations by themselves where the check is about one pool. Facts under
// the name "" hold for every project that has none of its own. Where the history itself shows that the generators'
// clocks are further apart than is known, what was found by comparing times is not certain.
func JudgeAll(facts map[string]Facts, ops []history.Op) []Result {
	return newDocket(facts, ops).judge(All())
}

// Judge is JudgeAll with everything else that can be said, for the checks of these names; nil is all.
func Judge(facts map[string]Facts, ops []history.Op, only []string) Judgement {
	checks := All()
	if only != nil {
		checks = slices.DeleteFunc(checks, func(c Check) bool { return !slices.Contains(only, c.Name) })
	}
	d := newDocket(facts, ops)
	out := Judgement{Results: d.judge(checks), Warnings: d.whole.warnings(d.skew), Ledgers: make(map[string]Ledger)}
	for _, name := range d.names {
		out.Ledgers[name] = d.views[name].ledger()
	}
	return out
}

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

func (d *docket) judge(checks []Check) (out []Result) {
	skewed := d.skew.by > d.whole.Eps
	for _, c := range checks {
		if !c.PerProject {
			out = append(out, Result{Check: c, Outcome: c.judge(d.whole)}.unless(skewed))
			continue
		}
		for _, name := range d.names {
			out = append(out, Result{Check: c, Project: name, Outcome: c.judge(d.views[name])}.unless(skewed))
		}
	}
	return out
}

func (r Result) unless(skewed bool) Result {
	if skewed && r.Check.clocks {
		for i := range r.Violations {
			r.Violations[i].Certainty = ModuloClocks
		}
	}
	return r
}

func factsOf(facts map[string]Facts, project string) Facts {
	if f, ok := facts[project]; ok {
		return f
	}
	return facts[""]
}

// split puts each operation to its project. A call belongs to the project whose number it went to. What is of no
// project, a restart for one, belongs to all.
func split(facts map[string]Facts, ops []history.Op) map[string][]*history.Op {
	if name, ok := onlyProject(ops); ok {
		return map[string][]*history.Op{name: pointers(ops)}
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
		if o.Kind != history.Restart || o.Project != "" {
			count[o.Project]++
		}
	}
	parts := make(map[string][]*history.Op, len(count))
	for name, n := range count {
		parts[name] = make([]*history.Op, 0, n)
	}
	for i := range ops {
		o := &ops[i]
		name := o.Project
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

// onlyProject is the project that all operations are of, if there is one.
func onlyProject(ops []history.Op) (name string, ok bool) {
	for i := range ops {
		switch p := ops[i].Project; {
		case ops[i].Kind == history.Restart:
		case !ok:
			name, ok = p, true
		case p != name:
			return "", false
		}
	}
	return name, true
}
