package measure

import (
	"container/heap"
	"math"
	"slices"
	"time"
)

// never is the end of what nothing ends.
const never = time.Duration(math.MaxInt64)

// Rules say how long a number is held, as far as that is known of the target.
type Rules struct {
	Size      int           // numbers in the pool; 0: not known
	Release   string        // what frees a number: arrival, answer or hangup; "": not known
	WindowMin time.Duration // shortest life of a reservation that is not called; 0: not known
	WindowMax time.Duration // longest; 0: not known
	Rest      time.Duration // shortest cool-down
	RestMax   time.Duration // longest
	ServerMax time.Duration // how long after its client gave up a request may still take a number
}

// Known reports whether it can be said how long numbers are held.
func (r Rules) Known() bool { return r.Release != "" && r.WindowMin > 0 && r.WindowMax > 0 }

// Holds counts the numbers that the clients of a run hold: those that they must hold, whatever happened between a request and
// its reply, and those that they may. When even all that may be held are fewer than the pool has, a refusal is not explained.
// All times are since the start of the run, and are told in about their order. It is not safe for concurrent use.
type Holds struct {
	rules     Rules
	must, may int
	likely    int           // between the two: those whose most likely end has not come
	at        time.Duration // until when area counts
	area      float64       // of likely over time, in seconds
	marks     []time.Duration
	areas     []float64               // at each mark that has passed
	most      struct{ must, may int } // since Most was asked
	ends      endings
	byNumber  map[string]*Lease
	twice     int
}

// NewHolds counts from nothing. Between two marks it says how many numbers were held in the mean; see Held.
func NewHolds(r Rules, marks ...time.Duration) *Holds {
	return &Holds{rules: r, byNumber: make(map[string]*Lease), marks: marks}
}

// Lease is a number that was given. Its methods are those of its Holds.
type Lease struct {
	holds    *Holds
	number   string
	sent     time.Duration
	given    time.Duration
	mustEnd  time.Duration
	mayEnd   time.Duration
	released time.Duration // as far as can be told: the middle of what is possible
	use      *Use          // of the number
	again    time.Duration // when somebody else was given the number; 0: nobody was
}

// ending is when one of the ends of a lease may come. A lease whose end was put off is not ended by it.
type ending struct {
	at    time.Duration
	lease *Lease // nil: a request without a reply
	of    end
}

// end is what ends.
type end int

const (
	endOfMust end = iota
	endOfMay
	endOfLikely
)

type endings []ending

func (e endings) Len() int           { return len(e) }
func (e endings) Less(i, j int) bool { return e[i].at < e[j].at }
func (e endings) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *endings) Push(x any)        { *e = append(*e, x.(ending)) }
func (e *endings) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// Sent says that a reservation is under way: it may hold a number from now on.
func (h *Holds) Sent(now time.Duration) {
	h.pass(now)
	h.change(0, 1)
}

// Nothing says that a reservation has certainly taken no number.
func (h *Holds) Nothing(now time.Duration) {
	h.pass(now)
	h.change(0, -1)
}

// Lost says that a reservation has no reply: it may hold a number until its window is over.
func (h *Holds) Lost(now time.Duration) {
	h.pass(now)
	if at := later(now, h.rules.ServerMax+h.rules.WindowMax+h.rules.RestMax); h.rules.WindowMax > 0 && at < never {
		heap.Push(&h.ends, ending{at: at})
	}
}

// Given says that a reservation sent at sent was given a number.
func (h *Holds) Given(number string, sent, now time.Duration) *Lease {
	h.pass(now)
	l := &Lease{holds: h, number: number, sent: sent, given: now, mustEnd: now, mayEnd: never, released: never}
	if h.rules.WindowMin > 0 && h.rules.Release != "" {
		l.mustEnd = max(now, later(sent, h.rules.WindowMin))
	}
	if h.rules.WindowMax > 0 {
		l.mayEnd = later(now, h.rules.WindowMax+h.rules.RestMax)
		l.released = later(now, h.rules.WindowMin+h.rules.Rest)
	}
	if l.mustEnd > now {
		h.change(1, 0)
		h.plan(l, endOfMust)
	}
	h.plan(l, endOfMay)
	if h.rules.Known() {
		h.likely++
		h.plan(l, endOfLikely)
	}
	if before := h.byNumber[number]; before != nil && before.given <= sent && before.mustEnd >= now {
		if before.mustEnd < never {
			h.twice++
		} else {
			before.again = now // unless the call is over already, and its end under way
		}
	}
	h.byNumber[number] = l
	return l
}

// Twice is how often a number was given while somebody certainly held it.
func (h *Holds) Twice() int { return h.twice }

// signalling is how far the end of a call may be apart at its two ends: in so long a BYE that is not answered has been sent
// four times (RFC 3261, T1 of 500 ms).
const signalling = 4 * time.Second

// Dialled says that the number is being called.
func (l *Lease) Dialled(now time.Duration) {
	l.holds.pass(now)
	switch {
	case l.holds.rules.Release == "hangup" && l.mayEnd > now: // it may have arrived in time, and be up
		l.putOff(never)
	case l.holds.rules.Release == "arrival":
		l.endMust(now)
	}
}

