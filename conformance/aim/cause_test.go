package aim_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/fakes/independent"
)

// cause is how a report names a defect of the independent platform: a scenario, and words of its finding that belong to that fault.
// The codes are those of the failure modes of number pools; a finding lists all that look like what was seen.
type cause struct {
	code, scenario, words string

	window time.Duration // of the platform, where the scenario wants another than 5s
	// always says that the defect is played in every test run: it shows however slowly this machine plays, and soon.
	always bool
}

// causes are all defects.
var causes = []cause{
	{code: "F01", scenario: "contention/two-projects-at-once", words: "F01 check-then-act"},
	{code: "F03", scenario: "contention/two-projects-at-once", words: "F03 an offer that is not reserved"},
	{code: "F05", scenario: "contention/two-projects-at-once", words: "F05 a number in two pools", always: true},
	{code: "F06", scenario: "pool/exhaustion-is-404", words: "F06 a repair loop", always: true},
	{code: "F07", scenario: "pool/hang-up-frees-the-number", words: "F07 a late release of somebody else's lease", window: 30 * time.Second},
	{code: "F08", scenario: "pool/drained-pool-lets-a-number-rest", words: "the only number that is not held is given to nobody", window: 20 * time.Second},
	{code: "F09", scenario: "contention/rounds-of-reserve-call-release", words: "F09 last in, first out", window: 2 * time.Second},
	{code: "F10", scenario: "pool/half-a-pool-at-once-is-served", words: "F10 numbers that are never offered", always: true},
	{code: "F12", scenario: "pool/half-a-pool-at-once-is-served", words: "F12 the loser of a race gives up", always: true},
	{code: "F13", scenario: "contention/rounds-of-expired-reservations", words: "F13 a reaper that has stopped", window: 2 * time.Second, always: true},
	{code: "F14", scenario: "pool/exhaustion-is-404", words: "F14 a full pool that is not treated as an error", always: true},
	{code: "F15", scenario: "pool/exhaustion-is-404", words: "F15 an overflow number", always: true},
	{code: "F19", scenario: "pool/half-a-pool-at-once-is-served", words: "1 with 502", always: true},
	{code: "F20", scenario: "contention/burst-of-the-whole-pool", words: "F20 a number taken out of the pool with its reservation"},
	{code: "F24", scenario: "contention/rounds-of-expired-reservations", words: "F24 no expiry", window: 2 * time.Second, always: true},
	{code: "F25", scenario: "contention/rounds-of-reserve-call-release", words: "F25 a lost hang-up", always: true},
	{code: "F26", scenario: "routing/late-call-leaves-nothing-under-its-shared-id", words: "F26 a lookup that ignores expiry", always: true},
	{code: "F36", scenario: "routing/number-without-plus-binds", words: "F36 the number's format", always: true},
	{code: "F38", scenario: "contention/asked-once-at-the-bye", words: "F38 a diverted number", always: true},
	{code: "F40", scenario: "routing/redial-leaves-the-record-as-it-was", words: "F40 stale context", always: true},
	{code: "F41", scenario: "routing/second-call-beside-learns-nothing", words: "a second call to the number is one without a reservation", always: true},
	{code: "F43", scenario: "contention/asked-once-at-the-bye", words: "F43 attributes used up and not delivered", always: true},
	{code: "F44", scenario: "contention/asked-once-at-the-bye", words: "F44 the wrong agent", always: true},
	{code: "F45", scenario: "core/big-integers-arrive-unchanged", words: `"minus":-9007199254740992`, always: true},
	{code: "F46", scenario: "contention/asked-once-at-the-bye", words: "F46 a shared_id that is not stored", always: true},
	{code: "F47", scenario: "routing/simultaneous-calls-are-not-swapped", words: "was dialled", always: true},
	{code: "F48", scenario: "auth/another-accounts-project-is-403", words: "A handoff key is scoped to its account and project", always: true},
	{code: "F49", scenario: "contention/asked-once-at-the-bye", words: "F49 a late state", always: true},
	{code: "F51", scenario: "handoff/duplicate-shared-id-last", words: "A shared_id that several calls carried finds the call that ended last", always: true},
	{code: "F53", scenario: "contention/asked-at-the-bye-and-again", words: "there was no state of", always: true},
	{code: "F54", scenario: "contention/asked-at-the-bye-and-again", words: "F54 it is not kept", always: true},
	{code: "F55", scenario: "handoff/shared-id-wins-over-id", words: "F55 id wins over shared_id", always: true},
	{code: "F57", scenario: "pool/half-a-pool-at-once-is-served", words: "401 for number", always: true},
	{code: "F58", scenario: "pool/fifty-callers-for-ten-numbers", words: "F58 throttling that is not documented"},
	{code: "F59", scenario: "contention/asked-once-at-the-bye", words: "F59 truncated replies", always: true},
	{code: "F61", scenario: "contention/asked-once-at-the-bye", words: "F61 a lookup that lags behind"},
	{code: "F62", scenario: "contention/burst-of-one-too-many", words: "F62 a limit of calls per number"},
	{code: "F63", scenario: "core/reserved-number-is-answered", words: "480 Temporarily Unavailable: nobody can take the call for now", always: true},
}

// TestTheReportNamesTheCause: of each defect, what `dnispool check --target` writes of the one scenario says in words what is
// wrong; and of the platform without a defect that scenario says nothing.
func TestTheReportNamesTheCause(t *testing.T) {
	t.Parallel()
	all := independent.Defects()
	if len(causes) != len(all) {
		t.Errorf("want each of the %d defects, got %d", len(all), len(causes))
	}
	var played []string
	for _, d := range all {
		at := slices.IndexFunc(causes, func(c cause) bool { return c.code == d.Code })
		if at < 0 {
			t.Errorf("%s %s: want the words that name it, got none", d.Code, d.Name)
			continue
		}
		c := causes[at]
		if !c.always && !*defects {
			continue
		}
		if c.window == 0 && !strings.Contains(d.Needs, "cool-down") {
			played = append(played, c.scenario)
		}
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			o := platform(d.Needs, c.code)
			if c.window > 0 {
				o.Window = c.window
			}
			r := checked(t, o, c.scenario)
			at := slices.IndexFunc(r.Results, func(x finding.Result) bool { return x.ID == c.scenario })
			if at < 0 || r.Results[at].Verdict() != finding.Failed {
				t.Fatalf("%s: want %s to find it, got %s (%s)", d.Name, c.scenario, r.Sentence(), r.Results[at].Reason)
			}
			for kind, text := range written(t, r) {
				if !strings.Contains(text, c.words) {
					t.Errorf("%s: want %q in the %s report, got %s", d.Name, c.words, kind, in(r.Results[at]))
				}
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		slices.Sort(played)
		for _, x := range broken(checked(t, platform(""), slices.Compact(played)...)) {
			t.Errorf("want it passed: %s", in(x))
		}
	})
}

// written is what the reports say, without the lines' ends and, in JSON, without what quotes need.
func written(t *testing.T, r finding.Run) map[string]string {
	t.Helper()
	var text, data bytes.Buffer
	out := report.NewText(&text, report.Options{})
	out.Begin(r, len(r.Results))
	for _, x := range r.Results {
		out.Finished(x)
	}
	if err := report.JSON(&data, r, nil); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"text": strings.Join(strings.Fields(text.String()), " "),
		"JSON": strings.ReplaceAll(data.String(), `\"`, `"`),
	}
}
