package verdict_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// made is a history in the making. Times are in seconds.
type made struct{ ops []history.Op }

func at(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (m *made) add(o history.Op, from, to float64) *history.Op {
	o.ID, o.Project, o.Start, o.End = len(m.ops)+1, "shop", at(from), at(to)
	m.ops = append(m.ops, o)
	return &m.ops[len(m.ops)-1]
}

func (m *made) reserve(from, to float64, number string) {
	name := fmt.Sprint("r", len(m.ops))
	m.add(history.Op{Kind: history.Reserve, Outcome: history.OK, Status: 200, Number: number, Nonce: name, SharedID: "s" + name, Client: name}, from, to)
}

func (m *made) refuse(from, to float64) {
	m.add(history.Op{Kind: history.Reserve, Outcome: history.Refused, Status: 404, Client: "late"}, from, to)
}

// call is for the reservation made last. It is over at bye.
func (m *made) call(from, to, bye float64) {
	r := m.ops[len(m.ops)-1]
	m.add(history.Op{Kind: history.Call, Outcome: history.OK, Status: 200, Number: r.Number, Nonce: r.Nonce, SharedID: r.SharedID, Client: r.Client,
		CallID: "call of " + r.Nonce, Ended: true, EndedBy: "platform", Bye: at(bye)}, from, to)
}

// ask is for the state of the last call. It finds it, or does not.
func (m *made) ask(t float64, found bool) {
	var c history.Op
	for _, o := range m.ops {
		if o.Kind == history.Call {
			c = o
		}
	}
	o := history.Op{Kind: history.Handoff, Outcome: history.Refused, Status: 404, AskedSharedID: c.SharedID, Client: c.Client}
	if found {
		o.Outcome, o.Status, o.GotID, o.GotSharedID = history.OK, 200, c.CallID, c.SharedID
		o.Data = fmt.Appendf(nil, `{"echo_nonce":%q,"echo_dnis":%q}`, c.Nonce, c.Number)
	}
	m.add(o, t, t+.01)
}

func numbers(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("+4930%06d", i))
	}
	return out
}

// stated are facts of a pool that nobody else uses.
func stated(change func(*reading.Facts)) reading.Facts {
	f := reading.Facts{
		Size: 3, WindowMin: 2 * time.Minute, WindowMax: 2 * time.Minute, CoolDown: new(time.Duration), Release: reading.OnHangup, Bindings: "once", Exclusive: true,
		Visible: time.Second, Retention: time.Hour, Duplicate: "last", Abandoned: "keep", Strays: new(float64), Failures: new(float64), ServerMax: new(time.Duration), Signal: new(time.Duration),
	}
	change(&f)
	return f
}

// again gives every number again so many times, each so long after the last time.
func (m *made) again(size, rounds int, every float64) {
	for round := range rounds {
		for i, n := range numbers(size) {
			t := float64(round)*every + float64(i)*.2
			m.reserve(t, t+.05, n)
		}
	}
}

