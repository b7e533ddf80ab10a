package erlang

import (
	"fmt"
	"math"
	"testing"
)

func TestBlocking(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines   int
		offered float64
		want    string
	}{
		{0, 5, "1.000000000000"}, {1, 0, "0.000000000000"}, {0, 0, "1.000000000000"},
		{1, 1, "0.500000000000"}, {2, 1, "0.200000000000"}, {5, 3, "0.110054347826"},
		{10, 5, "0.018384570337"}, {10, 10, "0.214582343107"}, {20, 12, "0.009795639420"},
		{20, 20, "0.158891961542"}, {50, 40, "0.018690671110"}, {100, 90, "0.026957380464"},
		{100, 100, "0.075700452711"}, {200, 180, "0.010324995205"}, {500, 500, "0.034847777415"},
		{1000, 1000, "0.024811917646"},
	} {
		if got := fmt.Sprintf("%.12f", Blocking(test.lines, test.offered)); got != test.want {
			t.Errorf("B(%d, %g): want %s, got %s", test.lines, test.offered, test.want, got)
		}
		if got := fmt.Sprintf("%.12f", Hayward(test.lines, test.offered, 1)); got != test.want {
			t.Errorf("Hayward(%d, %g, 1): want %s, got %s", test.lines, test.offered, test.want, got)
		}
	}
}

var grades = []float64{0.0001, 0.001, 0.005, 0.01, 0.02, 0.05}

// TestCapacity holds the inverse against the published tables; erlang.com has 8.108 E on 15 lines at 1 %.
func TestCapacity(t *testing.T) {
	t.Parallel()
	for lines, want := range map[int][]float64{
		5:    {0.452, 0.762, 1.132, 1.361, 1.657, 2.218},
		10:   {2.260, 3.092, 3.961, 4.461, 5.084, 6.216},
		15:   {4.781, 6.077, 7.376, 8.108, 9.010, 10.633},
		20:   {7.701, 9.411, 11.092, 12.031, 13.182, 15.249},
		30:   {14.246, 16.684, 19.034, 20.337, 21.932, 24.802},
		50:   {28.866, 32.512, 35.982, 37.901, 40.255, 44.533},
		100:  {69.265, 75.242, 80.910, 84.064, 87.972, 95.240},
		200:  {156.178, 165.624, 174.645, 179.738, 186.158, 198.507},
		500:  {431.411, 448.160, 464.517, 474.036, 486.439, 511.753},
		1000: {904.829, 930.325, 955.865, 971.204, 991.854, 1036.392},
	} {
		for i, grade := range grades {
			if got := Capacity(lines, grade, 1); math.Abs(got-want[i]) > 5.01e-4 {
				t.Errorf("capacity of %d lines at %g: want %.3f, got %.5f", lines, grade, want[i], got)
			}
		}
	}
}

// TestLines: erlang.com has 45 lines for 33.33 E at 1 %.
func TestLines(t *testing.T) {
	t.Parallel()
	for offered, want := range map[float64][]int{
		1: {7, 6, 5, 5, 4, 4}, 2: {10, 8, 7, 7, 6, 5}, 5: {16, 14, 12, 11, 10, 9}, 10: {24, 21, 19, 18, 17, 15},
		20: {39, 35, 32, 30, 28, 26}, 50: {77, 71, 66, 64, 61, 56}, 100: {137, 128, 121, 117, 113, 105},
		200: {249, 238, 227, 221, 214, 202}, 500: {574, 555, 537, 527, 514, 489},
	} {
		for i, grade := range grades {
			if got := Lines(offered, grade, 1); got != want[i] {
				t.Errorf("lines for %g E at %g: want %d, got %d", offered, grade, want[i], got)
			}
		}
	}
	for _, test := range []struct {
		offered, grade float64
		want           int
	}{{33.33, 0.01, 45}, {0, 0.01, 1}, {23.29, 0.01, 34}, {23.29, 0.001, 39}} {
		if got := Lines(test.offered, test.grade, 1); got != test.want {
			t.Errorf("lines for %g E at %g: want %d, got %d", test.offered, test.grade, test.want, got)
		}
	}
}

func TestHayward(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines               int
		offered, peakedness float64
		want                float64
	}{
		{20, 12.03, 1.5, 0.0258}, {20, 12.03, 2, 0.0436}, {20, 12.03, 3, 0.0787}, {20, 12.03, 4, 0.1107},
		{30, 20, 1, 0.0085}, {30, 20, 2, 0.0365},
	} {
		if got := Hayward(test.lines, test.offered, test.peakedness); math.Abs(got-test.want) > 6e-5 {
			t.Errorf("Hayward(%d, %g, %g): want %.4f, got %.6f", test.lines, test.offered, test.peakedness, test.want, got)
		}
	}
	if got := Lines(20, 0.01, 2); Hayward(got, 20, 2) > 0.01 || Hayward(got-1, 20, 2) <= 0.01 {
		t.Errorf("lines for 20 E at peakedness 2: want the fewest that refuse 1 %%, got %d", got)
	}
}

