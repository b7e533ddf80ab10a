package rehearse_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
)

// foreign is a client that shares nothing with ours, in a language of its own.
type foreign struct {
	name, command string // of the shell
	needs         []string
	mistake       string // that it can make
	lesson, got   string // which finds it, and what the verdict says
	passes        string // a lesson more that the right one passes; "" for none
}

func foreigners(t *testing.T) []foreign {
	t.Helper()
	dir, err := filepath.Abs("../../fakes/foreign")
	if err != nil {
		t.Fatal(err)
	}
	python := "python3"
	if real, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output(); err == nil {
		python = strings.TrimSpace(string(real)) // which starts faster than what chooses between several
	}
	return []foreign{
		{
			"Python", python + " -I '" + dir + "/client.py'", []string{"python3", "sipp"}, "asks-once",
			"handoff-late", " (404), called no queue: the caller was dropped", "",
		},
		{
			"shell", "sh '" + dir + "/client.sh'", []string{"sh", "curl", "sipp"}, "no-fallback",
			"reserve-404-falls-back", "asked for a number and got 404, called no queue: the caller was dropped", "crowd-is-served",
		},
	}
}

// TestForeignClients: clients in other languages are judged as ours are. The right ones pass, and each mistake is named.
func TestForeignClients(t *testing.T) {
	t.Parallel()
	for _, f := range foreigners(t) {
		for _, need := range f.needs {
			if _, err := exec.LookPath(need); err != nil {
				t.Run(f.name, func(t *testing.T) { t.Skipf("%s is not installed", need) })
				f.needs = nil
				break
			}
		}
		if f.needs == nil {
			continue
		}
		ids := []string{"happy-transfer", "contained-call-ends", "handoff-late", "reserve-404-falls-back"}
		if f.passes != "" {
			ids = append(ids, f.passes)
		}
		for _, id := range ids {
			t.Run(f.name+"/right/"+id, func(t *testing.T) {
				t.Parallel()
				if r := play(t, named(t, id), rehearse.Options{Arrival: rehearse.Command(f.command)}); r.Status != finding.Passed {
					t.Errorf("%s\n%v", told(r), r.Ladder)
				}
			})
		}
		t.Run(f.name+"/wrong", func(t *testing.T) {
			t.Parallel()
			r := play(t, named(t, f.lesson), rehearse.Options{Arrival: rehearse.Command("MISTAKE=" + f.mistake + " " + f.command)})
			if r.Status != finding.Failed || !strings.HasSuffix(r.Failures[0].Got, f.got) {
				t.Errorf("want %q, got %s", f.got, told(r))
			}
		})
		t.Run(f.name+"/wrong, in what does not matter there", func(t *testing.T) {
			t.Parallel()
			if r := play(t, named(t, "happy-transfer"), rehearse.Options{Arrival: rehearse.Command("MISTAKE=" + f.mistake + " " + f.command)}); r.Status != finding.Passed {
				t.Errorf("%s\n%v", told(r), r.Ladder)
			}
		})
	}
}