var wrongFacts = []struct {
	name  string
	facts reading.Facts
	make  func(*made)
	fact  string // of the first pattern; "" where there is none
	fits  string
	by    string   // the check with the most violations
	rests []string // its facts, among others
}{
	{"each number is given again after half a minute", stated(func(*reading.Facts) {}), func(m *made) { m.again(3, 4, 30) }, "window_min", "30s or less", "no-double-lease", []string{"window_min"}},
	{"a window that cannot be shorter, for a request was refused", stated(func(*reading.Facts) {}), func(m *made) {
		m.again(3, 4, 30)
		m.refuse(115, 115.1)
	}, "window_min", "25s to 30s", "no-double-lease", nil},
	{"a pool of seven that is full at four", stated(func(f *reading.Facts) { f.Size = 7 }), func(m *made) {
		m.again(4, 1, 0)
		for t := range 5 {
			m.refuse(5+float64(t), 5.02+float64(t))
		}
	}, "size", "4", "exhaustion-justified", []string{"size", "window_max", "exclusive"}},
	{"a listed pool that is full at half", stated(func(f *reading.Facts) { f.Size, f.Numbers = 0, numbers(4) }), func(m *made) {
		m.again(2, 1, 0)
		m.refuse(1, 1.1)
		m.refuse(2, 2.1)
	}, "size", "2", "exhaustion-justified", []string{"size"}},
	{"more numbers than it has", stated(func(f *reading.Facts) { f.Size = 2 }), func(m *made) {
		for i, n := range numbers(5) {
			m.reserve(float64(i)*200, float64(i)*200+.1, n)
		}
	}, "", "5 or more", "capacity-respected", []string{"size"}},
	{"every state comes late", stated(func(*reading.Facts) {}), func(m *made) {
		for i, n := range numbers(3) {
			t := float64(i) * 20
			m.reserve(t, t+.1, n)
			m.call(t+1, t+1.2, t+4)
			m.ask(t+6.5, false)
			m.ask(t+8, true)
			m.ask(t+9, true)
		}
	}, "visible", "2.5s or more", "handoff-visible", []string{"visible"}},
	{"numbers come back while their calls are up", stated(func(*reading.Facts) {}), func(m *made) {
		for round := range 3 {
			for i, n := range numbers(2) {
				t := float64(round)*20 + float64(i)
				m.reserve(t, t+.1, n)
				m.call(t+1, t+1.1, t+30)
			}
		}
	}, "release", "arrival or answer", "no-double-lease", []string{"release"}},
	{"numbers do not come back while their calls are up", stated(func(f *reading.Facts) { f.Release, f.Size = reading.OnArrival, 2 }), func(m *made) {
		for i, n := range numbers(2) {
			m.reserve(float64(i)*.2, float64(i)*.2+.1, n)
			m.call(float64(i)+1, float64(i)+1.1, float64(i)+40)
		}
		m.refuse(10, 10.1)
		m.refuse(20, 20.1)
	}, "release", "answer or hangup", "exhaustion-justified", []string{"release"}},
	{"numbers rest for less", stated(func(f *reading.Facts) {
		f.Release, f.CoolDown = reading.OnArrival, new(30*time.Second)
	}), func(m *made) {
		for round := range 3 {
			for i, n := range numbers(3) {
				t := float64(round)*10 + float64(i)
				m.reserve(t, t+.1, n)
				m.call(t+1, t+1.1, t+2)
				m.ask(t+3.2, true)
			}
		}
	}, "cool_down", "9.1s or less", "no-double-lease", []string{"cool_down"}},
	{"one number of many is given twice", stated(func(f *reading.Facts) { f.Size = 20 }), func(m *made) {
		m.again(20, 1, 0)
		m.reserve(5, 5.1, numbers(20)[7])
	}, "", "3.7s or less", "no-double-lease", []string{"window_min"}},
}

func judge(f reading.Facts, ops []history.Op) finding.Judgement {
	_, j := verdict.Judge(context.Background(), map[string]reading.Facts{"shop": f}, ops, check.Default(), 0)
	return j
}

// worst is the result with the most violations.
func worst(j finding.Judgement) finding.Judged {
	return slices.MaxFunc(j.Results, func(a, b finding.Judged) int { return len(a.Violations) - len(b.Violations) })
}

// TestWrongFacts has platforms that keep their promises and facts that are wrong: the violations name the fact, and what it
// would have to be.
func TestWrongFacts(t *testing.T) {
	for _, c := range wrongFacts {
		for _, source := range []reading.Source{"", reading.Measured} {
			t.Run(c.name+string(source), func(t *testing.T) {
				var m made
				c.make(&m)
				f := c.facts
				if source != "" {
					f.Sources = map[string]reading.Source{}
					for _, name := range reading.FactNames() {
						f.Sources[name] = source
					}
				}
				j := judge(f, m.ops)
				if code := j.Conclusion(false).ExitCode(); code != finding.ExitNotConformant {
					t.Errorf("exit code %d, want 1", code)
				}
				w := worst(j)
				if w.Name != c.by {
					t.Fatalf("want %s to find the most, got %s: %+v", c.by, w.Name, w.Violations)
				}
				v := w.Violations[0]
				if !strings.Contains(v.Text, " is wrong; "+c.fits+" would fit") {
					t.Errorf("want the text to end with what would fit, %s, got %s", c.fits, v.Text)
				}
				for _, name := range c.rests {
					i := slices.IndexFunc(v.Rests, func(b finding.Basis) bool { return b.Fact == name })
					if i < 0 || source == reading.Measured && v.Rests[i].Source != "measured" || source == "" && v.Rests[i].Source != "documented" {
						t.Errorf("want it to rest on %s, got %v", name, v.Rests)
					}
				}
				switch {
				case c.fact == "" && len(j.Patterns) > 0:
					t.Errorf("want no pattern, got %+v", j.Patterns)
				case c.fact != "" && !slices.ContainsFunc(j.Patterns, func(p finding.Pattern) bool {
					return slices.ContainsFunc(append([]finding.Basis{p.Basis}, p.Or...), func(b finding.Basis) bool { return b.Fact == c.fact && b.Fits == c.fits })
				}):
					t.Errorf("want the pattern %s, got %+v", c.fact, j.Patterns)
				}
			})
		}
	}
}

