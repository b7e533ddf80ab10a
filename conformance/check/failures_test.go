package check

import (
	"slices"
	"testing"

	"github.com/dnispool/dnispool/conformance/history"
)

func TestFailuresAreCounted(t *testing.T) {
	times := func(n int, o op) (all []op) {
		for range n {
			all = append(all, o)
		}
		return all
	}
	asked := func(status int) op {
		return op{Kind: history.Handoff, Outcome: history.Rejected, Status: status, AskedSharedID: "s"}
	}
	unheard := turnedAway(1, 2, "a", 0, "").unknown()
	for name, c := range map[string]struct {
		ops  []op
		want []string
	}{
		"none":                       {times(50, reserved(1, 2, "a")), nil},
		"a tenth":                    {slices.Concat(times(540, reserved(1, 2, "a")), times(55, failed(1, 2, 500)), times(5, timedOut(1, 2))), []string{"60 of 600 reservations failed (10.0 %): 5 without a reply, 55 with 500"}},
		"less than one in a hundred": {slices.Concat(times(540, reserved(1, 2, "a")), times(5, failed(1, 2, 503))), nil},
		"each kind by itself": {slices.Concat(times(9, reserved(1, 2, "a")), times(3, failed(1, 2, 429)), times(2, missing(3, "s")), times(2, asked(502)), times(1, asked(504))),
			[]string{"3 of 12 reservations failed (25.0 %): 3 with 429", "3 of 5 questions for a handoff state failed (60.0 %): 2 with 502, 1 with 504"}},
		"calls": {slices.Concat(times(3, dialled(1, 2, "a")), times(1, turnedAway(1, 2, "a", 503, "platform")), times(1, turnedAway(1, 2, "a", 500, "")), times(4, turnedAway(1, 2, "a", 503, "carrier")), times(1, unheard)),
			[]string{"3 of 10 calls failed (30.0 %): 1 without an answer, 1 with 500, 1 with 503"}},
		"cut short": {slices.Concat(times(3, reserved(1, 2, "a")), times(1, op{Kind: history.Reserve, Outcome: history.Indefinite, Status: 200})),
			[]string{"1 of 4 reservations failed (25.0 %): 1 with 200 and not whole"}},
		"a key that is good at times": {slices.Concat(times(8, reserved(1, 2, "a")), times(2, failed(1, 2, 401)), times(3, missing(3, "s")), times(1, asked(403))),
			[]string{
				"the key of 2 of 10 reservations was refused (20.0 %), and that of others was not: it is another key, or one that is good at times",
				"the key of 1 of 4 questions for a handoff state was refused (25.0 %), and that of others was not: it is another key, or one that is good at times",
			}},
		"a wrong key":              {times(4, failed(1, 2, 401)), nil},
		"what is nobody's failure": {slices.Concat(times(3, refused(1, 2)), times(3, failed(1, 2, 400)), times(2, turnedAway(1, 2, "a", 487, "caller")), times(2, turnedAway(1, 2, "a", 486, "platform"))), nil},
	} {
		if got := failures(ops(c.ops...)); !slices.Equal(got, c.want) {
			t.Errorf("%s: want %q, got %q", name, c.want, got)
		}
	}
}
