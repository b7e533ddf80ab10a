package reading

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// Forever is a time after everything, never one before everything.
const (
	Forever = time.Duration(math.MaxInt64)
	Never   = time.Duration(math.MinInt64)
)

// Facts is what is known about the pool that produced the history. What is not said is not known: it is neither zero
// nor false, and makes a rule say less. A pointer is nil, a text empty and a list of none where nothing is known; so is
// a number whose zero no pool has, as a size. A bool that is false says nothing.
type Facts struct {
	Size      int            `json:"size,omitempty"`          // numbers in the pool
	WindowMin time.Duration  `json:"window_min_ns,omitempty"` // shortest life of a reservation that is never called
	WindowMax time.Duration  `json:"window_max_ns,omitempty"` // longest, the reaper's delay included
	CoolDown  *time.Duration `json:"cool_down_ns,omitempty"`  // shortest rest of a number after its release
	Release   string         `json:"release,omitempty"`       // what frees a number: arrival, answer or hangup
	Selection string         `json:"selection,omitempty"`     // lru: the number free for longest is given first; round-robin: the next in the list
	Match     string         `json:"match,omitempty"`         // dni, or dni+ani
	Bindings  string         `json:"bindings,omitempty"`      // once, or many
	Exclusive bool           `json:"exclusive,omitempty"`     // nobody else reserves from the pool, nor did shortly before
	Numbers   []string       `json:"numbers,omitempty"`       // the pool's numbers, in its order
	Visible   time.Duration  `json:"visible_ns,omitempty"`    // longest time from BYE to a readable handoff state
	Retention time.Duration  `json:"retention_ns,omitempty"`  // shortest time that a state can be read
	Handoffs  bool           `json:"handoffs,omitempty"`      // of what is known of states all is said: no Visible is at once, no Retention is for ever
	NoHandoff string         `json:"no_handoff,omitempty"`    // how a call without a handoff looks: state, one of nulls, or 404, as if there were no state
	Duplicate string         `json:"duplicates,omitempty"`    // which of several calls a shared_id finds: last, first or conflict
	Abandoned string         `json:"abandoned,omitempty"`     // keep or drop: the state of a call whose caller hung up first
	Strays    *float64       `json:"strays_per_s,omitempty"`  // calls that no client of the history placed, per number and second
	Eps       *time.Duration `json:"eps_ns,omitempty"`        // how far the generators' clocks may be apart
	Failures  *float64       `json:"failures_max,omitempty"`  // the largest share of requests, 0 to 1, that may fail on the platform's side: what somebody promises

	// UsedBefore says that reservations and calls from before the history may still hold numbers of an exclusive pool.
	UsedBefore bool `json:"used_before,omitempty"`
	// CoolDownMax is the longest rest, where it is not always CoolDown.
	CoolDownMax *time.Duration `json:"cool_down_max_ns,omitempty"`
	// ServerMax is how long after its client has given up a request may still be acted on.
	ServerMax *time.Duration `json:"server_max_ns,omitempty"`
	// ArrivalMin is the shortest time that the carrier needs from dialling to arrival.
	ArrivalMin time.Duration `json:"arrival_min_ns,omitempty"`
	// Reroutes says that the carrier may bring a call to another number than the one dialled. A call whose agent does not
	// say where it arrived may then be on any of them.
	Reroutes bool `json:"reroutes,omitempty"`
	// IgnoresTalk says that the platform's agents end their calls when they like, whatever the attribute want_talk says.
	IgnoresTalk bool `json:"ignores_talk,omitempty"`
	// Signal is how far the end of a call may be apart at its two ends, either way: a BYE travels, and a platform may
	// let go of the number a little before it sends one. 0 where time stands still meanwhile.
	Signal *time.Duration `json:"signal_ns,omitempty"`

	// Sources says from where facts are known, by their names in a file without the unit, as window_min. What has no
	// source was stated by whoever wrote the history, and is taken for documented.
	Sources map[string]Source `json:"sources,omitempty"`
}

// Source says from where a fact is known.
type Source string

// The sources of facts. What contradicts an assumed one is no violation, for the assumption may be wrong.
const (
	Documented Source = "documented"
	Measured   Source = "measured"
	Assumed    Source = "assumed"
)

// Source returns from where the fact of this name is known.
func (f Facts) Source(name string) Source { return cmp.Or(f.Sources[name], Documented) }

// The values of Facts.Release.
const (
	OnArrival = "arrival"
	OnAnswer  = "answer"
	OnHangup  = "hangup"
)

// The values of Facts.NoHandoff: a call without a handoff is answered with a state, or as if it had none.
const (
	AsState  = "state"
	NotFound = "404"
)

// signalling is how far the end of a call may be apart at its two ends where nobody says: in so long a BYE that is not
// answered has been sent four times (RFC 3261, T1 of 500 ms), and all four would have to be lost.
const signalling = 4 * time.Second

// PoolSize is how many numbers the pool has; 0 when that is not known.
func (f Facts) PoolSize() int {
	if f.Size == 0 {
		return len(f.Numbers)
	}
	return f.Size
}

func (f Facts) windowMax() time.Duration {
	if f.WindowMax == 0 {
		return Forever
	}
	return f.WindowMax
}

// ShortestRest is how long a number rests after its release, at least.
func (f Facts) ShortestRest() time.Duration { return known(f.CoolDown, 0) }

