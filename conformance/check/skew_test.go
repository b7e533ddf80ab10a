package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check/simulated"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// twoClocks is a right pool seen by two generators whose clocks are 250 ms apart.
func twoClocks() simulated.Traffic {
	p := validation(5, 4.6)
	p.Generators, p.Skew, p.Requests = 2, 125*time.Millisecond, 3000
	return p
}

func TestSkewBetweenGenerators(t *testing.T) {
	p := twoClocks()
	all := p.History()
	blamed := func(eps time.Duration) (n int, certain int, j finding.Judgement) {
		f := p.Facts()
		f.Eps = &eps
		j = Judge(t.Context(), reading.Of(map[string]reading.Facts{"": f}, all), Default(), 0)
		for _, r := range j.Results {
			n += len(r.Violations)
			for _, v := range r.Violations {
				if v.Certainty == finding.Certain {
					certain++
				}
			}
		}
		return n, certain, j
	}
	n, _, j := blamed(0)
	if n == 0 || !slices.Contains(j.Warnings, "2 generators recorded this history and eps is 0: their clocks are taken for one and the same") {
		t.Errorf("eps 0: want false verdicts and a warning, got %d and %q", n, j.Warnings)
	}
	n, _, j = blamed(250 * time.Millisecond)
	if n != 0 || !slices.Equal(j.Warnings, []string{`no state, nonce or time of arrival ties what "g0" recorded to what others did, so it cannot be seen how far the clocks are apart`, "31 of 3000 reservations failed (1.0 %): 31 without a reply"}) {
		t.Errorf("eps 250ms: want no verdict, and what cannot be seen, got %d verdicts and %q", n, j.Warnings)
	}
	decided := 0
	for _, r := range j.Results {
		decided += r.Cases - r.Undecided
	}
	if decided < 1000 {
		t.Errorf("eps 250ms: want most cases decided, got %d", decided)
	}
}

// Each history proves that two clocks are apart, and its neighbour does not.
func TestProvenSkew(t *testing.T) {
	echoAt := func(id, number, at string) op {
		return found(9, "", id, `{"echo_nonce":null,"echo_dnis":"`+number+`","echo_arrived_at":"2026-01-01T00:00:`+at+`Z"}`)
	}
	for _, c := range []struct {
		name string
		ops  []op
		by   time.Duration
	}{
		{"a state read before its call", []op{dialled(5, 6, "a").id("c1").on("g1").over(7), heard(4, "c1", "", "a").on("g2")}, time.Second},
		{"and after it", []op{dialled(5, 6, "a").id("c1").on("g1").over(7), heard(5, "c1", "", "a").on("g2")}, 0},
		{"by one generator, which would be odd, but proves nothing", []op{dialled(5, 6, "a").id("c1").on("g1"), heard(4, "c1", "", "a").on("g1")}, 0},
		{"attributes read before they were sent", []op{reserved(5, 6, "a").nonce("x").on("g1"), dialled(1, 2, "b").id("c1").on("g2"), heard(4.5, "c1", "x", "b").on("g2")}, 3 * time.Second},
		{"a number dialled before it was given", []op{reserved(5, 6, "a").nonce("x").on("g1"), dialled(5.75, 8, "a").nonce("x").on("g2")}, 250 * time.Millisecond},
		{"a number dialled when it was given", []op{reserved(5, 6, "a").nonce("x").on("g1"), dialled(6, 8, "a").nonce("x").on("g2")}, 0},
		{"of two reservations the first counts", []op{reserved(2, 3, "a").nonce("x").on("g1"), reserved(5, 6, "a").nonce("x").on("g1"), dialled(4, 8, "a").nonce("x").on("g2")}, 0},
		// By the platform's clock the calls arrived at one time; by their own, at 1 to 1.1 and at 3 to 3.1.
		{"the platform's time of arrival", []op{
			dialled(1, 1.1, "a").id("c1").on("g1"), dialled(3, 3.1, "b").id("c2").on("g2"), echoAt("c1", "a", "01.000").on("g1"), echoAt("c2", "b", "01.0004").on("g2"),
		}, 1900*time.Millisecond - 1400*time.Microsecond},
		{"a platform that writes seconds only", []op{
			dialled(1, 1.1, "a").id("c1").on("g1"), dialled(2, 2.1, "b").id("c2").on("g2"), echoAt("c1", "a", "01").on("g1"), echoAt("c2", "b", "01").on("g2"),
		}, 0},
		{"a platform without a steady clock", []op{
			dialled(1, 1.1, "a").id("c1").on("g1"), dialled(3, 3.1, "b").id("c2").on("g2"), dialled(4, 4.1, "b").id("c3").on("g2"),
			echoAt("c1", "a", "01.000").on("g1"), echoAt("c2", "b", "01.000").on("g2"), echoAt("c3", "b", "01.000").on("g2"),
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := reading.New(roa, reading.Pointers(ops(c.ops...)))
			if got := v.ProvenSkew(); (got.By - c.by).Abs() > time.Millisecond {
				t.Errorf("want %s, got %s: %s", c.by, got.By, got.Why)
			}
		})
	}
}

