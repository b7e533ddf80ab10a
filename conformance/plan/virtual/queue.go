package virtual

import (
	"math"
	"math/bits"
	"time"
)

// event is something that will happen to a call.
type event struct {
	at   time.Duration
	call int32
	kind kind
}

type kind uint8

const (
	arrives kind = iota // at the platform
	answered
	hangsUp
	asksAgain // a client whose reply was lost, or who was refused
	strays
)

// queue is what is yet to happen, in order of time, and at one instant in the order in which it was pushed. It is a radix
// heap: nothing is pushed before what was popped last, so an event is kept by the highest bit in which its time differs
// from that. Each event moves to a lower bucket a few times, always next to its neighbours, where a binary heap of a
// million would go through memory at random.
type queue struct {
	buckets [64][]event
	filled  uint64        // a bit for each bucket that is not empty
	last    time.Duration // popped
	first   int           // in bucket 0, whose events are all at last: the next to pop
	next    time.Duration // the earliest time of all events
}

const never = time.Duration(math.MaxInt64)

func newQueue() *queue { return &queue{next: never} }

// push adds an event, which is not before the last one popped.
func (q *queue) push(e event) {
	q.put(e)
	q.next = min(q.next, e.at)
}

func (q *queue) put(e event) {
	b := bits.Len64(uint64(e.at) ^ uint64(q.last))
	q.buckets[b] = append(q.buckets[b], e)
	q.filled |= 1 << b
}

// pop removes the earliest event if it is not after limit.
func (q *queue) pop(limit time.Duration) (event, bool) {
	if q.next > limit {
		return event{}, false
	}
	if q.filled&1 == 0 {
		q.refill()
	}
	e := q.buckets[0][q.first]
	q.first++
	if q.first == len(q.buckets[0]) {
		q.buckets[0], q.first = q.buckets[0][:0], 0
		q.filled &^= 1
		q.next = q.earliest()
	}
	return e, true
}

// refill moves what shares the earliest time to bucket 0, and what was beside it to buckets in between.
func (q *queue) refill() {
	b := bits.TrailingZeros64(q.filled)
	moved := q.buckets[b]
	q.buckets[b] = moved[:0]
	q.filled &^= 1 << b
	q.last = q.next
	for _, e := range moved { // to lower buckets, so never over what is still to be read
		q.put(e)
	}
}

// earliest is in the lowest bucket that is not empty.
func (q *queue) earliest() time.Duration {
	if q.filled == 0 {
		return never
	}
	earliest := never
	for _, e := range q.buckets[bits.TrailingZeros64(q.filled)] {
		earliest = min(earliest, e.at)
	}
	return earliest
}
