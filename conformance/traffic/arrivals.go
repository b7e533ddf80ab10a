package traffic

import (
	"math"
	"math/rand/v2"
	"time"
)

// Pattern is how far arrivals keep from each other.
type Pattern string

// The patterns. A metronome never meets the moment at which two callers want the last number, so it shows no blocking
// where callers who do not know of each other are refused: it is a control, and no test.
const (
	Poisson   Pattern = "poisson"   // callers do not know of each other
	Metronome Pattern = "metronome" // one after the other at even distances
)

// Segment is a time in which the rate goes straight from one value to another.
type Segment struct {
	From, To Rate
	For      time.Duration // 0: for ever, at rate From; the last segment only
}

// Rates is a rate over time, piece by piece.
type Rates []Segment

// Steady is one rate for ever.
func Steady(r Rate) Rates { return Rates{{From: r, To: r}} }

// Peak is the highest rate, and when it is first reached.
func (rs Rates) Peak() (Rate, time.Duration) {
	var highest Rate
	var when, at time.Duration
	for _, s := range rs {
		if s.From > highest {
			highest, when = s.From, at
		}
		at += s.For
		if s.For > 0 && s.To > highest {
			highest, when = s.To, at
		}
	}
	return highest, when
}

// Length is how long the rates last; 0: for ever.
func (rs Rates) Length() time.Duration {
	var total time.Duration
	for _, s := range rs {
		if s.For == 0 {
			return 0
		}
		total += s.For
	}
	return total
}

// Calls is how many calls are expected until t.
func (rs Rates) Calls(t time.Duration) float64 {
	var total float64
	for _, s := range rs {
		part := t
		if s.For > 0 {
			part = min(t, s.For)
		}
		total += s.calls(part.Seconds())
		if t -= part; t <= 0 {
			break
		}
	}
	return total
}

// slope is how much the rate grows, in calls a second each second.
func (s Segment) slope() float64 {
	if s.For == 0 {
		return 0
	}
	return float64(s.To-s.From) / s.For.Seconds()
}

// calls is how many calls are expected in the first t seconds.
func (s Segment) calls(t float64) float64 { return float64(s.From)*t + s.slope()*t*t/2 }

// when is the second at which so many calls were expected: calls, turned round. It is stable where the slope is 0.
func (s Segment) when(calls float64) float64 {
	from := float64(s.From)
	root := math.Sqrt(max(0, from*from+2*s.slope()*calls))
	switch {
	case from+root > 0:
		return 2 * calls / (from + root)
	case s.slope() > 0: // the very beginning of a ramp from 0
		return 0
	}
	return math.Inf(1)
}

// Arrivals says when callers come: as the rates say, by a pattern, and Batch of them at once. The zero value of Pattern
// is Poisson, that of Batch one caller. With batches the rates still count callers.
type Arrivals struct {
	Rates   Rates
	Pattern Pattern
	Batch   int
	Day     string // the file from which the rates are yet to be read; see ReadDay
}

// Start begins a stream of arrivals that r draws.
func (a Arrivals) Start(r *rand.Rand) *Stream {
	return &Stream{rates: a.Rates, metronome: a.Pattern == Metronome, batch: max(a.Batch, 1), draw: r}
}

// Stream is one run of arrivals.
//
// A Poisson process of any rate is one of rate 1 on a clock that runs as fast as the rate is high: so the next moment is
// that at which one more call, or as many as were drawn, was expected.
type Stream struct {
	rates     Rates
	metronome bool
	batch     int
	draw      *rand.Rand

	segment int
	begun   float64 // when the segment began, in seconds
	calls   float64 // expected in the segment until the last arrival
	left    int     // of the batch that came last
	started bool
	last    time.Duration
}

// Next is the next arrival, from the beginning of the stream, and false when there are no more. It never goes back.
func (s *Stream) Next() (time.Duration, bool) {
	if s.left > 0 {
		s.left--
		return s.last, true
	}
	s.calls += s.gap()
	s.started = true
	for s.segment < len(s.rates) {
		segment := s.rates[s.segment]
		whole := math.Inf(1)
		if segment.For > 0 {
			whole = segment.calls(segment.For.Seconds())
		}
		if s.calls < whole {
			return s.at(segment)
		}
		s.calls -= whole
		s.begun += segment.For.Seconds()
		s.segment++
	}
	return 0, false
}

func (s *Stream) at(segment Segment) (time.Duration, bool) {
	at := s.begun + segment.when(s.calls)
	if !(at < longest) {
		return 0, false
	}
	s.last = max(s.last, duration(at))
	s.left = s.batch - 1
	return s.last, true
}

// gap is how many more calls are expected until the next arrival. The first caller of a metronome comes at 0.
func (s *Stream) gap() float64 {
	if !s.metronome {
		return s.draw.ExpFloat64() * float64(s.batch)
	}
	if !s.started {
		return 0
	}
	return float64(s.batch)
}
