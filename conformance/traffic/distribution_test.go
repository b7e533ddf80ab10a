package traffic

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// laws is one distribution of each kind, by the text that it is read from.
var laws = []string{
	"4s",
	"min: 200ms, max: 1s",
	"mean: 4s",
	"median: 2.5s, p95: 6s",
	"median: 40ms, p99: 400ms",
	"median: 4s, p95: 10s, max: 12s",
	"mean: 3m0s, cv: 1.2",
	"percentiles: {p0: 1s, p50: 2s, p95: 6s, p100: 20s}",
	"mixture: [{share: 0.95, of: {mean: 4s}}, {share: 0.05, of: 2m0s}]",
	"sum: [{median: 200ms, p95: 1s}, {median: 2.5s, p95: 6s}]",
	"sum: [3s, {min: 4s, max: 20s}, {mean: 1s}]",
}

func mustParse(t *testing.T, text string) Distribution {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestLaws: what a distribution says of itself is what 200,000 draws show.
func TestLaws(t *testing.T) {
	t.Parallel()
	for _, text := range laws {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			d := mustParse(t, text)
			limit := d.Quantile(0.9) // a length that matters to every one
			r := rand.New(rand.NewPCG(7, 8))
			const n = 200_000
			var sum, squares, cut, over float64
			for range n {
				x := d.Draw(r)
				sum += x.Seconds()
				squares += x.Seconds() * x.Seconds()
				cut += min(x, limit).Seconds()
				if x > limit {
					over++
				}
			}
			mean := sum / n
			margin := 5*math.Sqrt(max(0, squares/n-mean*mean)/n) + 1e-6 // 5 standard errors
			if got := d.Mean().Seconds(); math.Abs(got-mean) > margin {
				t.Errorf("mean: want %.4f ± %.4f, got %.4f", mean, margin, got)
			}
			if got := d.MeanUpTo(limit).Seconds(); math.Abs(got-cut/n) > margin {
				t.Errorf("mean up to %v: want %.4f ± %.4f, got %.4f", limit, cut/n, margin, got)
			}
			if got := d.Exceeds(limit); math.Abs(got-over/n) > 0.004 {
				t.Errorf("exceeds %v: want %.4f, got %.4f", limit, over/n, got)
			}
			if twice := d.Scaled(2); math.Abs(twice.Mean().Seconds()-2*d.Mean().Seconds()) > 1e-6 || math.Abs(twice.Exceeds(2*limit)-d.Exceeds(limit)) > 1e-6 {
				t.Errorf("scaled by 2: want twice the length, got mean %v of %v", twice.Mean(), d.Mean())
			}
		})
	}
}

func TestMeans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text         string
		mean, p50    time.Duration
		p99, atLimit time.Duration // the mean of what ends after 5 s at the latest
	}{
		{"median: 2.5s, p95: 6s", 2880300 * time.Microsecond, 2500 * time.Millisecond, 8619600 * time.Microsecond, 2726931 * time.Microsecond},
		{"median: 4s, p95: 10s", 4671000 * time.Microsecond, 4 * time.Second, 14618000 * time.Microsecond, 3767073 * time.Microsecond},
		{"mean: 180s, cv: 1.2", 180 * time.Second, 115233500 * time.Microsecond, 0, 5 * time.Second},
		{"min: 2s, max: 6s", 4 * time.Second, 4 * time.Second, 5960 * time.Millisecond, 3875 * time.Millisecond},
		{"percentiles: {p0: 0s, p50: 2s, p100: 10s}", 3500 * time.Millisecond, 2 * time.Second, 9840 * time.Millisecond, 2718750 * time.Microsecond},
		{"mixture: [{share: 0.5, of: 2s}, {share: 0.5, of: 6s}]", 4 * time.Second, 2 * time.Second, 6 * time.Second, 3500 * time.Millisecond},
	} {
		d := mustParse(t, test.text)
		near := func(what string, want, got time.Duration) {
			if want != 0 && math.Abs(got.Seconds()-want.Seconds()) > 1e-3*want.Seconds() {
				t.Errorf("%s of %s: want %v, got %v", what, test.text, want, got)
			}
		}
		near("mean", test.mean, d.Mean())
		near("median", test.p50, d.Quantile(0.5))
		near("p99", test.p99, d.Quantile(0.99))
		near("mean up to 5s", test.atLimit, d.MeanUpTo(5*time.Second))
	}
}

