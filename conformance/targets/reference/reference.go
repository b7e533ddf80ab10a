// Package reference is the simulator in this process as a target: a fresh platform, carrier and wire for each scenario,
// on loopback sockets and in virtual time.
package reference

import (
	"context"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/steered"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/mutants"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
)

// Target makes worlds on the reference.
type Target struct {
	steered.Worlds

	// Break, when set, turns the platform's configuration into that of a broken one, of which the judge knows nothing.
	// Each project has settings of its own: those of the sections at the top are copied when it comes. Tests use it.
	Break func(*sim.Config)
	// Mutant, when set, is the fault that the platform is made with; the judge does not know of it either.
	Mutant *mutants.Mutant
}

// Name implements targets.Target.
func (Target) Name() string { return "reference" }

// Refuses implements targets.Target: an agent may need a program that this machine does not have.
func (Target) Refuses(s *scenario.Scenario) (finding.Status, string) {
	if err := world.Lacks(s.File, s.Given); err != nil {
		return finding.Unsupported, err.Error()
	}
	return "", ""
}

// Open implements targets.Target.
func (t Target) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	g, problems := world.Read(w.File, w.Given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	settings := g.Platform
	if t.Break != nil { // behind the judge's back: the stage's own settings stay as the scenario has them
		broken, _ := world.Read(w.File, w.Given)
		settings = broken.Platform
		t.Break(&settings)
	}
	k := clock.NewVirtual(world.Epoch)
	var parts sim.Parts
	if m := t.Mutant; m != nil {
		broken, _ := world.Read(w.File, w.Given)
		settings = broken.Platform
		if m.Config != nil {
			m.Config(&settings)
		}
		if m.Parts != nil {
			parts = m.Parts(w.Seed, k)
		}
	}
	inside := fault.NewInside(w.Seed)
	agents := func(p sim.Project) (conversation.Agent, error) { return g.Agents[p.Name], nil }
	platform, err := sim.New(settings, agents, sim.WithClock(k), sim.WithParts(inside.Parts(parts)))
	if err != nil {
		return nil, err
	}
	inside.Of(platform)
	var troubles journal.Troubles
	platform.Journal().Subscribe(troubles.See)
	if err := platform.Start(ctx); err != nil {
		return nil, err
	}
	return steered.Open(ctx, steered.Platform{
		Troubles: troubles.All,
		Clock:    k, BaseURL: "http://" + platform.HTTPAddr(), SIP: platform.SIPAddr(), Restart: platform.Restart, Close: platform.Close,
		Failed: func() error { return nil },
		Fault: func(n *yaml.Node) error {
			f, err := world.Faults(n)
			if n == nil {
				inside.Set(fault.Faults{})
			} else {
				inside.Change(f)
			}
			return err
		},
		Watch: func(see func(journal.Kind, string)) error {
			platform.Journal().Subscribe(func(e journal.Event) { see(e.Kind, e.CallID) })
			return nil
		},
	}, g, w.Seed)
}
