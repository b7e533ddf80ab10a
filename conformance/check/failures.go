package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/history"
)

// notable is the share of requests that failed from which on it is said.
const notable = 0.01

// failures says how many requests of each kind failed on the platform's side or on the way, by status, where that is a
// notable share. No check holds it against a platform, for nobody promises a rate; but what a client does about it is
// most of what it does.
func failures(ops []history.Op) (out []string) {
	for _, kind := range []struct {
		history.Kind
		requests, unanswered string
	}{{history.Reserve, "reservations", "without a reply"}, {history.Handoff, "questions for a handoff state", "without a reply"}, {history.Call, "calls", "without an answer"}} {
		total, failed, by := 0, 0, make(map[int]int)
		for i := range ops {
			if o := &ops[i]; o.Kind == kind.Kind {
				total++
				if hasFailed(o) {
					failed++
					by[o.Status]++
				}
			}
		}
		if failed == 0 || float64(failed) < notable*float64(total) {
			continue
		}
		var parts []string
		for _, status := range slices.Sorted(maps.Keys(by)) {
			if status == 0 {
				parts = append(parts, fmt.Sprintf("%d %s", by[0], kind.unanswered))
			} else {
				parts = append(parts, fmt.Sprintf("%d with %d", by[status], status))
			}
		}
		out = append(out, fmt.Sprintf("%d of %d %s failed (%.1f %%): %s", failed, total, kind.requests, 100*float64(failed)/float64(total), strings.Join(parts, ", ")))
	}
	return out
}

// hasFailed reports whether it was the platform, or what is between it and its client, that failed. A carrier's own
// refusal, no free number, no state and a request that is wrong are none of it.
func hasFailed(o *history.Op) bool {
	switch {
	case o.Outcome == history.OK || o.Kind == history.Call && (o.EndedBy == "carrier" || o.EndedBy == "caller"):
		return false
	case o.Status >= 500 || o.Status == 408 || o.Status == 429:
		return true
	}
	return o.Outcome == history.Indefinite
}
