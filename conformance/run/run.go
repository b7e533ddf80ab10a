// Package run plays the scenarios of a plan, several at a time, and returns the report of the run. It is what `dnispool
// check` does, and what the mutants and the Ginkgo suite take their scenarios from.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/inorder"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

// Plan says what to check.
type Plan struct {
	Tool, Version string
	Files         fs.FS  // the scenario files
	Dir           string // how people know the directory of the files
	Others        fs.FS  // scenarios beside these, which a target file may speak of as well; nil: none
	Filter        scenario.Filter
	Selects       string // the selection in words; empty: the filter's
	Target        targets.Target
	Seed          uint64
	Strict        bool
	Out           string              // directory for what is left of each scenario that does not pass; empty: nothing is kept
	KeepAll       bool                // of those that pass as well
	Redact        func(string) string // hides secrets in what is left; nil hides none
	Workers       int                 // scenarios at work at one time; 0: one a processor
	named         []string            // files and directories on disk, beside those of Files; see Named
	// TargetWords are what a command line says of the target, for the commands that a report prints; none for the reference.
	TargetWords []string
	VirtualTime bool // the target's time is its own
	// Fit, when it is not nil, settles which of the selected scenarios can be played on the target, and as what; nothing is
	// sent. Whoever plays the plan calls it once, after Load.
	Fit func(ctx context.Context, l *Loaded) error
	// Shown, when it is not nil, says which phone numbers a report of the loaded scenarios may show; the others are masked.
	Shown func(l Loaded) func(number string) bool
}

// Loaded is a plan whose scenarios have been read and selected.
type Loaded struct {
	Plan
	All      []*scenario.Scenario
	Selected []*scenario.Scenario
	byName   map[string]string // files of those that were named by their files, by id
}

// Load reads and selects the scenarios. The error lists every problem of every file with its place.
func Load(p Plan) (Loaded, error) {
	named, problems, err := p.loadNamed()
	var all []*scenario.Scenario
	if len(p.named) == 0 || len(p.Filter.Patterns) > 0 {
		found, more := scenario.Load(p.Files, ".", p.Reading())
		all, problems = found, append(problems, more...)
	}
	if err := errors.Join(err, problems.Err()); err != nil {
		return Loaded{}, err
	}
	l := Loaded{Plan: p, All: all, byName: make(map[string]string)}
	if len(p.named) > 0 {
		l.All = together(all, named)
		l.Filter.Taken = func(s *scenario.Scenario) bool { return slices.Contains(named, s) }
	}
	for _, s := range named {
		l.byName[s.ID] = s.File
	}
	l.Selected, err = scenario.Select(l.All, l.Filter)
	return l, err
}

// IDs are those of every scenario that there is: of the run, of where it was chosen from, and of those beside.
func (l Loaded) IDs() (ids []string) {
	for _, s := range l.All {
		ids = append(ids, s.ID)
	}
	ids = append(ids, scenario.IDs(l.Files, ".")...)
	if l.Others != nil {
		ids = append(ids, scenario.IDs(l.Others, ".")...)
	}
	return ids
}

// Reading is how the plan's scenarios are read.
func (p Plan) Reading() scenario.Options {
	return scenario.Options{CheckNames: check.Names(), Formats: p.Target.Formats(), Given: p.Target.Given, Fault: p.Target.Fault, Dir: p.Dir}
}

// Report is what is known of a run before it starts.
func (l Loaded) Report() finding.Run {
	return finding.Run{
		Tool: l.Tool, Version: l.Version, Seed: l.Seed, Target: l.Target.Name(), Config: l.Target.Config(),
		Filter: l.filterText(), Strict: l.Strict, VirtualTime: l.VirtualTime,
	}
}

func (l Loaded) filterText() string {
	words := cmp.Or(l.Selects, strings.Join(append(slices.Clone(l.named), l.Filter.Patterns...), " "))
	if l.Filter.Label != "" {
		words = strings.TrimSpace(words + " label " + l.Filter.Label)
	}
	return words
}

// Listener hears of each scenario: that it starts, as it does, and what became of it, in the order of the files. Several
// may have started before the first has ended.
type Listener interface {
	Started(id string)
	Finished(finding.Result)
}

// Play plays the selected scenarios and returns the report of the run. Those that were not selected are in it too. When
// ctx ends, what is at work is stopped and the rest is not played. listen may be nil.
func (l Loaded) Play(ctx context.Context, listen Listener) (finding.Run, error) {
	run := l.Report()
	run.Started = time.Now()
	options, err := l.Options()
	if err != nil {
		return run, err
	}
	outside := ctx
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	options.Full = func(err error) {
		giveUp(fmt.Errorf("%w; make room, or keep nothing with --out ''", err))
	}
	var results []finding.Result
	for r := range inorder.Map(ctx, l.Workers, slices.Values(l.Selected), func(s *scenario.Scenario) finding.Result {
		if listen != nil {
			listen.Started(s.ID)
		}
		return replay.Play(ctx, s, l.Target, options)
	}) {
		if r.Stopped() {
			run.Warnings = append(run.Warnings, r.Warnings...)
		} else {
			results = append(results, r)
		}
		if listen != nil {
			listen.Finished(r)
		}
	}
	run.Duration = time.Since(run.Started)
	switch {
	case errors.Is(outside.Err(), context.Canceled):
		run.Interrupted = true
	case ctx.Err() != nil:
		run.GaveUp = context.Cause(ctx).Error()
	}
	run.Results, run.NotPlayed = l.inOrder(results)
	run.Endpoints = run.Latencies()
	run.Warnings = append(run.Warnings, run.Hollow()...)
	return run, nil
}

// Options are those by which each scenario of the plan is played.
func (l Loaded) Options() (replay.Options, error) {
	checker, err := contract.New()
	return replay.Options{Seed: l.Seed, Strict: l.Strict, Again: l.Again, Checker: checker, Out: l.Out, KeepAll: l.KeepAll, Redact: l.Redact}, err
}

// Again is the command that plays one scenario of the run again.
func (l Loaded) Again(id string) string {
	words := []string{l.Tool, "check", id}
	if file := l.byName[id]; file != "" {
		words[2] = ShellWord(file)
	} else if l.Dir != Bundled {
		words = append(words, "--scenarios", ShellWord(l.Dir))
	}
	if l.Strict {
		words = append(words, "--strict")
	}
	for _, w := range l.TargetWords {
		words = append(words, ShellWord(w))
	}
	return fmt.Sprintf("%s --seed %d", strings.Join(words, " "), l.Seed)
}

// ShellWord is a text as one word of a shell, quoted where that would take it apart.
func ShellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// inOrder puts the results among those that were filtered out, in the order of the files, and names what was not played.
func (l Loaded) inOrder(results []finding.Result) (out []finding.Result, notPlayed []string) {
	played := make(map[string]finding.Result, len(results))
	for _, r := range results {
		played[r.ID] = r
	}
	selected := make(map[string]bool, len(l.Selected))
	for _, s := range l.Selected {
		selected[s.ID] = true
	}
	for _, s := range l.All {
		if r, ok := played[s.ID]; ok {
			out = append(out, r)
		} else if selected[s.ID] {
			notPlayed = append(notPlayed, s.ID)
		} else {
			out = append(out, finding.Result{
				ID: s.ID, File: s.File, Line: s.Line, Summary: s.Summary, Requirement: s.Requirement, Level: s.Level, Labels: s.Labels,
				Status: finding.Filtered, Reason: "not selected by " + l.filterText(),
			})
		}
	}
	return out, notPlayed
}
