package plan

import (
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// known are inputs of which nothing is uncertain: set-up 4.67 s in the mean, talk 180 s.
func known(change func(*Inputs)) Inputs {
	in := Inputs{
		Rate: 1000.0 / 3600, Batch: 1, PostDial: traffic.SlowPostDialDelay(), SetUp: Known(1),
		Talk: traffic.LognormalMean(180*time.Second, 1.2), Talks: Known(1), Abandoned: Known(0.05), Window: Known(120), CoolDown: Known(0),
		Release: OnArrival, Grade: 0.01, Strays: 0.12,
	}
	change(&in)
	return in
}

func mustMake(t *testing.T, in Inputs) Plan {
	t.Helper()
	p, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestNumbers holds traffic and numbers against the reference table.
func TestNumbers(t *testing.T) {
	t.Parallel()
	type want struct {
		erlangs    float64
		one, tenth int // numbers at 1 % and at 0.1 %
	}
	for _, test := range []struct {
		hourly, window, abandoned float64
		arrival, hangup           want
	}{
		{100, 120, 0.05, want{0.29, 3, 4}, want{5.04, 11, 14}},
		{1000, 30, 0.05, want{1.65, 6, 8}, want{49.15, 63, 70}},
		{1000, 120, 0.02, want{1.94, 7, 8}, want{50.94, 65, 72}},
		{1000, 120, 0.05, want{2.90, 8, 10}, want{50.40, 64, 72}},
		{1000, 120, 0.10, want{4.50, 11, 13}, want{49.50, 63, 71}},
		{1000, 300, 0.10, want{9.50, 17, 21}, want{54.50, 69, 77}},
		{5000, 120, 0.05, want{14.50, 24, 28}, want{252.0, 275, 293}},
		{18000, 30, 0.05, want{29.7, 41, 47}, want{884.7, 914, 953}},
		{18000, 120, 0.05, want{52.2, 66, 74}, want{907.2, 936, 977}},
		{18000, 300, 0.05, want{97.2, 114, 125}, want{952.2, 981, 1023}},
	} {
		for i, grade := range []float64{0.01, 0.001} {
			p := mustMake(t, known(func(in *Inputs) {
				in.Rate, in.Window, in.Abandoned, in.Grade = traffic.Rate(test.hourly/3600), Known(test.window), Known(test.abandoned), grade
			}))
			for j, w := range []want{test.arrival, test.hangup} {
				got, numbers := p.Cases[j], []int{w.one, w.tenth}[i]
				if math.Abs(got.Offered-w.erlangs) > max(0.006, 5e-4*w.erlangs) || got.Likely != numbers {
					t.Errorf("%g/h, window %g, abandoned %g, on %s at %g: want %g E and %d numbers, got %.3f and %d",
						test.hourly, test.window, test.abandoned, got.Release, grade, w.erlangs, numbers, got.Offered, got.Likely)
				}
				if got.Low != got.Likely || got.High != got.Likely || len(got.Swings) != 0 {
					t.Errorf("inputs that are known: want one number, got %d to %d, %v", got.Low, got.High, got.Swings)
				}
			}
		}
	}
}

// TestLostReplies: each is a number that nobody knows of, for a whole window.
func TestLostReplies(t *testing.T) {
	t.Parallel()
	erlangs := func(lost float64, retries int) float64 {
		return mustMake(t, known(func(in *Inputs) { in.Rate, in.Lost, in.Retries = 5, lost, retries })).Cases[0].Offered
	}
	for _, test := range []struct {
		lost    float64
		retries int
		want    float64
	}{{0.01, 1, 6}, {0.1, 1, 60}, {0.1, 3, 66.6}, {0.1, 0, 0}} {
		if got := erlangs(test.lost, test.retries) - erlangs(0, 0); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%g of replies lost, %d retries: want %g E more, got %g", test.lost, test.retries, test.want, got)
		}
	}
}

// TestOutage: when no call arrives, each reservation lives for its window.
func TestOutage(t *testing.T) {
	t.Parallel()
	p := mustMake(t, known(func(in *Inputs) { in.Rate, in.Abandoned, in.Numbers = 5, Known(1), 30 }))
	if got := p.Cases[0].Offered; got != 600 {
		t.Errorf("offered: want 600 E, got %g", got)
	}
	if got := p.Rules[len(p.Rules)-1].Loses[0].Refused; math.Abs(got-0.950) > 5e-4 {
		t.Errorf("refused of 30 numbers: want 95.0 %%, got %g", got)
	}
	spare := mustMake(t, known(func(in *Inputs) { in.Rate, in.Outage, in.Out = 5, 6, 2 })).Cases[0].Likely
	if got := mustMake(t, known(func(in *Inputs) { in.Rate = 5 })).Cases[0].Likely; spare != got+32 {
		t.Errorf("numbers for an outage of 6 s at 5/s and 2 out of service: want %d, got %d", got+32, spare)
	}
}

// TestForecast: with an error of 10 %, 95 of a hundred busy hours need no more than the rate times 1.16 does.
func TestForecast(t *testing.T) {
	t.Parallel()
	for grade, want := range map[float64]int{0.01: 34, 0.001: 39} {
		got := mustMake(t, known(func(in *Inputs) {
			in.Rate, in.Forecast, in.PostDial, in.Abandoned, in.Window, in.Grade = 5, 0.1, traffic.Constant(4*time.Second), Known(0), Known(3600), grade
		})).Cases[0]
		if got.Offered != 20 || got.Likely != erlang.Lines(20, grade, 1) || got.High != want {
			t.Errorf("20 E at %g: want %d and %d numbers, got %d and %d", grade, erlang.Lines(20, grade, 1), want, got.Likely, got.High)
		}
	}
}

// TestPeak holds the largest number of calls in an hour, 180 s each, against what was simulated.
func TestPeak(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mean        float64
		median, p95 int
	}{{5, 11, 14}, {20, 32, 38}, {100, 125, 136}} {
		median, p95 := peak(test.mean, 20, 0.5), peak(test.mean, 20, 0.95)
		if max(median-test.median, test.median-median) > 1 || max(p95-test.p95, test.p95-p95) > 1 {
			t.Errorf("%g calls on the average: want a peak of %d, and %d in one hour of twenty, to one call; got %d and %d", test.mean, test.median, test.p95, median, p95)
		}
	}
	if got := peak(0, 20, 0.5); got != 0 {
		t.Errorf("peak of nothing: want 0, got %d", got)
	}
}

