package reading

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestReach(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 70 {
		ends := make([]time.Duration, n)
		for i := range ends {
			ends[i] = time.Duration(rng.IntN(20))
		}
		r := newReach(n, func(i int) time.Duration { return ends[i] })
		for from := 0; from <= n; from++ {
			for at := time.Duration(0); at <= 20; at++ {
				want := from
				for want < n && ends[want] < at {
					want++
				}
				if got := r.next(from, at); got != want {
					t.Fatalf("of %v, from %d, until %d: want place %d, got %d", ends, from, at, want, got)
				}
			}
		}
	}
}
