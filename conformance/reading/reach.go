package reading

import "time"

// reach finds, among spans of time in the order of their beginnings, those that last until some time: the first of them
// from any place on, in as many steps as their number has binary digits. One span that never ends costs the others nothing.
type reach struct {
	n    int
	tree []time.Duration // the latest end below each node; the leaves, which are the ends themselves, begin in the middle
}

func newReach(n int, end func(i int) time.Duration) reach {
	leaves := 1
	for leaves < n {
		leaves *= 2
	}
	r := reach{n, make([]time.Duration, 2*leaves)}
	for i := range leaves {
		if r.tree[leaves+i] = Never; i < n {
			r.tree[leaves+i] = end(i)
		}
	}
	for i := leaves - 1; i > 0; i-- {
		r.tree[i] = max(r.tree[2*i], r.tree[2*i+1])
	}
	return r
}

// next is the first place from i on whose span ends at t or later; n when there is none.
func (r reach) next(i int, t time.Duration) int {
	if i >= r.n {
		return r.n
	}
	leaves := len(r.tree) / 2
	at := leaves + i
	for r.tree[at] < t { // on to the next subtree on the right
		for at%2 == 1 {
			if at /= 2; at == 0 {
				return r.n
			}
		}
		at++
	}
	for at < leaves {
		if at *= 2; r.tree[at] < t {
			at++
		}
	}
	return min(at-leaves, r.n)
}