// TestAssumedFacts has the same facts, assumed: what contradicts them is not held against the platform.
func TestAssumedFacts(t *testing.T) {
	for _, c := range wrongFacts {
		t.Run(c.name, func(t *testing.T) {
			var m made
			c.make(&m)
			f := c.facts
			fact := c.fact
			if fact == "" {
				fact = c.rests[0]
			}
			f.Sources = map[string]reading.Source{fact: reading.Assumed, "numbers": reading.Assumed}
			j := judge(f, m.ops)
			for _, r := range j.Results {
				if r.Name == c.by && len(r.Violations) > 0 {
					t.Errorf("want no violation of %s, got %s", r.Name, r.Violations[0].Text)
				}
				if r.Name == c.by && (!strings.Contains(r.Assumed, fact) || !strings.Contains(r.Assumed, c.fits)) {
					t.Errorf("want it to say that %s is assumed and that %s would fit, got %q (%s)", fact, c.fits, r.Assumed, r.NotJudged)
				}
			}
			if code := j.Conclusion(false).ExitCode(); code != finding.ExitInconclusive {
				t.Errorf("exit code %d, want 3: %+v", code, worst(j).Violations)
			}
		})
	}
}

// TestDefectIsNoPattern has a platform that now and then gives a number twice, on each of its numbers: that is no window
// that is too long.
func TestDefectIsNoPattern(t *testing.T) {
	for every := 3; every < 6; every++ {
		var m made
		for round := range 10 {
			for i, n := range numbers(3) {
				t := float64(round)*150 + float64(i)
				m.reserve(t, t+.1, n)
				if (round+i)%every == 0 {
					m.reserve(t+.05, t+.15, n)
				}
			}
		}
		j := judge(stated(func(*reading.Facts) {}), m.ops)
		if w := worst(j); w.Name != "no-double-lease" || len(j.Patterns) > 0 || strings.Contains(w.Violations[0].Text, "the stated window") {
			t.Errorf("every %d: want it of the platform alone, got %+v, %s: %s", every, j.Patterns, w.Name, w.Violations[0].Text)
		}
	}
}

// TestLongHistory has a fault at the beginning, in the middle and at the end of a history that is too long to be judged
// many times.
func TestLongHistory(t *testing.T) {
	const rounds = 4000
	for fault, fits := range map[int]string{1: "35.1s", rounds / 2: "35.1s", rounds - 1: "1m30.1s"} {
		var m made
		for round := range rounds {
			t := float64(round) * 125
			for i, n := range numbers(3) {
				m.reserve(t+float64(i), t+float64(i)+.1, n)
			}
			if round == fault {
				m.reserve(t+90, t+90.1, numbers(1)[0])
			}
		}
		j := judge(stated(func(f *reading.Facts) { f.Size = 4 }), m.ops)
		w := worst(j)
		if w.Name != "no-double-lease" || !strings.HasSuffix(w.Violations[0].Text, "or the stated window (documented, 2m0s) is wrong; "+fits+" or less would fit") {
			t.Errorf("round %d: want what would fit, got %s: %s", fault, w.Name, w.Violations[0].Text)
		}
	}
}

// TestRightFacts has a correct platform: whatever the source of its facts, it is judged once or twice, and not blamed.
func TestRightFacts(t *testing.T) {
	var m made
	m.again(3, 4, 125)
	for _, source := range []reading.Source{reading.Documented, reading.Measured, reading.Assumed} {
		f := stated(func(*reading.Facts) {})
		f.Sources = map[string]reading.Source{"window_min": source, "size": source}
		j := judge(f, m.ops)
		if j.Violations() > 0 || len(j.Patterns) > 0 {
			t.Errorf("%s: want nothing, got %+v", source, worst(j))
		}
		for _, r := range j.Results {
			if said := strings.Contains(r.NotJudged, "nothing contradicts it"); r.Name == "no-double-lease" && said != (source == reading.Assumed) {
				t.Errorf("%s: got %q", source, r.NotJudged)
			}
			if r.Assumed != "" {
				t.Errorf("%s: got %q", source, r.Assumed)
			}
		}
	}
}
