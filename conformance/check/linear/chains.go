package linear

import (
	"slices"
	"time"
)

// chain ties events that are alike, so that the search tries one order of them where all are worth the same. A pool can
// tell two reservations that no call is known to have taken by their times alone; and if it can have made them in one
// order, it can have made the one first that begins and ends first: the other then takes its moment. So, too, with calls
// that were given nothing. Of n reservations that overlap, one order remains of n!.
//
// It expects events by from, and numbers each chain's events in that order.
func chain(events []*event) {
	given, anyone := make(map[string]bool), false
	for _, e := range events {
		switch {
		case (e.kind == takes || e.kind == either) && e.nonce != "":
			given[e.nonce] = true
		case e.kind == takes || e.kind == either:
			anyone = true // it may have taken any of them
		}
	}
	type alike struct {
		kind     kind
		from, to time.Duration // where they make a difference besides the order
	}
	var all []*[]*event
	of := make(map[alike][]*[]*event)
	for _, e := range events {
		k := alike{kind: e.kind}
		switch {
		case e.doubt || e.kind != put && e.kind != misses:
			continue
		case e.kind == put && (e.nonce == "" && len(given) > 0 || given[e.nonce]): // it has a name
			continue
		case e.kind == put && anyone: // until when a call can have taken it depends on its times
			k.from, k.to = e.from, e.to
		}
		fits := func(c *[]*event) bool { return len(*c) < longestChain && (*c)[len(*c)-1].to <= e.to }
		if i := slices.IndexFunc(of[k], fits); i >= 0 {
			*of[k][i] = append(*of[k][i], e)
		} else {
			c := &[]*event{e}
			of[k], all = append(of[k], c), append(all, c)
		}
	}
	n := 0
	for _, c := range all {
		if len(*c) > 1 {
			n++
			for i, e := range *c {
				e.chain, e.nth = n, i
			}
		}
	}
}

// longestChain is as many as two bytes count.
const longestChain = 1<<16 - 1

// placed counts, two bytes each, how many events of each chain have been given their place. It is a text so that states
// can be compared.
type placed string

func (p placed) of(chain int) int {
	if at := 2 * (chain - 1); at < len(p) {
		return int(p[at]) | int(p[at+1])<<8
	}
	return 0
}

func (p placed) with(chain, n int) placed {
	out := make([]byte, max(len(p), 2*chain))
	copy(out, p)
	out[2*chain-2], out[2*chain-1] = byte(n), byte(n>>8)
	return placed(out)
}
