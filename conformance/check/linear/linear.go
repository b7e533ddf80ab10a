// Package linear asks of each number alone whether any order of what happened to it is what a pool may do. It sees what
// the rules of package check, which compare two operations at a time, cannot: chains of three and more. It is a search,
// so it is bounded, and it comes second: where it runs out of time its answer is Unknown, which is no pass. It does not
// judge refusals, which are about all numbers at once.
package linear

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// Status is what the search says.
type Status string

// The statuses. Unknown is inconclusive: neither a pass nor a failure.
const (
	OK        Status = "ok"
	Illegal   Status = "illegal"
	Unknown   Status = "unknown"
	NotJudged Status = "not-judged"
)

// Result is what the search says of one pool.
type Result struct {
	Status  Status
	Reason  string         // why it is not ok; empty when it is
	Numbers []NumberResult // by number, of those that were reserved or whose calls were given attributes

	picture *picture // of the first illegal number
}

// NumberResult is what the search says of one number.
type NumberResult struct {
	Number    string
	Status    Status
	Reason    string
	Events    int               // operations that were put in order
	Certainty finding.Certainty // of an illegal one: check.ModuloStrays when stray calls could have caused it
	LeftOut   []history.Op      // of an illegal one: what the longest legal order has no place for, by time
}

// Name is what scenarios and reports call the search among the checks.
const Name = "linearizable"

// Budget is how long to search when there is no reason for another time. What is not found by then is not found.
const Budget = 5 * time.Second

// CheckNames are the names of all checks, the search among them.
func CheckNames() []string { return append(check.Names(), Name) }

// Check is the search by its name, to be reported as checks are. It cannot be judged by.
func Check() check.Check {
	return check.Check{
		Name: Name, Invariant: "I1, I3, I5, I6", PerProject: true,
		Says: "What happened to each number has an order in which a pool can have done it.",
	}
}

// JudgeAll searches for each project by itself, by name. What one of them leaves of its share is for the others.
func JudgeAll(ctx context.Context, facts map[string]check.Facts, ops []history.Op, budget time.Duration) map[string]Result {
	out := make(map[string]Result)
	parts := check.Parts(facts, ops)
	deadline := time.Now().Add(budget)
	for i, p := range parts {
		out[p.Project] = Judge(ctx, p.Facts, p.Ops, time.Until(deadline)/time.Duration(len(parts)-i))
	}
	return out
}

// Violations are the illegal numbers as a check would report them, by number.
func (r Result) Violations() (out []finding.Violation) {
	for _, n := range r.Numbers {
		if n.Status == Illegal {
			out = append(out, finding.Violation{
				Text: n.Number + ": " + n.Reason, Rule: "every order of its operations was tried, expiries within their windows included",
				Cause: "F01 check-then-act, F07 a late release of somebody else's lease, F31 a tie at expiry, F41 a second call that is bound as well", Certainty: n.Certainty, Ops: n.LeftOut,
			})
		}
	}
	return out
}

// Judge puts the operations of each number in order, within budget for all of them. The operations are those of one
// project, complete and with the readings of the handoff state, which tell the calls that took a reservation.
//
// A reservation of unknown outcome is held against no number. It explains only a call that was given its nonce. Where
// several calls, of several numbers, need the same explanation, these numbers are Unknown.
func Judge(ctx context.Context, facts check.Facts, ops []history.Op, budget time.Duration) Result {
	if why := unfit(facts); why != "" {
		return Result{Status: NotJudged, Reason: why}
	}
	lines, astray := gather(facts, ops)
	if facts.Reroutes && astray > 0 {
		return Result{Status: NotJudged, Reason: fmt.Sprintf("the carrier may bring calls to other numbers, and where %d of them went is not known", astray)}
	}
	if len(lines) == 0 {
		return Result{Status: NotJudged, Reason: "no number was reserved"}
	}
	ctx, cancel := context.WithTimeout(ctx, max(budget, 0))
	defer cancel()
	deadline := time.Now().Add(budget)
	// Short ones first: what they leave of their share is for the long ones.
	slices.SortStableFunc(lines, func(a, b *line) int { return len(a.events) - len(b.events) })
	var out Result
	for i, l := range lines {
		n, p := judgeLine(ctx, facts, l, time.Until(deadline)/time.Duration(len(lines)-i))
		out.Numbers = append(out.Numbers, n)
		if p != nil && (out.picture == nil || n.Number < out.picture.number) {
			out.picture = p
		}
	}
	slices.SortFunc(out.Numbers, func(a, b NumberResult) int { return strings.Compare(a.Number, b.Number) })
	out.sum()
	return out
}