// TestTails: P(D > t) for the delays that are usual, down to one in ten million million.
func TestTails(t *testing.T) {
	t.Parallel()
	limits := []time.Duration{10, 15, 20, 30, 45, 60, 120}
	for text, want := range map[string][]float64{
		"median: 2.5s, p95: 6s": {4.6e-3, 3.8e-4, 4.7e-5, 1.5e-6, 2.8e-8, 1.2e-9, 1.8e-13},
		"median: 4s, p95: 10s":  {5.0e-2, 8.8e-3, 1.9e-3, 1.5e-4, 7.0e-6, 5.8e-7, 5.1e-10},
		"median: 6s, p95: 15s":  {1.8e-1, 5.0e-2, 1.5e-2, 1.9e-3, 1.5e-4, 1.8e-5, 3.8e-8},
		"median: 8s, p95: 20s":  {3.4e-1, 1.3e-1, 5.0e-2, 8.8e-3, 9.7e-4, 1.5e-4, 5.8e-7},
	} {
		d := mustParse(t, text)
		for i, limit := range limits {
			if got := d.Exceeds(limit * time.Second); math.Abs(got-want[i]) > 0.05*want[i] {
				t.Errorf("P(more than %ds) of %s: want %.2g, got %.2g", limit, text, want[i], got)
			}
		}
		sum := Sum(d, Constant(0))
		for _, limit := range limits {
			if got, want := sum.Exceeds(limit*time.Second), d.Exceeds(limit*time.Second); math.Abs(got-want) > 1e-9*want {
				t.Errorf("P(more than %ds) of a sum with 0s: want %v, got %v", limit, want, got)
			}
		}
	}
}

// TestSumOfTwoExponentials holds the quadrature against the tail that is known in closed form.
func TestSumOfTwoExponentials(t *testing.T) {
	t.Parallel()
	d := mustParse(t, "sum: [{mean: 2s}, {mean: 2s}]")
	for _, x := range []float64{0.5, 2, 10, 40} {
		want := math.Exp(-x/2) * (1 + x/2)
		if got := d.Exceeds(time.Duration(x * 1e9)); math.Abs(got-want) > 1e-2*want {
			t.Errorf("P(more than %gs): want %.6g, got %.6g", x, want, got)
		}
	}
	if got := d.MeanUpTo(4 * time.Second).Seconds(); math.Abs(got-2.9173) > 1e-3 { // 4 - (4 + 4) e^-2
		t.Errorf("mean up to 4s: want 2.9173, got %.4f", got)
	}
}

// TestSumOfUsualDelays holds the tail of a sum against 30 million draws.
func TestSumOfUsualDelays(t *testing.T) {
	t.Parallel()
	d := Sum(Think(), Reattempts(PostDialDelay()))
	for limit, want := range map[time.Duration]float64{15: 9.868e-4, 20: 2.529e-4, 30: 2.8e-6} {
		if got := d.Exceeds(limit * time.Second); math.Abs(got-want) > 0.02*want+2*math.Sqrt(want/3e7) {
			t.Errorf("P(more than %ds): want %.4g, got %.4g", limit, want, got)
		}
	}
}

// TestTextIsReadBack: what is written is what is read.
func TestTextIsReadBack(t *testing.T) {
	t.Parallel()
	for _, text := range laws {
		if got := mustParse(t, text).String(); got != text {
			t.Errorf("text: want %s, got %s", text, got)
		}
	}
	if got := (Distribution{}).String(); got != "0s" {
		t.Errorf("the zero value: want 0s, got %s", got)
	}
}

func TestDistributionProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4":                               `distribution: want a duration like 120s, got 4`,
		"-4s":                             `distribution: want no negative length, got -4s`,
		"min: 2s, max: 1s":                `distribution: want max of min or more, got 1s and 2s`,
		"min: 2s":                         `distribution: want a duration, or one of {min, max}, {mean}, {mean, cv}, {median, p95}, {median, p99}, {percentiles}, {mixture}, {sum}, got {min}`,
		"median: 2s, p95: 1s":             `distribution: want a median of more than 0s and below its percentile, got 2s and 1s`,
		"mean: 0s":                        `distribution: want a mean of more than 0s, got 0s`,
		"mean: 4s, cv: 0":                 `cv: want standard deviation over mean, more than 0 and at most 100, got 0`,
		"mixture: [{share: 2, of: 1s}]":   `share: want more than 0 and at most 1, got 2`,
		"mixture: [{share: 0.5, of: 1s}]": `mixture: want shares that add up to 1, got 0.5`,
		"percentiles: {p50: 1s}":          `percentiles: want p0, the shortest, p100, the longest, and what is known between them`,
		"percentiles: {p0: 2s, p100: 1s}": `percentiles: want lengths that ascend from 0s, got p0 2s before p100 1s`,
		"sum: []":                         `sum: want one term or more, got none`,
		"meen: 4s":                        `unknown key "meen" (did you mean "mean"?)`,
	} {
		if _, err := Parse(text); err == nil || err.Error() != want {
			t.Errorf("%s:\nwant %s\n got %v", text, want, err)
		}
	}
}
