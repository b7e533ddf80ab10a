package pool

import "math/bits"

// index finds a slot by a number's key. It is an open-addressing table that only
// grows: a number that leaves keeps its entry until the next Resize, which builds
// a new table, so there is no deletion to get wrong.
type index struct {
	entries []entry
	shift   int
}

// run is how many bits of a key are not hashed: four numbers in a row, and pools
// are mostly such rows, then share a cache line.
const run = 2

type entry struct {
	key  uint64
	slot int32 // 0: empty
}

// newIndex has room for n keys at a load of at most one half.
func newIndex(n int) index {
	log := max(run+1, bits.Len(uint(2*n)))
	return index{entries: make([]entry, 1<<log), shift: 64 - (log - run)}
}

// put adds a key; when it is there already, nothing changes and its slot is returned.
func (x index) put(key uint64, slot int32) (existing int32) {
	e := x.find(key)
	if e.slot != 0 {
		return e.slot
	}
	*e = entry{key: key, slot: slot}
	return 0
}

// get returns the slot of a key, 0 when there is none.
func (x index) get(key uint64) int32 { return x.find(key).slot }

func (x index) find(key uint64) *entry {
	// Fibonacci hashing spreads regular keys evenly.
	i := (key>>run)*0x9E3779B97F4A7C15>>x.shift<<run | key&(1<<run-1)
	for {
		e := &x.entries[i]
		if e.slot == 0 || e.key == key {
			return e
		}
		i = (i + 1) & uint64(len(x.entries)-1)
	}
}
