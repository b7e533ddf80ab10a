package measure

import (
	"cmp"
	"slices"
	"time"
)

// Use is what became of one number of the pool.
type Use struct {
	Number      string        `json:"number"`
	Given       int           `json:"given"`
	Calls       int           `json:"calls"`            // to it
	CallsFailed int           `json:"calls_failed"`     // refused by the platform or the carrier, or not placed
	Wrong       int           `json:"wrong_context"`    // calls whose agent had another's attributes, or none
	Rest        time.Duration `json:"shortest_rest_ns"` // between two uses; 0: it was used once at most

	place    int           // in the order in which numbers were first given
	released time.Duration // when it was last free again, as far as can be told; never: it is not
}

// Dead reports whether a number never works: it was called a few times, and no call was answered.
func (u Use) Dead() bool { return u.Calls >= 3 && u.CallsFailed == u.Calls }

// Given is one allocation: which number it was, by the order in which numbers were first given.
type Given struct {
	Allocation int `json:"allocation"`
	Number     int `json:"number"`
}

// mostGiven bounds the allocations that are kept, the newest: a picture has no room for more.
const mostGiven = 800

// numbers keeps what becomes of each number of the pool: as much memory as the pool has numbers.
type numbers struct {
	all   map[string]*Use
	given []Given // a ring, once it is full
	count int
	reuse *Lengths
}

func newNumbers() *numbers { return &numbers{all: make(map[string]*Use), reuse: NewLengths()} }

// use notes that a number was given, and how long it had rested.
func (n *numbers) use(number string, now time.Duration) *Use {
	u := n.all[number]
	if u == nil {
		u = &Use{Number: number, place: len(n.all)}
		n.all[number] = u
	} else if rest := now - u.released; u.released != never && rest > 0 {
		n.reuse.Add(rest)
		if u.Rest == 0 || rest < u.Rest {
			u.Rest = rest
		}
	}
	u.Given++
	u.released = never
	g := Given{n.count, u.place}
	if len(n.given) < mostGiven {
		n.given = append(n.given, g)
	} else {
		n.given[n.count%mostGiven] = g
	}
	n.count++
	return u
}

// allocations are those that are kept, in their order.
func (n *numbers) allocations() []Given {
	out := slices.Clone(n.given)
	slices.SortFunc(out, func(a, b Given) int { return cmp.Compare(a.Allocation, b.Allocation) })
	return out
}

// mostNumbers bounds the table of numbers.
const mostNumbers = 100

// table are the numbers with the most trouble first, and then by use; omitted is how many there are besides.
func (n *numbers) table() (rows []Use, omitted int) {
	for _, u := range n.all {
		rows = append(rows, *u)
	}
	return worst(rows)
}

// worst cuts a table of numbers, those with the most trouble first.
func worst(rows []Use) (kept []Use, omitted int) {
	slices.SortFunc(rows, func(a, b Use) int {
		return cmp.Or(cmp.Compare(b.CallsFailed+b.Wrong, a.CallsFailed+a.Wrong), cmp.Compare(b.Given, a.Given), cmp.Compare(a.Number, b.Number))
	})
	if len(rows) > mostNumbers {
		rows, omitted = rows[:mostNumbers], len(rows)-mostNumbers
	}
	return slices.Clone(rows), omitted
}
