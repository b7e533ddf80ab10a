package fit_test

import (
	"strings"
	"testing"
)

// TestACrowdNeedsWhatOneOfItsOrdersNeeds: numbers that are given back before all are given may be given again.
func TestACrowdNeedsWhatOneOfItsOrdersNeeds(t *testing.T) {
	t.Parallel()
	const crowd = "steps:\n  - concurrently: {clients: 4, steps: [{reserve: {attributes: {shared_id: 's-${client.index}'}}, as: lease, expect: {status: 200}}%s]}\n    expect: {lease: [{count: 4, distinct: body.dni}]}\n"
	with := func(more string) string { return strings.Replace(crowd, "%s", more, 1) }
	const calls = ", {dial: {to: '${lease.body.dni}', from: '+442079460523'}}"
	all := strings.Replace(known, "exclusive", "selection: lru, exclusive", 1)
	for _, c := range []struct{ name, scenario, more, want string }{
		{"no calls", with(""), "facts: {size: 20}\n", ""},
		{"calls", with(calls), trunk + known, "needs to know which number is given next: state selection"},
		{"calls of which all is known", with(calls), trunk + all, ""},
		{"calls that are up at one time", with(strings.Replace(", {reserve: {attributes: {shared_id: 't-${client.index}', want_talk: 20}}, as: other}"+calls, "lease", "other", 1)), trunk + all,
			"has 4 calls up at one time: limits.calls allows 3"},
	} {
		fitted, file := onTarget(t, c.scenario, c.more)
		if got := fitted.Fit(file).Reason; got != c.want {
			t.Errorf("%s: want %q, got %q", c.name, c.want, got)
		}
	}
}
