package fit_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/fit"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// onTarget fits one scenario, of which given and the steps are said, to a target file of which more is said than the least.
func onTarget(t *testing.T, scenario, more string) (*fit.Fitted, string) {
	t.Helper()
	file, problems := targetfile.Parse("t.yaml", []byte("target: v1\nbase_url: http://127.0.0.1:1\naccount: a\nproject: p\nkeys: {dni: {env: D}, handoff: {env: H}}\n"+more), time.Now())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	l, err := run.Load(run.Plan{Files: fstest.MapFS{"x/y.yaml": {Data: []byte("scenario: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\n" + scenario)}}, Target: reference.Target{}})
	if err != nil {
		t.Fatal(err)
	}
	fitted, err := fit.Of(t.Context(), file, l.Selected, fit.Options{Load: l.Reading(), Seed: 1, Prefix: "r0-", IDs: l.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	return fitted, l.Selected[0].File
}

const (
	trunk  = "calls: {trunk: {host: '127.0.0.1:1'}}\n"
	window = "window_min: 60s, window_max: 60s, cool_down: 0s, release: hangup, bindings: once, match: dni, visible: 0s"
	known  = "facts: {size: 20, " + window + ", exclusive: true}\n"

	reserve = "steps:\n  - {reserve: {attributes: {shared_id: s-1}}, expect: {status: 200}}\n"
	call    = "steps:\n  - {reserve: {attributes: {shared_id: s-1, want_talk: 5}}, as: lease, expect: {status: 200}}\n  - {dial: {to: '${lease.body.dni}'}, as: call, expect: {answered: true}}\n  - {hangup: {call: call}}\n"
	fill    = "steps:\n  - {fill: {leave: 0}, expect: {reserved: '${pool.size}'}}\n"
)

// TestOf: what a scenario asks for is met, does not apply, or is not known, and the reason says which.
func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scenario, more string
		status               finding.Status
		reason               string // what it begins with
	}{
		{"HTTP alone", reserve, "", "", ""},
		{"a call without a way to place it", call, "", finding.Unsupported, "needs calls: state calls.trunk or calls.exec"},
		{"a call", call, trunk + known, "", ""},
		{"the id of a journey's call", "steps:\n  - {journey: {attributes: {shared_id: s-1}, ani: '+442079460500', fallback: q}, expect: {id: {matches: '.'}}}\n", trunk + known, finding.Unsupported, "asks by the id of a call of which it does not know the shared_id"},
		{"a size that is met", "given: {pool: {numbers: 20}}\n" + reserve, known, "", ""},
		{"a size that is another", "given: {pool: {numbers: 3}}\n" + reserve, known, finding.NotApplicable, "needs a pool of 3, this one has 20"},
		{"a size that is not known", "given: {pool: {numbers: 3}}\n" + reserve, "", finding.Unsupported, "needs to know the pool's size: state size"},
		{"a window that is another", "given: {pool: {window: 5s}}\n" + reserve, known, finding.NotApplicable, "needs "},
		{"a release that is another", "given: {pool: {release: arrival}}\n" + reserve, known, finding.NotApplicable, "needs "},
		{"a release that is not known", "given: {pool: {release: arrival}}\n" + reserve, "", finding.Unsupported, "needs to know what releases a number: state release"},
		{"a setting that nobody makes", "given: {http: {error_style: gateway}}\n" + reserve, known, finding.Unsupported, "needs http.error_style set up, which nobody can do on a deployment"},
		{"a pool to be filled", fill, "facts: {size: 5, " + window + ", exclusive: true}\n", "", ""},
		{"a pool to be filled beside others", fill, "facts: {size: 5, " + window + "}\n", finding.Unsupported, "needs to know that nobody else reserves from the pool: state exclusive"},
		{"a pool to be filled beyond the limit", fill, known, finding.Unsupported, "needs every number of the pool held at one time"},
		{"a restart", "steps:\n  - {restart: {leases: keep}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n", known, finding.Unsupported, "needs the platform's store restarted"},
		{"a fault of the wire", "steps:\n  - {fault: {http: {latency: 1ms}}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n", known, "", ""},
		{"a fault inside", "steps:\n  - {fault: {calls: {refuse: 486}}}\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n", known, finding.Unsupported, "needs the platform's calls to go wrong"},
		{"another transport", strings.Replace(call, "dni}'}", "dni}', transport: tcp}", 1), trunk + known, finding.Unsupported, "needs a call over tcp: calls.trunk.transport is udp"},
		{"a waiver", reserve, "waivers: [{area: x, reason: known, by: Jo, until: 2099-12-31}]\n", finding.Waived, "known"},
		{"an agent that stays", call, trunk + strings.Replace(known, "exclusive", "ignores_talk: true, exclusive", 1), finding.Unsupported, "needs an agent that stays on the line as the attribute want_talk says; by the fact ignores_talk this one cannot"},
		{"one that need not", reserve, strings.Replace(known, "exclusive", "ignores_talk: true, exclusive", 1), "", ""},
		{"more numbers than allowed", "steps:\n" + strings.Repeat("  - {reserve: {attributes: {}}, expect: {status: 200}}\n", 11), known, finding.Unsupported, "holds 11 numbers at one time: limits.reservations allows 10"},
	} {
		fitted, file := onTarget(t, c.scenario, c.more)
		got := fitted.Fit(file)
		if got.Status != c.status || !strings.HasPrefix(got.Reason, c.reason) || c.reason == "" && got.Reason != "" {
			t.Errorf("%s: want %q %q, got %q %q", c.name, c.status, c.reason, got.Status, got.Reason)
		}
	}
}