// LongestRest is how long a number rests after its release, at most; Forever when that is not known.
func (f Facts) LongestRest() time.Duration {
	if f.CoolDownMax == nil {
		return known(f.CoolDown, Forever)
	}
	return max(f.ShortestRest(), *f.CoolDownMax)
}

// ActsWithin is how long after its client has given up a request may still be acted on; Forever when that is not known.
func (f Facts) ActsWithin() time.Duration { return known(f.ServerMax, Forever) }

// EndsApart is how far the end of a call may be apart at its two ends.
func (f Facts) EndsApart() time.Duration { return known(f.Signal, signalling) }

// ReadableWithin is how soon after a call its state can be read; Forever when that is not known.
func (f Facts) ReadableWithin() time.Duration {
	if f.Visible == 0 && !f.Handoffs {
		return Forever
	}
	return f.Visible
}

// KeptFor is how long a state can be read, at least; 0 when that is not known.
func (f Facts) KeptFor() time.Duration {
	if f.Retention == 0 && f.Handoffs {
		return Forever
	}
	return f.Retention
}

// known is the value of a fact, or what it is taken for when it is not known.
func known[T any](fact *T, otherwise T) T {
	if fact == nil {
		return otherwise
	}
	return *fact
}

// Once says that a second call to a reservation is certainly not bound.
func (f Facts) Once() bool { return f.Bindings == "once" }

// Unshared says that nobody but the clients of the history can have a reservation in the pool.
func (f Facts) Unshared() bool { return f.Exclusive && !f.UsedBefore }

// Strangers is how sure a violation is that a call of somebody else could have caused, one that no client of the history
// placed: certain only where it is known that there was none.
func (f Facts) Strangers() finding.Certainty {
	switch {
	case f.Strays != nil && *f.Strays > 0:
		return finding.ModuloStrays
	case f.Strays == nil || !f.Unshared():
		return finding.ModuloUnseen
	}
	return finding.Certain
}

// ByNumber says that the dialled number alone decides to which reservation a call belongs, as the contract has it: it
// knows no other way.
func (f Facts) ByNumber() bool { return f.Match == "" || f.Match == "dni" }

// Ordered says that a shared_id of several calls finds one of them.
func (f Facts) Ordered() bool { return f.Duplicate == "last" || f.Duplicate == "first" }

// Timed says that the life of a reservation is known well enough to reason about it.
func (f Facts) Timed() bool { return f.WindowMin > 0 && f.Release != "" }

// common is what holds for all projects together: of what differs, the weaker.
func common(facts map[string]Facts) Facts {
	var out Facts
	for i, name := range slices.Sorted(maps.Keys(facts)) {
		f := facts[name]
		if i == 0 {
			out = f
			continue
		}
		out = out.and(f)
	}
	return out
}

func (f Facts) and(g Facts) Facts {
	out := Facts{
		Size: f.PoolSize() + g.PoolSize(), Exclusive: f.Exclusive && g.Exclusive, UsedBefore: f.UsedBefore || g.UsedBefore,
		Handoffs: f.Handoffs && g.Handoffs, Reroutes: f.Reroutes || g.Reroutes, IgnoresTalk: f.IgnoresTalk || g.IgnoresTalk,
		WindowMin: min(f.WindowMin, g.WindowMin), CoolDown: both(f.CoolDown, g.CoolDown, smaller), ArrivalMin: min(f.ArrivalMin, g.ArrivalMin),
		CoolDownMax: new(max(f.LongestRest(), g.LongestRest())), ServerMax: both(f.ServerMax, g.ServerMax, larger), Signal: both(f.Signal, g.Signal, larger),
		Eps: both(f.Eps, g.Eps, larger), Strays: both(f.Strays, g.Strays, larger), Failures: both(f.Failures, g.Failures, larger),
		Release: same(f.Release, g.Release), Selection: same(f.Selection, g.Selection), Bindings: same(f.Bindings, g.Bindings),
		Duplicate: same(f.Duplicate, g.Duplicate), Abandoned: same(f.Abandoned, g.Abandoned), Match: f.Match,
		Sources: make(map[string]Source),
	}
	if f.PoolSize() == 0 || g.PoolSize() == 0 {
		out.Size = 0
	}
	if f.WindowMax > 0 && g.WindowMax > 0 {
		out.WindowMax = max(f.WindowMax, g.WindowMax)
	}
	if visible := max(f.ReadableWithin(), g.ReadableWithin()); visible < Forever {
		out.Visible = visible
	}
	if kept := min(f.KeptFor(), g.KeptFor()); kept < Forever {
		out.Retention = kept
	}
	if f.NoHandoff == NotFound || g.NoHandoff == NotFound {
		out.NoHandoff = NotFound
	}
	if f.ByNumber() && !g.ByNumber() {
		out.Match = g.Match
	}
	for _, from := range []Facts{f, g} {
		for name, source := range from.Sources {
			if out.Sources[name] != Assumed { // the weaker of the two
				out.Sources[name] = source
			}
		}
	}
	return out
}

// both is what holds of two pools; nil when of one of them nothing is known.
func both[T any](a, b *T, of func(a, b T) T) *T {
	if a == nil || b == nil {
		return nil
	}
	return new(of(*a, *b))
}

func smaller[T cmp.Ordered](a, b T) T { return min(a, b) }
func larger[T cmp.Ordered](a, b T) T  { return max(a, b) }

func same(a, b string) string {
	if a != b {
		return ""
	}
	return a
}
