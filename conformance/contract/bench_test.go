package contract

import (
	"encoding/json"
	"testing"
)

// BenchmarkCheck is the cost of judging one exchange in both passes, beside what a client pays anyway:
// decoding the response.
func BenchmarkCheck(b *testing.B) {
	c := newChecker(b)
	for name, x := range map[string]Exchange{"reserve": reserve(), "handoff": handoff(), "refusal": reserve(refused(404, dniError))} {
		b.Run(name+"/no validation", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v map[string]any
				if err := json.Unmarshal(x.ResponseBody, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/check", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := c.Check(x); len(r.Published)+len(r.Strict) != 0 {
					b.Fatal(r)
				}
			}
		})
	}
}

// BenchmarkNew is what every run pays once.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newChecker(b)
	}
}
