package explore

import "time"

// event is something that happens at a time; at one instant in the order in which it was planned.
type event struct {
	at  time.Duration
	seq int
	do  func()
}

func (e event) before(f event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

// queue is a binary heap of what is yet to happen.
type queue struct {
	events []event
	seq    int
}

func (q *queue) push(at time.Duration, do func()) {
	q.seq++
	q.events = append(q.events, event{at, q.seq, do})
	h := q.events
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) pop() (event, bool) {
	h := q.events
	if len(h) == 0 {
		return event{}, false
	}
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h[last] = event{}
	q.events = h[:last]
	h = q.events
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(h); c++ {
			if h[c].before(h[least]) {
				least = c
			}
		}
		if least == i {
			return first, true
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