// TestTheDraftRule: 20 numbers for 300 calls a minute refuse one in six when every number is held for 4 s.
func TestTheDraftRule(t *testing.T) {
	t.Parallel()
	p := mustMake(t, known(func(in *Inputs) {
		in.Rate, in.PostDial, in.Abandoned = 5, traffic.Constant(4*time.Second), Known(0)
	}))
	draft := p.Rules[1]
	if draft.Name != "draft" || draft.Numbers != 20 || math.Abs(draft.Loses[0].Refused-0.158891961542) > 1e-9 {
		t.Errorf("draft: want 20 numbers that refuse 15.9 %%, got %+v", draft)
	}
	if math.Abs(float64(draft.Loses[0].Carries)*60-180.5) > 0.1 || draft.Loses[1].Refused < 0.97 {
		t.Errorf("draft: want 180 a minute at 1 %%, and nearly all refused if numbers are held until hang-up, got %+v", draft)
	}
}

func TestStrays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ daily, seconds, want float64 }{
		{0.12, 4, 5.6e-6}, {0.12, 30, 4.2e-5}, {0.12, 120, 1.7e-4}, {0.12, 180, 2.5e-4},
		{60 * 24, 4, 0.064}, {200 * 24, 4, 0.199}, {600 * 24, 4, 0.487}, {60 * 24, 30, 0.39}, {200 * 24, 30, 0.81}, {600 * 24, 30, 0.99},
	} {
		if got := Hit(test.daily/day, test.seconds); math.Abs(got-test.want) > 0.02*test.want {
			t.Errorf("%g a day within %g s: want %g, got %g", test.daily, test.seconds, test.want, got)
		}
	}
	for _, test := range []struct{ hourly, wait, pending, daily float64 }{{100, 30, 0.83, 0.10}, {1000, 30, 8.3, 1.0}, {18000, 4, 20, 2.4}, {18000, 120, 600, 72}} {
		c := mustMake(t, known(func(in *Inputs) {
			in.Rate, in.PostDial, in.Abandoned, in.Window, in.Grade = traffic.Rate(test.hourly/3600), traffic.Constant(seconds(test.wait)), Known(0), Known(300), 1e-6
		})).Cases[0]
		if math.Abs(c.Pending-test.pending) > 0.01*test.pending || math.Abs(c.Risks.StraysADay-test.daily) > 0.05*test.daily {
			t.Errorf("%g/h waiting %g s: want %g pending and %g strays a day, got %g and %g", test.hourly, test.wait, test.pending, test.daily, c.Pending, c.Risks.StraysADay)
		}
	}
}

