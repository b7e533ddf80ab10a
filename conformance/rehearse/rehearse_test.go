package rehearse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/sim/clock"
)

// TestMisfit: a client that is set up with other keys or names is told so, instead of what the lesson is about.
func TestMisfit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*rehearse.Caller)
		want   string // in the reason
	}{
		{"another key to reserve", func(c *rehearse.Caller) { c.DNIKey = "mine" }, "set DNI_KEY in the client, or have the rehearsal take the client's own with --dni-key"},
		{"another key for handoffs", func(c *rehearse.Caller) { c.HandoffKey = "mine" }, "set HANDOFF_KEY in the client, or have the rehearsal take the client's own with --handoff-key"},
		{"another account", func(c *rehearse.Caller) { c.Account = "mine" }, "the handoff was asked for at mine/acme-support, and is at acme-uk/acme-support: set ACCOUNT_ID"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := play(t, named(t, "happy-transfer"), rehearse.Options{Client: queues, Arrival: rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
				tc.change(&c)
				return takenThrough(careful())(ctx, c)
			})})
			if r.Status != finding.Failed || !strings.Contains(r.Failures[0].Because, tc.want) {
				t.Errorf("want %q, got %s: %+v", tc.want, told(r), r.Failures)
			}
		})
	}
}

// TestClientKeepsItsKeys: a client that has keys, an account and a project of its own needs no others.
func TestClientKeepsItsKeys(t *testing.T) {
	t.Parallel()
	own := queues
	own.DNIKey, own.HandoffKey, own.Account, own.Project = "my key", "my other", "my-account", "my-project"
	r := play(t, named(t, "happy-transfer"), rehearse.Options{Client: own, Arrival: rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		for _, s := range c.ToSet() {
			if s.Name == "DNI_KEY" || s.Name == "HANDOFF_KEY" || s.Name == "ACCOUNT_ID" || s.Name == "PROJECT_ID" {
				t.Errorf("want nothing said of what the client has, got %s", s.Name)
			}
		}
		c.DNIKey, c.HandoffKey, c.Account, c.Project = own.DNIKey, own.HandoffKey, own.Account, own.Project
		return takenThrough(careful())(ctx, c)
	})})
	if r.Status != finding.Passed {
		t.Error(told(r))
	}
}