// TestPlan adds up what is played, and nothing of what is not.
func TestPlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ scenario, more, want string }{
		{reserve, known, "1 of 1 scenarios can be played; 1 request, 1 reservation (1 at one time), of which 1 is not called: 1m0s of a number each; 0 calls, 0 s in all"},
		{call, trunk + known, "1 of 1 scenarios can be played; 1 request, 1 reservation (1 at one time); 1 call, 0 s in all"},
		{call, known, "0 of 1 scenarios can be played; 0 requests, 0 reservations (0 at one time); 0 calls, 0 s in all"},
	} {
		fitted, _ := onTarget(t, c.scenario, c.more)
		plan := fitted.Plan(fitted.Scenarios).String()
		lines := strings.Split(plan, "\n")
		var got []string
		for _, line := range lines[:3] {
			got = append(got, strings.TrimSpace(strings.TrimPrefix(line, "plan")))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("want %s\ngot  %s", c.want, text)
		}
	}
}

// TestPlanCountsWhatIsStillHeld: a number that nobody calls is held while later scenarios are played, and never more than the
// limit.
func TestPlanCountsWhatIsStillHeld(t *testing.T) {
	t.Parallel()
	fitted, _ := onTarget(t, reserve, known)
	for n, want := range map[int]int{1: 1, 4: 4, 30: 10} {
		if got := fitted.Plan(slices.Repeat(fitted.Scenarios, n)).Usage.Held; got != want {
			t.Errorf("%d scenarios that leave a number each: want %d held at one time, got %d", n, want, got)
		}
	}
}

// TestPlanWithoutAWindow: where nobody knows when a number is free again, the numbers that a run leaves are all that it may hold
// but one, which is what a request that must be refused may take.
func TestPlanWithoutAWindow(t *testing.T) {
	t.Parallel()
	const head = "scenario: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\nsteps:\n"
	file, problems := targetfile.Parse("t.yaml", []byte("target: v1\nbase_url: http://127.0.0.1:1\naccount: a\nproject: p\nkeys: {dni: {env: D}, handoff: {env: H}}\nfacts: {size: 20}\n"), time.Now())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	l, err := run.Load(run.Plan{Target: reference.Target{}, Files: fstest.MapFS{
		"x/1-nine.yaml":    {Data: []byte(head + strings.Repeat("  - {reserve: {attributes: {}}, expect: {status: 200}}\n", 9))},
		"x/2-one.yaml":     {Data: []byte(head + "  - {reserve: {attributes: {}}, expect: {status: 200}}\n")},
		"x/3-refused.yaml": {Data: []byte(head + "  - {reserve: {body: []}, expect: {status: 400}}\n")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	fitted, err := fit.Of(t.Context(), file, l.Selected, fit.Options{Load: l.Reading(), Seed: 1, Prefix: "r0-", IDs: l.IDs()})
	if err != nil {
		t.Fatal(err)
	}
	if p := fitted.Plan(fitted.Scenarios); p.Played != 2 || p.Left != 9 || p.Usage.Held != 10 || fitted.Fit(l.Selected[1].File).Status != finding.Unsupported {
		t.Errorf("want the first and the last played, and 10 numbers held at most, got %+v", p)
	}
}

// TestEveryLackHasAQuestion: what a target file can leave out can be asked for.
func TestEveryLackHasAQuestion(t *testing.T) {
	t.Parallel()
	for scenario, want := range map[string]string{
		"given: {pool: {numbers: 3}}\n" + reserve: "How many numbers does the pool have, and which? Does it grow by itself, or shrink?",
		call:    "How may we call the numbers: over a SIP trunk (host, transport, codecs, how it knows us), or through a carrier only?",
		reserve: "",
	} {
		fitted, file := onTarget(t, scenario, "")
		if got := fitted.Fit(file); got.Ask != want || (len(got.Lacks) > 0) != (want != "") {
			t.Errorf("%s: want %q asked, got %+v", scenario, want, got)
		}
	}
}

// TestQuestions asks for what is missing, with what it costs, and for nothing that is stated.
func TestQuestions(t *testing.T) {
	t.Parallel()
	fitted, _ := onTarget(t, "given: {pool: {numbers: 3}}\n"+reserve, "")
	if text := fitted.Questions(); !strings.Contains(text, "[size] 1 scenario waits for this.") || !strings.Contains(text, "[calls]") {
		t.Errorf("want the size asked for, got %s", text)
	}
	fitted, _ = onTarget(t, reserve, trunk+known)
	if text := fitted.Questions(); strings.Contains(text, "[size]") || strings.Contains(text, "[calls]") {
		t.Errorf("want nothing asked that is stated, got %s", text)
	}
}
