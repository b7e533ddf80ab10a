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
		total, failed, keys, by := 0, 0, 0, make(map[int]int)
		for i := range ops {
			o := &ops[i]
			if o.Kind != kind.Kind {
				continue
			}
			total++
			switch {
			case hasFailed(o):
				failed++
				by[o.Status]++
			case refusedKey(o):
				keys++
			}
		}
		share := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(total)) }
		if failed > 0 && float64(failed) >= notable*float64(total) {
			var parts []string
			for _, status := range slices.Sorted(maps.Keys(by)) {
				switch {
				case status == 0:
					parts = append(parts, fmt.Sprintf("%d %s", by[0], kind.unanswered))
				case status < 300:
					parts = append(parts, fmt.Sprintf("%d with %d and not whole", by[status], status))
				default:
					parts = append(parts, fmt.Sprintf("%d with %d", by[status], status))
				}
			}
			out = append(out, fmt.Sprintf("%d of %d %s failed (%s): %s", failed, total, kind.requests, share(failed), strings.Join(parts, ", ")))
		}
		if keys > 0 && keys < total && float64(keys) >= notable*float64(total) {
			out = append(out, fmt.Sprintf("the key of %d of %d %s was refused (%s), and that of others was not: it is another key, or one that is good at times", keys, total, kind.requests, share(keys)))
		}
	}
	return out
}

// refusedKey reports whether an HTTP request was refused for its key. Whether that is the platform's fault is not known,
// for a history has no keys.
func refusedKey(o *history.Op) bool {
	return o.Kind != history.Call && o.Outcome == history.Rejected && (o.Status == 401 || o.Status == 403)
}

// hasFailed reports whether it was the platform, or what is between it and its client, that failed. A carrier's own
// refusal, no free number, no state and a request that is wrong are none of it.
func hasFailed(o *history.Op) bool {
	if o.Outcome == history.OK || o.Kind == history.Call && (o.EndedBy == "carrier" || o.EndedBy == "caller") {
		return false
	}
	return saysItFailed(o.Status) || o.Outcome == history.Indefinite
}

// saysItFailed reports whether a status says that the platform, or its gateway, could not serve a request.
func saysItFailed(status int) bool { return status >= 500 || status == 408 || status == 429 }
