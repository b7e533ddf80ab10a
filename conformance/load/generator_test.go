package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/judge"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/sim/clock"
)

// still is a platform without sockets. It gives everybody a number, at once unless do says otherwise.
type still struct {
	do func(ctx context.Context) error
}

func (s still) Do(r *http.Request) (*http.Response, error) {
	if s.do != nil {
		if err := s.do(r.Context()); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"dni":"+442079460000"}`))}, nil
}

func (still) BaseURL() string                        { return "http://platform.invalid" }
func (still) Project(string) (targets.Project, bool) { return targets.Project{}, true }
func (still) Facts(string) reading.Facts             { return reading.Facts{} }
func (still) Dial(context.Context, targets.Dial) (targets.Call, error) {
	return nil, errors.New("no calls here")
}

// reservations is a plan of reservations alone.
func reservations(t *testing.T, text string, s Stage) Plan {
	t.Helper()
	return Plan{Profile: profile(t, text), Stage: s, Seed: 1, Prefix: "t-", NoCalls: true}
}

// TestAStallShows: a platform that answers nobody for half a second is late for all who came meanwhile. A generator that
// waits for replies would have sent a few requests in that time, and show a good 99th percentile.
func TestAStallShows(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	stalled := func(ctx context.Context) error {
		if since := time.Since(begun); since > 200*time.Millisecond && since < 700*time.Millisecond {
			return clock.Real().Sleep(ctx, 700*time.Millisecond-since)
		}
		return nil
	}
	out, err := Run(context.Background(), reservations(t, "{load: v1, arrivals: 400/s, for: 1s}", still{stalled}))
	if err != nil {
		t.Fatal(err)
	}
	reserve := out.Measured.Times[measure.TimeReserve]
	if reserve.P95 < 300*time.Millisecond || reserve.Max < 400*time.Millisecond || reserve.Count != out.Measured.Counts.Begun {
		t.Errorf("reserve: want a 95th percentile of 300ms or more, got %+v", reserve)
	}
}

// TestAStarvedGeneratorIsSeenAndBlamesNobody: what waits for a generator that begins its callers in heaps is late, and the
// report says through whom.
func TestAStarvedGeneratorIsSeenAndBlamesNobody(t *testing.T) {
	t.Parallel()
	p := reservations(t, "{load: v1, arrivals: 200/s, for: 1s, thresholds: [reserve.p99 < 50ms, failed == 0%]}", still{})
	begun := time.Now()
	p.pause = func(ctx context.Context, d time.Duration) error { // runs four times a second
		return clock.Real().Sleep(ctx, (time.Since(begun)+d).Truncate(250*time.Millisecond)+250*time.Millisecond-time.Since(begun))
	}
	out, err := Run(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if lag := out.Measured.Times[measure.TimeLag]; lag.P90 < 100*time.Millisecond {
		t.Errorf("send lag: want it to show, got %+v", lag)
	}
	if got := out.Thresholds; got[0].Status != Inconclusive || !strings.Contains(got[0].Says, "the generator itself was late") || got[1].Status != Passed {
		t.Errorf("thresholds: want no verdict on the 99th percentile, for the generator's sake, got %+v", got)
	}
	if c := out.Measured.Counts; c.Scheduled != c.Begun || c.Reserved != c.Begun || !measure.Balanced(out.Measured.Ledger) {
		t.Errorf("counts: want every caller, got %+v", c)
	}
}

// TestAGeneratorThatStoodStillBlamesNobody: who should have come one by one came in a heap when it went on, and a heap is refused
// where the others are not. Nothing is late for the end of the run, and the report says it all the same.
func TestAGeneratorThatStoodStillBlamesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var mu sync.Mutex
		var last time.Time
		together := 0
		crowd := still{do: func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			if now := time.Now(); now.Equal(last) {
				together++
			} else {
				last, together = now, 0
			}
			if together > 20 {
				return errors.New("too many at once")
			}
			return nil
		}}
		p := reservations(t, "{load: v1, arrivals: 50/s, for: 20s, journey: {retries: 0}, thresholds: [failed < 1%, dropped < 1%, wrong_context == 0, send_lag.max < 1s]}", crowd)
		p.pause = func(ctx context.Context, d time.Duration) error {
			if since := time.Since(begun); since > 10*time.Second && since < 13*time.Second {
				d = 13*time.Second - since
			}
			return clock.Real().Sleep(ctx, d)
		}
		out, err := Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		got := out.Thresholds
		if got[0].Status != Inconclusive || !strings.Contains(got[0].Says, "the generator began") || got[1].Status != Passed || got[3].Status != Failed {
			t.Errorf("thresholds: want no verdict on the platform, and one on the generator, got %+v", got)
		}
		r := Report{Outcome: out}
		if doubts := r.Doubts(); len(doubts) != 1 || !strings.Contains(doubts[0], "was not reached") {
			t.Errorf("doubts: want the rate in doubt, got %q", doubts)
		}
	})
}

// TestALittleLateIsInTime: a caller who is due when a short stage ends, and begins a moment later, was offered all the same.
func TestALittleLateIsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := reservations(t, "{load: v1, arrivals: 5/s, for: 2s, thresholds: [blocked < 1%, send_lag.max > 250ms]}", still{})
		p.pause = func(ctx context.Context, d time.Duration) error {
			return clock.Real().Sleep(ctx, d+300*time.Millisecond)
		}
		out, err := Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		stages, r := out.Measured.Stages, Report{Outcome: out}
		if doubts := r.Doubts(); len(doubts) > 0 || out.Thresholds[1].Status != Passed || stages[len(stages)-1].Late > 0 {
			t.Errorf("want no doubt and every caller in time, got %q, %+v and %+v", doubts, out.Thresholds, stages)
		}
	})
}

func TestARateThatIsNotReachedProvesNothing(t *testing.T) {
	t.Parallel()
	late := reservations(t, "{load: v1, arrivals: 100/s, for: 200ms, thresholds: [blocked < 1%]}", still{})
	late.pause = func(ctx context.Context, d time.Duration) error {
		return clock.Real().Sleep(ctx, d+400*time.Millisecond)
	}
	crowded := reservations(t, "{load: v1, arrivals: 100/s, for: 300ms, in_flight: 1, journey: {reserve_timeout: 400ms}, thresholds: [blocked < 1%]}", still{func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	for name, p := range map[string]Plan{"late": late, "crowded": crowded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := Run(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			r := Report{Outcome: out}
			if doubts := r.Doubts(); len(doubts) != 1 || !strings.Contains(doubts[0], "was not reached") {
				t.Errorf("doubts: want the rate in doubt, got %q", doubts)
			}
			if code := r.Conclusion().ExitCode(); code != finding.ExitInconclusive {
				t.Errorf("exit code: want 3, got %d", code)
			}
			if c := out.Measured.Counts; !measure.Balanced(out.Measured.Ledger) || (name == "crowded") != (c.Dropped > 0) {
				t.Errorf("counts: got %+v", c)
			}
		})
	}
}

// TestARunThatWasKilledIsStillJudged: whatever is left of its history breaks no check.
func TestARunThatWasKilledIsStillJudged(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	p := Plan{
		Profile: profile(t, "{load: v1, arrivals: 60/s, for: 500ms, journey: {think: {min: 0s, max: 20ms}, talk: {mean: 50ms}}}"),
		Stage:   started(t, "pool: {numbers: 5}"), Seed: 1, Prefix: "t-", Record: &file,
	}
	p.Header.Facts = []byte(`{"": {"size": 5, "window_min": "2m", "window_max": "2m", "release": "hangup", "exclusive": true, "bindings": "once", "cool_down": "0s", "strays_per_s": 0, "server_max": "30s"}}`)
	if _, err := Run(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for part := 1; part <= 8; part++ {
		name := filepath.Join(dir, "killed.jsonl")
		if err := os.WriteFile(name, file.Bytes()[:file.Len()*part/8], 0o666); err != nil {
			t.Fatal(err)
		}
		err := judge.Each(context.Background(), judge.Plan{Files: []string{name}, Checks: check.Default()}, func(r finding.HistoryReport) error {
			if n := r.Violations(); n > 0 || r.Operations == 0 {
				t.Errorf("%d eighths: want operations and no violation, got %d operations and %d violations: %+v", part, r.Operations, n, r.Findings())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAThresholdThatEndsTheRun(t *testing.T) {
	t.Parallel()
	p := reservations(t, "{load: v1, arrivals: 500/s, for: 1h, thresholds: [{want: failed < 1%, abort: true}]}", still{func(context.Context) error { return errors.New("broken") }})
	p.Profile.Journey.Retries = 0
	out, err := Run(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if out.Aborted != "failed < 1%" || out.Thresholds[0].Status != Failed || out.Interrupted {
		t.Errorf("run: want it ended by the threshold, got %+v", out)
	}
}

func TestAnInterruptedRunLetsItsCallersEnd(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(context.Background())
	p := reservations(t, "{load: v1, arrivals: 500/s, for: 1h}", still{func(context.Context) error { interrupt(); return nil }})
	out, err := Run(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if c := out.Measured.Counts; !out.Interrupted || c.Reserved == 0 || c.Stopped > 0 || !measure.Balanced(out.Measured.Ledger) {
		t.Errorf("run: want it interrupted and its callers done, got %+v", out.Measured.Counts)
	}
}
