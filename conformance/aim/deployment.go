package aim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/fit"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/world"
)

// Deployment is a deployment that a plan is pointed at.
type Deployment struct {
	Cost   fit.Plan // what the run takes, once the plan's Fit has found it out
	target *deployment.Target
}

// fit is the plan's Fit.
func (d *Deployment) fit(ctx context.Context, l *run.Loaded) error {
	prefix := fmt.Sprintf("r%x%02x-", time.Now().Unix(), rand.Uint32N(256)) // no run before has used it
	fitted, err := fit.Of(ctx, d.target.File, l.Selected, fit.Options{Load: l.Reading(), Seed: l.Seed, Prefix: prefix, IDs: l.IDs()})
	if err != nil {
		return err
	}
	l.Selected = fitted.Scenarios
	d.target.Fits = fitted.Fit
	d.Cost = fitted.Plan(l.Selected)
	return nil
}

// String names the deployment, and says what the run takes.
func (d *Deployment) String() string {
	return fmt.Sprintf("target    %s, %s\n%s", d.target.Name(), d.target.File.BaseURL, d.Cost)
}

var phoneNumber = regexp.MustCompile(`\+?[0-9]{7,15}`)

// shown is the plan's Shown: numbers that scenarios make up, those of the target file, and those that the platform has given
// this run, in whatever form.
func (d *Deployment) shown(l run.Loaded) func(string) bool {
	made := make(map[string]bool)
	note := func(text string) {
		for _, n := range phoneNumber.FindAllString(text, -1) {
			made["+"+strings.TrimPrefix(n, "+")] = true
		}
	}
	for _, s := range l.Selected {
		note(strings.Join(s.Lines, "\n"))
	}
	note(string(d.target.Config()) + world.DefaultANI)
	return func(number string) bool {
		if strings.HasPrefix(number, "+") {
			return made[number] || d.target.Gate.Gave(number)
		}
		for international := range made {
			if dials(number, international) {
				return true
			}
		}
		return slices.ContainsFunc(d.target.Gate.Given(), func(given string) bool { return dials(number, given) })
	}
}

// dials reports whether digits are an international number as it is dialled somewhere, in its own country or another.
func dials(digits, international string) bool {
	number := strings.TrimLeft(strings.TrimPrefix(digits, "011"), "0")
	return len(number) >= 7 && strings.HasSuffix(international, number)
}

// Conclude adds what the verdict rests on, and what the run leaves behind.
func (d *Deployment) Conclude(r *finding.Run) {
	names := []string{d.target.File.Project}
	if second := d.target.File.Second; second != nil {
		names = append(names, second.Project)
	}
	for i, facts := range d.target.File.FactsOf() {
		known, unknown := facts.Known()
		r.Facts = append(r.Facts, finding.PoolFacts{Project: names[i], Known: known, Unknown: unknown})
	}
	if leapt := d.target.Leapt(); leapt != "" {
		r.Warnings = append(r.Warnings, leapt+"; what was played meanwhile is undecided: play it again on a machine that stays awake")
	}
	r.Audio = d.target.Gate.Audio()
	if silent := r.Audio.Warning(); silent != "" {
		r.Warnings = append(r.Warnings, silent)
	}
	r.Warnings = append(r.Warnings, hollow(*r, d.target.File.Calls.Placed(), d.target.Gate.Used())...)
	if held := deployment.Told(d.target.Gate.Holds(time.Now())); held != "" {
		r.Warnings = append(r.Warnings, held)
	}
}

// hollow says in what way a run on a deployment may look better than it is, by what went through its gate.
func hollow(r finding.Run, places bool, used deployment.Usage) (warnings []string) {
	switch {
	case used.Calls > 0 && used.Answered == 0 && r.Interrupted: // a call that we gave up ourselves shows nothing
	case used.Calls > 0 && used.Answered == 0:
		warnings = append(warnings, none(used.Calls)+", so nothing was shown of what a call does: look at calls in the target file, and ask whether the numbers lead to the agent")
	case used.Calls == 0 && used.Requests > 0 && !places:
		warnings = append(warnings, "no call was placed: whether attributes reach an agent was not tested; state calls in the target file")
	case used.Calls == 0 && used.Requests > 0 && r.Filter == "":
		warnings = append(warnings, "no call was placed, though the target file says how: whether attributes reach an agent was not tested")
	}
	if used.Requests > 0 && unanswered(r) {
		warnings = append(warnings, "nothing that was sent was answered: dnispool target check says what is wrong with the name, the certificate or the way")
	}
	if lost := unread(r); lost > 0 && used.Answered > 0 {
		warnings = append(warnings, fmt.Sprintf("calls were answered, and each of %d requests for a handoff state was answered 404: the account or project may be wrong (a platform may say 404 of one that is not its own), the agent may leave no handoff, or the calls reach another agent", lost))
	}
	if used.Throttled > 0 {
		warnings = append(warnings, fmt.Sprintf("the platform limited the rate: %s with 429 or 503 and sent again when it allowed; lower limits.requests_per_second", was(used.Throttled)))
	}
	return warnings
}

// unanswered reports whether requests were sent and none was answered.
func unanswered(r finding.Run) bool {
	sent := false
	for _, res := range r.Results {
		for _, x := range res.Exchanges {
			if sent = true; x.Status != 0 {
				return false
			}
		}
	}
	return sent
}

// unread is how many requests for a handoff state were answered 404 where something that was played has failed; 0 where one
// was found, or the answer was another.
func unread(r finding.Run) (n int) {
	for _, res := range r.Results {
		for _, x := range res.Exchanges {
			if x.Injected != "" || !x.OwnKey || x.Method != http.MethodGet {
				continue
			}
			if x.Status != http.StatusNotFound {
				return 0
			}
			n++
		}
	}
	if r.Counts().Failed == 0 {
		return 0
	}
	return n
}

func none(calls int) string {
	if calls == 1 {
		return "the one call that was placed was not answered"
	}
	return fmt.Sprintf("of %d calls none was answered", calls)
}

func was(n int) string {
	if n == 1 {
		return "1 request was answered"
	}
	return fmt.Sprintf("%d requests were answered", n)
}
