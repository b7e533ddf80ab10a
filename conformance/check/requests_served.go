package check

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// byChance is how likely it may be, at most, that a platform that keeps to the promised share shows as many failures.
const byChance = 1e-9

// requestsServed: no more of the requests than somebody promises fail on the platform's side. A request without any reply may have
// been lost on its client's side, so it is undecided; a reply that began was the platform's.
func requestsServed() Check {
	return Check{Rule: finding.Rule{Name: "requests-served", Invariant: "I24", Says: "No larger share of the requests than is promised fails on the platform's side."},
		PerProject: true, needs: []string{"failures_max"},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			if v.Facts.Failures == nil {
				return finding.NotJudged("what share of requests may fail is not known: nobody promises one")
			}
			v.judgeServed(&out, "reservations", v.reservations)
			v.judgeServed(&out, "questions for a handoff state", v.questions)
			return out
		}}
}

// reservations are all of them, those of the drain last. It is an iter.Seq, as questions is: a copy would be millions of pointers.
func (v *view) reservations(yield func(*history.Op) bool) {
	for _, some := range [][]*history.Op{v.Reserves, v.Drain} {
		for _, o := range some {
			if !yield(o) {
				return
			}
		}
	}
}

// questions are those for handoff states.
func (v *view) questions(yield func(*history.Op) bool) {
	for i := range v.Reads {
		if !yield(v.Reads[i].Op) {
			return
		}
	}
}

func (v *view) judgeServed(out *finding.Outcome, name string, requests iter.Seq[*history.Op]) {
	total, by := 0, make(map[int]int)
	var failed []*history.Op
	for o := range requests {
		total++
		switch {
		case saysItFailed(o.Status) || o.Outcome == history.Indefinite && o.Status > 0:
			failed = append(failed, o)
			by[o.Status]++
		case o.Outcome == history.Indefinite:
			out.Undecided++
		}
	}
	out.Cases += total
	share := float64(len(failed)) / float64(max(total, 1))
	promised := *v.Facts.Failures
	if share <= promised || chanceOf(total, share, promised) > byChance {
		return
	}
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(by)) {
		cut := ""
		if !saysItFailed(status) {
			cut = " and a reply that is not whole"
		}
		parts = append(parts, fmt.Sprintf("%d with %d%s", by[status], status, cut))
	}
	out.Add(finding.Violation{
		Text:  fmt.Sprintf("%d of %d %s failed (%.1f %%): %s", len(failed), total, name, 100*share, strings.Join(parts, ", ")),
		Rule:  fmt.Sprintf("%g %% may fail, as failures_max has it", 100*promised),
		Cause: "F19 a wrong status or body, F58 throttling that is not documented, F59 truncated replies", Certainty: finding.Certain, Timeless: true,
		Ops: reading.Copies(failed[:min(len(failed), 3)]...),
	})
}

// chanceOf bounds the chance that of n requests at least this share fails where each fails with the chance p, which is less (Chernoff's
// bound).
func chanceOf(n int, share, p float64) float64 {
	switch {
	case p == 0:
		return 0
	case share == 1:
		return math.Pow(p, float64(n))
	}
	return math.Exp(-float64(n) * (share*math.Log(share/p) + (1-share)*math.Log((1-share)/(1-p))))
}
