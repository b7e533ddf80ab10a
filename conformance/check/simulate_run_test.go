package check

import (
	"math/rand/v2"
	"testing"
	"time"
)

// drawn is a platform and its traffic, drawn at random; the pool is right.
func drawn(seed uint64) traffic {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...float64) float64 { return of[r.IntN(len(of))] }
	of := func(s ...string) string { return s[r.IntN(len(s))] }
	p := traffic{
		seed: seed, requests: 10 + r.IntN(60), size: 1 + r.IntN(6), windowMin: time.Duration(2+r.IntN(20)) * time.Second,
		coolDown: time.Duration(pick(0, 0, .5, 5) * float64(time.Second)), release: of("arrival", "answer", "hangup"), bindings: of("once", "many"), selection: of("lru", "round-robin", "random"),
		talk: time.Duration(pick(.5, 5, 30) * float64(time.Second)), abandon: pick(0, .05, .5), lost: pick(0, .05, .3), retry: pick(0, 1), late: pick(0, .2), probes: pick(0, .3),
		twice: pick(0, .2), refuse: pick(0, .1), cancel: pick(0, .1), callerHangsUp: pick(0, .5), unheard: pick(0, .5, 1), instant: pick(0, .5), drain: true,
	}
	p.windowMax = p.windowMin + time.Duration(pick(0, 1, 10)*float64(time.Second))
	p.rate = float64(p.size) / 10 * pick(.5, 1, 3)
	return p
}

// A pool that is right is never blamed, whatever its clients and the carrier do.
func TestCorrectPoolsAreNeverBlamed(t *testing.T) {
	histories, operations := 200000, 0
	if testing.Short() {
		histories = 300
	}
	judged := make(map[string]int)
	for seed := range uint64(histories) {
		p := drawn(seed)
		all := simulate(p)
		operations += len(all)
		for _, r := range JudgeAll(map[string]Facts{"": p.facts()}, all) {
			if r.NotJudged == "" {
				judged[r.Check.Name] += r.Cases
			}
			for _, v := range r.Violations {
				t.Fatalf("seed %d, %+v: %s: %s\n%s\n%v", seed, p, r.Check.Name, v.Text, v.Rule, v.Ops)
			}
		}
	}
	t.Logf("%d histories, %d operations, cases: %v", histories, operations, judged)
	for _, name := range Names() {
		if judged[name] == 0 {
			t.Errorf("%s: want cases, got none", name)
		}
	}
}

// validation is the traffic of the published figures: 20 numbers, a window of 15 to 16 s, half a second of rest.
func validation(seed uint64, rate float64, release string) traffic {
	return traffic{
		seed: seed, requests: 3000, rate: rate, size: 20, windowMin: 15 * time.Second, windowMax: 16 * time.Second, coolDown: 500 * time.Millisecond, release: release,
		bindings: "once", selection: "lru", talk: 3 * time.Second, abandon: .05, lost: .01,
	}
}

func outcomes(p traffic) (map[string]Outcome, []Result) {
	results := JudgeAll(map[string]Facts{"": p.facts()}, simulate(p))
	out := make(map[string]Outcome)
	for _, r := range results {
		out[r.Check.Name] = r.Outcome
	}
	return out, results
}

func TestFigTmp(t *testing.T) {
	for _, rate := range []float64{.9, 2.3, 3.7, 4.6} {
		for _, release := range []string{"arrival"} {
			found, injured := 0, 0
			dfound, echoed, dinj := 0, 0, 0
			for seed := range uint64(10) {
				p := validation(seed, rate, release)
				p.spurious = .005
				s := run(p)
				for _, r := range JudgeAll(map[string]Facts{"": p.facts()}, s.history()) {
					if r.Check.Name == "exhaustion-justified" {
						found += len(r.Violations)
					} else if len(r.Violations) > 0 {
						t.Error(r.Check.Name, r.Violations[0].Text)
					}
				}
				injured += s.injured
				p = validation(seed, rate, release)
				p.double = .005
				s = run(p)
				for _, r := range JudgeAll(map[string]Facts{"": p.facts()}, s.history()) {
					switch r.Check.Name {
					case "no-double-lease":
						dfound += len(r.Violations)
					case "no-cross-talk", "attributes-delivered":
						echoed += len(r.Violations)
					}
				}
				dinj += s.injured
			}
			t.Logf("rate %v %s: spurious %d of %d, double: rule A %d echo %d of %d", rate, release, found, injured, dfound, echoed, dinj)
		}
	}
}
