package verdict

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// What bounds judging again: it is of the first operations of a history, or of all of them where nothing is found in
// these, so many times.
const (
	part  = 10_000
	tries = 150
	few   = 20
)

// again judges a history again and again, with other facts.
type again struct {
	ctx   context.Context
	facts map[string]reading.Facts // of each project
	ops   []history.Op
	left  int // how many more times

	results []finding.Judged // by the facts as they are
	found   map[key]finding.Violation
}

// newAgain is for a history of which these results are known.
func newAgain(ctx context.Context, facts map[string]reading.Facts, ops []history.Op, known []finding.Judged) *again {
	a := &again{ctx: ctx, facts: facts, ops: around(ops, known), left: tries}
	a.results, a.found = a.judge(facts)
	if len(a.found) == 0 && len(a.ops) < len(ops) {
		a.ops, a.left = ops, few
		a.results, a.found = a.judge(facts)
	}
	return a
}

// around are the operations around the first violation, as far as they are near each other. That there were others before
// them is seen by their ids, so that nobody is taken for the only user of the pool, and exclusive and strays_per_s are not
// among what is found to be rested on.
func around(ops []history.Op, known []finding.Judged) []history.Op {
	from, to := reading.Forever, reading.Forever
	for _, r := range known {
		for _, v := range r.Violations {
			first, last := reading.Forever, reading.Never
			for _, o := range v.Ops {
				first, last = min(first, o.Start), max(last, o.Start)
			}
			if last < to {
				from, to = first, last
			}
		}
	}
	place := func(t time.Duration) int {
		i, _ := slices.BinarySearchFunc(ops, t, func(o history.Op, t time.Duration) int { return cmp.Compare(o.Start, t) })
		return i
	}
	i, j := place(from), place(to)
	switch {
	case len(ops) <= part:
		return ops
	case j < part/2:
		return ops[:part]
	case j-i > part/2:
		return ops
	}
	return ops[max(0, i-part/4):min(len(ops), j+part/4)]
}

// judge applies all checks but the searches, whoever named which: what one finds may refute what another would suggest.
func (a *again) judge(facts map[string]reading.Facts) ([]finding.Judged, map[key]finding.Violation) {
	results := check.Judge(a.ctx, reading.Of(facts, a.ops), check.Default(), 0).Results
	found := make(map[key]finding.Violation)
	for _, r := range results {
		for _, v := range r.Violations {
			found[keyOf(r, v)] = v
		}
	}
	return results, found
}

// with judges with other facts of one project, or of all: "" is all. It reports nothing when it has been asked too often.
func (a *again) with(project *string, change func(reading.Facts) reading.Facts) (found map[key]finding.Violation, ok bool) {
	if a.left == 0 || a.ctx.Err() != nil {
		return nil, false
	}
	a.left--
	facts := maps.Clone(a.facts)
	for name, f := range facts {
		if project == nil || *project == name {
			facts[name] = change(f)
		}
	}
	_, found = a.judge(facts)
	return found, true
}

// group is what rests on one fact of one project.
type group struct{ fact, project string }

// bases are the facts on which each violation rests.
type bases struct {
	facts map[string]reading.Facts
	of    map[key][]string
	first map[[2]string][]string // by check and project, for what was not looked at
	fits  map[group]string
}

// explain takes one fact away at a time. What is not found without it rests on it. Then it looks for another value of that
// fact, by which nothing would be found.
func (a *again) explain() bases {
	b := bases{facts: a.facts, of: make(map[key][]string), first: make(map[[2]string][]string), fits: make(map[group]string)}
	for _, fact := range a.stated() {
		found, ok := a.with(nil, func(f reading.Facts) reading.Facts { return f.Without(fact) })
		if !ok {
			break
		}
		for k, v := range a.found {
			if w, still := found[k]; !still || v.Proven() && !w.Proven() {
				b.of[k] = append(b.of[k], fact)
			}
		}
	}
	groups := make(map[group][]key)
	for _, r := range a.results {
		for _, v := range r.Violations {
			k := keyOf(r, v)
			if at := [2]string{r.Name, r.Project}; b.first[at] == nil {
				b.first[at] = b.of[k]
			}
			for _, fact := range b.of[k] {
				g := group{fact, owner(a.facts, r, v)}
				groups[g] = append(groups[g], k)
			}
		}
	}
	order := slices.SortedFunc(maps.Keys(groups), func(x, y group) int {
		if n := len(groups[y]) - len(groups[x]); n != 0 {
			return n
		}
		return compare(x, y)
	})
	for _, g := range order {
		if s := a.fitting(g, groups[g]); s != "" {
			b.fits[g] = s
		}
	}
	return b
}

// stated are the facts of all projects.
func (a *again) stated() (names []string) {
	for _, project := range slices.Sorted(maps.Keys(a.facts)) {
		for _, fact := range a.facts[project].Stated() {
			if !slices.Contains(names, fact) {
				names = append(names, fact)
			}
		}
	}
	return names
}

// write gives each violation its facts, and its text the doubt that follows.
func (b bases) write(r *finding.Judged) {
	for i := range r.Violations {
		v := &r.Violations[i]
		v.Rests = b.rests(*r, *v)
		v.Text += finding.Doubts(v.Rests)
	}
}

func (b bases) rests(r finding.Judged, v finding.Violation) (out []finding.Basis) {
	names, looked := b.of[keyOf(r, v)]
	if !looked {
		names = b.first[[2]string{r.Name, r.Project}]
	}
	project := owner(b.facts, r, v)
	f := b.facts[project]
	for _, name := range names {
		if value := f.Value(name); value != "" {
			out = append(out, finding.Basis{Fact: name, Word: f.Word(name), Value: value, Source: string(f.SourceOf(name)), Fits: b.fits[group{name, project}]})
		}
	}
	return out
}

// longest is beyond every time of a history.
func (a *again) longest() time.Duration {
	last := time.Duration(0)
	for i := range a.ops {
		last = max(last, a.ops[i].End, a.ops[i].Bye)
	}
	return 2*last + time.Second
}
