package rehearse

import (
	"bytes"
	"context"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
)

// Test is what Run needs of a test; *testing.T has it. This package is part of a program that is no test, so that it does not
// name that type.
type Test[T any] interface {
	Helper()
	Context() context.Context
	Run(name string, f func(T)) bool
	Parallel()
	Error(args ...any)
	Fatal(args ...any)
	Log(args ...any)
	Skip(args ...any)
}

// Run plays lessons as subtests for a client that Options.Arrival tells of its callers; no lessons: those that are bundled. A
// client in the same process is a Func: each lesson then has addresses of its own, which the Caller names, and they are
// played in parallel. For any other arrival they are played one after another at Options.HTTP and Options.SIP. A client that
// breaks a must fails its subtest, with what was wanted and what it did; a should or a may is logged. What cannot be seen of a
// client is skipped, and what could not be judged fails.
//
//	rehearse.Run(t, rehearse.Options{Arrival: rehearse.Func(takeCallerThrough)})
func Run[T Test[T]](t T, o Options, lessons ...*Lesson) {
	t.Helper()
	if o.Arrival == nil {
		t.Fatal("rehearse: want Options.Arrival, which says how the client learns of a caller, got none")
	}
	if len(lessons) == 0 {
		var err error
		if lessons, err = Bundled(); err != nil {
			t.Fatal(err)
		}
	}
	if _, inProcess := o.Arrival.(Func); !inProcess {
		r, err := New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lessons {
			t.Run(l.ID, func(t T) { verdict(t, r.Play(t.Context(), l)) })
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		return
	}
	for _, l := range lessons {
		t.Run(l.ID, func(t T) {
			t.Parallel()
			r, err := New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			verdict(t, r.Play(t.Context(), l))
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// verdict tells a test what became of a lesson.
func verdict[T Test[T]](t T, res finding.Result) {
	t.Helper()
	if res.Status == finding.Passed {
		return
	}
	if res.Status.Skipped() {
		t.Skip(res.Reason)
	}
	var text bytes.Buffer
	shown := report.NewText(&text, report.Options{})
	shown.Begin(finding.Run{Noun: Noun}, 1)
	text.Reset() // of what begins
	shown.Finished(res)
	if res.Status == finding.Failed && res.Level != finding.Must {
		t.Log("\n" + text.String())
		return
	}
	t.Error("\n" + text.String())
}
