// Package measure takes in what a load test does and sees, in as much memory however long it takes, and says what came of it:
// what became of every caller, how long things took from the moment at which they were due, how much was refused beside what
// Erlang's formula predicts, and how many numbers were held meanwhile. It is pure: time is an argument.
package measure

import (
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/traffic/batchmeans"
)

// Stage is a part of a run with one course of the rate: the warm-up, or one of its steps.
type Stage struct {
	Name   string
	From   time.Duration // since the start of the run
	To     time.Duration // never: open
	Warm   bool          // nothing of it is measured
	Steady bool          // the rate is the same all along, so that Erlang's formula applies
}

// Plan is what is known before a run.
type Plan struct {
	Stages  []Stage
	Rules   Rules
	Erlangs float64 // that are about to be offered, for the size of batches; 0: not known
	// Formula says what is refused, and the rest what it needs; see package erlang.
	Formula    Formula
	Peakedness float64       // Hayward
	Sources    int           // Engset: callers who come again and again
	Idle       time.Duration // and how long each is idle, in the mean
}

// Run takes in one run. All times are since its start. It is safe for concurrent use.
type Run struct {
	mu     sync.Mutex
	plan   Plan
	counts Counts
	up     int // calls

	reserve, service, refused, lag, handoff, setUp, visible *Lengths
	statuses                                                map[string]map[int]int // by request; 0 is no reply
	stages                                                  []stage
	holds                                                   *Holds
	arrive                                                  *Lengths
	numbers                                                 *numbers
	slices                                                  Slices
	now                                                     Slice // of the slice that is being filled
	nowReserve, nowLag                                      *Lengths
}

// stage is what is kept of a Stage.
type stage struct {
	scheduled, begun, late int // callers who were due in it; of these, begun at all, and not in time
	given, refused         int // replies to callers who were due in it
	blocked                *batchmeans.Series
}

// Formula names what predicts how much is refused.
type Formula string

// The formulas. A metronome has none.
const (
	ErlangB Formula = "Erlang B" // many callers who do not know of each other
	Hayward Formula = "Hayward"  // who come in batches
	Engset  Formula = "Engset"   // few callers, who come again and again
)

// predicted is the share that is refused of so many erlangs; nil: no formula says it.
func (p Plan) predicted(offered float64, hold time.Duration) *float64 {
	n := p.Rules.Size
	switch {
	case n == 0:
		return nil
	case p.Formula == ErlangB:
		return new(erlang.Blocking(n, offered))
	case p.Formula == Hayward:
		return new(erlang.Hayward(n, offered, p.Peakedness))
	case p.Formula == Engset && p.Idle > 0:
		return new(erlang.Engset(n, p.Sources, hold.Seconds()/p.Idle.Seconds()))
	}
	return nil
}

// NewRun begins with nothing.
func NewRun(p Plan) *Run {
	r := &Run{
		plan: p, holds: NewHolds(p.Rules, marks(p.Stages)...), statuses: map[string]map[int]int{Reserve: {}, Handoff: {}},
		reserve: NewLengths(), service: NewLengths(), refused: NewLengths(), lag: NewLengths(), handoff: NewLengths(), setUp: NewLengths(), visible: NewLengths(),
		arrive: NewLengths(), numbers: newNumbers(), nowReserve: NewLengths(), nowLag: NewLengths(), slices: Slices{Width: time.Second},
	}
	erlangs := p.Erlangs
	if n := float64(p.Rules.Size); n > 0 && (erlangs == 0 || erlangs > n) {
		erlangs = n
	}
	for range p.Stages {
		r.stages = append(r.stages, stage{blocked: batchmeans.New(batchmeans.Size(erlangs))})
	}
	return r
}

// The requests, by name.
const (
	Reserve = "reserve"
	Handoff = "handoff"
)

// marks are the ends of the stages.
func marks(stages []Stage) (out []time.Duration) {
	for _, s := range stages {
		out = append(out, s.To)
	}
	return out
}

// End says that no more callers are due: the stage that is under way is over.
func (r *Run) End(now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := &r.plan.Stages[len(r.plan.Stages)-1]
	for i := range r.plan.Stages {
		if s := &r.plan.Stages[i]; now < s.To && now >= s.From {
			last = s
		}
	}
	if now < last.To {
		r.holds.Mark(now)
		last.To = now
	}
}

// at is the stage in which a caller was due.
func (r *Run) at(due time.Duration) (int, *stage) {
	i := len(r.plan.Stages) - 1
	for i > 0 && due < r.plan.Stages[i].From {
		i--
	}
	return i, &r.stages[i]
}

// measured reports whether what began at a time counts.
func (r *Run) measured(due time.Duration) bool {
	i, _ := r.at(due)
	return !r.plan.Stages[i].Warm
}

// Due says that a caller is due.
func (r *Run) Due(due time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, s := r.at(due)
	s.scheduled++
	r.counts.Scheduled++
	r.now.Offered++
}

