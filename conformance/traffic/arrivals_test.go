package traffic

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func mustArrivals(t *testing.T, text string) Arrivals {
	t.Helper()
	a, err := ParseArrivals(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMetronome(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rate: 300/min, pattern: metronome":                                       "0s 200ms 400ms 600ms",
		"rate: 300/min, pattern: metronome, batch: 2":                             "0s 0s 400ms 400ms",
		"steps: [{rate: 1/s, for: 2s}, {rate: 2/s, for: 1s}], pattern: metronome": "0s 1s 2s 2.5s",
		"steps: [{from: 0/s, to: 2/s, for: 2s}], pattern: metronome":              "0s 1.414213562s",
		"steps: [{rate: 0/s, for: 5s}, {rate: 1/s, for: 2s}], pattern: metronome": "5s 6s",
		"rate: 0/s, pattern: metronome":                                           "",
	} {
		stream := mustArrivals(t, text).Start(nil)
		var got []string
		for range 4 {
			at, ok := stream.Next()
			if !ok {
				break
			}
			got = append(got, at.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: want %s, got %s", text, want, got)
		}
	}
}

// TestPoisson: how many come in each second has the expected mean, and a variance that is the mean times the batch.
func TestPoisson(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text     string
		variance float64 // over the mean
	}{
		{"300/min", 1},
		{"rate: 300/min, batch: 5", 5},
	} {
		stream := mustArrivals(t, test.text).Start(rand.New(rand.NewPCG(1, 1)))
		const seconds = 20_000
		var counts [seconds]float64
		for {
			at, _ := stream.Next()
			if at >= seconds*time.Second {
				break
			}
			counts[at/time.Second]++
		}
		var sum, squares float64
		for _, c := range counts {
			sum += c
			squares += c * c
		}
		mean := sum / seconds
		ratio := (squares/seconds - mean*mean) / mean
		if math.Abs(mean-5) > 0.15 || math.Abs(ratio-test.variance) > 0.1*test.variance {
			t.Errorf("%s: want 5 a second with variance %g times that, got %.3f and %.3f", test.text, test.variance, mean, ratio)
		}
	}
}

// TestRamp: a rate that grows from 0 lets a quarter of all calls come in the first half.
func TestRamp(t *testing.T) {
	t.Parallel()
	a := mustArrivals(t, "steps: [{from: 0/s, to: 100/s, for: 1000s}]")
	stream := a.Start(rand.New(rand.NewPCG(1, 1)))
	early, all := 0, 0
	for {
		at, ok := stream.Next()
		if !ok {
			break
		}
		if all++; at < 500*time.Second {
			early++
		}
	}
	if math.Abs(float64(all)-50_000) > 1000 || math.Abs(float64(early)-12_500) > 500 {
		t.Errorf("ramp: want about 50000 calls, 12500 in the first half, got %d and %d", all, early)
	}
	if got := a.Rates.Calls(500 * time.Second); got != 12_500 {
		t.Errorf("calls until half: want 12500, got %g", got)
	}
}

func TestStreamRepeats(t *testing.T) {
	t.Parallel()
	a := mustArrivals(t, "1000/h")
	one, two := a.Start(rand.New(rand.NewPCG(3, 4))), a.Start(rand.New(rand.NewPCG(3, 4)))
	for range 1000 {
		if x, _ := one.Next(); true {
			if y, _ := two.Next(); x != y {
				t.Fatalf("the same seed: want the same moments, got %v and %v", x, y)
			}
		}
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"300/min": "5/s", "1000/h": "1000/h", "180/min": "3/s", "100/min": "100/min", "0.3/s": "18/min", "2.5/s": "150/min",
		"2.77777/s": "2.778/s", "0/h": "0/h", "0.5/h": "0.5/h", " 5 / s": "5/s",
	} {
		var r Rate
		if err := r.Set(text); err != nil || r.String() != want {
			t.Errorf("%s: want %s, got %s (%v)", text, want, r, err)
		}
	}
	for _, text := range []string{"", "5", "5/d", "-5/s", "x/s", "Inf/s", "NaN/s"} {
		if err := new(Rate).Set(text); err == nil {
			t.Errorf("%q: want a problem, got none", text)
		}
	}
}

func TestPeakAndLength(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		peak   string
		at     time.Duration
		length time.Duration
	}{
		"300/min": {"5/s", 0, 0},
		"steps: [{rate: 1/s, for: 1m}, {from: 1/s, to: 4/s, for: 1m}, {rate: 2/s, for: 1m}]": {"4/s", 2 * time.Minute, 3 * time.Minute},
		"steps: [{rate: 1/s, for: 1m}, {rate: 3/s}]":                                         {"3/s", time.Minute, 0},
	} {
		a := mustArrivals(t, text)
		peak, at := a.Rates.Peak()
		if peak.String() != want.peak || at != want.at || a.Rates.Length() != want.length {
			t.Errorf("%s: want %v, got %v at %v, %v long", text, want, peak, at, a.Rates.Length())
		}
	}
}

func TestArrivalsProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"fast":                              `rate: want calls and a unit like 5/s, 300/min or 1000/h, got "fast"`,
		"batch: 2":                          "arrivals: want one of rate, steps and day, got 0 of them",
		"rate: 1/s, batch: 0":               "batch: want 1 caller or more, got 0",
		"rate: 1/s, day: x":                 "arrivals: want one of rate, steps and day, got 2 of them",
		"rate: 1/s, pattern: odd":           `pattern: want poisson or metronome, got "odd"`,
		"steps: [{rate: 1/s}, {rate: 2/s}]": "steps: want a time for each, for: 5m, got 0s; only the last one may go on for ever, and no ramp",
		"steps: [{from: 1/s, for: 1s}]":     "steps: want rate, or from and to, in each",
	} {
		if _, err := ParseArrivals(text); err == nil || err.Error() != want {
			t.Errorf("%s:\nwant %s\n got %v", text, want, err)
		}
	}
}

func TestDay(t *testing.T) {
	t.Parallel()
	begin, rates, err := ReadDay("day.csv", strings.NewReader("time,calls\n# a quiet start\n08:30, 90\n09:00,225\n09:15,450\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Rates{{0.05, 0.05, 30 * time.Minute}, {0.25, 0.25, 15 * time.Minute}, {0.5, 0.5, 15 * time.Minute}}
	if begin != 8*time.Hour+30*time.Minute || len(rates) != 3 || rates[0] != want[0] || rates[1] != want[1] || rates[2] != want[2] {
		t.Errorf("rates: want %v from 8:30 on, got %v from %v", want, rates, begin)
	}
	for text, want := range map[string]string{
		"":                      "day.csv: want two intervals or more, each a time of day and its calls as in 09:00,250, got 0",
		"09:00,1\n":             "day.csv: want two intervals or more, each a time of day and its calls as in 09:00,250, got 1",
		"09:00,1\nnine,2\n":     `day.csv:2:1: time: want a time of day like 09:15, got "nine"`,
		"09:00,1\n09:15,many\n": `day.csv:2:7: calls: want how many calls came in the interval, got "many"`,
		"09:00,1\n09:00,2\n":    "day.csv:2:1: time: want one after 09:00, got 09:00",
		"09:00,1\n09:15,2,3\n":  "day.csv:2:1: want a time of day and its calls, as in 09:00,250",
		"09:00,1\n\"09:15,2\n":  `day.csv:2:10: extraneous or missing " in quoted-field`,
	} {
		if _, _, err := ReadDay("day.csv", strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\nwant %s\n got %v", text, want, err)
		}
	}
}
