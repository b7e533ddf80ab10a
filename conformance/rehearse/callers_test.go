package rehearse_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/fakes/client"
)

// TestCallersAreToldApart: a client that mixes up its callers' numbers, or their queues, is found by the lesson for that and by the
// crowd, and by no other with several callers.
func TestCallersAreToldApart(t *testing.T) {
	t.Parallel()
	mixedUp := map[string]string{ // by the lesson that finds it
		"callers-keep-their-numbers": "dials for one caller the number of another", "callers-keep-their-queues": "asks for the handoff of another caller",
	}
	for _, id := range []string{"callers-keep-their-numbers", "callers-keep-their-queues", "shared-ids-are-unique"} {
		for finds, name := range mixedUp {
			t.Run(id+"/"+name, func(t *testing.T) {
				t.Parallel()
				r := game{lesson: named(t, id), client: brokenClient(t, name)}.play(t)
				if got := r.Status == finding.Failed; got != (finds == id) {
					t.Errorf("want it found by %s alone, got %s", finds, told(r))
				}
			})
		}
	}
	for _, id := range []string{"callers-keep-their-numbers", "callers-keep-their-queues"} {
		t.Run("crowd-is-served/"+mixedUp[id], func(t *testing.T) {
			t.Parallel()
			crowd := *named(t, "crowd-is-served")
			crowd.Callers = 30 // which is enough
			if r := (game{lesson: &crowd, client: brokenClient(t, mixedUp[id])}).play(t); r.Status != finding.Failed || !strings.Contains(told(r), "got dialled") && !strings.Contains(told(r), "got put the caller") {
				t.Error(told(r))
			}
		})
	}
}

// TestWhoseCallCannotBeSeen: a client whose calls do not say whom they are for is not passed, and one that drops callers fails.
func TestWhoseCallCannotBeSeen(t *testing.T) {
	t.Parallel()
	withheld := careful()
	withheld.Phone = func(p client.Phone) client.Phone { return withholding{p} }
	drops := withheld
	drops.Config = func(c *client.Config) {
		careful().Config(c)
		c.Fallback = ""
	}
	for _, tc := range []struct {
		lesson string
		client game
		status finding.Status
		want   string
	}{
		{"callers-keep-their-numbers", game{client: withheld}, finding.Unsupported, "not observable: for whom a number is dialled, as the client's calls do not have its caller's number in From"},
		{"callers-keep-their-queues", game{client: withheld}, finding.Unsupported, "not observable: who is put through to which queue"},
		{"crowd-is-served", game{client: drops}, finding.Failed, "callers or more were dropped"},
	} {
		t.Run(tc.lesson, func(t *testing.T) {
			t.Parallel()
			tc.client.lesson = named(t, tc.lesson)
			if r := tc.client.play(t); r.Status != tc.status || !strings.Contains(told(r), tc.want) {
				t.Errorf("want %s: %s, got %s", tc.status, tc.want, told(r))
			}
		})
	}
}

// withholding is a telephone that does not say who calls.
type withholding struct{ client.Phone }

// Dial implements client.Phone.
func (w withholding) Dial(ctx context.Context, to, _ string) (client.Call, error) {
	return w.Phone.Dial(ctx, to, "")
}

// Transfer implements client.Phone.
func (w withholding) Transfer(ctx context.Context, destination, _ string) (client.Call, error) {
	return w.Phone.Transfer(ctx, destination, "")
}

// TestCallersAreNumbered: each of several callers comes with a shared_id of their own where the lesson has one.
func TestCallersAreNumbered(t *testing.T) {
	t.Parallel()
	ids := make(chan string, 6)
	l := named(t, "callers-keep-their-numbers")
	play(t, l, rehearse.Options{Arrival: rehearse.Func(func(_ context.Context, c rehearse.Caller) error {
		ids <- c.SharedID
		return nil
	})})
	var got []string
	for range l.Callers {
		got = append(got, <-ids)
	}
	slices.Sort(got)
	if want := "caller-1 caller-2 caller-3 caller-4 caller-5 caller-6"; strings.Join(got, " ") != want {
		t.Errorf("want %s, got %v", want, got)
	}
}
