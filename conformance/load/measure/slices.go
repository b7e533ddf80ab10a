package measure

import "time"

// Slice is what happened in a short time.
type Slice struct {
	At          time.Duration `json:"at_ns"` // its end
	Offered     int           `json:"offered"`
	Dropped     int           `json:"dropped,omitempty"`
	Given       int           `json:"given"`
	Refused     int           `json:"refused"`
	Failed      int           `json:"failed,omitempty"`
	Calls       int           `json:"calls"` // answered
	CallsFailed int           `json:"calls_failed,omitempty"`
	Violations  int           `json:"violations,omitempty"` // that are seen at once: wrong or no context, numbers given twice, callers dropped unnoticed
	Up          int           `json:"up"`                   // calls, at its end
	Must        int           `json:"must_hold"`            // numbers that must have been held at one time, at most
	May         int           `json:"may_hold"`             // and that may have been
	P99         time.Duration `json:"p99_ns"`               // of reserving a number, from when it was due
	Lag         time.Duration `json:"lag_p99_ns"`           // of sending
}

// and is two slices that follow each other as one.
func (s Slice) and(t Slice) Slice {
	return Slice{
		At: t.At, Offered: s.Offered + t.Offered, Dropped: s.Dropped + t.Dropped, Given: s.Given + t.Given, Refused: s.Refused + t.Refused,
		Failed: s.Failed + t.Failed, Calls: s.Calls + t.Calls, CallsFailed: s.CallsFailed + t.CallsFailed, Violations: s.Violations + t.Violations,
		Up: max(s.Up, t.Up), Must: max(s.Must, t.Must), May: max(s.May, t.May), P99: max(s.P99, t.P99), Lag: max(s.Lag, t.Lag),
	}
}

// beside is two slices of one time, of different pools, as one. Percentiles do not add up: they are left out.
func (s Slice) beside(t Slice) Slice {
	return Slice{
		At: t.At, Offered: s.Offered + t.Offered, Dropped: s.Dropped + t.Dropped, Given: s.Given + t.Given, Refused: s.Refused + t.Refused,
		Failed: s.Failed + t.Failed, Calls: s.Calls + t.Calls, CallsFailed: s.CallsFailed + t.CallsFailed, Violations: s.Violations + t.Violations,
		Up: s.Up + t.Up, Must: s.Must + t.Must, May: s.May + t.May,
	}
}

// mostSlices bounds what is kept: a picture has no room for more.
const mostSlices = 600

// Slices are those of a whole run. When there are too many, two become one.
type Slices struct {
	Width time.Duration `json:"width_ns"`
	All   []Slice       `json:"all"`

	open  Slice
	parts int // of open, in slices as they are taken
	each  int // how many of these are one of All
}

// add takes the next slice, of the width at the beginning.
func (s *Slices) add(next Slice) {
	s.each = max(s.each, 1)
	if s.parts == 0 {
		s.open = next
	} else {
		s.open = s.open.and(next)
	}
	if s.parts++; s.parts < s.each {
		return
	}
	s.All = append(s.All, s.open)
	s.parts = 0
	if len(s.All) < mostSlices {
		return
	}
	for i := range mostSlices / 2 {
		s.All[i] = s.All[2*i].and(s.All[2*i+1])
	}
	s.All = s.All[:mostSlices/2]
	s.each *= 2
	s.Width *= 2
}

// whole are all slices, the last one though it may be short.
func (s Slices) whole() Slices {
	out := Slices{Width: s.Width, All: append([]Slice(nil), s.All...)}
	if s.parts > 0 {
		out.All = append(out.All, s.open)
	}
	return out
}

// Tick ends the slice that is being filled, and returns it.
func (r *Run) Tick(now time.Duration) Slice { return r.tick(now, NewLengths(), NewLengths()) }

// tick is Tick, and adds the lengths of the slice to those given.
func (r *Run) tick(now time.Duration, reserve, lag *Lengths) Slice {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds.Now(now)
	s := r.now
	s.At, s.Up = now, r.up
	s.Must, s.May = r.holds.Most()
	s.Violations += r.holds.Twice() - r.counts.Twice
	r.counts.Twice = r.holds.Twice()
	s.P99, s.Lag = r.nowReserve.At(0.99), r.nowLag.At(0.99)
	reserve.Merge(r.nowReserve)
	lag.Merge(r.nowLag)
	r.nowReserve.Reset()
	r.nowLag.Reset()
	r.now = Slice{}
	r.slices.add(s)
	return s
}
