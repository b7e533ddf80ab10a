// Package deployment is a platform that somebody else runs, as a target: nothing of it can be set up or reset, time passes as
// it does, and what is sent to it costs. Whatever leaves for it goes through one Gate, which keeps to the limits of the target
// file. Whether a scenario fits a deployment is decided before, by package fit.
package deployment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Target is a deployment.
type Target struct {
	File targetfile.File
	Gate *Gate
	// Fits says of a scenario why it is not played, and what playing it takes. Nil: every scenario is tried.
	Fits func(file string) Fit
	// Wall is the machine's wall clock, which tests set. Nil: that of package time.
	Wall func() time.Time

	opening sync.Mutex
	began   moment // the first Open

	host     atomic.Int32 // of the trunk: the one that took the last call
	projects []targets.Project
	headers  []header // of each INVITE
	password string   // of the trunk
	secrets  []string
	dir      string
}

// Fit is whether a scenario can be played on a deployment.
type Fit struct {
	Status finding.Status // "": it can
	Reason string
	Usage  Usage    // what playing it takes
	Alone  bool     // it needs a pool of which the run holds nothing
	Lacks  []string // what the target file does not state, by its keys, where that is why it cannot be played
	Ask    string   // what to ask whoever runs it, about what it lacks
}

type header struct{ name, value string }

// New makes the target that a file describes, and reads its keys. dir is the directory of the file.
func New(f targetfile.File, from targetfile.Source) (*Target, error) {
	t := &Target{File: f, dir: from.Dir}
	var missing error // all of them at once
	list := []targetfile.Project{{Account: f.Account, Project: f.Project, Keys: f.Keys}}
	if f.Second != nil {
		list = append(list, *f.Second)
	}
	read := func(what string, s targetfile.Secret) (string, error) {
		v, err := s.Read(from)
		if err != nil {
			return "", fmt.Errorf("%s: %w", what, err)
		}
		t.secrets = append(t.secrets, v)
		return v, nil
	}
	for i, p := range list {
		where := []string{"", "second_project."}[i]
		dni, noDNI := read(where+"keys.dni", p.Keys.DNI)
		handoff, noHandoff := read(where+"keys.handoff", p.Keys.Handoff)
		missing = errors.Join(missing, noDNI, noHandoff)
		t.projects = append(t.projects, targets.Project{Account: p.Account, Project: p.Project, DNIKey: dni, HandoffKey: handoff})
	}
	if err := errors.Join(missing, t.readTrunk(read)); err != nil {
		return nil, err
	}
	g, err := newGate(f, from.Dir, NewLedger(t.facts), t.owner)
	t.Gate = g
	return t, err
}

func (t *Target) readTrunk(read func(string, targetfile.Secret) (string, error)) (err error) {
	trunk := t.File.Calls.Trunk
	if trunk == nil {
		return nil
	}
	if trunk.User != "" {
		if t.password, err = read("calls.trunk.password", trunk.Password); err != nil {
			return err
		}
	}
	for name, s := range trunk.Headers {
		v, err := s.Read(targetfile.Source{})
		if err != nil {
			return fmt.Errorf("calls.trunk.headers.%s: want text, got a secret; write it under secret_headers", name)
		}
		t.headers = append(t.headers, header{name, v})
	}
	for name, s := range trunk.Secret {
		v, err := read("calls.trunk.secret_headers."+name, s)
		if err != nil {
			return err
		}
		t.headers = append(t.headers, header{name, v})
	}
	slices.SortFunc(t.headers, func(a, b header) int { return compare(a.name, b.name) })
	return nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// owner names the project that a key is of, by its place; "" is a key of nobody.
func (t *Target) owner(key string) string {
	for i, p := range t.projects {
		if key != "" && (key == p.DNIKey || key == p.HandoffKey) {
			return fmt.Sprint(i)
		}
	}
	return ""
}

// facts are those of a project, by its place. No timer of a platform ends a window or a rest at the very moment that was
// promised, so what is judged by them may come a little later.
func (t *Target) facts(place string) reading.Facts {
	f := t.File.Facts.Facts
	if place == "1" && t.File.Second != nil {
		f = t.File.Second.Facts.Facts
	}
	late := func(d time.Duration) time.Duration { return min(d/10+timer, t.File.Limits.Patience) }
	if f.WindowMax > 0 {
		f.WindowMax += late(f.WindowMax)
	}
	if f.CoolDown != nil && *f.CoolDown > 0 {
		longest := f.LongestRest()
		longest += late(longest)
		f.CoolDownMax = &longest
	}
	return f
}

// timer is how late a timer may be of itself.
const timer = 200 * time.Millisecond

// Name implements targets.Target.
func (t *Target) Name() string { return t.File.Name }

// Given implements targets.Target: a scenario is well made or not whatever it is played on.
func (t *Target) Given(file string, given *yaml.Node) strictyaml.Problems {
	_, problems := world.Read(file, given)
	return problems
}

// Fault implements targets.Target.
func (t *Target) Fault(file string, n *yaml.Node) strictyaml.Problems {
	return world.CheckFault(file, n)
}

// Config implements targets.Target.
func (t *Target) Config() json.RawMessage { return t.File.Config() }

// Secrets implements targets.Target.
func (t *Target) Secrets() []string { return t.secrets }

// Formats implements targets.Target.
func (t *Target) Formats() (names []string) {
	for _, f := range pstn.Formats() {
		names = append(names, string(f))
	}
	return names
}

// Refuses implements targets.Target.
func (t *Target) Refuses(s *scenario.Scenario) (finding.Status, string) {
	f := t.fit(s.File)
	return f.Status, f.Reason
}

// Ask implements targets.Asker.
func (t *Target) Ask(s *scenario.Scenario) string { return t.fit(s.File).Ask }

func (t *Target) fit(file string) Fit {
	if t.Fits == nil {
		return Fit{}
	}
	return t.Fits(file)
}

// Timeout implements targets.Target: what the scenario needs by itself, what it waits for, and what the gate may hold it up.
func (t *Target) Timeout(s *scenario.Scenario) time.Duration {
	l, u := t.File.Limits, t.fit(s.File).Usage
	requests := time.Duration(float64(u.Requests)/l.Requests) * time.Second
	patience := l.Patience * time.Duration(2+len(s.Steps)+u.Calls)
	return s.Timeout + u.Waited + u.CallTime + requests + patience + t.longestWindow()
}

// longestWindow is how long the gate may wait for numbers that earlier scenarios hold.
func (t *Target) longestWindow() (longest time.Duration) {
	for _, f := range t.File.FactsOf() {
		longest = max(longest, f.WindowMax)
	}
	return longest
}

// MayDrain reports whether the limits allow that every number of a pool is held at one time, and one more asked for.
func MayDrain(f targetfile.File, facts reading.Facts) bool {
	return facts.PoolSize() > 0 && facts.PoolSize() < f.Limits.Reservations && facts.WindowMax > 0
}

// Open implements targets.Target. It waits until the run holds so few numbers that the scenario can have what it needs.
func (t *Target) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	g, problems := world.Read(w.File, w.Given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	t.opening.Lock()
	if t.began == (moment{}) {
		t.began = t.moment()
	}
	t.opening.Unlock()
	fit := t.fit(w.File)
	if err := t.Gate.WaitForRoom(ctx, fit.Usage.Held, t.File.Facts.PoolSize(), fit.Alone); err != nil {
		return nil, fmt.Errorf("numbers of earlier scenarios are still held: %w", err)
	}
	return t.open(ctx, g, w.Seed)
}
