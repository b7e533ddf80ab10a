package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/plan"
)

func TestPlanAnswersWithoutAFlag(t *testing.T) {
	t.Parallel()
	r := dnispool(t, t.TempDir(), "plan")
	if r.code != 0 || r.err != "" || !strings.HasPrefix(r.out, "Buy ") || !strings.Contains(r.out, "  rate            1,000/h\n                  an example;") {
		t.Errorf("plan: want a number to buy and the source of each default, got %+v", r)
	}
}

func TestPlanSimulates(t *testing.T) {
	t.Parallel()
	args := []string{"plan", "--rate", "300/min", "--release", "arrival", "--pdd", "4s", "--numbers", "20", "--simulate", "2000", "--json", "-"}
	r := dnispool(t, t.TempDir(), args...)
	var p plan.Plan
	if err := json.Unmarshal([]byte(r.out), &p); err != nil {
		t.Fatal(err)
	}
	if r.code != 0 || len(p.Simulated) != 4 || p.Simulated[2].Numbers != 20 || p.Simulated[2].Callers != 2000 || !strings.Contains(r.err, "The simulator's own pool") {
		t.Errorf("plan --simulate: want both rules, for the numbers of the plan and those named, got %+v\n%s", p.Simulated, r.err)
	}
	if again := dnispool(t, t.TempDir(), args...); again.out != r.out {
		t.Error("plan --simulate again: want the same, got another")
	}
}

func TestPlanOfADay(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"day.csv": "time,calls\n09:00,100\n09:15,250\n", "bad.csv": "09:00,x\n"})
	r := dnispool(t, dir, "plan", "--day", "day.csv")
	if r.code != 0 || !strings.Contains(r.out, "  09:15   1,000/h") || strings.Contains(r.out, "an example;") {
		t.Errorf("plan of a day: want its intervals, and its peak as the rate, got %+v", r)
	}
	for want, args := range map[string][]string{
		"bad.csv:1:7: calls: want how many calls came in the interval, got \"x\"": {"--day", "bad.csv"},
		"no-such: no such file":                                                            {"--day", "no-such"},
		"plan: want one of --rate and --day, got both":                                     {"--day", "day.csv", "--rate", "5/s"},
		"plan: want flags only, got \"20\"":                                                {"20"},
		"no flag --windw (did you mean --window?)":                                         {"--windw", "60s"},
		`invalid value "60" for flag --window: want a duration like 60s`:                   {"--window", "60"},
		"grade: want a share between 0 and 100 %, got 2":                                   {"--grade", "2"},
		`--simulate: want a time like 10m, or callers like 1000000, got "often"`:           {"--simulate", "often"},
		`invalid value "soon" for flag --release: release: want hangup, arrival or answer`: {"--release", "soon"},
	} {
		r := dnispool(t, dir, append([]string{"plan"}, args...)...)
		if r.code != finding.ExitNotJudged || !strings.Contains(r.err, want) {
			t.Errorf("plan %v: want exit code 2 and %q, got %+v", args, want, r)
		}
	}
}