// Arrived says that the call has arrived, which it may have done since it was dialled.
func (l *Lease) Arrived(now time.Duration) {
	l.holds.pass(now)
	r := l.holds.rules
	inTime := now < later(l.sent, r.WindowMin)
	switch r.Release {
	case "arrival", "answer":
		l.endMust(now)
		if inTime {
			l.release(now)
		}
	case "hangup":
		if inTime && l.mustEnd > now {
			l.mustEnd = never
			l.released = never
		}
	}
}

// Ended says that the call is over, or has come to nothing.
func (l *Lease) Ended(now time.Duration, arrived bool) {
	l.holds.pass(now)
	if l.again > 0 && arrived && now-l.again > signalling {
		l.holds.twice++
	}
	switch {
	case l.holds.rules.Release == "hangup" && arrived:
		l.endMust(now)
		l.release(now)
	case l.holds.rules.Release == "hangup": // the reservation waits for another call, until its window is over
		if l.mayEnd == never && l.holds.rules.WindowMax > 0 {
			l.end(max(now, later(l.given, l.holds.rules.WindowMax+l.holds.rules.RestMax)))
		}
	}
}

// release says that the lease is over at now, and that the number rests from then on.
func (l *Lease) release(now time.Duration) {
	if l.released == never || now < l.released {
		l.released = later(now, l.holds.rules.Rest)
		l.holds.plan(l, endOfLikely)
	}
	l.end(min(l.mayEnd, later(now, l.holds.rules.RestMax)))
}

// endMust ends at now what is certain.
func (l *Lease) endMust(now time.Duration) {
	if l.mustEnd > now {
		l.mustEnd = now
		l.holds.change(-1, 0)
	}
}

// end sets when what is possible ends.
func (l *Lease) end(at time.Duration) {
	if at != l.mayEnd {
		l.mayEnd = at
		l.holds.plan(l, endOfMay)
	}
}

// putOff leaves open when what is possible ends.
func (l *Lease) putOff(at time.Duration) { l.mayEnd = at }

// plan notes when something ends. What ends now is ended when time passes.
func (h *Holds) plan(l *Lease, of end) {
	if at := l.ends(of); at < never {
		heap.Push(&h.ends, ending{at, l, of})
	}
}

func (l *Lease) ends(of end) time.Duration {
	switch of {
	case endOfMust:
		return l.mustEnd
	case endOfMay:
		return l.mayEnd
	}
	return l.released
}

// pass lets time pass.
func (h *Holds) pass(now time.Duration) {
	for len(h.ends) > 0 && h.ends[0].at <= now {
		e := heap.Pop(&h.ends).(ending)
		h.fill(e.at)
		switch {
		case e.lease == nil:
			h.change(0, -1)
		case e.lease.ends(e.of) != e.at: // it was put off
		case e.of == endOfMust:
			h.change(-1, 0)
		case e.of == endOfLikely:
			h.likely--
			e.lease.released = counted
			if u := e.lease.use; u != nil && h.byNumber[e.lease.number] == e.lease { // nobody has it again
				u.released = e.at
			}
		case e.of == endOfMay:
			h.change(0, -1)
			e.lease.mayEnd = counted
			if h.byNumber[e.lease.number] == e.lease {
				delete(h.byNumber, e.lease.number)
			}
		}
	}
	h.fill(now)
}

// counted is the end of what has ended.
const counted = -1

// fill adds what was held until now.
func (h *Holds) fill(now time.Duration) {
	for len(h.areas) < len(h.marks) && h.marks[len(h.areas)] <= now {
		h.add(h.marks[len(h.areas)])
		h.areas = append(h.areas, h.area)
	}
	h.add(now)
}

func (h *Holds) add(now time.Duration) {
	if now > h.at {
		h.area += float64(h.likely) * (now - h.at).Seconds()
		h.at = now
	}
}

// Held is how many numbers were held, in the mean, between two moments, each of which is a mark that has passed or now.
func (h *Holds) Held(from, to time.Duration) float64 {
	if to <= from {
		return 0
	}
	return (h.until(to) - h.until(from)) / (to - from).Seconds()
}

// until is the area until a mark, or until now.
func (h *Holds) until(t time.Duration) float64 {
	if i := slices.Index(h.marks, t); i >= 0 && i < len(h.areas) {
		return h.areas[i]
	}
	if t <= 0 {
		return 0
	}
	return h.area
}

// Mark makes now a mark.
func (h *Holds) Mark(now time.Duration) {
	h.pass(now)
	h.marks, h.areas = append(h.marks[:len(h.areas)], now), append(h.areas, h.area)
}

func (h *Holds) change(must, may int) {
	h.must += must
	h.may += may
	h.most.must = max(h.most.must, h.must)
	h.most.may = max(h.most.may, h.may)
}

// Now is how many numbers must be and may be held.
func (h *Holds) Now(now time.Duration) (must, may int) {
	h.pass(now)
	return h.must, h.may
}

// Most is how many must have been and may have been held at one time since it was asked before.
func (h *Holds) Most() (must, may int) {
	must, may = h.most.must, h.most.may
	h.most.must, h.most.may = h.must, h.may
	return must, may
}

// later is d after t, and never when that is too far.
func later(t, d time.Duration) time.Duration {
	if d > never-t {
		return never
	}
	return t + d
}
