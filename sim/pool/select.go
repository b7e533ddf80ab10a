package pool

import "math/rand/v2"

// freeSet holds the free numbers of a pool and chooses the next one to issue.
// Slot 0 stands for none.
type freeSet interface {
	// put adds a number that has just become free.
	put(slots []slot, i int32)
	// take removes and returns the number to issue, 0 when there is none.
	take(slots []slot) int32
	// drop removes a certain number, which must be in the set.
	drop(slots []slot, i int32)
	// reorder takes the new list order after slots got new ranks; order maps rank
	// to slot, and last is the slot issued last, 0 when it has left the list.
	reorder(slots []slot, order []int32, last int32)
	len() int
}

func newFreeSet(c Config) freeSet {
	switch c.Selection {
	case SelectRandom:
		return &randomSet{rng: rand.New(rand.NewPCG(c.Seed, 0))}
	case SelectLIFO:
		return &queue{lifo: true}
	case SelectFirst:
		return &ranked{}
	case SelectRoundRobin:
		return &ranked{rotate: true}
	default:
		return &queue{}
	}
}

// list is a queue of slots linked through the slots themselves. A slot is in at
// most one list at a time.
type list struct{ head, tail int32 }

func (l *list) push(slots []slot, i int32) {
	slots[i].prev, slots[i].next = l.tail, 0
	if l.tail == 0 {
		l.head = i
	} else {
		slots[l.tail].next = i
	}
	l.tail = i
}

func (l *list) remove(slots []slot, i int32) {
	prev, next := slots[i].prev, slots[i].next
	if prev == 0 {
		l.head = next
	} else {
		slots[prev].next = next
	}
	if next == 0 {
		l.tail = prev
	} else {
		slots[next].prev = prev
	}
	slots[i].prev, slots[i].next = 0, 0
}

// queue keeps free numbers in the order they became free: lru takes the oldest,
// lifo the newest.
type queue struct {
	list
	n    int
	lifo bool
}

func (c *queue) put(slots []slot, i int32) {
	c.push(slots, i)
	c.n++
}

func (c *queue) take(slots []slot) int32 {
	i := c.head
	if c.lifo {
		i = c.tail
	}
	if i != 0 {
		c.drop(slots, i)
	}
	return i
}

func (c *queue) drop(slots []slot, i int32) {
	c.remove(slots, i)
	c.n--
}

func (c *queue) reorder([]slot, []int32, int32) {}

func (c *queue) len() int { return c.n }

// randomSet gives every free number the same chance.
type randomSet struct {
	rng   *rand.Rand
	free  []int32
	place []int32 // of a slot in free
}

func (b *randomSet) put(_ []slot, i int32) {
	if need := int(i) + 1 - len(b.place); need > 0 {
		b.place = append(b.place, make([]int32, need)...)
	}
	b.place[i] = int32(len(b.free))
	b.free = append(b.free, i)
}

func (b *randomSet) take([]slot) int32 {
	if len(b.free) == 0 {
		return 0
	}
	at := b.rng.IntN(len(b.free))
	i := b.free[at]
	b.remove(at)
	return i
}

func (b *randomSet) drop(_ []slot, i int32) { b.remove(int(b.place[i])) }

// remove fills the gap with the last number.
func (b *randomSet) remove(at int) {
	end := len(b.free) - 1
	moved := b.free[end]
	b.free[at], b.place[moved] = moved, int32(at)
	b.free = b.free[:end]
}

func (b *randomSet) reorder([]slot, []int32, int32) {}

func (b *randomSet) len() int { return len(b.free) }

// ranked chooses by place in the list: the lowest, or with rotate the next one
// after the last issued.
type ranked struct {
	set    bitmap
	order  []int32
	n      int
	rotate bool
	from   int
}

func (r *ranked) put(slots []slot, i int32) {
	r.set.add(int(slots[i].rank))
	r.n++
}

func (r *ranked) take(slots []slot) int32 {
	rank := r.set.next(r.from)
	if rank < 0 && r.from > 0 {
		rank = r.set.next(0)
	}
	if rank < 0 {
		return 0
	}
	if r.rotate {
		r.from = rank + 1
	}
	i := r.order[rank]
	r.drop(slots, i)
	return i
}

func (r *ranked) drop(slots []slot, i int32) {
	r.set.remove(int(slots[i].rank))
	r.n--
}

// reorder goes on after the last issued number; when that has left, the rotation
// starts again at the top of the list.
func (r *ranked) reorder(slots []slot, order []int32, last int32) {
	r.set, r.order, r.from = newBitmap(len(order)), order, 0
	for rank, i := range order {
		if slots[i].state == free {
			r.set.add(rank)
		}
	}
	if r.rotate && last != 0 {
		r.from = int(slots[last].rank) + 1
	}
}

func (r *ranked) len() int { return r.n }
