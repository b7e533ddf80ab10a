package mutants_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
)

func TestAllAreThereWithAFileOfTheirOwn(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "m") && e.Name() != "mutants.go" && !strings.HasSuffix(e.Name(), "_test.go") {
			files = append(files, e.Name())
		}
	}
	var want []string
	names := make(map[string]bool)
	for i, m := range mutants.All() {
		if id := fmt.Sprintf("M%02d", i+1); m.ID != id {
			t.Errorf("mutant %d: want the id %s, got %s", i+1, id, m.ID)
		}
		if names[m.Name] {
			t.Errorf("%s: want a name of its own, got %s", m.ID, m.Name)
		}
		names[m.Name] = true
		if m.Says == "" || m.Fault == "" || m.Kill == "" || m.Config == nil && m.Parts == nil {
			t.Errorf("%s: want it complete, got %+v", m.ID, m)
		}
		want = append(want, strings.ToLower(m.ID)+"_"+strings.ReplaceAll(m.Name, "-", "_")+".go")
	}
	if len(want) != 33 || !slices.Equal(files, want) {
		t.Errorf("\n got %v\nwant %v", files, want)
	}
}

func TestNamed(t *testing.T) {
	for _, name := range []string{"M07", "no-expiry"} {
		if m, ok := mutants.Named(name); !ok || m.ID != "M07" {
			t.Errorf("%s: got %s, %v", name, m.ID, ok)
		}
	}
	if m, ok := mutants.Named("M34"); ok {
		t.Errorf("M34: want none, got %s", m.ID)
	}
}

// A mutant that cannot start would be found by everything and prove nothing.
func TestEveryMutantIsAPlatformThatWorksMostOfTheTime(t *testing.T) {
	for _, m := range mutants.All() {
		t.Run(m.ID, func(t *testing.T) {
			c, err := sim.Default(sim.DefaultProfile)
			if err != nil {
				t.Fatal(err)
			}
			k := clock.NewVirtual(c0)
			var options []sim.Option
			if m.Config != nil {
				m.Config(&c)
			}
			if m.Parts != nil {
				options = append(options, sim.WithParts(m.Parts(1, k)))
			}
			s, err := sim.New(c, func(sim.Project) (conversation.Agent, error) { return agent.Echo(agent.EchoConfig{}), nil }, append(options, sim.WithClock(k))...)
			if err != nil {
				t.Fatal(err)
			}
			dni, err := s.Reserve(t.Context(), c.Projects[0].DNIKey, []byte(`{"nonce":"n"}`))
			if err != nil || !strings.HasPrefix(dni, "+4420794600") {
				t.Errorf("got %q, %v, want a number of the pool", dni, err)
			}
		})
	}
}

// c0 is when every platform of these tests begins.
var c0 = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