// What was found by comparing the times of clocks that are proven to be wrong is not certain; the rest stays so.
func TestProvenSkewTakesCertainty(t *testing.T) {
	all := ops(
		reserved(0, .1, "a").nonce("x").on("g1"), reserved(1, 1.1, "a").nonce("y").on("g2"), // a double allocation, if the clocks are one
		dialled(1.05, 2, "a").nonce("y").id("c1").on("g1").over(5), heard(6, "c1", "z", "a").on("g1"),
	)
	j := judgeBy(t, map[string]reading.Facts{"": roa}, all, "no-double-lease", "no-cross-talk")
	want := map[string]finding.Certainty{"no-double-lease": finding.ModuloClocks, "no-cross-talk": finding.Certain}
	for _, r := range j.Results {
		if len(r.Violations) != 1 || r.Violations[0].Certainty != want[r.Name] {
			t.Errorf("%s: want one violation, %s, got %+v", r.Name, want[r.Name], r.Violations)
		}
	}
	if len(j.Warnings) != 2 || !strings.HasPrefix(j.Warnings[1], `the clocks of generators "g2" and "g1" are at least 50ms apart and eps is 0s, so nothing that was found by comparing their times is certain: a number was dialled before it was given`) {
		t.Errorf("got warnings %q", j.Warnings)
	}
	f := roa
	f.Eps = new(50 * time.Millisecond)
	if j := Judge(t.Context(), reading.Of(map[string]reading.Facts{"": f}, all), Default(), 0); len(j.Warnings) != 0 {
		t.Errorf("want no warning when eps says so, got %q", j.Warnings)
	}
}

// byTurns are operations that two generators recorded in turn.
func byTurns(all []op) []history.Op {
	out := ops(all...)
	for i := range out {
		out[i].Generator = []string{"g1", "g2"}[i%2]
	}
	return out
}

// Every comparison of two generators' times gives way to eps.
func TestEps(t *testing.T) {
	wide := func(f reading.Facts) reading.Facts { return with(f, func(f *reading.Facts) { f.Eps = new(sec(.25)) }) }
	kept := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Visible, f.Retention, f.Duplicate = true, sec(1), sec(100), "last"
	})
	for _, c := range []struct {
		check    string
		facts    reading.Facts
		ops      []op
		overlook float64 // with this much more between the times it is a violation again
	}{
		{check: "no-double-lease", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(9.5, 9.8, "a")}},
		{check: "no-double-lease", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), reserved(4.6, 4.8, "a")}},
		{check: "exhaustion-justified", facts: roh, ops: []op{reserved(0, .1, "a"), dialled(.2, .3, "a").over(5), reserved(1, 1.1, "b"), refused(5.2, 5.3)}},
		{check: "capacity-respected", facts: roa, ops: []op{reserved(0, .1, "a"), reserved(0, .1, "b"), reserved(9, 9.8, "b")}},
		{check: "attributes-delivered", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x"), dialled(.2, 9.9, "a").nonce("x").id("c1"), heard(20, "c1", "", "a")}},
		{check: "attributes-delivered", facts: roa, ops: []op{reserved(0, .4, "a").nonce("x"), dialled(.5, .6, "a").nonce("x").id("c1"), heard(20, "c1", "", "a")}},
		{check: "reserved-number-answers", facts: roa, ops: []op{reserved(0, .1, "a").nonce("x"), turnedAway(9, 9.9, "a", 480, "platform").nonce("x")}},
		{check: "handoff-visible", facts: kept, ops: []op{reserved(0, .1, "a").shared("s"), dialled(1, 2, "a").shared("s").id("c1").over(5), missing(6.2, "s"), found(9, "s", "c1", `{}`)}},
		{check: "rotation", facts: with(roa, func(f *reading.Facts) { f.Selection = "lru" }), ops: []op{
			reserved(0, .1, "a"), dialled(.2, 1, "a").over(2), reserved(.5, .6, "b"), dialled(1.2, 2, "b").over(3), reserved(20, 20.1, "b"),
		}},
	} {
		t.Run(c.check, func(t *testing.T) {
			if out := outcome(t, c.check, c.facts, ops(c.ops...)); len(out.Violations) != 1 {
				t.Errorf("eps 0: want a violation, got %+v", out)
			}
			if out := outcome(t, c.check, wide(c.facts), byTurns(c.ops)); len(out.Violations) != 0 {
				t.Errorf("eps 250ms: want none, got %s", out.Violations[0].Text)
			}
		})
	}
}