// unfit says why the facts do not suffice.
func unfit(f check.Facts) string {
	switch {
	case f.WindowMin <= 0 || f.Release == "":
		return "the window or the release rule of the pool is not known"
	case f.Release != onArrival && f.Release != onAnswer && f.Release != onHangup:
		return fmt.Sprintf("release rule: want arrival, answer or hangup, got %q", f.Release)
	case f.Match != "" && f.Match != "dni":
		return "the pool matches callers by their number, which carriers change"
	}
	return ""
}

func (r *Result) sum() {
	r.Status = OK
	for _, want := range []Status{Illegal, Unknown} {
		for _, n := range r.Numbers {
			if n.Status == want {
				r.Status, r.Reason = want, n.Number+": "+n.Reason
				return
			}
		}
	}
}

func judgeLine(ctx context.Context, f check.Facts, l *line, budget time.Duration) (NumberResult, *picture) {
	out := NumberResult{Number: l.number, Status: Unknown, Events: len(l.events)}
	m := model{Facts: f}
	verdict, info := search(ctx, m, l.events, budget)
	switch {
	case verdict == porcupine.Unknown:
		out.Reason = fmt.Sprintf("the search for a legal order of %d operations was given up", len(l.events))
		return out, nil
	case verdict == porcupine.Ok && l.loose && !certainly(ctx, m, l.events, budget):
		out.Reason = "a reservation of unknown outcome explains calls of several numbers, or has no nonce"
		return out, nil
	case verdict == porcupine.Ok:
		out.Status = OK
		return out, nil
	}
	out.Status, out.Certainty = Illegal, m.certainty(ctx, l.events, budget)
	left := leftOut(len(l.events), info)
	for _, i := range left {
		out.LeftOut = append(out.LeftOut, *l.events[i].op)
	}
	out.Reason = fmt.Sprintf("no order of its %d operations is legal; the longest legal one has %d and no place for %s", len(l.events), len(l.events)-len(left), out.LeftOut[0])
	return out, &picture{number: l.number, model: m, info: info}
}

// certainty searches again, with strays that may take any reservation that waits.
func (m model) certainty(ctx context.Context, events []*event, budget time.Duration) finding.Certainty {
	if m.Strays == 0 {
		return finding.Certain
	}
	m.strays = true
	if v, _ := search(ctx, m, events, budget); v == porcupine.Illegal {
		return finding.Certain
	}
	return finding.ModuloStrays
}

// memory bounds what one search remembers, in bytes.
const memory = 256 << 20

// search is bounded by budget, by ctx and by memory.
func search(ctx context.Context, m model, events []*event, budget time.Duration) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	if budget <= 0 || ctx.Err() != nil {
		return porcupine.Unknown, porcupine.LinearizationInfo{}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	steps := memory / (len(events)/8 + 256) // each may leave a state and a set of bits behind
	m.stop = func() bool {
		if steps--; steps < 0 {
			cancel()
		}
		return ctx.Err() != nil
	}
	// The verbose form alone waits for its goroutine.
	verdict, info := porcupine.CheckOperationsVerbose(m.porcupine(), operations(events), budget)
	if ctx.Err() != nil && verdict != porcupine.Ok { // its no was ours
		verdict = porcupine.Unknown
	}
	return verdict, info
}

// leftOut is what the longest legal order has no place for; of several, the one that comes furthest.
func leftOut(n int, info porcupine.LinearizationInfo) (best []int) {
	all := append(info.PartialLinearizations()[0], nil) // nothing at all is an order too
	for _, order := range all {
		placed := make([]bool, n)
		for _, i := range order {
			placed[i] = true
		}
		var out []int
		for i := range n {
			if !placed[i] {
				out = append(out, i)
			}
		}
		if best == nil || len(out) < len(best) || len(out) == len(best) && slices.Compare(out, best) > 0 {
			best = out
		}
	}
	return best
}

// certainly tells that it needs none of the reservations of unknown outcome.
func certainly(ctx context.Context, m model, events []*event, budget time.Duration) bool {
	known := slices.DeleteFunc(slices.Clone(events), func(e *event) bool { return e.doubt })
	v, _ := search(ctx, m, known, budget)
	return v == porcupine.Ok
}
