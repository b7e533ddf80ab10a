package replay_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

// lines are the steps before a failure as a reader sees them.
func lines(steps []finding.Step) (out []string) {
	for _, s := range steps {
		out = append(out, s.String())
	}
	return out
}

// head is what stands before every scenario here; what a test writes begins on line 6.
const head = `scenario: v1
summary: s
requirement: r
source: x
level: must
`

var checker = sync.OnceValues(contract.New)

// parse reads a scenario written as everything after its head.
func parse(t *testing.T, body string) *scenario.Scenario {
	t.Helper()
	s, problems := scenario.Parse("test/x.yaml", []byte(head+body), scenario.Options{
		CheckNames: check.Names(), Formats: reference.Target{}.Formats(), Given: reference.Target{}.Given, Fault: reference.Target{}.Fault,
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s.ID = "test/x"
	return s
}

// play plays a scenario and sees to it that nothing of it is left.
func play(t *testing.T, on targets.Target, body string, change ...func(*replay.Options)) finding.Result {
	t.Helper()
	return playIn(t, t.Context(), on, body, change...)
}

func playIn(t *testing.T, ctx context.Context, on targets.Target, body string, change ...func(*replay.Options)) finding.Result {
	t.Helper()
	c, err := checker()
	if err != nil {
		t.Fatal(err)
	}
	o := replay.Options{Seed: 7, Checker: c, Again: func(id string) string { return "again " + id }}
	for _, f := range change {
		f(&o)
	}
	s := parse(t, body)
	left := leftovers()
	r := replay.Play(ctx, s, on, o)
	left.check(t)
	if r.ID != "test/x" || r.Summary != "s" || r.Requirement != "r" || r.Source != "x" || r.Level != "must" || r.Line != 1 {
		t.Errorf("result: want what the scenario says of itself, got %+v", r)
	}
	return r
}

// resources counts what a scenario must give back.
type resources struct{ goroutines, sockets int }

func leftovers() resources { return resources{runtime.NumGoroutine(), sockets()} }

// sockets is the number of open sockets, 0 where the system does not say.
func sockets() (n int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// check waits for goroutines that have been told to end: closing a connection ends its reader a moment later.
func (before resources) check(t *testing.T) {
	t.Helper()
	patience := time.Now().Add(3 * time.Second)
	for {
		now := leftovers()
		if now.goroutines <= before.goroutines && now.sockets <= before.sockets {
			return
		}
		if time.Now().After(patience) {
			buf := make([]byte, 1<<20)
			t.Fatalf("leftovers: want %+v, got %+v\n%s", before, now, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// wantPassed fails the test with everything that is known when r did not pass.
func wantPassed(t *testing.T, r finding.Result) {
	t.Helper()
	if r.Verdict() != finding.Passed || r.Reason != "" {
		t.Fatalf("want passed, got %s", tell(r))
	}
}

// wantFailed checks status and the headlines of all failures.
func wantFailed(t *testing.T, r finding.Result, headlines ...string) {
	t.Helper()
	got := make([]string, len(r.Failures))
	for i, f := range r.Failures {
		got[i] = f.Kind + " " + f.Headline()
	}
	if r.Status != finding.Failed || strings.Join(got, "\n") != strings.Join(headlines, "\n") {
		t.Fatalf("want failed with\n%s\ngot %s", strings.Join(headlines, "\n"), tell(r))
	}
}

// tell is a result in a few lines.
func tell(r finding.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", r.Status, r.Reason)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\n  %s %s:%d %s", f.Kind, f.File, f.Line, f.Headline())
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "\n  warning %s", w)
	}
	return b.String()
}

// underlined is the text at a failure's caret.
func underlined(t *testing.T, f finding.Failure) string {
	t.Helper()
	for _, cl := range f.Source {
		if line := []rune(cl.Text); cl.Line == f.Line && f.Column+f.Width-1 <= len(line) {
			return string(line[f.Column-1 : f.Column-1+f.Width])
		}
	}
	t.Fatalf("caret: want it within the source lines, got line %d column %d width %d of %+v", f.Line, f.Column, f.Width, f.Source)
	return ""
}