// TestContinuous: between whole lines it goes on, and falls, as the recursion does.
func TestContinuous(t *testing.T) {
	t.Parallel()
	for _, offered := range []float64{0.01, 1, 12, 300} {
		if got, want := Continuous(20.0000001, offered), Blocking(20, offered); math.Abs(got-want) > 1e-6*want {
			t.Errorf("B(20.0000001, %g): want nearly %g, got %g", offered, want, got)
		}
		if got, want := Continuous(20.9999999, offered), Blocking(21, offered); math.Abs(got-want) > 1e-6*want {
			t.Errorf("B(20.9999999, %g): want nearly %g, got %g", offered, want, got)
		}
	}
	// for half a line and 1 E, 1/B is e times the upper incomplete gamma function of 3/2 at 1
	if got, want := Continuous(0.5, 1), 1/(math.E*0.5072822338); math.Abs(got-want) > 1e-9 {
		t.Errorf("B(0.5, 1): want %.10f, got %.10f", want, got)
	}
}

func TestEngset(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sources          int
		idle, want, near float64
	}{
		{1, 1, 0, 0}, {20, 1, 0, 0}, {21, 1, 9.5e-7, 1e-8}, {25, 1, 6.3e-4, 5e-6}, {30, 1, 0.0189, 5e-5},
		{40, 1, 0.200, 5e-4}, {100, 0.25, 0.171, 5e-4}, {1000, 20.0 / 980, 0.160, 5e-4},
	} {
		if got := Engset(20, test.sources, test.idle); math.Abs(got-test.want) > test.near {
			t.Errorf("Engset with 20 lines and %d sources at %g: want %g, got %g", test.sources, test.idle, test.want, got)
		}
	}
}

func TestRetried(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines                        int
		offered, again, total, block float64
		near                         float64
	}{
		{10, 5, 0.4, 5.038524, 0.019115, 5e-7}, {20, 18, 0.5, 19.392, 0.14358, 5e-4},
		{20, 20, 0.5, 22.483, 0.22092, 5e-4}, {20, 20, 0.75, 25.678, 0.29485, 5e-4}, {20, 12, 0, 12, 0.00979564, 5e-9},
	} {
		total, blocked, settled := Retried(test.lines, test.offered, test.again, 1)
		if !settled || math.Abs(total-test.total) > test.near || math.Abs(blocked-test.block) > min(test.near, 5e-6) {
			t.Errorf("retried(%d, %g, %g): want %g and %g, got %.6f and %.6f (%v)", test.lines, test.offered, test.again, test.total, test.block, total, blocked, settled)
		}
	}
	if total, _, settled := Retried(20, 20, 1, 1); settled {
		t.Errorf("retried(20, 20, 1): want no end to it, got %g", total)
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines                   int
		offered, arrivals, want float64
	}{{20, 12, 3, 2.73}, {50, 20, 5, 6.00}} {
		if got := Rest(test.lines, test.offered, test.arrivals); math.Abs(got-test.want) > 5e-3 {
			t.Errorf("rest of %d lines: want %.2f s, got %.4f", test.lines, test.want, got)
		}
	}
}

// TestTheDocumentedExample: 20 numbers held for 2, 4, 6 and 8 s.
// TestNoCallsArrive: of a pool whose every reservation lives for its window, hardly any numbers are free.
func TestNoCallsArrive(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lines         int
		offered, want float64
	}{{30, 600, 0.950}, {20, 1000.0 / 3600 * 120, 0.43}} {
		if got := Blocking(test.lines, test.offered); math.Abs(got-test.want) > 5e-3 {
			t.Errorf("B(%d, %.4g): want %.3f, got %.4f", test.lines, test.offered, test.want, got)
		}
	}
}

func TestTheDocumentedExample(t *testing.T) {
	t.Parallel()
	holds := []float64{2, 4, 6, 8}
	for calls, want := range map[float64][]float64{ // calls a minute
		120: {8.3e-9, 0.00016, 0.0098, 0.064}, 150: {2.6e-7, 0.0019, 0.046, 0.159}, 180: {3.7e-6, 0.0098, 0.109, 0.257},
		210: {3.0e-5, 0.030, 0.184, 0.343}, 240: {1.6e-4, 0.064, 0.257, 0.414}, 300: {1.9e-3, 0.159, 0.380, 0.521},
	} {
		for i, hold := range holds {
			if got := Blocking(20, calls/60*hold); math.Abs(got-want[i]) > 0.05*want[i] {
				t.Errorf("%g calls a minute held for %g s: want %g, got %g", calls, hold, want[i], got)
			}
		}
	}
}
