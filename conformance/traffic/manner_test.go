package traffic

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

func readManner(t *testing.T, text string) (m Manner, problems strictyaml.Problems) {
	t.Helper()
	n, problems := strictyaml.Parse("m.yaml", []byte(text))
	if len(problems) == 0 {
		problems = strictyaml.Decode("m.yaml", n, &m)
	}
	if len(problems) == 0 {
		problems = m.Problems("m.yaml", n)
	}
	return m, problems
}

// TestCallersAreDrawn: shares and lengths are those that are written, and the same seed draws the same callers.
func TestCallersAreDrawn(t *testing.T) {
	t.Parallel()
	m, problems := readManner(t, "{think: 1s, patience: {mixture: [{share: 0.25, of: 0s}, {share: 0.75, of: 1h}]}, talk: {mean: 20s}, hangs_up: 0.3, handoff: 0.4}")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	const n = 20_000
	one, two := rand.New(rand.NewPCG(1, 1)), rand.New(rand.NewPCG(1, 1))
	var leave, hangUp, handoff, talk float64
	for range n {
		c := m.Draw(one)
		if again := m.Draw(two); c != again {
			t.Fatalf("the same seed: want the same caller, got %+v and %+v", c, again)
		}
		if wants := c.Wants(); wants < c.Talk || c.HangsUp == (wants == c.Talk) {
			t.Fatalf("%+v: want the agent to stay for longer than a caller who hangs up, and else as long, got %v", c, wants)
		}
		leave, hangUp, handoff, talk = leave+one01(c.Leaves()), hangUp+one01(c.HangsUp), handoff+one01(c.Handoff), talk+c.Talk.Seconds()
	}
	for what, is := range map[string][2]float64{"leave": {leave, 0.25}, "hang up": {hangUp, 0.3}, "are handed over": {handoff, 0.4}, "twentieths of a second of talk": {talk / 20, 1}} {
		if math.Abs(is[0]/n-is[1]) > 0.03 {
			t.Errorf("callers who %s: want %g of all, got %.3f", what, is[1], is[0]/n)
		}
	}
	if c := (Manner{}).Draw(one); c != (Caller{}) || c.Leaves() {
		t.Errorf("nothing was said: want a caller who dials at once and waits, got %+v", c)
	}
}

func one01(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func TestMannerProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{hangs_up: 1.5, talk: 1s}": "m.yaml:1:12: hangs_up: want a share of 0 to 1, got 1.5",
		"{hangs_up: 0.5}":           "m.yaml:1:12: hangs_up: want talk beside it, after which the caller hangs up, got none",
		"{handoff: -1}":             "m.yaml:1:11: handoff: want a share of 0 to 1, got -1",
		"{retries: -1}":             "m.yaml:1:11: retries: want at least 0, got -1",
		"{poll: {every: 0s}}":       "m.yaml:1:16: every: want more than 0, got 0s",
		"{reserve_timeout: 0s}":     "m.yaml:1:19: reserve_timeout: want more than 0, got 0s",
		"{think: {mean: 0s}}":       "m.yaml:1:9: think: want a mean of more than 0s, got 0s",
	} {
		if _, problems := readManner(t, text); problems.Error() != want {
			t.Errorf("%s\n got %s\nwant %s", text, problems.Error(), want)
		}
	}
	m, problems := readManner(t, "{backoff: {min: 1s, max: 2s}, storm: true, retries: 3, poll: {every: 2s, for: 9s}}")
	if d := m.Pause()(rand.New(rand.NewPCG(1, 1))); len(problems) > 0 || d < time.Second || d > 2*time.Second || !m.Storm || m.Poll.For != 9*time.Second {
		t.Errorf("want all of it read, got %+v, a wait of %v, %v", m, d, problems)
	}
	if (Manner{}).Pause() != nil {
		t.Error("no backoff: want the client's own, got another")
	}
}
