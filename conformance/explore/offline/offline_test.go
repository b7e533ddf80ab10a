package offline_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// offlineWorld opens a world; its tenant is acme.
func offlineWorld(t *testing.T, on offline.Platform, given string) explore.World {
	t.Helper()
	n, problems := strictyaml.Parse("given", []byte(given))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	w, err := on.Open(n, 1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const attributes = `{"nonce":"n1","shared_id":"s1"}`

// reserveOffline wants a number.
func reserveOffline(t *testing.T, w explore.World) string {
	t.Helper()
	number, outcome := w.Reserve("acme", json.RawMessage(attributes), false)
	if outcome != history.OK {
		t.Fatalf("want a number, got %s", outcome)
	}
	return number
}

func TestOfflineReserve(t *testing.T) {
	w := offlineWorld(t, offline.Platform{}, "pool: {numbers: 1, window: 10s}")
	if number, outcome := w.Reserve("acme", json.RawMessage(attributes), true); outcome != history.Rejected {
		t.Errorf("want nothing for a client that is gone, got %q %s", number, outcome)
	}
	first := reserveOffline(t, w)
	if _, outcome := w.Reserve("acme", json.RawMessage(attributes), false); outcome != history.Refused {
		t.Errorf("want refused while the only number is held, got %s", outcome)
	}
	w.At(10 * time.Second)
	if again := reserveOffline(t, w); again != first {
		t.Errorf("want %s again after its window, got %s", first, again)
	}
}

func TestOfflineCall(t *testing.T) {
	const given = "pool: {numbers: 1, window: 10s}\nagent: {echo: {talk: 5s}}"
	w := offlineWorld(t, offline.Platform{}, given)
	number := reserveOffline(t, w)
	c := w.Call(explore.Arrival{ID: "c1", Number: "00" + number[1:], ANI: "+442079460500"})
	if c.Refused() != 0 {
		t.Fatalf("want the call taken, got %d", c.Refused())
	}
	c.Answer()
	var talked time.Duration
	for range 10 {
		wait, over := c.Next()
		talked += wait
		w.At(talked)
		if over {
			break
		}
	}
	if _, found := w.Handoff("acme", "", "s1"); found || talked != 5*time.Second {
		t.Errorf("want no state before the end and 5s of talk, got %v and %s", found, talked)
	}
	c.End(false)
	s, found := w.Handoff("acme", "c1", "")
	var echo struct {
		Nonce string `json:"echo_nonce"`
	}
	if err := json.Unmarshal(s.Data, &echo); !found || err != nil || s.ID != "c1" || s.SharedID != "s1" || echo.Nonce != "n1" {
		t.Errorf("want the state of c1 with its nonce, got %v %+v %s, %v", found, s, s.Data, err)
	}
}

func TestOfflineCallerGivesUpBeforeTheAnswer(t *testing.T) {
	w := offlineWorld(t, offline.Platform{}, "pool: {numbers: 1, window: 1h}")
	number := reserveOffline(t, w)
	w.Call(explore.Arrival{ID: "c1", Number: number}).End(true)
	if _, found := w.Handoff("acme", "c1", ""); found {
		t.Error("want no state of a call that was never up")
	}
	if again := reserveOffline(t, w); again != number {
		t.Errorf("want %s free again, got %s", number, again)
	}
}

func TestOfflineRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		given, number string
		up            int // calls to the number that are up
		want          int
	}{
		"a number of no pool":     {"pool: {numbers: 1}", "+442079461111", 0, 404},
		"nobody has reserved":     {"sip: {unreserved_dial: reject}", "+442079460000", 0, 480},
		"the line is busy":        {"sip: {max_calls_per_number: 2}", "+442079460000", 2, 486},
		"the line is almost busy": {"sip: {max_calls_per_number: 2}", "+442079460000", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := offlineWorld(t, offline.Platform{}, test.given)
			for range test.up {
				w.Call(explore.Arrival{ID: "before", Number: "442079460000"})
			}
			if got := w.Call(explore.Arrival{ID: "c", Number: test.number}).Refused(); got != test.want {
				t.Errorf("want %d, got %d", test.want, got)
			}
		})
	}
}

func TestOfflineIsBrokenBehindTheJudgesBack(t *testing.T) {
	on := offline.Platform{Break: func(c *sim.Config) { c.Projects[0].Pool.Window = time.Second }}
	w := offlineWorld(t, on, "pool: {numbers: 1, window: 10s}")
	if f := w.Facts("acme"); f.WindowMin != 10*time.Second || f.Size != 1 {
		t.Errorf("want the facts of the platform that was asked for, got %+v", f)
	}
	reserveOffline(t, w)
	w.At(time.Second)
	reserveOffline(t, w)
}

func TestOfflineRestart(t *testing.T) {
	for keep, want := range map[bool]history.Outcome{true: history.Refused, false: history.OK} {
		w := offlineWorld(t, offline.Platform{}, "pool: {numbers: 1}")
		reserveOffline(t, w)
		if err := w.Restart(keep); err != nil {
			t.Fatal(err)
		}
		if _, got := w.Reserve("acme", json.RawMessage(attributes), false); got != want {
			t.Errorf("leases kept: %v: want %s, got %s", keep, want, got)
		}
	}
}

func TestOfflineMutant(t *testing.T) {
	if _, err := offline.Mutant("nobody"); err == nil || err.Error() != `mutant: want one that exists, got "nobody"` {
		t.Errorf("got %v", err)
	}
	if on, err := offline.Mutant("M01"); err != nil || on.Parts == nil {
		t.Errorf("want check-then-act, got %+v, %v", on, err)
	}
	if on, err := offline.Mutant(""); err != nil || on.Parts != nil || on.Break != nil {
		t.Errorf("want the correct one, got %+v, %v", on, err)
	}
}
