package replay_test

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/sim"
	poolsim "github.com/dnispool/dnispool/sim/pool"
)

// TestFill reserves what a pool has, whatever it has.
func TestFill(t *testing.T) {
	const given = "given: {pool: {numbers: 5, window: 30s}}\nsteps:\n"
	for _, c := range []struct{ name, steps, got string }{
		{"all", "  - {fill: {leave: 0}, expect: {reserved: 5}}\n  - {reserve: {attributes: {}}, expect: {status: 404}}\n", ""},
		{"what is left of it", "  - {reserve: {attributes: {}}, expect: {status: 200}}\n  - {fill: {leave: 0}, as: all, expect: {reserved: 4}}\n  - {reserve: {attributes: {n: '${all.reserved}'}}, expect: {status: 404}}\n", ""},
		{"all but two", "  - {fill: {leave: 2}, expect: {reserved: 3}}\n  - {concurrently: {clients: 3, steps: [{reserve: {attributes: {}}, as: lease}]}, expect: {lease: [{status: 404, count: 1}]}}\n", ""},
		{"more than there is", "  - {reserve: {attributes: {}}, expect: {status: 200}}\n  - {fill: {leave: 0}, expect: {reserved: 5}}\n", "reserved: want 5, got 4"},
		{"what is not there", "  - {fill: {leave: 0}, expect: {reserved: 5}}\n  - {fill: {leave: 2}}\n", "fill: want 3 numbers of the pool's 5, one after the other, got 404 for number 1"},
		{"one window", "  - {fill: {leave: 0}, expect: {reserved: 5}}\n  - {advance: '${pool.window}'}\n  - {fill: {leave: 0}, expect: {reserved: '${pool.size}'}}\n", ""},
		{"as many clients", "  - {concurrently: {clients: '${pool.size}', steps: [{reserve: {attributes: {of: '${pool.window}'}}, as: lease}]}, expect: {lease: [{status: 200, count: '${pool.size}', distinct: body.dni}]}}\n  - {reserve: {attributes: {}}, expect: {status: 404}}\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := play(t, reference.Target{}, given+c.steps+"check: [no-double-lease, exhaustion-justified]\n")
			if got := says(r); got != c.got {
				t.Errorf("want %q, got %q", c.got, got)
			}
		})
	}
}

// TestFillOfAPoolWithoutAnEnd stops at one number more than the pool has.
func TestFillOfAPoolWithoutAnEnd(t *testing.T) {
	larger := reference.Target{Break: func(c *sim.Config) { c.Projects[0].Pool.Numbers = poolsim.Count(100) }}
	r := play(t, larger, "given: {pool: {numbers: 5}}\nsteps:\n  - {fill: {leave: 0}, expect: {reserved: 5}}\n")
	if got := says(r); got != "reserved: want 5, got 6" {
		t.Errorf("want one too many, got %q", got)
	}
}

// says is what went wrong, in a line.
func says(r finding.Result) string {
	if len(r.Failures) == 0 {
		return strings.TrimPrefix(string(r.Status), string(finding.Passed)) + r.Reason
	}
	f := r.Failures[0]
	return f.Path + ": want " + f.Want + ", got " + f.Got
}
