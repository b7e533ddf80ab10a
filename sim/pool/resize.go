package pool

import (
	"fmt"
	"time"
)

// Resize makes numbers, which may contain ranges, the list of the pool. Numbers in
// both lists keep their state. New ones are free from now on. Of those that are
// not in the new list, free ones leave at once; the others drain: a reservation
// still waits for its call, a call goes on, a cool-down runs out, and then the
// number leaves. One that is listed again before that stays. The list may be
// empty. An error reports every problem, and then nothing has changed.
//
// Round-robin goes on after the number issued last, or starts again at the top
// when that number is not in the new list. A pool is resized in O(numbers).
func (p *Pool) Resize(now time.Duration, numbers []string) error {
	now = p.advance(now)
	expanded, err := List(numbers...).Expand()
	if err != nil {
		return err
	}
	set, err := p.form.index(expanded)
	if err != nil {
		return err
	}
	if err := p.clash(set); err != nil {
		return err
	}
	kept := p.locate(set)
	p.retire(now, kept)
	p.admit(set, kept)
	p.rebuild()
	p.issueNew(now)
	return nil
}

// clash reports a new number that the format cannot tell from one that is about to drain.
func (p *Pool) clash(set numberSet) error {
	for n, key := range set.keys {
		i := p.index.get(key)
		if s := &p.slots[i]; s.state > free && s.number != set.numbers[n] {
			return fmt.Errorf("%w, which is still in use", p.form.collision(set.numbers[n], s.number))
		}
	}
	return nil
}

// locate finds the slot of each number that the pool has already, 0 for the others.
func (p *Pool) locate(set numberSet) []int32 {
	order := make([]int32, len(set.numbers))
	for rank, n := range set.numbers {
		i := p.index.get(set.keys[rank])
		if p.slots[i].state != out && p.slots[i].number == n {
			order[rank] = i
		}
	}
	return order
}

// retire takes the numbers that are not kept out of the list.
func (p *Pool) retire(now time.Duration, kept []int32) {
	keep := make([]bool, len(p.slots))
	for _, i := range kept {
		keep[i] = true
	}
	for i := range int32(len(p.slots)) {
		s := &p.slots[i]
		switch {
		case s.state == out || s.draining == !keep[i]:
		case keep[i]:
			s.draining = false
			p.draining--
			p.tell(now, Added, CauseResize, i)
		case s.state == free:
			p.free.drop(p.slots, i)
			p.enter(i, out, now)
			p.tell(now, Removed, CauseResize, i)
		default:
			s.draining = true
			p.draining++
			p.tell(now, Draining, CauseResize, i)
		}
	}
}

// admit gives the new numbers slots, those of numbers that left first, and makes
// order the list.
func (p *Pool) admit(set numberSet, order []int32) {
	spare := int32(1)
	for rank := range order {
		if order[rank] == 0 {
			spare = p.vacant(spare)
			if spare == p.last {
				p.last = 0 // the number issued last is gone for good
			}
			p.slots[spare] = slot{number: set.numbers[rank], key: set.keys[rank]}
			order[rank] = spare
			spare++
		}
		p.slots[order[rank]].rank = int32(rank)
	}
	p.order = order
}

// vacant is the first unused slot from i on.
func (p *Pool) vacant(i int32) int32 {
	for int(i) < len(p.slots) && p.slots[i].state != out {
		i++
	}
	if int(i) == len(p.slots) {
		p.slots = append(p.slots, slot{})
	}
	return i
}

// rebuild makes the index of everything that a call can reach.
func (p *Pool) rebuild() {
	p.index = newIndex(len(p.order) + p.draining)
	for _, i := range p.order {
		p.index.put(p.slots[i].key, i)
	}
	for i := range p.slots {
		if s := &p.slots[i]; s.draining {
			p.index.put(s.key, int32(i))
		}
	}
	last := p.last
	if s := &p.slots[last]; s.draining || s.state == out {
		last = 0
	}
	p.free.reorder(p.slots, p.order, last)
}

// issueNew frees the numbers that are new, so that the top of the list is issued
// first whatever the selection.
func (p *Pool) issueNew(now time.Duration) {
	for rank := range p.order {
		if p.config.Selection == SelectLIFO {
			rank = len(p.order) - 1 - rank
		}
		if i := p.order[rank]; p.slots[i].state == out {
			p.enter(i, free, now)
			p.free.put(p.slots, i)
			p.tell(now, Added, CauseResize, i)
		}
	}
}
