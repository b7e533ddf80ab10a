package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
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

func TestPlanWritesEveryForm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if r := dnispool(t, dir, "plan", "--json", "p.json", "--csv", "p.csv", "--html", "p.html"); r.code != 0 || !strings.HasPrefix(r.out, "Buy ") {
		t.Errorf("plan in every form: want the text as well, got %+v", r)
	}
	for file, want := range map[string]string{"p.json": "{\n", "p.csv": "table,release,", "p.html": "<!DOCTYPE html>"} {
		if text, err := os.ReadFile(filepath.Join(dir, file)); err != nil || !strings.HasPrefix(string(text), want) {
			t.Errorf("%s: want it to begin with %q, got %.20q (%v)", file, want, text, err)
		}
	}
	if r := dnispool(t, dir, "plan", "--csv", "p", "--html", "./p"); r.code != finding.ExitNotJudged || !strings.Contains(r.err, "want a file for each of --csv and --html") {
		t.Errorf("two forms in one file: want a refusal, got %+v", r)
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
		"plan: want one of --project and --numbers, got both":                              {"--project", "a=100%", "--numbers", "20"},
		"project: want shares of 100 % together, got 70% of acme=70%":                      {"--project", "acme=70%"},
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

// TestPlanPage: what the page shows of plan is what it prints.
func TestPlanPage(t *testing.T) {
	t.Parallel()
	p := document(t, "specs/plan.md")
	ran := 0
	for _, b := range p.blocks {
		for _, command := range b.commands() {
			if b.language == "" {
				_, want, _ := strings.Cut(b.text, "\n")
				if out, code := shell(t, t.TempDir(), command); code != 0 || !strings.HasPrefix(out, want) {
					t.Errorf("%s: want\n%sgot %d\n%.400s", command, want, code, out)
				}
				ran++
				continue
			}
			for _, row := range regexp.MustCompile(`(?m)^\| ([0-9]+) \| (.*%) \| (.*) \| (0 %) \|$`).FindAllStringSubmatch(p.text, -1) {
				out, code := shell(t, t.TempDir(), strings.Replace(command, "300/min", row[1]+"/min", 1))
				want := regexp.MustCompile(`on arrival +20 +300,000 +` + regexp.QuoteMeta(row[3]) + ` +` + regexp.QuoteMeta(row[2]) + ` +` + row[4])
				if code != 0 || !want.MatchString(out) {
					t.Errorf("%s at %s a minute: want %v, got %d\n%s", command, row[1], want, code, out)
				}
				ran++
			}
		}
	}
	if ran != 5 {
		t.Errorf("want two plans and three rows, got %d", ran)
	}
}
