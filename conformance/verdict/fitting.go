package verdict

import (
	"cmp"
	"math"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

func compare(x, y group) int {
	return cmp.Or(cmp.Compare(x.project, y.project), cmp.Compare(x.fact, y.fact))
}

// fitting says which other values of a fact would explain all that rests on it, without something else being found by
// them; "" when there is none.
func (a *again) fitting(g group, keys []key) string {
	f := a.facts[g.project]
	if n, ok := f.Number(g.fact); ok {
		return a.numbers(g, keys, n)
	}
	var fit []string
	for _, word := range f.Words(g.fact) {
		found, ok := a.with(&g.project, func(f reading.Facts) reading.Facts { return f.WithWord(g.fact, word) })
		if ok && a.gone(found, keys) && a.clean(found) {
			fit = append(fit, word)
		}
	}
	return strings.Join(fit, " or ")
}

// gone reports whether none of these violations is found any more.
func (a *again) gone(found map[key]finding.Violation, keys []key) bool {
	for _, k := range keys {
		if _, still := found[k]; still {
			return false
		}
	}
	return true
}

// clean reports whether nothing is found that was not found before.
func (a *again) clean(found map[key]finding.Violation) bool {
	for k := range found {
		if _, before := a.found[k]; !before {
			return false
		}
	}
	return true
}

// absurd is how many times smaller a time would have to be for nobody to have meant it.
const absurd = 100

// numbers looks for the values below a number, and then above it. On either side what rests on it is gone from some value
// on, and what is found anew comes beyond another one: what fits lies between.
func (a *again) numbers(g group, keys []key, stated int64) string {
	try := func(n int64) (gone, clean bool) {
		found, ok := a.with(&g.project, func(f reading.Facts) reading.Facts { return f.WithNumber(g.fact, n) })
		return ok && a.gone(found, keys), ok && a.clean(found)
	}
	highest := int64(a.longest())
	if g.fact == "size" {
		highest = int64(len(a.ops)) + 1
	}
	for _, end := range []int64{1, highest} {
		if end > stated != (end == highest) || end == stated {
			continue
		}
		gone, clean := try(end)
		if !gone {
			continue
		}
		near := bisect(stated, end, func(n int64) bool { gone, _ := try(n); return gone })
		if _, clean := try(near); !clean || g.fact != "cool_down" && near < stated/absurd { // no cool-down at all is a usual one
			continue
		}
		far := end
		if !clean {
			far = bisect(end, near, func(n int64) bool { _, clean := try(n); return clean })
		}
		return between(g.fact, near, far, clean)
	}
	return ""
}

// bisect returns the value next to not at which holds is true, as it is at is, to a thousandth.
func bisect(not, is int64, holds func(int64) bool) int64 {
	for range 40 {
		low, high := min(not, is), max(not, is)
		if high-low <= max(1, high/1000) {
			break
		}
		mid := low + (high-low)/2
		if low > 0 && high/low > 4 {
			mid = int64(math.Sqrt(float64(low)) * math.Sqrt(float64(high)))
		}
		if holds(mid) {
			is = mid
		} else {
			not = mid
		}
	}
	if r := rounded(is, not > is); (r-is)*(not-r) > 0 && holds(r) { // what a person would say of it
		return r
	}
	return is
}

// between says which values fit: those from near to far, and all beyond where open.
func between(fact string, near, far int64, open bool) string {
	low, high := min(near, far), max(near, far)
	if l, h := rounded(low, true), rounded(high, false); fact != "size" && l <= h { // else they are too close
		low, high = l, h
	}
	switch {
	case open && far < near:
		return reading.Unit(fact, high) + " or less"
	case open:
		return reading.Unit(fact, low) + " or more"
	}
	if low == high {
		return reading.Unit(fact, low)
	}
	return reading.Unit(fact, low) + " to " + reading.Unit(fact, high)
}

// rounded is a number with three digits.
func rounded(n int64, up bool) int64 {
	unit := int64(1)
	for n/unit >= 1000 {
		unit *= 10
	}
	down := n / unit * unit
	if up && down < n {
		return down + unit
	}
	return down
}
