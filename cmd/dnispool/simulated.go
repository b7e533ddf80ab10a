package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim"
)

// aim makes the plan one for what --target names: a simulator by the URL of its control API, or what a file describes. The
// returned function leaves the target as it was; the deployment is nil when it is none.
func (f *checkFlags) aim(ctx context.Context, e env, p *run.Plan) (d *deployed, leave func(), err error) {
	leave = func() {}
	if f.target == "" {
		return nil, leave, nil
	}
	p.Workers, p.TargetWords = 1, []string{"--target", f.target}
	if isURL(f.target) {
		leave, err = f.simulated(ctx, e, p, simulator.Where{Control: f.target}, "")
		p.TargetWords[1], _, _ = strings.Cut(f.target, "?") // the token is nothing to repeat
		return nil, leave, err
	}
	file, err := readTarget(f.target)
	if err != nil {
		return nil, leave, err
	}
	from := targetfile.Source{Getenv: e.getenv, Dir: filepath.Dir(f.target)}
	if s := file.Simulator; s != nil {
		where, err := whereOf(s, from)
		if err == nil {
			leave, err = f.simulated(ctx, e, p, where, file.Name)
		}
		return nil, leave, f.aboutTarget(err)
	}
	t, err := deployment.New(file, from)
	if err != nil {
		return nil, leave, f.aboutTarget(err)
	}
	p.Target, p.VirtualTime = t, false
	return &deployed{target: t}, leave, nil
}

func isURL(target string) bool { return strings.Contains(target, "://") }

func (f *checkFlags) aboutTarget(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("target %s: %w", f.target, err)
}

// whereOf is where a target file says that a simulator is.
func whereOf(s *targetfile.Simulator, from targetfile.Source) (simulator.Where, error) {
	token, err := s.Token.Read(from)
	if err != nil {
		err = fmt.Errorf("simulator.token: %w", err)
	}
	return simulator.Where{Control: s.Control, Token: token, BaseURL: s.HTTP, SIP: s.SIP}, err
}

// simulated makes the plan one for a simulator. The returned function gives that the configuration back that it had.
func (f *checkFlags) simulated(ctx context.Context, e env, p *run.Plan, w simulator.Where, name string) (leave func(), err error) {
	leave = func() {}
	if !strings.Contains(w.Control, "token=") {
		w.Token = cmp.Or(w.Token, e.getenv(sim.EnvPrefix+"CONTROL_TOKEN"))
	}
	t, err := simulator.Find(ctx, w)
	if err != nil {
		return leave, err
	}
	p.Target = t.Named(name)
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreGrace)
		defer cancel()
		if err := t.Close(ctx); err != nil {
			fmt.Fprintln(e.err, err)
		}
	}, nil
}

// restoreGrace is how long a simulator may take to become what it was.
const restoreGrace = 10 * time.Second
