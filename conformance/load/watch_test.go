package load

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/judge"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// watched is a history that grows line by line, looked at after each piece of so many lines.
func watched(t *testing.T, text []byte, facts reading.Facts, piece int, look func(w *watch)) *watch {
	t.Helper()
	file := filepath.Join(t.TempDir(), "h.jsonl")
	w := newWatch(file, "t-", map[string]reading.Facts{"acme": facts}, Journey{})
	w.overlap = 300 * time.Millisecond
	lines := strings.SplitAfter(string(text), "\n")
	for at := 1; at < len(lines); at += piece {
		so := strings.Join(lines[:min(at+piece, len(lines))], "")
		if err := os.WriteFile(file, []byte(so+`{"id":9999,"cli`), 0o666); err != nil { // a line that is being written
			t.Fatal(err)
		}
		if err := w.look(context.Background()); err != nil {
			t.Fatal(err)
		}
		look(w)
	}
	return w
}

// small is what is known of the pool of callers.
func small() reading.Facts {
	return reading.Facts{
		Size: 12, WindowMin: 100 * time.Millisecond, WindowMax: 100 * time.Millisecond, CoolDown: new(time.Duration(0)), Release: reading.OnHangup, Bindings: "once",
		Exclusive: true, Handoffs: true, Strays: new(0.0), Signal: new(time.Duration(0)), ServerMax: new(time.Second), Eps: new(time.Duration(0)),
	}
}

// TestAGrowingHistoryIsJudged: what is wrong is found soon after it was written, once, wherever it is and however the file
// grows, and nothing else is; and what is over is let go of.
func TestAGrowingHistoryIsJudged(t *testing.T) {
	t.Parallel()
	for _, piece := range []int{5, 100} {
		for _, wrong := range []int{0, 30, 89} {
			text := callers(t, func(i int) int {
				if i == wrong && i > 0 {
					return i - 1
				}
				return i
			})
			soonest, most := 0, 0
			w := watched(t, text, small(), piece, func(w *watch) {
				if soonest == 0 && w.soFar().Violations > 0 {
					soonest = w.gone + len(w.callers) - 1
				}
				most = max(most, len(w.callers))
			})
			var whole finding.HistoryReport
			file := filepath.Join(t.TempDir(), "whole.jsonl")
			if err := os.WriteFile(file, text, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := judge.Each(context.Background(), judge.Plan{Files: []string{file}, Facts: map[string]reading.Facts{"acme": small()}, Checks: check.Default()}, func(h finding.HistoryReport) error {
				whole = h
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if got := w.soFar(); got.Violations != whole.Violations() || got.Missed != "" || (wrong > 0) != (got.Violations > 0) {
				t.Errorf("caller %d, %d lines at a time: want the %d violations of the whole, got %+v", wrong, piece, whole.Violations(), got)
			}
			if wrong > 0 && soonest > wrong+piece/6+20 {
				t.Errorf("caller %d, %d lines at a time: want it found soon, got it at caller %d", wrong, piece, soonest)
			}
			if piece < 100 && most > 40 {
				t.Errorf("%d lines at a time: want callers forgotten who are over, got %d", piece, most)
			}
		}
	}
}

// TestTooMuchToLookAt is said, and not taken for nothing wrong.
func TestTooMuchToLookAt(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "h.jsonl")
	if err := os.WriteFile(file, callers(t, func(int) int { return 1 }), 0o666); err != nil {
		t.Fatal(err)
	}
	w := newWatch(file, "t-", map[string]reading.Facts{"acme": small()}, Journey{})
	w.most = 10
	if err := w.look(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := w.soFar(); got.Violations > 0 || got.Until > 0 || !strings.Contains(got.Missed, "more than 10 operations") {
		t.Errorf("want it said that nothing was looked at, got %+v", got)
	}
}

// TestABrokenPlatformIsToldWhileTheRunGoesOn: the threshold on violations ends a run that would go on for an hour.
func TestABrokenPlatformIsToldWhileTheRunGoesOn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"M02", "M27"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen SoFar
			r, err := Test{
				Plan: Plan{
					Profile: profile(t, `
load: v1
arrivals: 40/s
for: 1h
grace: 5s
journey: {think: {mean: 20ms}, talk: {mean: 100ms}, poll: {every: 100ms, for: 500ms}, reserve_timeout: 500ms, retries: 0}
thresholds: [{want: violations == 0, abort: true}]
`),
					Stage: broken(t, name, "pool: {numbers: 40, window: 2s}"), Seed: 1, Prefix: "t-", See: func(s Sample) { seen = *s.SoFar },
				},
				File: filepath.Join(t.TempDir(), "h.jsonl"),
			}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if r.Aborted != "violations == 0" || seen.Violations == 0 || r.Thresholds[0].Status != Failed || r.Conclusion().ExitCode() != 1 || r.Violations() < seen.Violations {
				t.Errorf("want the run ended by what the checks found, and as much in the whole, got %q, %+v, %+v and %d", r.Aborted, seen, r.Thresholds, r.Violations())
			}
		})
	}
}

// worldOf reads what stands under given.
func worldOf(t *testing.T, given string) world.World {
	t.Helper()
	n, problems := strictyaml.Parse("given", []byte(given))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	g, problems := world.Read("given", n)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return g
}

// broken is a platform in this process that is broken as a mutant is.
func broken(t *testing.T, mutant, given string) *live.Stage {
	t.Helper()
	g := worldOf(t, given)
	m, ok := mutants.Named(mutant)
	if !ok {
		t.Fatalf("no mutant %s", mutant)
	}
	settings := g.Platform
	if m.Config != nil {
		settings = worldOf(t, given).Platform
		m.Config(&settings)
	}
	var parts sim.Parts
	if m.Parts != nil {
		parts = m.Parts(1, clock.Real())
	}
	s, err := sim.New(settings, func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil }, sim.WithParts(parts))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, err := live.Open(t.Context(), live.Platform{BaseURL: "http://" + s.HTTPAddr(), SIP: s.SIPAddr(), Close: s.Close}, g, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
