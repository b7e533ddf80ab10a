package check

import (
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

func servedRows() map[string][]row {
	promised := func(share float64) reading.Facts {
		return with(roa, func(f *reading.Facts) { f.Failures = new(share) })
	}
	// of is n reservations, of which some fail.
	of := func(n int, failures ...op) []op {
		all := slices.Clone(failures)
		for len(all) < n {
			all = append(all, reserved(float64(len(all)), float64(len(all))+.1, "a"))
		}
		return all
	}
	same := func(n int, o op) []op { return slices.Repeat([]op{o}, n) }
	cut := op{Kind: history.Handoff, Outcome: history.Indefinite, Status: 200, AskedSharedID: "s"}
	return map[string][]row{
		"requests-served": {
			{name: "all are", facts: promised(0), ops: of(3)},
			{name: "nobody promises anything", facts: roa, want: "not judged: what share of requests may fail is not known: nobody promises one", ops: of(10, same(9, failed(1, 2, 502))...)},
			{name: "one is too many", facts: promised(0), want: "1 of 20 reservations failed (5.0 %): 1 with 502", ops: of(20, failed(1, 2, 502))},
			{name: "by status", facts: promised(0), want: "5 of 20 reservations failed (25.0 %): 2 with 429, 3 with 502", ops: of(20, append(same(3, failed(1, 2, 502)), same(2, failed(1, 2, 429))...)...)},
			{name: "a reply that is cut", facts: promised(0), want: "1 of 2 questions for a handoff state failed (50.0 %): 1 with 200 and a reply that is not whole", ops: []op{missing(1, "s"), cut}},
			{name: "no reply may be anybody's fault", facts: promised(0), undecided: 1, ops: of(3, timedOut(1, 2))},
			{name: "no number, a wrong key and a wrong request are answers", facts: promised(0), ops: of(5, refused(1, 2), failed(1, 2, 401), failed(1, 2, 400))},
			{name: "as promised", facts: promised(.1), ops: of(20, same(2, failed(1, 2, 500))...)},
			{name: "more than promised, by chance perhaps", facts: promised(.1), ops: of(20, same(6, failed(1, 2, 500))...)},
			{name: "more than promised, and not by chance", facts: promised(.1), want: "150 of 400 reservations failed (37.5 %): 150 with 500", ops: of(400, same(150, failed(1, 2, 500))...)},
			{name: "nothing is", facts: promised(.5), want: "100 of 100 reservations failed (100.0 %): 100 with 503", ops: same(100, failed(1, 2, 503))},
			{name: "everything may fail", facts: promised(1), ops: same(100, failed(1, 2, 503))},
		},
	}
}
