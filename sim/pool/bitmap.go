package pool

import "math/bits"

// bitmap is a set of small integers that finds the next member after any point in
// a few steps: each level has one bit for every non-zero word of the level below.
type bitmap [][]uint64

func newBitmap(n int) bitmap {
	var b bitmap
	for {
		n = (n + 63) / 64
		b = append(b, make([]uint64, max(1, n)))
		if n <= 1 {
			return b
		}
	}
}

func (b bitmap) add(i int) {
	for _, words := range b {
		word := &words[i>>6]
		before := *word
		*word |= 1 << (i & 63)
		if before != 0 {
			return
		}
		i >>= 6
	}
}

func (b bitmap) remove(i int) {
	for _, words := range b {
		word := &words[i>>6]
		*word &^= 1 << (i & 63)
		if *word != 0 {
			return
		}
		i >>= 6
	}
}

// next is the smallest member that is at least i, or -1.
func (b bitmap) next(i int) int {
	for level, words := range b {
		w := i >> 6
		if w >= len(words) {
			return -1
		}
		if rest := words[w] >> (i & 63); rest != 0 {
			return b.down(level, i+bits.TrailingZeros64(rest))
		}
		i = w + 1
	}
	return -1
}

// down is the smallest member below bit i of a level.
func (b bitmap) down(level, i int) int {
	for level--; level >= 0; level-- {
		i = i<<6 + bits.TrailingZeros64(b[level][i])
	}
	return i
}
