package check

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func TestJudgeAllByProject(t *testing.T) {
	small := with(roa, func(f *reading.Facts) { f.Size = 1 })
	all := ops(
		reserved(0, .1, "+441111").project("p"), refused(1, 1.1).project("p"),
		reserved(0, .1, "+442222").project("q"), refused(1, 1.1).project("q"),
		dialled(2, 3, "+442222").project("p"), // a caller of p who dials a number of q
		restarted(5, 6, history.OK),
	)
	got := make(map[string]string)
	for _, r := range judgeAll(map[string]reading.Facts{"p": small, "": roa}, all) { // q has a number left, by the facts for all others
		if len(r.Violations) > 0 {
			got[r.Name+" "+r.Project] = r.Violations[0].Text
		}
	}
	want := map[string]string{"exhaustion-justified q": "refused at 1.1s although at most 1 of 2 numbers can have been held"}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The checks of a long history are applied side by side, and find what each finds by itself.
func TestJudgeSideBySide(t *testing.T) {
	p := validation(1, 2.3)
	p.Requests, p.Spurious, p.Double = 1300, .02, .02
	all := p.History()
	if len(all) < many {
		t.Fatalf("want %d operations, got %d", many, len(all))
	}
	h := reading.Of(map[string]reading.Facts{"": p.Facts()}, all)
	got, violated := Judge(t.Context(), h, Default(), 0).Results, 0
	again := reading.Of(map[string]reading.Facts{"": p.Facts()}, all)
	for i, task := range tasksOf(again, Default()) {
		want := task.result(t.Context(), again.Whole.Astray())
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("%s: got %+v side by side, want %+v", want.Name, got[i].Outcome, want.Outcome)
		}
		violated += min(1, len(want.Violations))
	}
	if violated < 3 {
		t.Errorf("want violations of several checks, got those of %d", violated)
	}
}

func TestJudgeSome(t *testing.T) {
	j := judgeBy(t, map[string]reading.Facts{"": roa}, ops(reserved(0, .1, "+442079460000")), "rotation", "dialable-numbers")
	var names []string
	for _, r := range j.Results {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"dialable-numbers", "rotation"}) || j.Ledgers[""].Reserved != 1 {
		t.Errorf("got %v and %+v", names, j.Ledgers)
	}
	if j := Judge(t.Context(), reading.Of(nil, nil), All(), Budget); len(j.Results) != len(All()) || len(j.Warnings) != 0 {
		t.Errorf("want an empty history judged, got %+v", j)
	}
}

func TestLedger(t *testing.T) {
	all := ops(
		reserved(0, .1, "a").nonce("bound"), dialled(1, 2, "a").nonce("bound").id("c1").over(3), heard(4, "c1", "bound", "a"),
		reserved(0, .1, "b").nonce("lost"), dialled(1, 2, "b").nonce("lost").id("c2").over(3), heard(4, "c2", "", "b"),
		reserved(0, .1, "c").nonce("unknown"), dialled(1, 2, "c").nonce("unknown").id("c3").over(3), missing(4, "s"),
		reserved(0, .1, "d").nonce("expired"), reserved(49, 50, "e").nonce("live"), refused(1, 2), timedOut(1, 2), turnedAway(1, 2, "d", 503, "carrier"),
		reserved(50, 50, "f").draining(),
	)
	got := judgeBy(t, map[string]reading.Facts{"": roa}, all).Ledgers[""]
	want := finding.Ledger{Reserved: 5, Bound: 1, Lost: 1, Unknown: 1, Expired: 1, Live: 1, Refused: 1, InDoubt: 1, Calls: 3, Answered: 3, Unbound: 1, Questions: 3, NotFound: 1, DrainedOf: 1}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if sum := got.Bound + got.Lost + got.Unknown + got.Expired + got.Live; sum != got.Reserved {
		t.Errorf("want every reservation accounted for, got %d of %d", sum, got.Reserved)
	}
}

// A nonce or shared_id that everybody has names nobody: nothing is concluded from it, and nothing takes for ever.
func TestNamesThatNameNobody(t *testing.T) {
	var all []op
	for i := range 3000 {
		at, id, n := float64(100*i), fmt.Sprint("c", i), fmt.Sprint("+44207946", i)
		all = append(all, reserved(at, at+.1, n).nonce("x").shared("s"), dialled(at+.2, at+5, n).nonce("x").shared("s").id(id).over(at+6),
			heard(at+7, id, "x", n), found(at+8, "s", fmt.Sprint("c", i/2), says("x", n)))
	}
	f := with(roa, func(f *reading.Facts) { f.Handoffs, f.Duplicate = true, "last" })
	if w := judgeBy(t, map[string]reading.Facts{"": f}, ops(all...), "dialable-numbers").Warnings; !slices.Contains(w, `nonce "x" is that of more than 64 reservations, so it names none of them, and nothing is concluded from what calls were given it`) {
		t.Errorf("want a warning of the nonce, got %q", w)
	}
	for _, r := range judgeAll(map[string]reading.Facts{"": f}, ops(all...)) {
		for _, v := range r.Violations {
			if r.Name != "capacity-respected" && r.Name != "handoff-matches-call" && r.Name != "handoff-visible" {
				t.Fatalf("%s: %s", r.Name, v.Text)
			}
			if strings.Contains(v.Text, "shared_id") && !strings.Contains(v.Text, "changed") {
				t.Fatalf("%s: %s", r.Name, v.Text)
			}
		}
	}
}

// What a platform does wrong without end is not kept without end.
func TestViolationsAreLimited(t *testing.T) {
	var all []op
	for i := range 5000 {
		all = append(all, reserved(float64(i)/1e4, float64(i)/1e4, ""), reserved(float64(i)/1e4, float64(i)/1e4, "+442079460000"))
	}
	for _, r := range judgeAll(map[string]reading.Facts{"": roa}, ops(all...)) {
		total := len(r.Violations) + r.Omitted
		switch r.Name {
		case "dialable-numbers":
			if total != 5000 || len(r.Violations) != finding.Most {
				t.Errorf("%s: want 5000, %d of them kept, got %d and %d", r.Name, finding.Most, total, len(r.Violations))
			}
		case "no-double-lease":
			if total != 4999 {
				t.Errorf("%s: want 4999, got %d", r.Name, total)
			}
		}
	}
}
