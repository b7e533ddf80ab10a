package contract

import (
	"slices"
	"sync"
	"testing"
)

func TestCoverage(t *testing.T) {
	coverage := newChecker(t).NewCoverage()
	if n := len(coverage.Rows()); n != 11 {
		t.Errorf("documented statuses: want 11, got %d", n)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			coverage.Add("reserveDni", 200)
			coverage.Add("reserveDni", 403)
			coverage.Add("", 404)
		})
	}
	wg.Wait()
	var seen []Row
	for _, row := range coverage.Rows() {
		if row.Seen > 0 {
			seen = append(seen, row)
		}
	}
	want := []Row{{"", 404, false, 50}, {"reserveDni", 200, true, 50}, {"reserveDni", 403, false, 50}}
	if !slices.Equal(seen, want) {
		t.Errorf("seen: want %v, got %v", want, seen)
	}
}

// Fifty goroutines share one Checker and see the same as one.
func TestCheckerIsSharedSafely(t *testing.T) {
	c := newChecker(t)
	cases := []Exchange{
		reserve(), handoff(), reserve(received(`{"dni":"x"}`)), reserve(refused(404, dniError)),
		handoff(received(`{"id":null,"data":[]}`)), handoff(refused(429, handoffError)), reserve(sent(`{"attributes":5}`)),
	}
	var want [][]string
	for _, x := range cases {
		report := c.Check(x)
		want = append(want, append(lines(report.Published), lines(report.Strict)...))
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for i, x := range cases {
				report := c.Check(x)
				if got := append(lines(report.Published), lines(report.Strict)...); !slices.Equal(got, want[i]) {
					t.Errorf("case %d: want %q, got %q", i, want[i], got)
				}
			}
		})
	}
	wg.Wait()
}
