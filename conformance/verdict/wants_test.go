package verdict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// TestWants has histories that lack something, and says what: the shortest list comes first.
func TestWants(t *testing.T) {
	last := func(m *made) *history.Op { return &m.ops[len(m.ops)-1] }
	arrival := func(change func(*reading.Facts)) reading.Facts {
		return stated(func(f *reading.Facts) { f.Release, f.Size = reading.OnArrival, 2; change(f) })
	}
	for _, c := range []struct {
		name  string
		facts reading.Facts
		make  func(*made)
		want  string // is said
		not   string // is not
	}{
		{"a number that may rest", arrival(func(f *reading.Facts) { f.CoolDown, f.Size = nil, 1 }), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.call(1, 1.1, 2)
			m.refuse(20, 20.1)
			m.refuse(30, 30.1)
		}, "state cool_down (2 cases of exhaustion-justified)", ""},
		{"numbers that were refused while they were held", arrival(func(f *reading.Facts) { f.CoolDown = nil }), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.reserve(0, .1, "+49302")
			m.refuse(1, 1.1)
		}, "", "cool_down"},
		{"a rest that would not decide", arrival(func(f *reading.Facts) { f.CoolDown, f.WindowMin, f.Size = nil, time.Minute, 1 }), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.refuse(90, 90.1) // its window is over, or is not
		}, "", "cool_down"},
		{"calls whose end nobody saw", stated(func(f *reading.Facts) { f.Size = 1 }), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.call(1, 1.1, 2)
			last(m).Ended, last(m).EndedBy, last(m).Bye = false, "", 0
			m.refuse(60, 60.1)
			m.refuse(70, 70.1)
			m.refuse(80, 80.1)
		}, "record ended of calls (3 cases of exhaustion-justified)", ""},
		{"both", stated(func(f *reading.Facts) { f.Size, f.CoolDown = 1, nil }), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.call(1, 1.1, 2)
			last(m).Ended, last(m).EndedBy, last(m).Bye = false, "", 0
			m.refuse(60, 60.1)
		}, "state cool_down and record ended of calls (1 case of exhaustion-justified)", "state cool_down ("},
		{"a lost reply", arrival(func(f *reading.Facts) { f.ServerMax, f.Size = nil, 1 }), func(m *made) {
			m.refuse(0, 1)
			last(m).Outcome, last(m).Status = history.Indefinite, 0
			m.refuse(500, 500.1)
		}, "state server_max (1 case of exhaustion-justified)", ""},
		{"who ended the call", stated(func(*reading.Facts) {}), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.call(1, 1.1, 2)
			last(m).EndedBy = ""
			m.ask(20, false)
		}, "record ended_by of calls (1 case of no-fail-open-drop)", ""},
		{"how soon a state can be read", stated(func(f *reading.Facts) { f.Visible = 0 }), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.call(1, 1.1, 2)
			m.ask(20, false)
		}, "state visible (1 case of no-fail-open-drop)", ""},
		{"an agent that says nothing", stated(func(*reading.Facts) {}), func(m *made) {
			m.reserve(0, .1, "+49301")
			m.call(1, 1.1, 2)
			m.ask(20, true)
			last(m).Data = []byte(`{"handoff_to":null}`)
		}, "record echo_nonce of states (all of attributes-delivered, all of conservation, all of no-cross-talk)", ""},
		{"the strays of a pool", stated(func(f *reading.Facts) { f.Strays = nil }), func(m *made) { m.again(3, 2, 30) }, "state strays_per_s (", ""},
		{"a pool that others use", stated(func(f *reading.Facts) { f.Exclusive = false }), func(m *made) { m.refuse(0, 1) }, "state exclusive (", ""},
		{"nothing but a size", reading.Facts{Size: 3}, func(m *made) { m.again(2, 2, 30) }, "state window_min, release (all of capacity-respected, all of no-double-lease)", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m made
			c.make(&m)
			var all []string
			length := 0
			for _, w := range judge(c.facts, m.ops).Wants() {
				all = append(all, w.String())
				if n := len(w.Facts) + len(w.Fields); n < length {
					t.Errorf("want the shortest list first, got %q", all)
				} else {
					length = n
				}
			}
			got := strings.Join(all, "\n")
			if !strings.Contains(got, c.want) {
				t.Errorf("want %s, got\n%s", c.want, got)
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("want nothing of %s, got\n%s", c.not, got)
			}
		})
	}
}
