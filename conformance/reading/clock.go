package reading

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// clock is by whose clock a history is read. Every generator stamps by its own. Two stamps of one can be compared as they
// are, and so can stamps that were brought to its clock, with a margin: so a history is read by each clock in turn, and
// what follows by any of them is true.
type clock struct {
	generator *string // nil: the one that recorded most
	unbounded bool    // nothing is known of how far the others are apart from it
}

// nobodys is a clock that stamped nothing.
const nobodys = "\x00"

// boundless is further apart than two clocks are, and leaves room for sums.
const boundless = time.Duration(1 << 59)

// ending is what is known of a generator before anything is understood.
type ending struct {
	at         time.Duration // its last stamp
	operations int
}

func (c clock) of(ends map[string]*ending) string {
	if c.generator != nil {
		return *c.generator
	}
	return busiest(ends)[0]
}

// busiest are the generators, those first that recorded most.
func busiest(ends map[string]*ending) []string {
	names := slices.Sorted(maps.Keys(ends))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(ends[b].operations, ends[a].operations) })
	return names
}

// Apart is how far the clock that stamped o may be apart from the one by which the history is read.
func (v *Reading) Apart(o *history.Op) time.Duration {
	if v.Eps == 0 || o.Generator == v.Clock {
		return 0
	}
	return v.Eps
}

// SeveralClocks reports whether several clocks stamped what was read.
func (v *Reading) SeveralClocks() bool { return len(v.ends) > 1 }

// Clocks are the generators by whose clocks the history can be read, the one of Of first; none where it is one clock.
func (h *History) Clocks() []string {
	if len(h.Whole.ends) < 2 {
		return nil
	}
	return busiest(h.Whole.ends)
}

// ReadBy reads the history again by one generator's clock. unbounded says that nothing is known of how far the others are
// apart from it: then only what that generator's own stamps show is left, and what needs no clock.
func (h *History) ReadBy(generator string, unbounded bool) *History {
	again := *h
	again.read(clock{&generator, unbounded})
	return &again
}

// Step is a clock that was set back while its generator recorded.
type Step struct {
	Generator     string
	Before, After *history.Op   // of two operations, the one with the smaller id began when the other had long been over
	By            time.Duration // it was set back by as much, at least
	since         int           // the id of the first operation by the clock as it was then
	at            int           // the place of that one among those of its generator, by id
}

// noticed is how much later than its turn an operation may be stamped: a recorder may give it an id and wait.
const noticed = time.Second

// steps finds the clocks that were set back. A client does one thing after the other, so none of its operations was over
// before one with a smaller id has begun. A generator counts what all its clients do in the order in which it begins, or,
// for all that is known, in that in which it ends: either way the same is true of all. But people write ids as they like,
// one client after the other for example, so that counts only where it shows once, among operations in order.
func steps(ops []*history.Op) (out []Step) {
	if inOrder(ops) {
		return nil
	}
	byID := make(map[string][]*history.Op)
	for _, o := range ops {
		byID[o.Generator] = append(byID[o.Generator], o)
	}
	for _, name := range slices.Sorted(maps.Keys(byID)) {
		all := byID[name]
		slices.SortFunc(all, func(a, b *history.Op) int { return cmp.Compare(a.ID, b.ID) })
		if slices.IsSortedFunc(all, func(a, b *history.Op) int { return cmp.Compare(a.Start, b.Start) }) {
			continue
		}
		found := stepsOf(all, func(o *history.Op) string { return o.Client }, 0)
		if len(found) == 0 {
			anybody := stepsOf(all, func(*history.Op) string { return "anybody" }, noticed)
			if len(anybody) == 1 && anybody[0].at > 1 && anybody[0].at < len(all)-1 {
				found = anybody
			}
		}
		out = append(out, found...)
	}
	return out
}

// inOrder reports whether each generator's operations are in the order of their ids and of their stamps, as they mostly are.
func inOrder(ops []*history.Op) bool {
	last := make(map[string]*history.Op)
	for _, o := range ops {
		if before := last[o.Generator]; before != nil && (o.ID < before.ID || o.Start < before.Start) {
			return false
		}
		last[o.Generator] = o
	}
	return true
}

// mostSteps is how often a clock is set back. Where it seems to be more often, the ids are in no order of time.
const mostSteps = 16

// stepsOf finds where, of all of one generator by id, an operation was over more than so long before another of the same
// client began that has a smaller id. "" is no client.
func stepsOf(all []*history.Op, client func(*history.Op) string, longer time.Duration) (out []Step) {
	since := 0                   // the first since the last step
	last := make(map[string]int) // of each client, of those since, the one that began last, plus one
	for i, o := range all {
		name := client(o)
		k := last[name] - 1
		if name == "" {
			continue
		}
		if k < 0 || !isOver(o) || all[k].Start-max(o.End, o.Bye) <= longer {
			if k < 0 || o.Start >= all[k].Start {
				last[name] = i + 1
			}
			continue
		}
		at := k + 1 // it was set back before this one, where the stamps drop the most
		for j := at; j <= i; j++ {
			if all[j-1].Start-all[j].Start > all[at-1].Start-all[at].Start {
				at = j
			}
		}
		if since = max(since+1, at); len(out) == mostSteps {
			return nil
		}
		out = append(out, Step{Generator: o.Generator, Before: all[k], After: o, By: all[k].Start - max(o.End, o.Bye), since: all[since].ID, at: since})
		clear(last)
		for j := since; j <= i; j++ {
			if name := client(all[j]); last[name] == 0 || all[j].Start >= all[last[name]-1].Start {
				last[name] = j + 1
			}
		}
	}
	return out
}

// isOver reports whether it is known when o was over.
func isOver(o *history.Op) bool {
	return o.Kind != history.Call || o.Ended || o.Outcome == history.Refused || o.Outcome == history.Rejected
}

// setBack names what was recorded after each step as if by another generator, for by its clock it was.
func setBack(ops []*history.Op, all []Step) (marked map[string]bool) {
	marked = make(map[string]bool)
	for i, o := range ops {
		for _, s := range slices.Backward(all) {
			if s.Generator == o.Generator && o.ID >= s.since {
				later := *o
				later.Generator += s.mark()
				marked[later.Generator] = true
				ops[i] = &later
				break
			}
		}
	}
	return marked
}
