package finding

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fewReplies are too few to say anything of all replies.
const fewReplies = 5

// Hollow says in what way a run may look better than it is: what it got shows that it did not reach what it meant to test.
func (r Run) Hollow() (warnings []string) {
	decided, undecided := 0, 0
	var apart []time.Duration
	var all answers
	endpoints := make(map[string]answers)
	for _, res := range r.Results {
		switch res.Verdict() {
		case Inconclusive:
			undecided++
		case Passed, Failed:
			decided++
		}
		for _, x := range res.Exchanges {
			if x.Status == 0 || x.Injected != "" {
				continue
			}
			if d, ok := x.skew(); ok {
				apart = append(apart, d)
			}
			if name := x.endpoint(); x.OwnKey {
				all = all.and(x.Status)
				endpoints[name] = endpoints[name].and(x.Status)
			}
		}
	}
	warnings = append(warnings, keysRefused(all, endpoints)...)
	if all.only(http.StatusNotFound) {
		warnings = append(warnings, fmt.Sprintf("all of %d requests with the run's own keys were answered 404: the base URL, account or project is likely wrong, or no number was free all along, so little else was tested", all.n))
	}
	if n := all.by[http.StatusTooManyRequests]; all.n >= fewReplies && 2*n > all.n {
		warnings = append(warnings, fmt.Sprintf("%d of %d replies were 429: the platform was not heard; lower limits.requests_per_second", n, all.n))
	}
	if decided == 0 && undecided > 0 {
		warnings = append(warnings, "nothing was decided: every scenario that was played is inconclusive")
	}
	if d := median(apart); d.Abs() > ToleratedSkew {
		warnings = append(warnings, fmt.Sprintf("the platform's clock is about %s this one: times that its agent tells are read with that in mind", Apart(d)))
	}
	return warnings
}

// keysRefused is about keys that no endpoint takes, or one endpoint does not.
func keysRefused(all answers, endpoints map[string]answers) (warnings []string) {
	const refused = "all of %d requests %s were answered %s: %s, so little else was tested"
	if all.only(http.StatusUnauthorized, http.StatusForbidden) {
		return []string{fmt.Sprintf(refused, all.n, "with the run's own keys", all.statuses(),
			"the keys are not those of this account, project and region, or no longer, and the status does not say which; dnispool target check tries both")}
	}
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		if a := endpoints[name]; a.only(http.StatusUnauthorized, http.StatusForbidden) {
			warnings = append(warnings, fmt.Sprintf(refused, a.n, "for "+name+" with the run's own key", a.statuses(),
				"the other key is taken, so the region is likely right, and this key is wrong, expired, revoked or of another account or project"))
		}
	}
	return warnings
}

// answers are replies by status, of requests with the run's own keys.
type answers struct {
	n  int
	by map[int]int
}

func (a answers) and(status int) answers {
	if a.by == nil {
		a.by = make(map[int]int)
	}
	a.n++
	a.by[status]++
	return a
}

// only reports whether all have one of some statuses, and are not too few to say so.
func (a answers) only(statuses ...int) bool {
	n := 0
	for _, s := range statuses {
		n += a.by[s]
	}
	return a.n >= fewReplies && n == a.n
}

// statuses names them, as "401 or 403".
func (a answers) statuses() string {
	var names []string
	for _, s := range slices.Sorted(maps.Keys(a.by)) {
		names = append(names, strconv.Itoa(s))
	}
	return strings.Join(names, " or ")
}

// Apart says how far a clock is ahead of another one.
func Apart(d time.Duration) string {
	side := "ahead of"
	if d < 0 {
		side = "behind"
	}
	return fmt.Sprintf("%s %s", d.Abs().Round(time.Second), side)
}

// ToleratedSkew is what a header in whole seconds, and the way of a reply, may show without any skew.
const ToleratedSkew = 2 * time.Second

// skew is how far the platform's clock is ahead of ours, by the Date of a reply, which is in whole seconds.
func (x Exchange) skew() (time.Duration, bool) {
	date, err := http.ParseTime(x.ReplyHeader("Date"))
	if err != nil || x.At.IsZero() {
		return 0, false
	}
	return date.Sub(x.At.Add(x.Duration).Truncate(time.Second)), true
}

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
