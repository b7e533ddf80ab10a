// Package check judges a history against the pool's invariants. It has its own small model of a pool and shares no
// code with the reference: a misunderstanding must not pass twice. A check reports what is certain given the times at
// which a client sent and received; what could be legal is not reported. A check that cannot be applied says why.
// What a caller suffers from a late call or a stray, which a correct pool cannot prevent, is a hazard and no violation.
package check

import (
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Check is one invariant.
type Check struct {
	Name      string
	Invariant string // its number in specs/invariants.md
	Says      string // in words
	// PerProject says that the check is about one pool: it judges the operations of one project at a time.
	PerProject bool
	clocks     bool // it compares times, which several generators read from several clocks
	judge      func(*view) finding.Outcome
}

// Judge applies the check. The history must be complete: every operation has ended.
func (c Check) Judge(f Facts, ops []history.Op) finding.Outcome {
	v := newView(f, pointers(ops))
	return c.on(v, v.astray())
}

// on judges v, unless so many calls went astray: what is on a number at a time is not known then.
func (c Check) on(v *view, astray int) finding.Outcome {
	if c.clocks && astray > 0 {
		return finding.NotJudged("the carrier may bring calls to other numbers, and where %d of them went is not known", astray)
	}
	return c.judge(v)
}

// All returns every check, cheap and decisive ones first.
func All() []Check {
	return []Check{
		dialableNumbers(), noDoubleLease(), capacityRespected(), exhaustionJustified(), noLostNumber(), rotation(), reservedNumberAnswers(),
		noCrossTalk(), attributesIntact(), attributesDelivered(), isolation(),
		handoffMatchesCall(), handoffVisible(), noFailOpenDrop(), conservation(),
	}
}

// Names returns the names of all checks.
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// Named returns the check of that name.
func Named(name string) (Check, bool) {
	all := All()
	i := slices.IndexFunc(all, func(c Check) bool { return c.Name == name })
	if i < 0 {
		return Check{}, false
	}
	return all[i], true
}

const noEcho = "no handoff state of a call carries echo_nonce: the agent does not echo, or nobody asked"

func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
