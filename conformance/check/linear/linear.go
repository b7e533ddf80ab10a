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

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
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
	Certainty finding.Certainty // of an illegal one: finding.ModuloStrays when stray calls could have caused it
	LeftOut   []history.Op      // of an illegal one: what the longest legal order has no place for, by time
}

// Search puts the operations of each number in order, within the time that ctx has left. They are those of one project.
//
// A reservation of unknown outcome is held against no number. It explains only a call that was given its nonce. Where
// several calls, of several numbers, need the same explanation, these numbers are Unknown.
func Search(ctx context.Context, r *reading.Reading) Result {
	if why := unfit(r.Facts); why != "" {
		return Result{Status: NotJudged, Reason: why}
	}
	numbers := gather(r)
	if len(numbers) == 0 {
		return Result{Status: NotJudged, Reason: "no number was reserved"}
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Hour)
	}
	// Short ones first: what they leave of their share is for the long ones.
	slices.SortStableFunc(numbers, func(a, b *number) int { return len(a.events) - len(b.events) })
	var out Result
	for i, n := range numbers {
		said, p := judgeNumber(ctx, r.Facts, n, time.Until(deadline)/time.Duration(len(numbers)-i))
		out.Numbers = append(out.Numbers, said)
		if p != nil && (out.picture == nil || said.Number < out.picture.number) {
			out.picture = p
		}
	}
	slices.SortFunc(out.Numbers, func(a, b NumberResult) int { return strings.Compare(a.Number, b.Number) })
	if out.sum(); r.Timed() {
		return out
	}
	// Of a window that is not known only the calls are left, which took what waited. No order of them is a proof, and an
	// order is none.
	out.Numbers = slices.DeleteFunc(out.Numbers, func(n NumberResult) bool { return n.Status != Illegal })
	if len(out.Numbers) == 0 {
		return Result{Status: NotJudged, Reason: "the window or the release rule of the pool is not known"}
	}
	return out
}

// unfit says why the facts do not suffice.
func unfit(f reading.Facts) string {
	switch {
	case f.Release != "" && f.Release != reading.OnArrival && f.Release != reading.OnAnswer && f.Release != reading.OnHangup:
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

func judgeNumber(ctx context.Context, f reading.Facts, n *number, budget time.Duration) (NumberResult, *picture) {
	out := NumberResult{Number: n.text, Status: Unknown, Events: len(n.events)}
	m := model{Facts: f, memory: memory}
	verdict, info, why := search(ctx, m, n.events, budget)
	switch {
	case verdict == porcupine.Unknown:
		out.Reason = fmt.Sprintf("the search for a legal order of %d operations was given up: %s", len(n.events), why)
		return out, nil
	case verdict == porcupine.Ok && n.loose && !certainly(ctx, m, n.events, budget):
		out.Reason = "a reservation of unknown outcome explains calls of several numbers, or has no nonce"
		return out, nil
	case verdict == porcupine.Ok:
		out.Status = OK
		return out, nil
	}
	out.Status, out.Certainty = Illegal, m.certainty(ctx, n.events, budget)
	left := leftOut(len(n.events), info)
	for _, i := range left {
		out.LeftOut = append(out.LeftOut, *n.events[i].op)
	}
	out.Reason = fmt.Sprintf("no order of its %d operations is legal; the longest legal one has %d and no place for %s", len(n.events), len(n.events)-len(left), out.LeftOut[0])
	return out, &picture{number: n.text, model: m, info: info}
}

// certainty searches again, with strays that may take any reservation that waits.
func (m model) certainty(ctx context.Context, events []*event, budget time.Duration) finding.Certainty {
	if m.Strangers() == finding.Certain {
		return finding.Certain
	}
	m.strays = true
	if v, _, _ := search(ctx, m, events, budget); v == porcupine.Illegal {
		return finding.Certain
	}
	return m.Strangers()
}

// memory bounds what one search remembers, in bytes.
const memory = 256 << 20

// search is bounded by budget, by ctx and by memory. why says which of them ended it.
func search(ctx context.Context, m model, events []*event, budget time.Duration) (verdict porcupine.CheckResult, info porcupine.LinearizationInfo, why string) {
	if budget <= 0 || ctx.Err() != nil {
		return porcupine.Unknown, info, "no time was left"
	}
	why = fmt.Sprintf("its %s were over", round(budget))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chains := 0
	for _, e := range events {
		chains = max(chains, e.chain)
	}
	steps := m.memory / (len(events)/8 + 2*chains + 256) // each that leads somewhere may leave a state and a set of bits behind
	m.stop = func(kept bool) bool {
		if kept {
			steps--
		}
		if steps == 0 && ctx.Err() == nil {
			why = fmt.Sprintf("its %d MiB of memory were full", m.memory>>20)
			cancel()
		}
		return ctx.Err() != nil
	}
	// The verbose form alone waits for its goroutine.
	verdict, info = porcupine.CheckOperationsVerbose(m.porcupine(), operations(events), budget)
	if ctx.Err() != nil && verdict != porcupine.Ok { // its no was ours
		verdict = porcupine.Unknown
	}
	return verdict, info, why
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

// certainly reports whether it needs none of the reservations of unknown outcome.
func certainly(ctx context.Context, m model, events []*event, budget time.Duration) bool {
	known := slices.DeleteFunc(slices.Clone(events), func(e *event) bool { return e.doubt })
	chain(known) // without those that are left out
	v, _, _ := search(ctx, m, known, budget)
	chain(events)
	return v == porcupine.Ok
}
