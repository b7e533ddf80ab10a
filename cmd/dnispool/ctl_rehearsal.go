package main

import (
	"context"
	"fmt"
	"io"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/control/client"
)

// rehearsalCommands ask a rehearsal that is served, and play its lessons.
func rehearsalCommands() []ctlCommand {
	return []ctlCommand{
		{
			name: "lessons", says: "the lessons of a rehearsal",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Lessons(ctx) },
			show: shown(func(w io.Writer, all []client.Lesson) {
				for _, l := range all {
					fmt.Fprintf(w, "%-32s %-6s %5s  %s\n", l.Lesson, l.Level, l.Budget, l.Summary)
				}
			}),
		},
		{
			name: "rehearsal", says: "how far a rehearsal has come, and its verdicts",
			flags: func(f *flags) { f.Bool("secrets", false, "with the keys") },
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				return c.Rehearsal(ctx, a.flag("secrets") == "true")
			},
			show: shown(showRehearsal),
		},
		{
			name: "rehearse", args: "lesson", says: "begin a lesson; arrived says that its callers have arrived, verdict waits for what becomes of it",
			flags: func(f *flags) {
				f.String("arrival", "", "how its callers arrive: `told` by arrived, or self: the first reservation is the caller; as the rehearsal was started else")
			},
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				return c.Rehearse(ctx, client.LessonRequest{Lesson: a.args[0], Arrival: a.flag("arrival")})
			},
			show: shown(showRehearsal),
		},
		doing("arrived", "", "say that the callers of the lesson have arrived at the client", func(ctx context.Context, c *client.Client, _ asked) error { return c.Arrived(ctx) }),
		doing("served", "", "say that the client is done with them, so that it is judged at once", func(ctx context.Context, c *client.Client, _ asked) error { return c.Served(ctx) }),
		doing("transferred", "queue", "say that the client has put a caller through, in a way that is no call to the SIP peer", func(ctx context.Context, c *client.Client, a asked) error {
			return c.Transferred(ctx, a.args[0])
		}),
		{
			name: "verdict", says: "wait for the end of the lesson; exits 1 when the client did not do what it must",
			flags: func(f *flags) { f.Bool("strict", false, "should and may count as must") },
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				v, err := c.Verdict(ctx)
				return judged{v, a.flag("strict") == "true"}, err
			},
			show: shown(func(w io.Writer, v judged) { showVerdict(w, v.Verdict) }),
		},
		doing("stop", "", "end the lesson without a verdict", func(ctx context.Context, c *client.Client, _ asked) error { return c.StopLesson(ctx) }),
	}
}

// judged is a verdict that the command exits by.
type judged struct {
	client.Verdict
	strict bool
}

// ExitCode is that of a rehearsal of the lesson alone.
func (v judged) ExitCode() int {
	r := finding.Run{Strict: v.strict, Results: []finding.Result{{Status: finding.Status(v.Status), Level: v.Level}}}
	return r.Conclusion().ExitCode()
}

func showRehearsal(w io.Writer, r client.Rehearsal) {
	fmt.Fprintf(w, "base URL %s   SIP peer %s   account %s   project %s\nDNI key %s   handoff key %s\n", r.BaseURL, r.SIPPeer, r.AccountID, r.ProjectID, r.DNIKey, r.HandoffKey)
	for _, v := range r.Verdicts {
		showVerdict(w, v)
	}
	if p := r.Playing; p != nil {
		how := "each caller " + p.Arrival
		if p.Arrival == "self" {
			how = "you start the caller in your client"
		}
		fmt.Fprintf(w, "playing %s (%s), %s; the client %s\n", p.Lesson, p.Level, how, p.Did)
		showExpected(w, p.Expectations)
	}
}

func showVerdict(w io.Writer, v client.Verdict) {
	fmt.Fprintf(w, "%-6s %s (%s), %s\n", v.Status, v.Lesson, v.Level, v.Took)
	showExpected(w, v.Expectations)
	for _, line := range []struct{ name, text string }{{"wanted", v.Want}, {"actual", v.Got}, {"because", v.Because}, {"reason", v.Reason}} {
		if line.text != "" {
			fmt.Fprintf(w, "  %-8s %s\n", line.name, line.text)
		}
	}
}

func showExpected(w io.Writer, all []client.Expected) {
	for _, e := range all {
		fmt.Fprintf(w, "  %-6s %s\n", e.State, e.Expect)
	}
}