// TestCallsAtOnce: released on arrival, 40 numbers for 18,000 calls an hour of three minutes carry 22 calls each.
func TestCallsAtOnce(t *testing.T) {
	t.Parallel()
	m := model{Inputs: known(func(in *Inputs) { in.Rate, in.Abandoned = 5, Known(0) }), release: OnArrival, peakedness: 1}
	m.delay = m.Inputs.delay()
	r := m.risks(m.likely(), 40)
	if math.Abs(r.CallsAtOnce-22.5) > 0.1 || r.MostAtOnce < 36 || r.MostAtOnce > 39 {
		t.Errorf("calls at once: want 22.5 and about 38 at most, got %+v", r)
	}
}

// TestWrongContext: late calls are taken for others, and so are those whose attributes they took. The reference was
// simulated with 400,000 reservations, numbers at random: 20,520, 4,395, 945 and 110 of a million.
func TestWrongContext(t *testing.T) {
	t.Parallel()
	for window, want := range map[float64]float64{10: 20520e-6, 15: 4395e-6, 20: 945e-6, 30: 110e-6} {
		m := model{Inputs: known(func(in *Inputs) { in.Rate, in.Window, in.Strays = 3, Known(window), 0 }), release: OnArrival, peakedness: 1}
		m.delay = m.Inputs.delay()
		if got := m.risks(m.likely(), 30).Wrong; math.Abs(got-want) > 0.05*want+2*math.Sqrt(want/400_000) {
			t.Errorf("window %g s: want %g, got %g", window, want, got)
		}
	}
}

// TestStraysBringOnWrongCalls: a number that a stray has freed is reserved again, the sooner the fuller the pool. The
// reference was simulated with two million reservations, numbers at random.
func TestStraysBringOnWrongCalls(t *testing.T) {
	t.Parallel()
	for numbers, want := range map[int]float64{30: 379e-6, 40: 153e-6, 80: 32e-6} {
		m := model{release: OnArrival, peakedness: 1, Inputs: known(func(in *Inputs) {
			in.Rate, in.PostDial, in.Abandoned, in.Strays = 5, traffic.PostDialDelay(), Known(0.02), 1e-4*day
		})}
		m.delay = m.Inputs.delay()
		if got := m.risks(m.likely(), numbers).Wrong; got < want || got > 1.6*want {
			t.Errorf("%d numbers: want %g, or up to 1.6 times that, got %g", numbers, want, got)
		}
		m.release = OnHangup
		if got := m.risks(m.likely(), 1000).Wrong; got > 1e-9 {
			t.Errorf("held until hang-up: want none, got %g", got)
		}
	}
}