// Dropped says that the caller who was due is not begun.
func (r *Run) Dropped() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Dropped++
	r.now.Dropped++
}

// inTime is how long after it was due a caller has begun in time; in a stage that is shorter, it is the stage. A generator that stood still
// for longer sends in a heap those who should have come one by one, and a pool refuses more of a heap.
const inTime = time.Second

// Begun says that a caller who was due at a time begins now.
func (r *Run) Begun(due, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, s := r.at(due)
	r.counts.Begun++
	s.begun++
	if stage := r.plan.Stages[i]; now-due > min(inTime, stage.To-stage.From) {
		s.late++
	}
	r.nowLag.Add(now - due)
	if r.measured(due) {
		r.lag.Add(now - due)
	}
}

// Tries says that a reservation is sent. again is for a further try.
func (r *Run) Tries(now time.Duration, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if again {
		r.counts.Retries++
	}
	r.holds.Sent(now)
}

// Reply is what came of one try to reserve.
type Reply struct {
	Due, Sent, Now time.Duration // Due is Sent but for the first try of a caller
	Caller         time.Duration // when the caller was due
	Status         int           // 0: no reply
	Number         string        // "": none
	Unsent         bool          // it has certainly done nothing
}

// Replied takes in a reply, and returns the lease when a number was given.
func (r *Run) Replied(p Reply) *Lease {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.statuses[Reserve][p.Status]++
	measured := r.measured(p.Caller)
	_, s := r.at(p.Caller)
	switch {
	case p.Status == 200 && p.Number != "":
		r.now.Given++
		s.given++
		s.blocked.Add(false)
		r.nowReserve.Add(p.Now - p.Due)
		if measured {
			r.reserve.Add(p.Now - p.Due)
			r.service.Add(p.Now - p.Sent)
		}
		l := r.holds.Given(p.Number, p.Sent, p.Now)
		l.use = r.numbers.use(p.Number, p.Now)
		return l
	case p.Status == 404:
		r.now.Refused++
		s.refused++
		s.blocked.Add(true)
		if measured {
			r.refused.Add(p.Now - p.Due)
		}
		r.holds.Nothing(p.Now)
	case p.Status == 0 && !p.Unsent, p.Status == 200, p.Status >= 500, p.Status == 408:
		r.now.Failed++
		r.holds.Lost(p.Now)
	default:
		r.now.Failed++
		r.holds.Nothing(p.Now)
	}
	return nil
}

// Dialled says that the number of a lease is called.
func (r *Run) Dialled(l *Lease, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Dialled++
	if l != nil {
		l.use.Calls++
		l.Dialled(now)
	}
}

// CallEnd is how a call came out that was not answered.
type CallEnd int

// The ways.
const (
	GaveUp CallEnd = iota
	Refused
	Failed
)

// NotAnswered says that a call came to nothing.
func (r *Run) NotAnswered(l *Lease, how CallEnd, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch how {
	case GaveUp:
		r.counts.GaveUp++
	case Refused:
		r.counts.CallRefused++
	default:
		r.counts.CallFailed++
	}
	if how != GaveUp {
		r.now.CallsFailed++
	}
	if l != nil {
		l.Ended(now, false)
		if how != GaveUp {
			l.use.CallsFailed++
		}
	}
}

// Answered says that a call that was dialled at a time arrived and is up.
func (r *Run) Answered(l *Lease, dialled, arrived, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Answered++
	r.up++
	r.now.Calls++
	if r.measured(dialled) {
		r.setUp.Add(arrived - dialled)
	}
	if l == nil {
		return
	}
	if r.measured(dialled) {
		r.arrive.Add(arrived - l.given)
		if r.plan.Rules.WindowMin > 0 && arrived-l.given > r.plan.Rules.WindowMin {
			r.counts.Late++
		}
	}
	l.Arrived(arrived)
}

// Ended says that a call that was answered is over: by platform, caller, or somebody else; "" is still up.
func (r *Run) Ended(l *Lease, by string, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up--
	switch by {
	case "platform":
		r.counts.ByPlatform++
	case "caller":
		r.counts.ByCaller++
	case "":
		r.counts.StillUp++
		return
	default:
		r.counts.ByOthers++
	}
	if l != nil {
		l.Ended(now, true)
	}
}

// Polled takes in one question for a handoff, and how long after the call it was answered with a state; 0: it was not. first is
// for the first question after a call.
func (r *Run) Polled(sent, now time.Duration, status int, visible time.Duration, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Polls++
	if first {
		r.counts.FirstPolls++
		if status == 404 {
			r.counts.FirstMissing++
		}
	}
	r.statuses[Handoff][status]++
	if !r.measured(sent) {
		return
	}
	r.handoff.Add(now - sent)
	if visible > 0 {
		r.visible.Add(visible)
	}
}
