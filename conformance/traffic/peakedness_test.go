package traffic

import (
	"math"
	"testing"
	"time"
)

func TestPeakedness(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hold  string
		batch float64
		want  float64
	}{
		{"4s", 1, 1}, {"4s", 2, 2}, {"4s", 5, 5}, {"mean: 4s", 2, 1.5}, {"mean: 4s", 5, 3},
		{"sum: [{mean: 4s}, 0s]", 10, 5.5}, {"min: 0s, max: 4s", 2, 1 + 2.0/3},
		// as many hold for a minute as for nearly nothing: of two, one in four is a pair that does
		{"mixture: [{share: 0.5, of: 60s}, {share: 0.5, of: 1ms}]", 3, 2},
		{"0s", 5, 1},
	} {
		d, err := Parse(test.hold)
		if err != nil {
			t.Fatal(err)
		}
		got := Peakedness(test.batch, d.Mean().Seconds(), func(s float64) float64 { return d.Exceeds(time.Duration(s * float64(time.Second))) })
		if math.Abs(got-test.want) > 0.01*test.want {
			t.Errorf("%g at a time, held for %s: want %.3f, got %.4f", test.batch, test.hold, test.want, got)
		}
	}
}
