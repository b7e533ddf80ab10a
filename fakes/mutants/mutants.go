// Package mutants holds platforms that are broken on purpose, one small fault each, so that one can see whether the
// harness notices. A mutant is the reference with one part wrapped or one setting changed; it knows nothing of who
// looks at it. Where a fault is a race, its window is some milliseconds of the platform's own time, so that it shows
// in virtual time as it does in real time. Most of these faults are known from systems that were in production.
package mutants

import (
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
)

// Mutant is one broken platform.
type Mutant struct {
	ID    string // M and its place in All, in two digits: M01 is the first
	Name  string // a few words, as in the name of its file
	Says  string // what is wrong, in one sentence
	Fault string // the kind of fault, by the numbers that package check uses in its hypotheses; "" when it has none
	// Kill is what is meant to find it: a check, or "contract", "expectation" or "timeout". Nothing but the order in which
	// scenarios are tried is decided by it.
	Kill string
	// ScenariosOnly says that exploration cannot show it: it takes HTTP or SIP, or what exploration never does.
	ScenariosOnly bool

	// Config changes settings; nil changes none. It runs after the configuration has been read, so each project has
	// its own copy of the shared sections already.
	Config func(*sim.Config)
	// Parts makes what stands between the boxes of one platform; nil puts nothing there.
	Parts func(seed uint64, k clock.Clock) sim.Parts
}

// All returns every mutant, by ID.
func All() []Mutant {
	return []Mutant{
		checkThenAct(), loopVariableTheft(), staleCandidate(), unfencedHangup(), unfencedLookup(), staleContext(), noExpiry(), latchedReaper(),
		windowFromReceipt(), tieAtExpiry(), clockStep(), loserGivesUp(), emptyNumber(), overflowNumber(), lastInFirstOut(), neverOffered(),
		numberInTwoPools(), lookupLag(), formatNotNormalised(), lastFourDigits(), recordReplicas(), firstDuplicate(), idBeforeSharedID(), lateRecord(),
		sweptInFlight(), restartForgets(), swappedContexts(), truncatedAttributes(), cancelledCommits(), oneCallPerNumber(), deadNumber(), wrongKeyIs404(),
		anotherProjectsAgent(), startRunsTwice(), headersLost(), headersAsAttributes(), foldedSharedID(), callWithoutEnd(), endRunsTwice(), halfThePath(),
		trimmedQuery(), shortValues(), fewAttributes(), tidiedNumbers(), poolsAccount(), finalAtTheBye(), nullData(), replyMustArrive(),
		peersCallID(), waitsForTheCaller(), failsAtTimes(), stateThatFades(), oneStateForTwo(), stateOfNoCall(), digitsLost(),
	}
}

// Named returns the mutant with that ID or name.
func Named(name string) (Mutant, bool) {
	for _, m := range All() {
		if m.ID == name || m.Name == name {
			return m, true
		}
	}
	return Mutant{}, false
}

// projects makes a Config that changes each project's settings.
func projects(change func(*sim.Project)) func(*sim.Config) {
	return func(c *sim.Config) {
		for i := range c.Projects {
			change(&c.Projects[i])
		}
	}
}

// pools makes Parts that wrap the pool of each project.
func pools(wrap func(*trackedPool) sim.Pool) func(uint64, clock.Clock) sim.Parts {
	return func(uint64, clock.Clock) sim.Parts {
		return sim.Parts{Pool: func(_ sim.Project, p sim.Pool) sim.Pool { return wrap(newTrackedPool(p)) }}
	}
}
