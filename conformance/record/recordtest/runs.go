package recordtest

import (
	"strings"
	"time"

	"github.com/dnispool/dnispool/fakes/independent"
)

// Named is a run with a name that can be a file's.
type Named struct {
	Name string
	Run
}

// Correct returns runs of the platform without any defect, in every combination of what may make a judge err: what
// releases a number, whether the ids of calls and states are the same, whether others use the pools, one clock or three,
// and who writes. Each has so many journeys.
func Correct(journeys int) []Named {
	var all []Named
	for i := range 32 {
		is := func(bit int) bool { return i&(1<<bit) != 0 }
		r := ordinary(journeys, uint64(i+1))
		words := []string{"hangup", "unlinked", "exclusive", "one-clock", "direct"}
		if is(0) {
			words[0], r.Platform.Release = "arrival", independent.OnArrival
		}
		if is(1) {
			words[1], r.Linked = "linked", true
		}
		if is(2) {
			words[2], r.Platform.Others, r.Platform.OthersHold = "shared", 60*time.Millisecond, 30*time.Millisecond
		}
		if is(3) {
			words[3], r.Clocks, r.Skew = "three-clocks", 3, 200*time.Millisecond
		}
		if is(4) {
			words[4], r.Through = "recorded", true
		}
		if !r.Linked {
			r.Platform.IDs = []string{independent.CallSID, independent.UUID, independent.NullID}[i%3]
		}
		all = append(all, Named{strings.Join(words, "-"), r})
	}
	return all
}

// ordinary is traffic of every kind that a correct platform copes with.
func ordinary(journeys int, seed uint64) Run {
	return Run{
		Platform: independent.Options{Projects: independent.DefaultProjects(2, 4), Window: 250 * time.Millisecond, CoolDown: 10 * time.Millisecond, Visible: 5 * time.Millisecond},
		Clients:  8, Journeys: journeys, Seed: seed, Talk: 20 * time.Millisecond,
		Abandon: 3, Late: 2, Twice: 4, Stray: 4, Bare: 15, SameID: 5, Again: 20, Both: 10, Foreign: 3,
	}
}

// Defective is a run of a platform with one defect, and with the traffic that shows it.
func Defective(code string, journeys int) Named {
	r := ordinary(journeys, 1)
	r.Platform.Defects = []string{code}
	switch code {
	case "F06", "F07":
		r.Think, r.Clients = 60*time.Millisecond, 16 // so that numbers are taken as soon as they are free
	case "F09":
		r.Clients = 2 // so that numbers stay free
	case "F13", "F24":
		r.Abandon, r.Late, r.Journeys = 20, 0, 4*journeys // long enough for numbers to be missed
	case "F25":
		r.Journeys = 4 * journeys
	case "F08":
		r.Platform.CoolDown, r.Clients = 150*time.Millisecond, 16
	case "F14", "F15":
		r.Clients = 16
	case "F26":
		r.Late = 15
	case "F40", "F41":
		r.Twice, r.Stray, r.Again, r.Talk = 20, 20, 50, 150*time.Millisecond
	case "F47":
		r.Platform.Ring = 30 * time.Millisecond
	case "F48":
		r.Foreign = 30
	case "F51":
		r.SameID = 30
	case "F53", "F54":
		r.Again = 100
	case "F55":
		r.Both = 50
	case "F62":
		r.Platform.Release, r.Talk, r.Clients = independent.OnArrival, 150*time.Millisecond, 16
	}
	return Named{code, r}
}
