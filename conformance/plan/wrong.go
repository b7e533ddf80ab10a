package plan

import "math"

// A call that comes to a number which is reserved for somebody else takes the other's attributes, and frees the number
// early where it is free on arrival. So the other's own call will find the number free, or reserved for a third, and so
// on. What follows is for numbers that are used at random; when the next one is that which was free for longest, there
// are fewer wrong calls as long as the pool is not full, and about as many when it is.

// again is how soon a number that is free now is reserved again.
type again struct {
	rate float64 // reservations a second to each free number
	most float64 // share of time in which a number waits for a call
}

// pending is the chance that a number that is free now waits for a call after so many seconds. Early on it has not been
// called again for certain, as a set-up takes time; later it is as any number.
func (a again) pending(seconds float64) float64 {
	return min(-math.Expm1(-a.rate*seconds), a.most)
}

// wrong is the share of reservations whose call takes another's attributes: numbers serve so many erlangs, of which
// passed are not refused, and hit is the share of reservations that a stray takes.
func (m model) wrong(p point, serving int, erlangs, passed, hit float64) float64 {
	waiting := p.waiting(m.delay)
	if waiting == 0 { // no number can be met while it waits
		return 0
	}
	const nearlyFull = 1e-9
	free := max(float64(serving)-erlangs*passed, nearlyFull)
	a := again{p.reservations(m.Inputs) * passed / free, p.pending(m.Inputs, m.delay) * passed / float64(serving)}
	late := p.late(m.delay)
	wrong := late * m.afterWindow(p, a)
	if m.release == OnHangup { // the wrong call holds the number until it ends, and the right one finds it in use
		return wrong
	}
	called := (waiting - p.abandoned*p.window) / waiting // share of the waiting for calls that come
	next := m.afterRobbery(p, a)
	return min((wrong+hit*called*next)/(1-(1-p.abandoned)*next), 1)
}

// afterWindow is the chance that a late call finds its number reserved for another: the mean of pending over how late
// late calls are, by P(D > W + r) / P(D > W).
func (m model) afterWindow(p point, a again) float64 {
	if p.late(m.delay) == 0 {
		return 0
	}
	late := func(r float64) float64 { return m.longer(p, p.window+r) / m.longer(p, p.window) }
	return overTimes(func(r, step float64) float64 { return late(r) * (a.pending(r+step/2) - a.pending(r-step/2)) })
}

// afterRobbery is the chance that a call whose attributes were taken finds its number reserved for another: the mean of
// pending over what was left of its set-up, whose density is P(D > r) / E[D].
func (m model) afterRobbery(p point, a again) float64 {
	mean := overTimes(func(r, step float64) float64 { return m.longer(p, r) * step })
	if mean == 0 {
		return 0
	}
	return overTimes(func(r, step float64) float64 { return m.longer(p, r) * step * a.pending(r) }) / mean
}

// longer is the chance that a set-up takes longer.
func (m model) longer(p point, t float64) float64 { return m.delay.Exceeds(seconds(t / p.setUp)) }

// overTimes adds up a figure over steps of time that grow with the time, from 10 ms to half an hour.
func overTimes(figure func(at, step float64) float64) float64 {
	const growth = 1.05
	total, at := 0.0, 0.0
	for next := 0.01; next < 1800; next *= growth {
		total += figure((at+next)/2, next-at)
		at = next
	}
	return total
}
