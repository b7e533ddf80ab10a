package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// sortOps orders operations by start, generator and id. Mostly they are in order already; those that are not are
// sorted by what they are compared by, and each is moved once: they are large.
func sortOps(ops []Op) {
	sorted := true
	for i := 1; sorted && i < len(ops); i++ {
		sorted = compare(&ops[i-1], &ops[i]) <= 0
	}
	if sorted {
		return
	}
	type place struct {
		start time.Duration
		from  int
	}
	order := make([]place, len(ops))
	for i := range ops {
		order[i] = place{ops[i].Start, i}
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return cmp.Or(compare(&ops[a.from], &ops[b.from]), cmp.Compare(a.from, b.from))
	})
	for i := range order { // each circle of moves begins where one is lifted out, and ends where it is put
		if order[i].from == i {
			continue
		}
		lifted, at := ops[i], i
		for from := order[at].from; from != i; from = order[at].from {
			ops[at], order[at].from = ops[from], at
			at = from
		}
		ops[at], order[at].from = lifted, at
	}
}

func compare(a, b *Op) int {
	if a.Start != b.Start {
		return cmp.Compare(a.Start, b.Start)
	}
	return cmp.Or(strings.Compare(a.Generator, b.Generator), cmp.Compare(a.ID, b.ID))
}

// Merge joins the histories of several generators into one whose clocks are apart by eps at most. Times are brought to
// the earliest base, so that none is before it: 0 is what is not known. Each generator needs a name of its own, so that ids do not collide.
func Merge(eps time.Duration, files ...File) (File, error) {
	if len(files) == 0 {
		return File{}, fmt.Errorf("history: want at least one to merge, got none")
	}
	out := File{Header: files[0].Header, FactsLine: files[0].FactsLine, FactsColumn: files[0].FactsColumn}
	out.Eps = max(out.Eps, eps)
	n := 0
	for _, f := range files {
		n += len(f.Ops)
		if f.Base.Before(out.Base) {
			out.Base = f.Base
		}
	}
	out.Ops = make([]Op, 0, n)
	owners := make(map[string]int)
	for i, f := range files {
		out.Eps = max(out.Eps, f.Eps)
		out.Warnings = append(out.Warnings, f.Warnings...)
		shift := f.Base.Sub(out.Base)
		for j := range f.Ops {
			generator := f.Ops[j].Generator
			if first, taken := owners[generator]; taken && first != i {
				return File{}, fmt.Errorf("history: want a generator's name in one file only, got %q in two", generator)
			}
			owners[generator] = i
			out.Ops = append(out.Ops, f.Ops[j].shifted(shift))
		}
	}
	sortOps(out.Ops)
	return out, nil
}

// shifted moves all times of o by d.
func (o Op) shifted(d time.Duration) Op {
	o.Start += d
	o.End += d
	if o.Sent != 0 {
		o.Sent += d
	}
	if o.Ended || o.Bye != 0 { // of a call that is not over, it was up until then
		o.Bye += d
	}
	return o
}
