package replay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets"
)

// TestPatience: on a network that is not ours a state is asked for again, and no longer than that.
func TestPatience(t *testing.T) {
	const asks = "steps:\n  - {handoff: {shared_id: s}, expect: {status: 200}}\n"
	late := replies(noState, noState, state("c", "s", "{}"))
	if r := play(t, &fake{do: late}, asks); r.Status != finding.Failed {
		t.Errorf("want a state that is not there at once missed, got %s", tell(r))
	}
	wantPassed(t, play(t, &fake{do: late, patience: 10 * time.Second}, asks))
	f := &fake{do: replies(noState), patience: 10 * time.Second}
	r := play(t, f, asks)
	if n := f.stage.count(); r.Status != finding.Failed || n < 5 || n > 15 {
		t.Errorf("want a failure after about ten questions, a second apart, got %d and %s", n, tell(r))
	}
	f = &fake{do: replies(noNumber), patience: 10 * time.Second}
	if r := play(t, f, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\n"); r.Status != finding.Failed || f.stage.count() != 1 {
		t.Errorf("want a reservation asked for once, got %d times, %s", f.stage.count(), tell(r))
	}
}

// TestMayNotDrain: a target that must not be drained leaves the check out, which is no pass where nothing else is tested.
func TestMayNotDrain(t *testing.T) {
	f := &fake{do: replies(gives("+442079460000")), facts: pool(1), noDrain: true}
	r := play(t, f, "steps:\n  - {reserve: {attributes: {}}, expect: {status: 200}}\ncheck: [no-lost-number, dialable-numbers]\n")
	const note = "no-lost-number was not judged: it reserves every number of the pool, which the target does not allow"
	if r.Status != finding.Passed || len(r.Notes) != 1 || r.Notes[0] != note || f.stage.count() != 1 {
		t.Errorf("want passed with a note, got %s", tell(r))
	}
	r = play(t, f, "steps:\n  - {reserve: {attributes: {}}}\ncheck: [no-lost-number]\n")
	if r.Status != finding.Inconclusive || r.Reason != note {
		t.Errorf("want inconclusive, got %s", tell(r))
	}
}

// stranger is a target that calls conversations by names of its own.
type stranger struct{ *fake }

type strangeStage struct{ *stage }

// nameless is a call whose conversation nobody knows yet.
type nameless struct {
	*talk
	known *string
}

func (c nameless) ID() string { return *c.known }

func (s stranger) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	opened, err := s.fake.Open(ctx, w)
	return strangeStage{opened.(*stage)}, err
}

func (s strangeStage) Identify(_ context.Context, c targets.Call, p targets.Project, sharedID string) {
	*c.(nameless).known = p.Project + "/" + sharedID
}

// TestIdentify: once a call is over, its id is what the platform calls it.
func TestIdentify(t *testing.T) {
	f := &fake{do: replies(gives("+442079460000"), state("support/s-1", "s-1", "{}"))}
	f.dial = func(targets.Dial) (targets.Call, error) {
		return nameless{ended("", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), new("")}, nil
	}
	const steps = `steps:
  - {reserve: {attributes: {shared_id: s-1}}, as: lease, expect: {status: 200}}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {await: {call: call}}
  - {handoff: {id: "${call.id}"}, expect: {status: 200, body: {id: "${call.id}"}}}
`
	r := play(t, stranger{f}, steps)
	wantPassed(t, r)
	if last := r.Exchanges[len(r.Exchanges)-1].URL; !strings.HasSuffix(last, "?id=support%2Fs-1") {
		t.Errorf("want the conversation asked for by its own name, got %s", last)
	}
}

// TestNoIdentity: who does not know the platform's id of a call does not ask for it, and blames nobody.
func TestNoIdentity(t *testing.T) {
	f := &fake{do: replies(gives("+442079460000"), noState)}
	f.dial = func(targets.Dial) (targets.Call, error) {
		return nameless{ended("", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), new("")}, nil
	}
	r := play(t, f, `steps:
  - {reserve: {attributes: {shared_id: s-1}}, as: lease, expect: {status: 200}}
  - {dial: {to: "${lease.body.dni}"}, as: call}
  - {handoff: {id: "${call.id}"}, expect: {status: 200}}
`)
	if r.Status != finding.Inconclusive || !strings.Contains(r.Reason, "the platform's id of call call is not known") || len(r.Exchanges) != 1 {
		t.Errorf("want it inconclusive, and nothing asked, got %s", tell(r))
	}
}
