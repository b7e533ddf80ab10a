package deployment

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Ledger knows which numbers a run holds, and what it has asked of a platform so far. Numbers are counted as held for as long as
// the platform may count them: until the call for them is over, or the longest window is. It takes the time from its caller, so
// that a rehearsal in virtual time is counted by the same rules as a run. It is safe for concurrent use.
type Ledger struct {
	facts func(project string) reading.Facts

	mu      sync.Mutex
	holds   []Hold
	pending int // reservations under way
	calls   int // calls that are up
	rests   time.Time
	used    Usage
	audio   []finding.CallAudio
	given   map[string]bool
}

// Hold is a number that the run has reserved, and that the platform may still keep for it.
type Hold struct {
	Project, Number string    // Number is "" when the reply that named it was lost
	Since           time.Time // the reply
	Until           time.Time // the longest window is over; zero: nobody knows when
	inCall          bool
}

// Usage is what was asked of a platform.
type Usage struct {
	Requests     int           // HTTP
	Reservations int           // numbers given, and those that a lost reply may have given
	Held         int           // numbers held at one time, at most
	Calls        int           // placed
	Answered     int           // calls that were
	Up           int           // calls that were up at one time, at most
	Longest      time.Duration // call
	CallTime     time.Duration // all calls together
	Waited       time.Duration // for time to pass
	Throttled    int           // requests that were answered with 429 and sent again
	Strays       int           // calls to numbers of the pool that the run no longer held, which may be somebody else's by then
}

// NewLedger returns a ledger of nothing. facts says what is known of a project's pool.
func NewLedger(facts func(project string) reading.Facts) *Ledger {
	return &Ledger{facts: facts, given: make(map[string]bool)}
}

// Gave reports whether the platform has given this number to the run.
func (l *Ledger) Gave(number string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.given[number]
}

// Given are the numbers that the platform has given to the run.
func (l *Ledger) Given() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.given))
}

// Asked counts a request.
func (l *Ledger) Asked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used.Requests++
}

// Heard notes what the audio of a call carried.
func (l *Ledger) Heard(a finding.CallAudio) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.audio = append(l.audio, a)
}

// Audio is what the audio of all calls carried; nil when none had any.
func (l *Ledger) Audio() *finding.Audio {
	l.mu.Lock()
	defer l.mu.Unlock()
	return finding.AudioOf(l.audio)
}

// Waits counts time that was let pass.
func (l *Ledger) Waits(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used.Waited += d
}

// Reserved notes a number that was given; "" is one that a lost reply may have named.
func (l *Ledger) Reserved(project, number string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	h := Hold{Project: project, Number: number, Since: now}
	if w := l.facts(project).WindowMax; w > 0 {
		h.Until = now.Add(w)
	}
	l.drop(number)
	l.holds = append(l.holds, h)
	l.given[number] = true
	l.used.Reservations++
	l.used.Held = max(l.used.Held, len(l.holds))
}

// Called notes that a call to a number was placed; the returned function that it is over, and whether it was ever answered.
// plain says that it was dialled as the platform wrote it: only such a call has certainly used its reservation up, for in
// another form a platform need not know the number again.
func (l *Ledger) Called(number string, plain bool, now time.Time) (over func(answered bool, now time.Time)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	l.used.Calls++
	l.used.Up = max(l.used.Up, l.calls)
	if i := l.find(number); i >= 0 {
		l.holds[i].inCall = true
		plain = plain && l.holds[i].Number == number
	} else if l.given[number] {
		l.used.Strays++
	}
	return func(answered bool, end time.Time) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.calls--
		if answered {
			l.used.Answered++
		}
		l.used.CallTime += end.Sub(now)
		l.used.Longest = max(l.used.Longest, end.Sub(now))
		i := l.find(number)
		switch {
		case i >= 0 && answered && plain:
			l.rest(l.holds[i].Project, end)
			l.drop(number)
		case i >= 0:
			l.holds[i].inCall = false
		}
	}
}

// rest notes how long the number of a call that is over may rest.
func (l *Ledger) rest(project string, now time.Time) {
	rest := min(l.facts(project).LongestRest(), longestRest)
	if until := now.Add(rest); until.After(l.rests) {
		l.rests = until
	}
}

// longestRest is what a rest that nobody knows is taken for.
const longestRest = 24 * time.Hour

// Clean reports whether nothing that the run did before can still keep a number of the pool taken.
func (l *Ledger) Clean(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	return len(l.holds) == 0 && l.calls == 0 && l.pending == 0 && !now.Before(l.rests)
}

// Holds are the numbers that the run holds, the oldest first.
func (l *Ledger) Holds(now time.Time) []Hold {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	return slices.Clone(l.holds)
}

// Used is what was asked so far.
func (l *Ledger) Used() Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

// room returns how long it takes until n more numbers can be held without more than most being held; 0 when they can now.
// ok is false when nobody knows.
func (l *Ledger) room(n, most int, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	surplus := len(l.holds) + l.pending + n - most
	if surplus <= 0 {
		return 0, true
	}
	var ends []time.Time
	for _, h := range l.holds {
		if !h.Until.IsZero() && !h.inCall {
			ends = append(ends, h.Until)
		}
	}
	if len(ends) < surplus {
		return 0, l.pending+l.calls > 0 // what is under way comes to an end by itself
	}
	slices.SortFunc(ends, time.Time.Compare)
	return ends[surplus-1].Sub(now), true
}

// Reserving notes that a reservation is asked for, until its outcome is noted and the returned function is called. Whoever
// asks for a number must be allowed to hold one more, though none may be given.
func (l *Ledger) Reserving(now time.Time) (over func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(now)
	l.pending++
	l.used.Held = max(l.used.Held, len(l.holds)+1)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.pending--
	}
}

func (l *Ledger) throttled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used.Throttled++
}

func (l *Ledger) prune(now time.Time) {
	l.holds = slices.DeleteFunc(l.holds, func(h Hold) bool { return !h.inCall && !h.Until.IsZero() && !now.Before(h.Until) })
}

// find is the hold of a number, in whatever form it was dialled.
func (l *Ledger) find(number string) int {
	return slices.IndexFunc(l.holds, func(h Hold) bool {
		return h.Number != "" && (h.Number == number || reading.SameNumber(h.Number, number))
	})
}

func (l *Ledger) drop(number string) {
	if i := l.find(number); i >= 0 && number != "" {
		l.holds = slices.Delete(l.holds, i, i+1)
	}
}

// Told says in a sentence which numbers are still held, and until when; "" when there is none.
func Told(holds []Hold) string {
	if len(holds) == 0 {
		return ""
	}
	var parts []string
	for _, h := range holds {
		until := "nobody knows until when: the window is not known"
		if !h.Until.IsZero() {
			until = "until " + h.Until.UTC().Format(time.TimeOnly) + " UTC"
		}
		name := h.Number
		if name == "" {
			name = "one whose reply was lost"
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", name, until))
	}
	return "numbers that this run reserved and nobody called may still be held: " + strings.Join(parts, ", ")
}
