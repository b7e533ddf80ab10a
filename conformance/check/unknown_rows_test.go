package check

import (
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// What is not known is not zero, not false, and not "did not happen". Each row breaks a promise where its fact is known,
// and none for certain where it is not.
func TestUnknownFacts(t *testing.T) {
	one := with(roa, func(f *reading.Facts) { f.Size = 1 })
	states := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Duplicate, f.Abandoned, f.NoHandoff = true, "last", "keep", reading.AsState
	})
	late := []op{reserved(0, .1, "a").nonce("x"), dialled(1, 2, "a").nonce("x").over(6), reserved(5.5, 5.6, "a").nonce("y")}
	freed := []op{reserved(0, .1, "a").nonce("x"), dialled(1, 2, "a").nonce("x").over(3), refused(5, 5.1)}
	waits := []op{reserved(0, .1, "a"), reserved(5, 5.1, "a")}
	dropped := []op{reserved(0, .1, "a").nonce("x").shared("s"), dialled(1, 2, "a").nonce("x").shared("s").over(6), missing(6.5, "s")}
	for _, c := range []struct {
		name, check string
		facts       reading.Facts
		ops         []op
		forget      func(*reading.Facts)
	}{
		{"cool-down", "exhaustion-justified", one, freed, func(f *reading.Facts) { f.CoolDown = nil }},
		{"cool-down, by turns", "rotation", with(roa, func(f *reading.Facts) { f.Selection = "lru" }), []op{
			reserved(0, .1, "a"), dialled(.2, 1, "a").over(2), reserved(.5, .6, "b"), dialled(1.2, 2, "b").over(3), reserved(20, 20.1, "b"),
		}, func(f *reading.Facts) { f.CoolDown = nil }},
		{"how late a BYE is heard", "no-double-lease", roh, late, func(f *reading.Facts) { f.Signal = nil }},
		{"how late a BYE is sent", "exhaustion-justified", with(one, func(f *reading.Facts) { f.Release = "hangup" }), freed, func(f *reading.Facts) { f.Signal = nil }},
		{"how late a request is acted on", "exhaustion-justified", one, []op{timedOut(0, 1), refused(100, 100.1)}, func(f *reading.Facts) { f.ServerMax = nil }},
		{"who else calls", "no-double-lease", roa, waits, func(f *reading.Facts) { f.Strays = nil }},
		{"who else reserves", "no-double-lease", roa, waits, func(f *reading.Facts) { f.Exclusive = false }},
		{"who reserved before", "no-double-lease", roa, waits, func(f *reading.Facts) { f.UsedBefore = true }},
		{"who held numbers before", "exhaustion-justified", one, freed, func(f *reading.Facts) { f.UsedBefore = true }},
		{"by search, who else calls", "linearizable", roa, waits, func(f *reading.Facts) { f.Strays = nil }},
		{"how soon a state is readable", "no-fail-open-drop", states, dropped, func(f *reading.Facts) { f.Handoffs = false }},
		{"that no handoff is a 404", "no-fail-open-drop", states, dropped, func(f *reading.Facts) { f.NoHandoff = reading.NotFound }},
		{"what no handoff looks like", "no-fail-open-drop", states, dropped, func(f *reading.Facts) { f.NoHandoff = "" }},
		{"how far the clocks are apart", "no-double-lease", roa, []op{reserved(0, .1, "a").on("g1"), reserved(5, 5.1, "a").on("g2")}, func(f *reading.Facts) { f.Eps = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := certain(outcome(t, c.check, c.facts, ops(c.ops...))); n != 1 {
				t.Errorf("known: want 1 certain violation, got %d", n)
			}
			if n := certain(outcome(t, c.check, with(c.facts, c.forget), ops(c.ops...))); n != 0 {
				t.Errorf("not known: want none, got %d", n)
			}
		})
	}
}

// certain counts the violations that are held against the platform.
func certain(out finding.Outcome) (n int) {
	for _, x := range out.Violations {
		if x.Proven() {
			n++
		}
	}
	return n
}
