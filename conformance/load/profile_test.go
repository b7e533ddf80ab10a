package load

import (
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/load/measure"
)

func TestReadyProfiles(t *testing.T) {
	t.Parallel()
	if got := strings.Join(Ready(), " "); got != "campaign-burst documented-example ivr-overflow office-hours outage-and-recovery soak two-projects" {
		t.Errorf("profiles: got %s", got)
	}
	for _, name := range Ready() {
		text, err := ReadyText(name)
		if err != nil {
			t.Fatal(err)
		}
		p, problems := Parse(name, text)
		if len(problems) > 0 || p.Summary == "" || p.Length() == 0 || len(p.Thresholds) == 0 {
			t.Errorf("%s: want a whole profile, got %v %+v", name, problems, p)
		}
	}
	if _, err := ReadyText("office-hour"); err == nil || !strings.Contains(err.Error(), `did you mean "office-hours"?`) {
		t.Errorf("unknown profile: got %v", err)
	}
}

func TestProblemsOfProfiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"arrivals: 5/s":            `p.yaml:1:1: load: want v1, got ""`,
		"load: v1":                 "p.yaml:1:1: arrivals: want a rate like 300/min, or steps, got nothing",
		"load: v1\narrivals: 5":    `p.yaml:2:11: rate: want calls and a unit like 5/s, 300/min or 1000/h, got "5"`,
		"load: v1\narrivalls: 5/s": `p.yaml:2:1: unknown key "arrivalls" (did you mean "arrivals"?)`,
		"load: v1\narrivals: 5/s\njourney: {handoff: 40}":                      "p.yaml:3:20: handoff: want a share of 0 to 1, got 40",
		"load: v1\narrivals: 5/s\njourney: {attributes: {nonce: 1}}":           "p.yaml:3:24: attributes: want no nonce, which each caller has of its own",
		"load: v1\narrivals: 5/s\njourney: {attributes: [1]}":                  "p.yaml:3:23: attributes: want a mapping, got a list",
		"load: v1\narrivals: 5/s\nin_flight: 0":                                "p.yaml:3:12: in_flight: want at least 1 caller, got 0",
		"load: v1\narrivals: 5/s\nthresholds: [blockd < 1%]":                   `p.yaml:3:14: threshold: no metric "blockd" (did you mean "blocked"?)`,
		"load: v1\narrivals: 5/s\nthresholds: [blocked < 1s]":                  `p.yaml:3:14: threshold: blocked: want a share like 1% or 0.01, got "1s"`,
		"load: v1\narrivals: 5/s\nclosed: {callers: 3}":                        "p.yaml:3:9: closed: want it instead of arrivals, got both",
		"load: v1\narrivals: 5/s\nfaults: [{at: 1s, for: 1s}]":                 "p.yaml:3:10: fault: want http or carrier, got neither",
		"load: v1\narrivals: 5/s\nfaults: [{at: 1s, carrier: {outage: true}}]": "p.yaml:3:10: for: want how long the fault lasts, got 0s",
		"load: v1\narrivals: 5/s\nfor: -1s":                                    "p.yaml:3:6: for: want 0 or more, got -1s",
		"load: v1\narrivals: 5/s\njourney: {think: {median: 1s}}":              "p.yaml:3:18: think: want a duration, or one of {min, max}, {mean}, {mean, cv}, {median, p95}, {median, p99}, {percentiles}, {mixture}, {sum}, got {median}",
	} {
		_, problems := Parse("p.yaml", []byte(text))
		if len(problems) != 1 || problems[0].Error() != want {
			t.Errorf("%s: want %s\ngot %v", text, want, problems)
		}
	}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	share := func(share float64, tries int, half float64) measure.Result {
		r := measure.Result{Whole: measure.StageResult{Blocked: measure.Interval{Share: share, Tries: tries}}}
		if half > 0 {
			r.Whole.Blocked.HalfWidth = new(half)
		}
		return r
	}
	times := measure.Result{Times: map[string]measure.Percentiles{measure.TimeReserve: {Count: 10, P99: 250 * time.Millisecond}, measure.TimeLag: {Count: 10, P99: time.Millisecond}}}
	late := measure.Result{Times: map[string]measure.Percentiles{measure.TimeReserve: {Count: 10, P99: 250 * time.Millisecond}, measure.TimeLag: {Count: 10, P99: 200 * time.Millisecond}}}
	counts := measure.Result{Counts: measure.Counts{Read: 9, Foreign: 1}}
	for _, c := range []struct {
		threshold string
		result    measure.Result
		status    Status
		says      string
	}{
		{"blocked < 1%", share(0.005, 100_000, 0.001), Passed, "0.5 % ± 0.1 %"},
		{"blocked < 1%", share(0.02, 100_000, 0.001), Failed, "2 % ± 0.1 %"},
		{"blocked < 1%", share(0.0095, 100_000, 0.001), Inconclusive, "0.95 % ± 0.1 %, which may be anything from 0.85 % to 1.05 %"},
		{"blocked < 1%", share(0, 1000, 0), Passed, "0 % of 1000 tries"},
		{"blocked < 1%", share(0, 100, 0), Inconclusive, "0 % of 100 tries, which may be anything from 0 % to 3.7 %"},
		{"blocked < 1%", share(0, 0, 0), Inconclusive, "nothing of the kind was seen"},
		{"reserve.p99 < 300ms", times, Passed, "250ms"},
		{"reserve.p99 <= 200ms", times, Failed, "250ms"},
		{"reserve.p99 < 200ms", late, Inconclusive, "250ms; the generator itself was late by 200ms"},
		{"reserve.p99 < 300ms", late, Passed, "250ms"},
		{"wrong_context == 0", counts, Failed, "1"},
		{"no_context == 0", counts, Passed, "0"},
	} {
		threshold, err := ParseThreshold(c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		if got := threshold.decide(c.result); got.Status != c.status || got.Says != c.says {
			t.Errorf("%s: want %s: %s\ngot %s: %s", c.threshold, c.status, c.says, got.Status, got.Says)
		}
	}
}
