package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Two stamps of one generator are compared as they are, however far its clock may be from the others'.
func TestEpsIsBetweenGenerators(t *testing.T) {
	apart := func(eps *time.Duration) func(*reading.Facts) { return func(f *reading.Facts) { f.Eps = eps } }
	states := with(roa, func(f *reading.Facts) {
		f.Handoffs, f.Visible, f.Retention, f.Duplicate, f.Abandoned = true, sec(1), sec(1000), "last", "keep"
	})
	another := reserved(40, 40.1, "b").on("g2")
	for _, c := range []struct {
		name  string
		check string
		facts reading.Facts
		ops   []op
		want  map[string]finding.Certainty // by eps; none is no violation
	}{
		{"both reservations are of one", "no-double-lease", roa, []op{reserved(0, .1, "a").on("g1"), reserved(3, 3.1, "a").on("g1"), another},
			map[string]finding.Certainty{"0s": finding.Certain, "2s": finding.Certain, "1h0m0s": finding.Certain, "unknown": finding.Certain}},
		{"each is of another", "no-double-lease", roa, []op{reserved(0, .1, "a").on("g1"), reserved(3, 3.1, "a").on("g2")},
			map[string]finding.Certainty{"0s": finding.Certain, "2s": finding.Certain, "unknown": finding.ModuloClocks}},
		{"the margin counts once", "no-double-lease", roa, []op{reserved(0, .1, "a").on("g1"), reserved(3, 3.1, "a").on("g2")},
			map[string]finding.Certainty{"6.8s": finding.Certain, "7s": ""}},
		{"the call and the reservation in it are of one", "no-double-lease", roh,
			[]op{reserved(0, .1, "a").nonce("x").on("g1"), dialled(5, 5.1, "a").nonce("x").id("c1").over(60).on("g2"), reserved(20, 20.1, "a").nonce("y").on("g2"), heard(70, "c1", "x", "a").on("g2")},
			map[string]finding.Certainty{"0s": finding.Certain, "2s": finding.Certain, "unknown": finding.Certain}},
		{"a reservation and its call are of one", "reserved-number-answers", roa,
			[]op{reserved(0, .1, "a").nonce("x").on("g1"), turnedAway(5, 5.1, "a", 480, "platform").nonce("x").on("g1"), another},
			map[string]finding.Certainty{"0s": finding.Certain, "1m0s": finding.Certain, "unknown": finding.Certain}},
		{"a refusal of whom nobody can say who came first", "exhaustion-justified", roa, []op{reserved(0, .1, "a").on("g1"), refused(20, 20.1).on("g1"), another},
			map[string]finding.Certainty{"0s": finding.Certain, "2s": finding.Certain}},
		{"a call and the question for it are of one", "handoff-visible", states,
			[]op{reserved(0, .1, "a").shared("s").on("g2"), dialled(1, 2, "a").shared("s").id("c1").over(3).on("g1"), missing(5, "s").on("g1"), found(9, "s", "c1", `{}`).on("g1"), another},
			map[string]finding.Certainty{"0s": finding.Certain, "5s": finding.Certain, "unknown": finding.Certain}},
		{"a call and the question for it are of two", "handoff-visible", states,
			[]op{reserved(0, .1, "a").shared("s").on("g2"), dialled(1, 2, "a").shared("s").id("c1").over(3).on("g1"), missing(5, "s").on("g2"), found(9, "s", "c1", `{}`).on("g2"), another},
			map[string]finding.Certainty{"0s": finding.Certain, "5s": "", "unknown": finding.ModuloClocks}},
	} {
		for eps, want := range c.want {
			t.Run(c.name+"/"+eps, func(t *testing.T) {
				var fact *time.Duration
				if d, err := time.ParseDuration(eps); err == nil {
					fact = &d
				}
				out := outcome(t, c.check, with(c.facts, apart(fact)), ops(c.ops...))
				switch {
				case want == "" && len(out.Violations) > 0:
					t.Errorf("want nothing, got %s", out.Violations[0].Text)
				case want != "" && (len(out.Violations) != 1 || out.Violations[0].Certainty != want):
					t.Errorf("want one violation, %s, got %+v", want, out)
				}
			})
		}
	}
}

// A clock that was set back is one clock before and another one after it.
func TestClockSetBack(t *testing.T) {
	// numbered gives ids in the order of the rows, as the recorder did by whose clock they are not.
	numbered := func(all ...op) []history.Op {
		out := ops(all...)
		for i := range out {
			out[i].ID = i + 1
		}
		return out
	}
	turn := func(n int, at float64, client string) []op {
		nonce, id := fmt.Sprint("x", n), fmt.Sprint("c", n)
		return []op{
			reserved(at, at+.1, "a").nonce(nonce).client(client), dialled(at+.2, at+.3, "a").nonce(nonce).id(id).client(client).over(at + .5), heard(at+.6, id, nonce, "a").client(client),
		}
	}
	steady := func(from float64, n int, client string) (all []op) {
		for i := range n {
			all = append(all, turn(int(from)+i*20, from+float64(i)*20, fmt.Sprint(client, i))...)
		}
		return all
	}
	const text = "the recorder's clock was set back by "
	for name, c := range map[string]struct {
		ops     []history.Op
		check   string
		want    finding.Certainty // of one violation; "" is none
		warning string            // how it begins; "" is none
	}{
		"each client has a turn, and the clock steps in one": {
			numbered(append(steady(1000, 4, "m"), reserved(500, 500.1, "b").client("m3"), reserved(501, 501.1, "b").client("m3"))...), "no-double-lease", finding.Certain,
			text + "9m20.5s or more before #13: it says that #13 m3: reserve b at 8m20s–8m20.1s: ok was over before #12 m3: handoff at 17m40.6s: ok",
		},
		"whoever came after it is another client": {
			numbered(append(append(steady(100, 3, "m"), reserved(200, 200.1, "c").nonce("l").client("q")), append([]op{reserved(195, 195.1, "c").client("r")}, steady(196, 3, "n")...)...)...), "no-double-lease", finding.ModuloClocks,
			text + "4.9s or more before #11: it says that #11 r: reserve c at 3m15s–3m15.1s: ok was over before #10 q: reserve c at 3m20s",
		},
		"in order": {numbered(append(steady(1, 3, "m"), reserved(200, 200.1, "c"), reserved(201, 201.1, "c"))...), "no-double-lease", finding.Certain, ""},
		"ids by client, one after the other": {
			numbered(slices.Concat(steady(1, 3, "m"), steady(2, 3, "n"), steady(3, 3, "o"), []op{reserved(200, 200.1, "c"), reserved(201, 201.1, "c")})...), "no-double-lease", finding.Certain, "",
		},
		"ids by the ends": {
			numbered(reserved(0, .1, "c").client("m"), reserved(5, 5.1, "b").client("n"), reserved(4, 5.2, "c").client("o"), reserved(9, 9.1, "b").client("p")), "capacity-respected", finding.Certain, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := with(roa, func(f *reading.Facts) { f.Eps = nil })
			j := judgeBy(t, map[string]reading.Facts{"": f}, c.ops, c.check)
			v := j.Results[0].Violations
			if c.want == "" && len(v) != 0 || c.want != "" && (len(v) == 0 || v[0].Certainty != c.want) {
				t.Errorf("want %q, got %+v", c.want, v)
			}
			if c.warning == "" && len(j.Warnings) > 0 || c.warning != "" && (len(j.Warnings) != 1 || !strings.HasPrefix(j.Warnings[0], c.warning)) {
				t.Errorf("want the warning %q, got %q", c.warning, j.Warnings)
			}
		})
	}
}
