package control

import "sync"

// ring keeps the newest of many things, each with a number from 1, bounded in how many and in bytes. It is safe for
// concurrent use, and nobody who appends waits for who reads.
type ring[T any] struct {
	mu    sync.Mutex
	items []T // item n lives at (n-1) % len
	sizes []int
	first uint64 // number of the oldest
	last  uint64
	bytes int
	most  int // items
	limit int // bytes
}

func newRing[T any](most, limit int) *ring[T] { return &ring[T]{first: 1, most: most, limit: limit} }

// append keeps an item that takes so many bytes, and returns its number. The newest is kept whatever it takes.
func (r *ring[T]) append(item T, size int) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.bytes += size
	for r.first < r.last && (r.last-r.first >= uint64(r.most) || r.bytes > r.limit) {
		at := (r.first - 1) % uint64(r.most)
		var none T
		r.bytes -= r.sizes[at]
		r.items[at], r.sizes[at] = none, 0
		r.first++
	}
	if at := (r.last - 1) % uint64(r.most); at < uint64(len(r.items)) {
		r.items[at], r.sizes[at] = item, size
	} else {
		r.items, r.sizes = append(r.items, item), append(r.sizes, size)
	}
	return r.last
}

// kept is an item with its number.
type kept[T any] struct {
	number uint64
	item   T
}

// since returns the items with a number above after, oldest first.
func (r *ring[T]) since(after uint64) []kept[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	after = max(after, r.first-1)
	if after >= r.last {
		return nil
	}
	out := make([]kept[T], 0, r.last-after)
	for n := after + 1; n <= r.last; n++ {
		out = append(out, kept[T]{n, r.items[(n-1)%uint64(r.most)]})
	}
	return out
}

// where returns the items that are wanted, oldest first. The others are not copied: whoever appends waits meanwhile.
func (r *ring[T]) where(wanted func(*T) bool) (out []kept[T]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := r.first; n <= r.last; n++ {
		if item := &r.items[(n-1)%uint64(r.most)]; wanted(item) {
			out = append(out, kept[T]{n, *item})
		}
	}
	return out
}

// page returns limit of the items that are wanted, newest first and without the first skip of them, and how many are wanted in all.
// Only what it returns is copied: whoever appends waits meanwhile.
func (r *ring[T]) page(wanted func(number uint64, item *T) bool, skip, limit int) (out []kept[T], total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := r.last; n >= r.first; n-- {
		item := &r.items[(n-1)%uint64(r.most)]
		if !wanted(n, item) {
			continue
		}
		if total++; total > skip && len(out) < limit {
			out = append(out, kept[T]{n, *item})
		}
	}
	return out, total
}

// at returns item n, unless it has made room.
func (r *ring[T]) at(n uint64) (item T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n < r.first || n > r.last {
		return item, false
	}
	return r.items[(n-1)%uint64(r.most)], true
}

// dropped is how many have made room.
func (r *ring[T]) dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first - 1
}

// clear forgets all, and goes on counting.
func (r *ring[T]) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.items)
	clear(r.sizes)
	r.first, r.bytes = r.last+1, 0
}
