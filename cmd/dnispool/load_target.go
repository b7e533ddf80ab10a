package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/aim"
	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim"
)

// loadTarget is what load is offered to.
type loadTarget struct {
	load.Stage
	name     string
	deployed *deployment.Target // nil: it is ours
	close    func() error
}

// aim opens the target that the flags name.
func (f *loadFlags) aim(ctx context.Context, e env, profile string, p load.Profile, seed uint64) (t loadTarget, err error) {
	if f.target == "" {
		s, err := live.Reference(ctx, profile, p.World(), seed)
		return ours("reference", s), err
	}
	if len(f.set) > 0 {
		return t, errors.New("--set: want it for the reference in this process, got --target")
	}
	if aim.IsURL(f.target) {
		return f.simulated(ctx, e, simulator.Where{Control: f.target}, "simulator", seed)
	}
	file, err := aim.Read(f.target)
	if err != nil {
		return t, err
	}
	from := targetfile.Source{Getenv: e.getenv, Dir: filepath.Dir(f.target)}
	if s := file.Simulator; s != nil {
		where, err := aim.Where(s, from)
		if err != nil {
			return t, f.aboutTarget(err)
		}
		return f.simulated(ctx, e, where, file.Name, seed)
	}
	d, err := deployment.New(file, from)
	if err != nil {
		return t, f.aboutTarget(err)
	}
	return f.deploy(ctx, e, d, p, seed)
}

func (f *loadFlags) aboutTarget(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("target %s: %w", f.target, err)
}

func ours(name string, s *live.Stage) loadTarget {
	return loadTarget{Stage: s, name: name, close: s.Close}
}

func (f *loadFlags) simulated(ctx context.Context, e env, w simulator.Where, name string, seed uint64) (t loadTarget, err error) {
	if !strings.Contains(w.Control, "token=") {
		w.Token = cmp.Or(w.Token, e.getenv(sim.EnvPrefix+"CONTROL_TOKEN"))
	}
	s, err := simulator.Live(ctx, w, seed)
	if err != nil {
		return t, f.aboutTarget(err)
	}
	return ours(name, s), nil
}

// deploy opens a deployment once its limits allow the load and somebody has agreed to it.
func (f *loadFlags) deploy(ctx context.Context, e env, d *deployment.Target, p load.Profile, seed uint64) (t loadTarget, err error) {
	cost := p.Cost(d.File.Facts.Facts)
	if err := d.Allows(deployment.Load{Requests: cost.Requests, Held: cost.Held, Calls: cost.Calls, Call: cost.Call}); err != nil {
		return t, f.aboutTarget(err)
	}
	fmt.Fprintf(e.out, "target    %s, %s\n%s\n", d.Name(), d.File.BaseURL, cost)
	if !f.yes {
		if !isTerminal(e.out) {
			return t, fmt.Errorf("%s load: want --yes to begin on a deployment where nobody can be asked; the plan is above", tool)
		}
		fmt.Fprint(e.out, "Begin? [y/N] ")
		answer, _ := bufio.NewReader(e.in).ReadString('\n') // an end without an answer is no
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
			return t, errors.New("nothing was sent")
		}
	}
	s, err := d.Open(ctx, targets.World{Seed: seed})
	if err != nil {
		return t, f.aboutTarget(err)
	}
	return loadTarget{Stage: s, name: d.Name(), deployed: d, close: func() error {
		defer d.Gate.Close()
		return s.Close()
	}}, nil
}

// conclude adds what is known only when the run is over.
func (t loadTarget) conclude(r *load.Report) {
	if t.deployed == nil {
		return
	}
	r.HeldBack = t.deployed.Gate.HeldBack()
	if held := deployment.Told(t.deployed.Gate.Holds(time.Now())); held != "" {
		r.Notes = append(r.Notes, held)
	}
	if n := t.deployed.Gate.Used().Throttled; n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d requests were answered with 429 and sent again", n))
	}
}
