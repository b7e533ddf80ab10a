package reading

import (
	"maps"
	"math"
	"slices"
	"time"
)

// Forever is a time after everything, never one before everything.
const (
	Forever = time.Duration(math.MaxInt64)
	Never   = time.Duration(math.MinInt64)
)

// Facts is what is known about the pool that produced the history. Zero means unknown, where a check says so.
type Facts struct {
	Size      int           `json:"size,omitempty"`          // numbers in the pool
	WindowMin time.Duration `json:"window_min_ns,omitempty"` // shortest life of a reservation that is never called
	WindowMax time.Duration `json:"window_max_ns,omitempty"` // longest, the reaper's delay included
	CoolDown  time.Duration `json:"cool_down_ns,omitempty"`  // shortest rest of a number after its release
	Release   string        `json:"release,omitempty"`       // what frees a number: arrival, answer or hangup
	Selection string        `json:"selection,omitempty"`     // lru: the number free for longest is given first; round-robin: the next in the list
	Match     string        `json:"match,omitempty"`         // dni, which is also what unknown is taken for, or dni+ani
	Bindings  string        `json:"bindings,omitempty"`      // once, or many
	Exclusive bool          `json:"exclusive,omitempty"`     // nobody else reserves from the pool, nor did shortly before
	Numbers   []string      `json:"numbers,omitempty"`       // the pool's numbers, in its order; empty when unknown
	Visible   time.Duration `json:"visible_ns,omitempty"`    // longest time from BYE to a readable handoff state
	Retention time.Duration `json:"retention_ns,omitempty"`  // shortest time that a state can be read; 0: for ever
	Handoffs  bool          `json:"handoffs,omitempty"`      // Visible, Retention and Duplicates are known
	Duplicate string        `json:"duplicates,omitempty"`    // which of several calls a shared_id finds: last, first or conflict
	Abandoned string        `json:"abandoned,omitempty"`     // keep or drop: the state of a call whose caller hung up first
	Strays    float64       `json:"strays_per_s,omitempty"`  // unsolicited calls, per number and second
	Eps       time.Duration `json:"eps_ns,omitempty"`        // how far the generators' clocks may be apart

	// CoolDownMax is the longest rest, where it is not always CoolDown.
	CoolDownMax time.Duration `json:"cool_down_max_ns,omitempty"`
	// ServerMax is how long after its client has given up a request may still be acted on. 0 is taken for 30 s; where
	// it cannot happen at all, say 1 ns.
	ServerMax time.Duration `json:"server_max_ns,omitempty"`
	// ArrivalMin is the shortest time that the carrier needs from dialling to arrival.
	ArrivalMin time.Duration `json:"arrival_min_ns,omitempty"`
	// Reroutes says that the carrier may bring a call to another number than the one dialled. A call whose agent does not
	// say where it arrived may then be on any of them.
	Reroutes bool `json:"reroutes,omitempty"`
	// Signal is how far the end of a call may be apart at its two ends, either way: a BYE travels, and a platform may
	// let go of the number a little before it sends one. 0 where time stands still meanwhile.
	Signal time.Duration `json:"signal_ns,omitempty"`
}

// The values of Facts.Release.
const (
	OnArrival = "arrival"
	OnAnswer  = "answer"
	OnHangup  = "hangup"
)

// lateCommit is what ServerMax is taken for when it is not known.
const lateCommit = 30 * time.Second

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

func (f Facts) LongestRest() time.Duration { return max(f.CoolDown, f.CoolDownMax) }

func (f Facts) ActsWithin() time.Duration {
	if f.ServerMax == 0 {
		return lateCommit
	}
	return f.ServerMax
}

// once says that a second call to a reservation is certainly not bound.
func (f Facts) Once() bool { return f.Bindings == "once" }

// byNumber says that the dialled number alone decides to which reservation a call belongs.
func (f Facts) ByNumber() bool { return f.Match == "" || f.Match == "dni" }

// ordered says that a shared_id of several calls finds one of them.
func (f Facts) Ordered() bool { return f.Duplicate == "last" || f.Duplicate == "first" }

// timed says that the life of a reservation is known well enough to reason about it.
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
		Size: f.PoolSize() + g.PoolSize(), Exclusive: f.Exclusive && g.Exclusive, Handoffs: f.Handoffs && g.Handoffs, Reroutes: f.Reroutes || g.Reroutes,
		WindowMin: min(f.WindowMin, g.WindowMin), CoolDown: min(f.CoolDown, g.CoolDown), ArrivalMin: min(f.ArrivalMin, g.ArrivalMin),
		CoolDownMax: max(f.LongestRest(), g.LongestRest()), ServerMax: max(f.ActsWithin(), g.ActsWithin()), Signal: max(f.Signal, g.Signal),
		Eps: max(f.Eps, g.Eps), Strays: max(f.Strays, g.Strays), Visible: max(f.Visible, g.Visible), Retention: min(f.Retention, g.Retention),
		Release: same(f.Release, g.Release), Selection: same(f.Selection, g.Selection), Bindings: same(f.Bindings, g.Bindings),
		Duplicate: same(f.Duplicate, g.Duplicate), Abandoned: same(f.Abandoned, g.Abandoned), Match: f.Match,
	}
	if f.WindowMax > 0 && g.WindowMax > 0 {
		out.WindowMax = max(f.WindowMax, g.WindowMax)
	}
	if f.Retention == 0 || g.Retention == 0 { // one of them keeps for ever
		out.Retention = max(f.Retention, g.Retention)
	}
	if f.ByNumber() && !g.ByNumber() {
		out.Match = g.Match
	}
	return out
}

func same(a, b string) string {
	if a != b {
		return ""
	}
	return a
}
