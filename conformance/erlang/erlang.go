// Package erlang is the arithmetic of lines that are all in use: how many of the callers who come to a group of lines, or
// to a pool of numbers, find none free. Traffic is in erlangs: arrivals a second times the mean time that each holds a
// line, in seconds. How holding times vary does not matter, only their mean does, as long as callers come independently
// of each other.
package erlang

import "math"

// Blocking is Erlang's formula B: the share of arrivals that are refused when callers are many, come independently, and
// go away when they are refused. lines is 0 or more, offered is in erlangs.
func Blocking(lines int, offered float64) float64 {
	if offered <= 0 {
		return none(float64(lines))
	}
	return climb(1, 0, lines, offered)
}

// none is the blocking where nobody comes: only a group without lines is full.
func none(lines float64) float64 {
	if lines == 0 {
		return 1
	}
	return 0
}

// climb adds lines to a group of from lines that refuses blocked: B(k) = A B(k-1) / (k + A B(k-1)).
func climb(blocked, from float64, lines int, offered float64) float64 {
	for k := 1; k <= lines && blocked > 0; k++ {
		refused := offered * blocked
		blocked = refused / (from + float64(k) + refused)
	}
	return blocked
}

// Continuous is Blocking for a number of lines that need not be whole: 1/B = A times the integral over t, from 0 on, of
// e^(-At) (1+t)^lines.
func Continuous(lines, offered float64) float64 {
	if offered <= 0 {
		return none(lines)
	}
	whole := math.Floor(lines)
	part := lines - whole
	if part == 0 {
		return climb(1, 0, int(whole), offered)
	}
	return climb(1/integral(part, offered), part, int(whole), offered)
}

// integral is that of e^(-u) (1 + u/offered)^part over u, where u is e^s so that both ends fade away: then the sum at
// even steps of s is exact to the last digits.
func integral(part, offered float64) float64 {
	const step = 1.0 / 16
	var total float64
	for s := -38.0; s <= 4; s += step {
		u := math.Exp(s)
		total += math.Exp(part*math.Log1p(u/offered)-u) * u
	}
	return total * step
}

// Hayward is Blocking for arrivals in clusters. Peakedness is the variance over the mean of how many lines would be in use
// if there were no end of them: 1 when callers come independently, up to k when k at a time do. It errs to the low side
// where whole batches come at one instant.
func Hayward(lines int, offered, peakedness float64) float64 {
	return Continuous(float64(lines)/peakedness, offered/peakedness)
}

// Lines is how few lines refuse no more than the share grade of the arrivals, at that peakedness.
func Lines(offered, grade, peakedness float64) int {
	if peakedness != 1 {
		return Fewest(func(lines int) bool { return Hayward(lines, offered, peakedness) <= grade })
	}
	lines := 0
	for blocked := 1.0; blocked > grade || lines == 0; { // line by line, which is once through all
		lines++
		blocked = climb(blocked, float64(lines-1), 1, offered)
	}
	return lines
}

// Fewest is the smallest number of lines, 1 or more, that will do. All larger ones must do as well.
func Fewest(will func(lines int) bool) int {
	low, high := 0, 1
	for !will(high) {
		low, high = high, 2*high
	}
	for high-low > 1 {
		if middle := (low + high) / 2; will(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// Capacity is how many erlangs lines take, at that peakedness, when no more than the share grade is refused.
func Capacity(lines int, grade, peakedness float64) float64 {
	low, high := 0.0, float64(lines)/(1-grade)+1
	for range 100 {
		middle := (low + high) / 2
		if Hayward(lines, middle, peakedness) > grade {
			high = middle
		} else {
			low = middle
		}
	}
	return low
}

// Engset is the share of arrivals that are refused when they come from few sources, each of which waits for its line to
// be free again before it comes back: the workers of a closed load test, the ports of an IVR. idle is how many arrivals
// one idle source offers in a mean holding time. As many lines as sources never refuse.
func Engset(lines, sources int, idle float64) float64 {
	blocked := 1.0
	for k := 1; k <= lines; k++ { // an arrival sees what the other sources do
		refused := max(0, float64(sources-k)) * idle * blocked
		blocked = refused / (float64(k) + refused)
	}
	return blocked
}

// Retried is Hayward when the share again of those who are refused comes again at once. It returns the erlangs that are
// then offered, first and further tries together, and the share of them that is refused; settled is false when every try
// brings on more and there is no end to it. The total T is where T = offered + again T B(T): what is refused never grows
// faster than what is offered, so there is one such T at most.
func Retried(lines int, offered, again, peakedness float64) (total, blocked float64, settled bool) {
	more := func(total float64) bool {
		blocked = Hayward(lines, total, peakedness)
		return offered+again*total*blocked > total
	}
	low, high := offered, offered
	for more(high) {
		if high > 1000*(offered+float64(lines)) {
			return high, blocked, false
		}
		low, high = high, 2*high
	}
	for range 60 {
		if total = (low + high) / 2; more(total) {
			low = total
		} else {
			high = total
		}
	}
	return total, blocked, true
}

// Rest is the mean number of seconds that a line is free between two uses, whichever of the free ones is taken next.
// arrivals are a second.
func Rest(lines int, offered, arrivals float64) float64 {
	blocked := Blocking(lines, offered)
	return (float64(lines) - offered*(1-blocked)) / (arrivals * (1 - blocked))
}
