// Package check judges a history against the pool's invariants. It has its own small model of a pool and shares no
// code with the reference: a misunderstanding must not pass twice. A check reports what is certain given the times at
// which a client sent and received; what could be legal is not reported. A check that cannot be applied says why.
// What a caller suffers from a late call or a stray, which a correct pool cannot prevent, is a hazard and no violation.
package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Check is one invariant. It is in the file of its name.
type Check struct {
	finding.Rule
	// PerProject says that the check is about one pool: it judges the operations of one project at a time.
	PerProject bool
	// OnRequest says that the check is a search that takes as long as it is given. It is not among those that are
	// applied when nobody names any.
	OnRequest bool
	// Drains says that the check judges a drain: reservations made at the end, when everything has come to rest, until
	// one is refused.
	Drains bool
	clocks bool     // it compares times, which several generators read from several clocks
	heard  bool     // it goes by what the agents say, wherever a call arrived
	empty  string   // why there was nothing to look at, when there was not
	sited  bool     // it needs to know at which number each call arrived, as those that compare times do
	needs  []string // the facts without which it judges nothing
	judge  func(context.Context, *view) finding.Outcome
}

// All returns every check, cheap and decisive ones first.
func All() []Check {
	return []Check{
		dialableNumbers(), noDoubleLease(), capacityRespected(), exhaustionJustified(), noLostNumber(), rotation(), reservedNumberAnswers(),
		noCrossTalk(), attributesIntact(), attributesDelivered(), isolation(),
		handoffMatchesCall(), handoffVisible(), noFailOpenDrop(), conservation(), platformEndsCalls(), requestsServed(), linearizable(),
	}
}

// Default returns the checks that are applied when nobody names any.
func Default() []Check {
	return slices.DeleteFunc(All(), func(c Check) bool { return c.OnRequest })
}

// Names returns the names of all checks.
func Names() []string {
	var names []string
	for _, c := range All() {
		names = append(names, c.Name)
	}
	return names
}

// Named returns the checks of these names, in the order of All. The error says which name is none.
func Named(names ...string) ([]Check, error) {
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("check: want one of %s, got %q", strings.Join(Names(), ", "), name)
		}
	}
	return slices.DeleteFunc(All(), func(c Check) bool { return !slices.Contains(names, c.Name) }), nil
}

// Budget is how long checks that are searches may take, all together, when nobody has a reason for another time.
const Budget = 5 * time.Second

// Judge applies the checks to a history, each project by itself where a check is about one pool. Those that are searches
// share the budget. Where the history itself shows that the generators' clocks are further apart than is known, what was
// found by comparing times is not certain.
func Judge(ctx context.Context, h *reading.History, checks []Check, budget time.Duration) finding.Judgement {
	out := finding.Judgement{Operations: len(h.Ops), Warnings: h.Warnings(), Ledgers: make(map[string]finding.Ledger)}
	if h.Missing > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d operations are missing, as the ids show, so nobody is taken for the only user of the pool", h.Missing))
	}
	deadline := time.Now().Add(budget)
	failed, ledgers := []string(nil), make([]finding.Ledger, len(h.Names))
	work := []func(){func() { failed = failures(h.Ops) }}
	for i, name := range h.Names {
		work = append(work, func() { ledgers[i] = h.Projects[name].Ledger() })
	}
	astray := h.Whole.Astray()
	tasks, searches := tasksOf(h, checks), 0
	out.Results = make([]finding.Judged, len(tasks))
	for i, t := range tasks {
		if t.OnRequest {
			searches++
		} else {
			work = append(work, func() { out.Results[i] = t.result(ctx, astray) })
		}
	}
	do(ctx, work, len(h.Ops))
	for i, t := range tasks {
		if !t.OnRequest {
			continue
		}
		share, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(searches)) // what one leaves of its share is for the others
		out.Results[i] = t.result(share, astray)
		searches--
		cancel()
	}
	out.Warnings = append(out.Warnings, failed...)
	for i, name := range h.Names {
		out.Ledgers[name] = ledgers[i]
	}
	out.Warnings = append(out.Warnings, byEachClock(ctx, h, checks, out.Results)...)
	for i := range out.Results {
		for _, x := range out.Results[i].Violations {
			switch {
			case x.Certainty == finding.ModuloUnseen:
				out.Results[i].Need(1, unstated(h.FactsOf(out.Results[i].Project), "exclusive", "strays_per_s")...)
			case x.Certainty == finding.ModuloClocks && h.ClocksUnknown():
				out.Results[i].Need(1, "eps")
			}
		}
	}
	return out
}

// many is of how many operations a history is when it takes longer to apply the checks one after the other than to hand
// them out to all processors.
const many = 10_000

// do does what there is to do with so many operations. No two of the checks write to what they share.
func do(ctx context.Context, work []func(), operations int) {
	if operations < many {
		for _, f := range work {
			f()
		}
		return
	}
	run := func(f func()) struct{} { f(); return struct{}{} }
	for range inorder.Map(context.WithoutCancel(ctx), 0, slices.Values(work), run) {
	}
}

// task is a check that is applied to one reading.
type task struct {
	Check
	project string
	reading *reading.Reading
}

// tasksOf are the checks, those that are about one pool for each project.
func tasksOf(h *reading.History, checks []Check) (out []task) {
	for _, c := range checks {
		if !c.PerProject {
			out = append(out, task{c, "", h.Whole})
			continue
		}
		for _, name := range h.Names {
			out = append(out, task{c, name, h.Projects[name]})
		}
	}
	return out
}

// result is what the check says. So many calls went astray.
func (t task) result(ctx context.Context, astray int) finding.Judged {
	return finding.Judged{Rule: t.Rule, Project: t.project, Outcome: t.on(ctx, t.reading, astray)}
}

// on judges r, unless so many calls went astray: what is on a number at a time is not known then.
func (c Check) on(ctx context.Context, r *reading.Reading, astray int) finding.Outcome {
	if (c.clocks && !c.heard || c.sited) && astray > 0 {
		return finding.NotJudged("the carrier may bring calls to other numbers, and where %d of them went is not known", astray)
	}
	out := c.judge(ctx, &view{r})
	if out.NotJudged == "" && out.Cases == 0 && len(out.Violations) == 0 {
		out.Idle, out.NotJudged = true, cmp.Or(c.empty, "there was nothing to look at")
	}
	if out.NotJudged != "" && !out.Idle {
		needs := unstated(r.Facts, c.needs...)
		if out.NotJudged == noEcho {
			needs = append(needs, echoed)
		}
		out.Need(0, needs...)
	}
	return out
}

// unstated are those of the facts that are not known.
func unstated(f reading.Facts, names ...string) []string {
	known := f.Stated()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(known, name) })
}

// echoed is the field that says what a call was given.
const echoed = "echo_nonce of states"

// view is a reading, with what several checks share.
type view struct{ *reading.Reading }

const noEcho = "no handoff state of a call carries echo_nonce: the agent does not echo, or nobody asked"

// round makes a time readable.
func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
