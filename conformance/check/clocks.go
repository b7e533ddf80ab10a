package check

import (
	"context"
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// mostClocks bounds by how many generators' clocks a history is read: those that recorded most.
const mostClocks = 16

// byEachClock adds to the results what shows by the clocks of the other generators, of the checks that compare times: two
// stamps of one clock need no margin. Where the clocks are further apart than anybody knows, what one of them shows by
// itself is certain, and the rest is not.
func byEachClock(ctx context.Context, h *reading.History, checks []Check, results []finding.Judged) (warnings []string) {
	clocks, skewed := h.Clocks(), h.Skewed()
	if !skewed && h.Whole.Eps == 0 || len(clocks) == 0 {
		return nil
	}
	if skewed {
		unsure(h, checks, results)
	} else {
		clocks = clocks[1:] // by the first it was read already
	}
	if n := len(clocks); n > mostClocks {
		warnings = append(warnings, fmt.Sprintf("what only the clock of one generator shows was looked for by %d of %d, those that recorded most", mostClocks, n))
		clocks = clocks[:mostClocks]
	}
	for _, name := range clocks {
		if ctx.Err() != nil {
			break
		}
		again := h.ReadBy(name, skewed)
		astray := again.Whole.Astray()
		for i, c := range timed(checks, results) {
			if r := c.reads(again, results[i].Project); c.clocks && !c.OnRequest && results[i].NotJudged == "" && r.SeveralClocks() {
				merge(&results[i].Outcome, c.on(ctx, r, astray), skewed)
			}
		}
	}
	return warnings
}

// timed yields the check of each result.
func timed(checks []Check, results []finding.Judged) []Check {
	out := make([]Check, len(results))
	for i, r := range results {
		out[i] = checks[slices.IndexFunc(checks, func(c Check) bool { return c.Name == r.Name })]
	}
	return out
}

// reads is what the check judges of a project.
func (c Check) reads(h *reading.History, project string) *reading.Reading {
	if c.PerProject {
		return h.Projects[project]
	}
	return h.Whole
}

// unsure takes the certainty of what was found by comparing the times of different clocks.
func unsure(h *reading.History, checks []Check, results []finding.Judged) {
	for i, c := range timed(checks, results) {
		if !c.reads(h, results[i].Project).SeveralClocks() {
			continue
		}
		for k := range results[i].Violations {
			if x := &results[i].Violations[k]; c.clocks && !x.Timeless {
				x.Certainty = finding.ModuloClocks
			}
		}
	}
}

// merge adds what was found by another clock. Where that clock shows what else is not certain, it takes its place.
func merge(out *finding.Outcome, other finding.Outcome, skewed bool) {
	if other.NotJudged == "" && !skewed {
		out.Undecided = min(out.Undecided, other.Undecided)
	}
	for _, x := range other.Violations {
		i := slices.IndexFunc(out.Violations, func(v finding.Violation) bool { return sameRoot(v, x) })
		switch {
		case i < 0:
			out.Add(x)
		case skewed && !out.Violations[i].Proven() && x.Proven():
			out.Violations[i] = x
		}
	}
}

// sameRoot reports whether two violations are about the same operations: the two that come first in their proofs.
func sameRoot(a, b finding.Violation) bool {
	n := min(len(a.Ops), len(b.Ops), 2)
	for _, o := range a.Ops[:n] {
		if !slices.ContainsFunc(b.Ops[:n], func(p history.Op) bool { return o.ID == p.ID && o.Generator == p.Generator }) {
			return false
		}
	}
	return n > 0 || a.Text == b.Text
}
