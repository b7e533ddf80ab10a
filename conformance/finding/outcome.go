package finding

import (
	"fmt"
	"io"
	"strings"

	"github.com/dnispool/dnispool/conformance/history"
)

// Certainty says how sure a violation is.
type Certainty string

// The certainties. What a stray call could have caused as well is judged against the rate at which strays come; where
// that rate is not known, or others use the pool, whose calls no history shows, it is not held against the platform. Nor
// is what clocks that are further apart than agreed could have caused.
const (
	Certain      Certainty = "certain"
	ModuloStrays Certainty = "modulo strays"
	ModuloUnseen Certainty = "modulo unseen calls"
	ModuloClocks Certainty = "modulo clocks"
)

// Rule is an invariant in words.
type Rule struct {
	Name      string // of the check
	Invariant string // its number in specs/invariants.md
	Says      string
}

// Outcome is what one check says about one history.
type Outcome struct {
	Violations []Violation
	Omitted    int         // violations beyond the first thousand
	Hazards    []Violation // harm that a correct pool does as well: late calls, strays, numbers changed by a carrier
	Unlisted   int         // hazards beyond the first thousand
	Cases      int         // how many cases the check looked at
	Undecided  int         // cases of which both readings are possible
	// Needs are what would decide more, and of how many cases: the names of facts, and of fields as "ended of calls", with
	// commas between those that are all needed. What was not judged at all has no cases.
	Needs     map[string]int
	NotJudged string // why the check could not be applied; empty when it was
	Idle      bool   // it was not applied because there was nothing to look at
	Assumed   string // what was found besides, and rests on facts that are assumed; empty when nothing was
	GaveUp    string // why a search ended without an answer, which is no pass; empty when it did not
	// Picture draws what a search has tried, as an HTML page; nil when there is nothing to draw.
	Picture func(io.Writer) error
}

// Violation is one breach, with the operations that prove it.
type Violation struct {
	Text      string
	Rule      string // the reasoning that makes it certain
	Cause     string // the kind of fault that shows like this, as a hypothesis
	Certainty Certainty
	Timeless  bool    // no two times were compared to find it
	P         float64 // modulo strays: the chance that strays alone give as many as the check found
	Ops       []history.Op
	Rests     []Basis    // the facts on which it rests; nil until somebody has looked
	Follows   *Root      // the violation from which it follows; nil when it is one of its own
	Followed  []Followed // what follows from it, by check
	Chart     *Chart     // the same over time; nil until somebody wants to see it
}

// Proven reports whether it can be held against the platform. What is not is inconclusive.
func (v Violation) Proven() bool { return v.Certainty != ModuloClocks && v.Certainty != ModuloUnseen }

// Owner is the project whose pool v is about. judged is the one whose operations were judged; "" is all of them.
func (v Violation) Owner(judged string) string {
	if judged == "" && len(v.Ops) > 0 {
		return v.Ops[0].Project
	}
	return judged
}

// Most bounds what is kept of a platform that does everything wrong.
const Most = 1000

func NotJudged(format string, args ...any) Outcome {
	return Outcome{NotJudged: fmt.Sprintf(format, args...)}
}

// Doubt notes a case of which both readings are possible, and what would decide it, if anything would.
func (o *Outcome) Doubt(needs ...string) {
	o.Undecided++
	o.Need(1, needs...)
}

// Need notes what would decide so many cases.
func (o *Outcome) Need(cases int, needs ...string) {
	if len(needs) == 0 {
		return
	}
	if o.Needs == nil {
		o.Needs = make(map[string]int)
	}
	o.Needs[strings.Join(needs, ", ")] += cases
}

// Add notes a violation; it is certain unless it says otherwise.
func (o *Outcome) Add(v Violation) {
	if v.Certainty == "" {
		v.Certainty = Certain
	}
	if len(o.Violations) == Most {
		o.Omitted++
		return
	}
	o.Violations = append(o.Violations, v)
}

// AddHazard notes harm that is nobody's breach.
func (o *Outcome) AddHazard(v Violation) {
	if len(o.Hazards) == Most {
		o.Unlisted++
		return
	}
	o.Hazards = append(o.Hazards, v)
}
