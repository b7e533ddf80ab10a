// Package aim points a plan at what somebody names as a target: the URL of a simulator's control API, or a file that
// describes a simulator or a deployment. Without a name the plan stays as it is.
package aim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/simulator"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim"
)

// Aim is where a plan is pointed at. Make it with At; the caller leaves it when the run is over.
type Aim struct {
	*Deployment // nil: it is none
	leave       func(context.Context) error
}

// At points the plan at a target, "" or the name of one, and reads the keys that are needed for that. Nothing is sent to a
// deployment; a simulator is asked what it is.
func At(ctx context.Context, target string, getenv func(string) string, p *run.Plan) (Aim, error) {
	if target == "" {
		return Aim{}, nil
	}
	p.Workers, p.TargetWords = 1, []string{"--target", target}
	if IsURL(target) {
		p.TargetWords[1], _, _ = strings.Cut(target, "?") // the token is nothing to repeat
		return simulated(ctx, simulator.Where{Control: target}, "", getenv, p)
	}
	file, err := Read(target)
	if err != nil {
		return Aim{}, err
	}
	a, err := described(ctx, file, targetfile.Source{Getenv: getenv, Dir: filepath.Dir(target)}, p)
	if err != nil {
		return Aim{}, fmt.Errorf("target %s: %w", target, err)
	}
	return a, nil
}

func described(ctx context.Context, file targetfile.File, from targetfile.Source, p *run.Plan) (Aim, error) {
	if file.Simulator != nil {
		where, err := Where(file.Simulator, from)
		if err != nil {
			return Aim{}, err
		}
		return simulated(ctx, where, file.Name, from.Getenv, p)
	}
	t, err := deployment.New(file, from)
	if err != nil {
		return Aim{}, err
	}
	d := &Deployment{target: t}
	p.Target, p.VirtualTime, p.Fit, p.Shown = t, false, d.fit, d.shown
	return Aim{Deployment: d, leave: func(context.Context) error { t.Gate.Close(); return nil }}, nil
}

// IsURL reports whether a target is named by a URL.
func IsURL(target string) bool { return strings.Contains(target, "://") }

// Read reads a target file.
func Read(path string) (targetfile.File, error) {
	data, err := os.ReadFile(path)
	if _, _, bad := net.SplitHostPort(path); bad == nil && errors.Is(err, fs.ErrNotExist) {
		return targetfile.File{}, fmt.Errorf("target %s: want a file, or the URL of a simulator's control API like http://%s", path, path)
	}
	if bad, ok := errors.AsType[*fs.PathError](err); ok {
		return targetfile.File{}, fmt.Errorf("target %s: %w", path, bad.Err)
	}
	f, problems := targetfile.Parse(path, data, time.Now())
	return f, problems.Err()
}

// Where is where a target file says that a simulator is.
func Where(s *targetfile.Simulator, from targetfile.Source) (simulator.Where, error) {
	token, err := s.Token.Read(from)
	if err != nil {
		err = fmt.Errorf("simulator.token: %w", err)
	}
	return simulator.Where{Control: s.Control, Token: token, BaseURL: s.HTTP, SIP: s.SIP}, err
}

// simulated points the plan at a simulator, which is given back the configuration that it had.
func simulated(ctx context.Context, w simulator.Where, name string, getenv func(string) string, p *run.Plan) (Aim, error) {
	if !strings.Contains(w.Control, "token=") {
		w.Token = cmp.Or(w.Token, getenv(sim.EnvPrefix+"CONTROL_TOKEN"))
	}
	t, err := simulator.Find(ctx, w)
	if err != nil {
		return Aim{}, err
	}
	p.Target = t.Named(name)
	return Aim{leave: t.Close}, nil
}

// leaveWithin is how long a simulator may take to become what it was.
const leaveWithin = 10 * time.Second

// Leave leaves the target as it was, also when ctx has ended.
func (a Aim) Leave(ctx context.Context) error {
	if a.leave == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	return a.leave(ctx)
}
