package check

import (
	"math"
	"testing"

	"github.com/dnispool/dnispool/conformance/check/simulated"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		k          int
		mean, want float64
	}{
		{0, 1, 1}, {1, 0, 0}, {1, 1, 1 - math.Exp(-1)}, {2, 1, 1 - 2*math.Exp(-1)}, {1, 1e-9, 1e-9}, {3, 1e-6, 1e-18 / 6}, {5, 100, 1}, {120, 100, 0.02823}, {1000, 1, 0},
	} {
		if got := atLeast(c.k, c.mean); math.Abs(got-c.want) > 1e-3*c.want+1e-300 {
			t.Errorf("atLeast(%d, %g): want %g, got %g", c.k, c.mean, c.want, got)
		}
	}
}

// One reservation that waited ten seconds is exposed to strays for as long. What they can have done is held against
// how often they come.
func TestStrays(t *testing.T) {
	background := func(f reading.Facts, perSecond float64) reading.Facts {
		return with(f, func(f *reading.Facts) { f.Strays = &perSecond })
	}
	const rare, often = 1e-6, 1e-2
	twice := []op{reserved(0, .1, "a"), reserved(9, 9.1, "a")}
	atOnce := []op{reserved(0, .1, "a").nonce("x"), dialled(.2, .3, "a").nonce("x").id("c1").over(8), reserved(5, 5.1, "a"), heard(9, "c1", "x", "a")}
	lost := []op{reserved(0, .1, "a").nonce("x"), dialled(1, 9, "a").nonce("x").id("c1").over(20), heard(30, "c1", "", "a")}
	foreign := []op{reserved(0, .1, "a").nonce("x"), dialled(1, 9, "a").nonce("x").id("c1").over(20), heard(30, "c1", "z", "a")}
	full := []op{reserved(0, .1, "a"), refused(1, 1.1)}
	for _, c := range []struct {
		name, check string
		facts       reading.Facts
		ops         []op
		want        finding.Certainty // "" is no violation
		p           float64
	}{
		{"double, and strays are rare", "no-double-lease", background(roa, rare), twice, finding.ModuloStrays, 9.2 * rare},
		{"double, and strays are frequent", "no-double-lease", background(roa, often), twice, "", 0},
		{"double, and nobody strays", "no-double-lease", roa, twice, finding.Certain, 0},
		{"the agent knows which call took it", "no-double-lease", background(roh, often), atOnce, finding.Certain, 0},
		{"lost, and strays are rare", "attributes-delivered", background(roa, rare), lost, finding.ModuloStrays, 11.1 * rare},
		{"lost, and strays are frequent", "attributes-delivered", background(roa, often), lost, "", 0},
		{"a foreign nonce is no stray's doing", "no-cross-talk", background(roa, often), foreign, finding.Certain, 0},
		{"a stray holds no number where arrival releases", "exhaustion-justified", background(roa, often), full, finding.Certain, 0},
		{"but where hang-up does", "exhaustion-justified", background(roh, often), full, "", 0},
		{"though not often", "exhaustion-justified", background(roh, rare), full, finding.ModuloStrays, 1.1 * rare},
		{"nor for ever", "no-lost-number", background(roa, often), drained(reserved(0, .1, "a"), refused(1, 1.1)), finding.Certain, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := outcome(t, c.check, c.facts, ops(c.ops...))
			if c.want == "" {
				if len(out.Violations) != 0 || out.Undecided == 0 {
					t.Errorf("want it undecided, got %+v", out)
				}
				return
			}
			if len(out.Violations) != 1 || out.Violations[0].Certainty != c.want {
				t.Fatalf("want one, %s, got %+v", c.want, out.Violations)
			}
			if p := out.Violations[0].P; math.Abs(p-c.p) > .1*c.p {
				t.Errorf("want p %g, got %g", c.p, p)
			}
		})
	}
}

// A thousand reservations of which one or two lost their attributes are what strays do; twenty are not.
func TestStraysInNumbers(t *testing.T) {
	var all []op
	for i := range 1000 {
		at := float64(100 * i)
		id := simulated.Number(i)
		all = append(all, reserved(at, at+.1, simulated.Number(i)).nonce(id), dialled(at+.2, at+5, simulated.Number(i)).nonce(id).id(id).over(at+6), heard(at+7, id, id, simulated.Number(i)))
	}
	f := with(roa, func(f *reading.Facts) { f.Strays = new(4e-4) }) // two in a thousand that wait five seconds
	for losses, want := range map[int]int{2: 0, 20: 20} {
		some := ops(all...)
		for i := range losses {
			id := simulated.Number(40 * i)
			some[3*40*i+2] = ops(heard(float64(4000*i+7), id, "", id))[0]
		}
		out := outcome(t, "attributes-delivered", f, some)
		if len(out.Violations) != want || out.Undecided != losses-want {
			t.Errorf("%d losses: want %d violations, got %d and %d undecided", losses, want, len(out.Violations), out.Undecided)
		}
	}
}
