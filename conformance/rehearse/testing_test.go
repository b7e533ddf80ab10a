package rehearse_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/rehearse"
)

// TestRun is how a client in Go is rehearsed by its own tests.
func TestRun(t *testing.T) {
	t.Parallel()
	rehearse.Run(t, rehearse.Options{Arrival: takenThrough(careful())}, named(t, "happy-transfer"), named(t, "reserve-404-falls-back"))
}

// TestRunWithACommand: a client that is no function has one address for all lessons.
func TestRunWithACommand(t *testing.T) {
	t.Parallel()
	l, problems := rehearse.Parse("asks.yaml", []byte("lesson: v1\nsummary: s\nrequirement: r\nsource: x\nlevel: must\nadvice: a\nexpect: [{dials: never}]\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	l.ID = "asks"
	f := &fake{ctx: t.Context()}
	rehearse.Run(f, rehearse.Options{Arrival: rehearse.Command("true")}, l, l)
	if got := strings.Join(f.said, "\n"); strings.Count(got, "error") != 2 || !strings.Contains(got, "got never asked for a number") || !strings.Contains(got, "FAIL  asks   must") {
		t.Errorf("got %s", got)
	}
}

// fake is a test that keeps what it is told.
type fake struct {
	ctx  context.Context
	said []string
}

func (*fake) Helper()                               {}
func (f *fake) Context() context.Context            { return f.ctx }
func (f *fake) Run(_ string, test func(*fake)) bool { test(f); return true }
func (*fake) Parallel()                             {}
func (f *fake) Error(args ...any)                   { f.say("error", args) }
func (f *fake) Fatal(args ...any)                   { f.say("fatal", args) }
func (f *fake) Log(args ...any)                     { f.say("log", args) }
func (f *fake) Skip(args ...any)                    { f.say("skip", args) }
func (f *fake) say(how string, args []any)          { f.said = append(f.said, how+" "+fmt.Sprint(args...)) }

// TestRunSaysWhatBecameOfALesson: a should is logged, what cannot be seen is skipped, and a client nobody tells is refused.
func TestRunSaysWhatBecameOfALesson(t *testing.T) {
	t.Parallel()
	nothing := rehearse.Func(func(context.Context, rehearse.Caller) error { return nil })
	for _, tc := range []struct {
		name, lesson string
		o            rehearse.Options
		want         string
	}{
		{"a should", "handoff-late", rehearse.Options{Arrival: nothing}, "log \nFAIL  handoff-late   should"},
		{"a must", "happy-transfer", rehearse.Options{Arrival: nothing}, "error \nFAIL  happy-transfer   must"},
		{"transfers that cannot be seen", "happy-transfer", rehearse.Options{Arrival: nothing, Client: rehearse.Client{Unseen: true}}, "skip not observable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{ctx: t.Context()}
			rehearse.Run(f, tc.o, named(t, tc.lesson))
			if got := strings.Join(f.said, "\n"); !strings.HasPrefix(got, tc.want) {
				t.Errorf("want %q, got %s", tc.want, got)
			}
		})
	}
}

// A client in Go is judged by one lesson.
func ExampleRehearsal_Play() {
	lessons, err := rehearse.Bundled()
	if err != nil {
		fmt.Println(err)
		return
	}
	chosen, err := rehearse.Select(lessons, []string{"reserve-404-falls-back"})
	if err != nil {
		fmt.Println(err)
		return
	}
	takeThrough := func(ctx context.Context, c rehearse.Caller) error {
		return nil // here the client under test reserves at c.BaseURL with c.DNIKey, and calls at c.SIP
	}
	ctx := context.Background()
	r, err := rehearse.New(ctx, rehearse.Options{Arrival: rehearse.Func(takeThrough)})
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict := r.Play(ctx, chosen[0])
	fmt.Println(verdict.Status, verdict.Failures[0].Want)
	if err := r.Close(); err != nil {
		fmt.Println(err)
	}
	// Output: failed a number asked for, and the caller served
}