// TestPeakedness: two at a time stay together for as long as they hold, which is what counts.
func TestPeakedness(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"4s": 2, "mean: 4s": 1.5, "mean: 4s, cv: 0.57": 1.70} {
		d, err := traffic.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		onArrival := known(func(in *Inputs) { in.Batch, in.PostDial, in.Abandoned, in.Window = 2, d, Known(0), Known(3600) })
		if got := onArrival.peakedness(OnArrival); math.Abs(got-want) > 0.01 {
			t.Errorf("two at a time, held for %s: want %g, got %.4f", text, want, got)
		}
		onHangup := known(func(in *Inputs) { in.Batch, in.PostDial, in.Talk, in.Abandoned = 2, traffic.Constant(0), d, Known(0) })
		if got := onHangup.peakedness(OnHangup); math.Abs(got-want) > 0.01 {
			t.Errorf("two at a time, talking for %s: want %g, got %.4f", text, want, got)
		}
	}
	if got := known(func(in *Inputs) {}).peakedness(OnArrival); got != 1 {
		t.Errorf("one at a time: want 1, got %g", got)
	}
}

func TestDefault(t *testing.T) {
	t.Parallel()
	p := mustMake(t, Default())
	hangup, arrival := p.Cases[0], p.Cases[1]
	if hangup.Release != OnHangup || arrival.Release != OnArrival || hangup.Likely < 6*arrival.Likely {
		t.Errorf("cases: want hang-up first, and far fewer numbers on arrival, got %+v", p.Cases)
	}
	for _, c := range p.Cases {
		if !(c.Low < c.Likely && c.Likely < c.High) || c.Blocked > 0.01 || len(c.Swings) != 6 {
			t.Errorf("%s: want a range around %d, got %d to %d, %.3f refused, %d swings", c.Release, c.Likely, c.Low, c.High, c.Blocked, len(c.Swings))
		}
	}
	if hangup.Swings[0].Input != "talk" || arrival.Doubled < 1 {
		t.Errorf("what moves it most on hang-up: want talk, got %+v; a window twice as long on arrival: want numbers more, got %d", hangup.Swings, arrival.Doubled)
	}
	if len(p.Sensitivity) != 4*6*5 || len(p.Windows) != 6 || p.Windows[0].Late < p.Windows[5].Late {
		t.Errorf("tables: want all combinations, got %d cells and %+v", len(p.Sensitivity), p.Windows)
	}
	if len(Sources()) < 12 {
		t.Errorf("sources: want one for each default, got %d", len(Sources()))
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	p := mustMake(t, known(func(in *Inputs) {
		in.DayBegins, in.Day = 600, traffic.Rates{{From: 0.1, To: 0.1, For: 900 * time.Second}, {From: 1000.0 / 3600, To: 1000.0 / 3600, For: 900 * time.Second}}
	}))
	if len(p.Day) != 2 || p.Day[1].Begin != 1500 || p.Day[1].Numbers != p.Cases[0].Likely || p.Day[0].Numbers >= p.Day[1].Numbers || p.Day[0].Blocked >= p.Day[1].Blocked {
		t.Errorf("day: want the plan's numbers in the busiest interval, got %+v", p.Day)
	}
}

// TestEveryFigureIsANumber: what is at the edge of the inputs, alone and with what else is, is planned or refused in words.
// JSON has no figure that is none.
func TestEveryFigureIsANumber(t *testing.T) {
	t.Parallel()
	edges := []func(*Inputs){
		func(in *Inputs) { in.PostDial = traffic.Distribution{} },
		func(in *Inputs) { in.Talk = traffic.Distribution{} },
		func(in *Inputs) { in.Abandoned = Known(0) },
		func(in *Inputs) { in.Abandoned = Known(1) },
		func(in *Inputs) { in.Abandoned = Range{0, 0, 1} },
		func(in *Inputs) { in.CoolDown, in.Abandoned = Range{0, 1, 5}, Known(0) },
		func(in *Inputs) { in.Window, in.PostDial = Known(0.001), traffic.Constant(time.Hour) },
		func(in *Inputs) { in.Lost, in.Retries = 0.5, 2 },
		func(in *Inputs) { in.Rate, in.Forecast = 1e-9, 1 },
		func(in *Inputs) { in.Rate, in.Numbers = 2, 1 },
		func(in *Inputs) { in.Batch = 7 },
		func(in *Inputs) { in.Batch, in.Again = 1, 0.3 },
		func(in *Inputs) { in.Grade, in.Strays = 1-1e-9, 1e6 },
	}
	made := 0
	for set := range 1 << len(edges) {
		if bits.OnesCount(uint(set)) > 2 {
			continue
		}
		for _, release := range []Release{OnArrival, OnAnswer} { // each with OnHangup beside it
			in := known(func(in *Inputs) { in.Release = release })
			for i, edge := range edges {
				if set&(1<<i) != 0 {
					edge(&in)
				}
			}
			p, err := Make(in)
			if err != nil {
				continue
			}
			made++
			if _, err := json.Marshal(p); err != nil {
				t.Errorf("%+v: %v", in, err)
			}
			for _, c := range p.Cases {
				if c.Rest < 0 || c.Risks.Wrong < 0 || c.Risks.Wrong > 1 || c.Likely < 1 {
					t.Errorf("%+v: want shares, and times of 0 or more, got %+v", in, c)
				}
			}
		}
	}
	if made < 140 {
		t.Errorf("want most edges to be planned, got %d plans", made)
	}
}

func TestInputsProblems(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Inputs){
		"rate: want more than 0, got 0/h":                                   func(in *Inputs) { in.Rate = 0 },
		"abandon: want shares of 0 to 100 % that ascend, got 0.5..0.2..0.3": func(in *Inputs) { in.Abandoned = Range{0.5, 0.2, 0.3} },
		"window: want more than 0s, ascending, got 0":                       func(in *Inputs) { in.Window = Known(0) },
		"grade: want a share between 0 and 100 %, got 0":                    func(in *Inputs) { in.Grade = 0 },
		"batch: want 1 caller or more, got 0":                               func(in *Inputs) { in.Batch = 0 },
		"rate: want at most 10000000 erlangs":                               func(in *Inputs) { in.Rate = 1e9 },
		"released on arrival, no reservation holds its number for any time": func(in *Inputs) { in.PostDial, in.Abandoned, in.Release = traffic.Distribution{}, Known(0), OnHangup },
	} {
		if _, err := Make(known(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

// TestProjects: each is a plan of its own, for its share of the callers; together they need more numbers than one pool.
func TestProjects(t *testing.T) {
	t.Parallel()
	in := Default()
	in.Projects = Projects{{"acme", 0.7}, {"globex", 0.3}}
	p, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	alone := Default()
	alone.Rate *= 0.3
	want, err := Make(alone)
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Projects[1].Cases[0]; c.Likely != want.Cases[0].Likely || c.High != want.Cases[0].High || c.Blocked != want.Cases[0].Blocked {
		t.Errorf("globex: want %+v, got %+v", want.Cases[0], c)
	}
	if both := p.Projects[0].Cases[0].Likely + p.Projects[1].Cases[0].Likely; both <= p.Cases[0].Likely {
		t.Errorf("want more numbers for two pools than for one of %d, got %d", p.Cases[0].Likely, both)
	}
	var read Projects
	if err := errors.Join(read.Set("acme=70%"), read.Set("globex=0.3")); err != nil || read.String() != "acme=70% globex=30%" {
		t.Errorf("read: want both, got %s (%v)", read.String(), err)
	}
	for text, want := range map[string]string{"acme": "want a name and a share, like acme=70%", "=1": "want a name and a share", "a=x": "want a share like 2% or 0.02"} {
		if err := new(Projects).Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", text, want, err)
		}
	}
	for _, test := range []struct {
		projects Projects
		want     string
	}{
		{Projects{{"a", 0.5}, {"b", 0.4}}, "project: want shares of 100 % together, got 90% of a=50% b=40%"},
		{Projects{{"a", 0.5}, {"a", 0.5}}, "project: want each once, got a twice"},
		{Projects{{"a", 1}, {"b", 0}}, "project: want a share of the callers for each, got none for b"},
	} {
		in.Projects = test.projects
		if _, err := Make(in); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: want %q, got %v", test.projects, test.want, err)
		}
	}
}
