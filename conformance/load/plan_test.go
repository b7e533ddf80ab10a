package load

import (
	"math"
	"testing"

	"github.com/dnispool/dnispool/conformance/load/measure"
)

// TestBatchesStayTogether: what two at a time are to a pool depends on how long they hold, not on their number alone.
func TestBatchesStayTogether(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		given, journey string
		want           float64
	}{
		{"{}", "{think: 0s, talk: {mean: 20s}}", 3},
		{"{}", "{think: 0s, talk: 20s}", 5},
		{"{}", "{calls: false}", 5}, // every reservation lives for its window
		{"pool: {release: arrival}", "{think: {mean: 2s}, talk: 20s}", 3},
	} {
		text := "load: v1\narrivals: {rate: 2/s, batch: 5}\nfor: 1s\njourney: " + test.journey + "\n"
		if test.journey == "{calls: false}" {
			text = "load: v1\narrivals: {rate: 2/s, batch: 5}\nfor: 1s\ncalls: false\n"
		}
		r, err := Plan{Profile: profile(t, text), Stage: started(t, test.given)}.begin()
		if err != nil {
			t.Fatal(err)
		}
		if p := r.plan(1, r.Stage.Facts("")); p.Formula != measure.Hayward || math.Abs(p.Peakedness-test.want) > 0.01*test.want {
			t.Errorf("%s, %s: want Hayward's formula with %g, got %s with %g", test.given, test.journey, test.want, p.Formula, p.Peakedness)
		}
	}
}