func lessons(t *testing.T) []*rehearse.Lesson {
	t.Helper()
	all, err := rehearse.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func play(t *testing.T, l *rehearse.Lesson, o rehearse.Options) finding.Result {
	t.Helper()
	r, err := rehearse.New(t.Context(), o)
	if err != nil {
		return finding.Result{Status: finding.Error, Reason: err.Error()}
	}
	defer func() { _ = r.Close() }()
	return r.Play(t.Context(), l)
}

// told is a result in a few lines.
func told(r finding.Result) string {
	out := []string{string(r.Status) + " " + r.Reason}
	for _, f := range r.Failures {
		out = append(out, f.Step, "want "+f.Want, "got "+f.Got)
	}
	return strings.Join(out, "\n")
}

func named(t *testing.T, id string) *rehearse.Lesson {
	t.Helper()
	for _, l := range lessons(t) {
		if l.ID == id {
			return l
		}
	}
	t.Fatalf("want the lesson %s, got none", id)
	return nil
}

// TestVerdictNamesTheFault: the client asks once, takes the 404 for a completed call and drops its caller.
func TestVerdictNamesTheFault(t *testing.T) {
	t.Parallel()
	r := play(t, named(t, "handoff-late"), rehearse.Options{Arrival: takenThrough(brokenClient(t, "asks once")), Again: func(id string) string { return "again " + id }})
	if r.Status != finding.Failed || len(r.Failures) != 1 {
		t.Fatal(told(r))
	}
	f := r.Failures[0]
	for _, want := range []string{"asked for the handoff once, first ", " after the BYE (404), called no queue: the caller was dropped"} {
		if !strings.Contains(f.Got, want) {
			t.Errorf("want %q, got %q", want, f.Got)
		}
	}
	if f.Want != "the caller put through to the queue that the agent named, billing" ||
		!strings.Contains(f.Because, "Poll for") || f.Again != "again handoff-late" || f.Line == 0 || len(f.Source) != 1 {
		t.Errorf("%+v", f)
	}
	rungs := fmt.Sprint(r.Ladder)
	if len(r.Exchanges) != 2 || !strings.Contains(rungs, "INVITE sip:+442079460000@") || !strings.Contains(rungs, "BYE ") {
		t.Errorf("%d exchanges, ladder %s", len(r.Exchanges), rungs)
	}
}

// TestClientThatStartsItself: without a hook the first reservation is the caller, and the lesson ends when nothing more comes.
func TestClientThatStartsItself(t *testing.T) {
	t.Parallel()
	r, err := rehearse.New(t.Context(), rehearse.Options{Quiet: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		c := r.Surroundings()
		c.Lesson, c.ANI = "self", "+442079460599"
		done <- takenThrough(careful())(t.Context(), c)
	}()
	if got := r.Play(t.Context(), named(t, "happy-transfer")); got.Status != finding.Passed {
		t.Error(told(got))
	}
	if err := errors.Join(<-done, r.Close()); err != nil {
		t.Error(err)
	}
}

// TestNobodyCame: what was not begun could not be judged, and the run exits with 2.
func TestNobodyCame(t *testing.T) {
	t.Parallel()
	r := play(t, named(t, "happy-transfer"), rehearse.Options{Wait: 50 * time.Millisecond})
	if r.Status != finding.Error || !strings.Contains(r.Reason, "never asked for a number in ") {
		t.Error(told(r))
	}
}

// TestTheTimeBeginsWithTheCaller whom somebody starts: whoever reads for a while first has as long as the lesson says all the same.
func TestTheTimeBeginsWithTheCaller(t *testing.T) {
	t.Parallel()
	l, problems := rehearse.Parse("asks.yaml", []byte("lesson: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\nadvice: a\nbudget: 100ms\nexpect: [{reserves: {least: 1}}]\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	begun := make(chan struct{})
	var once sync.Once
	r, err := rehearse.New(t.Context(), rehearse.Options{Quiet: 300 * time.Millisecond, Wait: time.Hour, Progress: func(rehearse.Progress) { once.Do(func() { close(begun) }) }})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		<-begun
		if err := clock.Real().Sleep(t.Context(), 2*l.Budget); err != nil { // reads
			done <- err
			return
		}
		c := r.Surroundings()
		c.Lesson, c.ANI = "self", "+442079460599"
		done <- takenThrough(careful())(t.Context(), c)
	}()
	if got := r.Play(t.Context(), l); got.Status != finding.Passed {
		t.Error(told(got))
	}
	if err := errors.Join(<-done, r.Close()); err != nil {
		t.Error(err)
	}
}

// TestWhatCannotBeSeenIsNotPassed: a client whose transfers are no calls is not judged by where it puts callers through to.
func TestWhatCannotBeSeenIsNotPassed(t *testing.T) {
	t.Parallel()
	r := play(t, named(t, "happy-transfer"), rehearse.Options{Client: rehearse.Client{Unseen: true}, Arrival: takenThrough(careful())})
	if r.Status != finding.Unsupported || !strings.HasPrefix(r.Reason, "not observable") {
		t.Error(told(r))
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, lesson, command, want string
		status                      finding.Status
	}{
		{"that does nothing", "happy-transfer", "true", "never asked for a number", finding.Failed},
		{"that fails", "happy-transfer", `echo "cannot reach $BASE_URL for $CALLER_ANI" >&2; exit 3`, "telling the client of a caller: run: exit status 3, having said: cannot reach http://127.0.0.1:", finding.Error},
		{"that says much before it fails", "happy-transfer", `for n in $(seq 1000); do echo "line $n"; done; exit 3`, "exit status 3, having said: line 9", finding.Error},
		{"that fails for every caller", "shared-ids-are-unique", "exit 3", "telling the client of a caller: run: exit status 3 (6 of 6 callers)", finding.Error},
		{"that does not end", "happy-transfer", "sleep 60", "it was still running when its time was up", finding.Error},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := *named(t, tc.lesson)
			if tc.command == "sleep 60" {
				l.Budget = 2 * time.Second // the others have as long as they need on a busy machine
			}
			r := play(t, &l, rehearse.Options{Arrival: rehearse.Command(tc.command)})
			if r.Status != tc.status || !strings.Contains(told(r), tc.want) {
				t.Errorf("want %s: %s, got %s", tc.status, tc.want, told(r))
			}
		})
	}
}

// TestTransferThatIsToldCounts: a client that puts callers through in its own way says so, and is taken at its word.
func TestTransferThatIsToldCounts(t *testing.T) {
	t.Parallel()
	var r *rehearse.Rehearsal
	byWord := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
		if err != nil {
			return err
		}
		req.Header.Set("X-Api-Key", c.DNIKey)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		return r.Transferred("my-fallback")
	})
	r, err := rehearse.New(t.Context(), rehearse.Options{Arrival: byWord, Client: rehearse.Client{Fallback: "my-fallback"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if err := r.Transferred("my-fallback"); err == nil {
		t.Error("between lessons: want an error, got none")
	}
	got := r.Play(t.Context(), named(t, "reserve-404-falls-back"))
	if got.Status != finding.Passed || !strings.Contains(fmt.Sprint(got.Ladder), "the client says that it put the caller through to my-fallback") {
		t.Errorf("%s\n%v", told(got), got.Ladder)
	}
}
