package finding

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// fewReplies are too few to say anything of all replies.
const fewReplies = 5

// Hollow says in what way a run may look better than it is: what it got shows that it did not reach what it meant to test.
func (r Run) Hollow() (warnings []string) {
	statuses := make(map[int]int)
	replies, decided, undecided := 0, 0, 0
	var apart []time.Duration
	for _, res := range r.Results {
		switch res.Verdict() {
		case Inconclusive:
			undecided++
		case Passed, Failed:
			decided++
		}
		for _, x := range res.Exchanges {
			if x.Status == 0 {
				continue
			}
			replies++
			statuses[x.Status]++
			if d, ok := x.skew(); ok {
				apart = append(apart, d)
			}
		}
	}
	if replies >= fewReplies && statuses[http.StatusUnauthorized]+statuses[http.StatusForbidden] == replies {
		warnings = append(warnings, "every reply was 401: the keys are not those of this account, project and region, so little else was tested")
	}
	if replies >= fewReplies && statuses[http.StatusNotFound] == replies {
		warnings = append(warnings, "every reply was 404: the base URL, account or project is likely wrong, so little else was tested")
	}
	if n := statuses[http.StatusTooManyRequests]; replies >= fewReplies && 2*n > replies {
		warnings = append(warnings, fmt.Sprintf("%d of %d replies were 429: the platform was not heard; lower limits.requests_per_second", n, replies))
	}
	if decided == 0 && undecided > 0 {
		warnings = append(warnings, "nothing was decided: every scenario that was played is inconclusive")
	}
	if d := median(apart); d.Abs() > ToleratedSkew {
		warnings = append(warnings, fmt.Sprintf("the platform's clock is about %s this one: times that its agent tells are read with that in mind", Apart(d)))
	}
	return warnings
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
