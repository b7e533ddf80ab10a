// Package check judges a history against the pool's invariants. It has its own small model of a pool and shares no
// code with the reference: a misunderstanding must not pass twice. A check reports what is certain given the times at
// which a client sent and received; what could be legal is not reported. A check that cannot be applied says why.
// What a caller suffers from a late call or a stray, which a correct pool cannot prevent, is a hazard and no violation.
package check

import (
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
)

// Certainty says how sure a violation is.
type Certainty string

// The certainties. What a stray call could have caused as well is judged against the rate at which strays come; what
// clocks that are further apart than agreed could have caused is not held against the platform.
const (
	Certain      Certainty = "certain"
	ModuloStrays Certainty = "modulo strays"
	ModuloClocks Certainty = "modulo clocks"
)

// Outcome is what one check says about one history.
type Outcome struct {
	Violations []Violation
	Omitted    int         // violations beyond the first thousand
	Hazards    []Violation // harm that a correct pool does as well: late calls, strays, numbers changed by a carrier
	Unlisted   int         // hazards beyond the first thousand
	Cases      int         // how many cases the check looked at
	Undecided  int         // cases of which both readings are possible
	NotJudged  string      // why the check could not be applied; empty when it was
}

// Violation is one breach, with the operations that prove it.
type Violation struct {
	Text      string
	Rule      string // the reasoning that makes it certain
	Cause     string // the kind of fault that shows like this, as a hypothesis
	Certainty Certainty
	P         float64 // modulo strays: the chance that strays alone give as many as the check found
	Ops       []history.Op
}

// Owner is the project whose pool v is about. judged is the one whose operations were judged; "" is all of them.
func (v Violation) Owner(judged string) string {
	if judged == "" && len(v.Ops) > 0 {
		return v.Ops[0].Project
	}
	return judged
}

// Check is one invariant.
type Check struct {
	Name      string
	Invariant string // its number in specs/invariants.md
	Says      string // in words
	// PerProject says that the check is about one pool: it judges the operations of one project at a time.
	PerProject bool
	clocks     bool // it compares times, which several generators read from several clocks
	judge      func(*view) Outcome
}

// Judge applies the check. The history must be complete: every operation has ended.
func (c Check) Judge(f Facts, ops []history.Op) Outcome {
	v := newView(f, pointers(ops))
	return c.on(v, v.astray())
}

// on judges v, unless so many calls went astray: what is on a number at a time is not known then.
func (c Check) on(v *view, astray int) Outcome {
	if c.clocks && astray > 0 {
		return notJudged("the carrier may bring calls to other numbers, and where %d of them went is not known", astray)
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

// most bounds what is kept of a platform that does everything wrong.
const most = 1000

func notJudged(format string, args ...any) Outcome {
	return Outcome{NotJudged: fmt.Sprintf(format, args...)}
}

// add notes a violation; it is certain unless it says otherwise.
func (o *Outcome) add(v Violation) {
	if v.Certainty == "" {
		v.Certainty = Certain
	}
	if len(o.Violations) == most {
		o.Omitted++
		return
	}
	o.Violations = append(o.Violations, v)
}

// hazard notes harm that is nobody's breach.
func (o *Outcome) hazard(v Violation) {
	if len(o.Hazards) == most {
		o.Unlisted++
		return
	}
	o.Hazards = append(o.Hazards, v)
}

// copies are the operations themselves, without those that are missing.
func copies(ops ...*history.Op) (out []history.Op) {
	for _, o := range ops {
		if o != nil {
			out = append(out, *o)
		}
	}
	return out
}

func pointers(ops []history.Op) []*history.Op {
	out := make([]*history.Op, len(ops))
	for i := range ops {
		out[i] = &ops[i]
	}
	return out
}
