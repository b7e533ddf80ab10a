package rehearse_test

import (
	"os/exec"
	"path/filepath"
	"slices"
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
	hogged(t)
	for _, f := range foreigners(t) {
		if i := slices.IndexFunc(f.needs, func(need string) bool { _, err := exec.LookPath(need); return err != nil }); i >= 0 {
			t.Run(f.name, func(t *testing.T) { t.Skipf("%s is not installed", f.needs[i]) })
			continue
		}
		for range *rounds {
			f.judged(t)
		}
	}
}

// judged plays the client's lessons, each as a test.
func (f foreign) judged(t *testing.T) {
	ids := []string{"happy-transfer", "contained-call-ends", "handoff-late", "reserve-404-falls-back"}
	if f.passes != "" {
		ids = append(ids, f.passes)
	}
	wrong := "MISTAKE=" + f.mistake + " " + f.command
	for _, id := range ids {
		f.game(t, "right/"+id, id, f.command, "")
	}
	f.game(t, "wrong", f.lesson, wrong, f.got)
	f.game(t, "wrong, in what does not matter there", "happy-transfer", wrong, "")
}

// game plays a lesson with a command that passes it, or that fails it and of which the verdict ends with got.
func (f foreign) game(t *testing.T, name, id, command, got string) {
	if *only != "" && id != *only {
		return
	}
	l := named(t, id)
	t.Run(f.name+"/"+name, func(t *testing.T) {
		if l.Callers <= 20 { // a crowd is busy, and plays alone
			t.Parallel()
		}
		r := play(t, l, rehearse.Options{Arrival: rehearse.Command(command)})
		switch {
		case got == "" && r.Status != finding.Passed:
			t.Errorf("%s\n%v", told(r), r.Ladder)
		case got != "" && (r.Status != finding.Failed || !strings.HasSuffix(r.Failures[0].Got, got)):
			t.Errorf("want %q, got %s\n%v", got, told(r), r.Ladder)
		}
	})
}
