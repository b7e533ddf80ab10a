// Package agentlint judges an integrator's own agent, a project of the Agent Development Kit, before a caller meets it: by
// reading its code and by running its start_function. Each rule says what it wants, why that matters to a caller, and what to
// write instead; what was seen by running is told apart from what was read.
package agentlint

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/fakes/agent/trial"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

// Options are what a lint needs besides the project.
type Options struct {
	Tool, Version string
	Dir           string          // how people know the folder of the project
	Platform      sim.Config      // with the project's own settings
	Attributes    json.RawMessage // what clients really send; nil: some are made up
	Strict        bool            // should and may count as must does
}

// Lint judges a project, one result a rule.
func Lint(ctx context.Context, a *adk.Agent, o Options) (finding.Run, error) {
	began := time.Now()
	run := finding.Run{Tool: o.Tool, Version: o.Version, Started: began, Target: o.Dir, Strict: o.Strict, VirtualTime: true}
	e, err := look(ctx, a, o)
	if err != nil {
		return run, err
	}
	for _, r := range rules() {
		run.Results = append(run.Results, r.result(e, o.Dir))
	}
	run.Duration = time.Since(began)
	return run, nil
}

// evidence is what is known of a project.
type evidence struct {
	project *adk.Project
	source  adk.Source
	loaded  adk.Loaded
	stuck   string // why the import did not come to an end; "": it did
	madeUp  bool   // the attributes are

	neverNone bool // no attributes are {}, by the configuration

	with, empty, none *trial.Function // start_function with attributes, with {} and with None; nil when it could not be run
	calls             []trial.Played
	tests             []tested // start_function with what tests of the project give it
}

// look reads the project and runs it.
func look(ctx context.Context, a *adk.Agent, o Options) (*evidence, error) {
	e := &evidence{project: a.Project(), madeUp: o.Attributes == nil}
	e.neverNone = o.Platform.Projects[0].Conversation.MissingAttributes == conversation.AttributesEmpty
	var failed, err error
	e.loaded, failed = a.Loaded(ctx)
	if e.source, err = a.Source(ctx); err != nil { // there is no Python
		return nil, err
	}
	if failed != nil {
		e.stuck = failed.Error()
		return e, nil
	}
	if e.unimported("functions.start_function") != nil || !slices.Contains(e.project.Modules, "functions.start_function") {
		return e, nil
	}
	attributes := o.Attributes
	if e.madeUp {
		attributes = sample(e.source.Attributes)
	}
	for _, c := range []struct {
		into       **trial.Function
		attributes json.RawMessage
		missing    conversation.MissingAttributes
	}{{&e.with, attributes, conversation.AttributesNone}, {&e.empty, nil, conversation.AttributesEmpty}, {&e.none, nil, conversation.AttributesNone}} {
		platform := o.Platform
		platform.Projects = slices.Clone(platform.Projects)
		platform.Projects[0].Conversation.MissingAttributes = c.missing
		played, err := trial.Play(ctx, platform, a, trial.Call{Attributes: c.attributes, From: "+442079460500"})
		if err != nil {
			return nil, err
		}
		e.calls = append(e.calls, played)
		*c.into = &played.Functions[0]
	}
	return e, e.playTests(ctx, a, o.Platform)
}

// SharedID is the shared_id among attributes that are made up.
const SharedID = "lint-shared-id"

// sample makes up attributes of the shape that start_function reads.
func sample(paths [][]string) json.RawMessage {
	top := map[string]any{"shared_id": SharedID}
	for _, path := range paths {
		at := top
		for i, key := range path {
			next, deeper := at[key].(map[string]any)
			switch {
			case deeper:
			case i < len(path)-1:
				next = map[string]any{}
				at[key] = next
			case at[key] == nil:
				at[key] = word(key)
			}
			at = next
		}
	}
	text, _ := json.Marshal(top) // text and objects
	return text
}

func word(key string) string {
	if slices.ContainsFunc([]string{"ani", "phone", "number", "caller"}, func(part string) bool { return strings.Contains(strings.ToLower(key), part) }) {
		return "+442079460500"
	}
	return key + "-1"
}

// unimported is the problem of a module that could not be imported, nil when it could.
func (e *evidence) unimported(module string) *adk.Problem {
	for _, all := range [][]adk.Problem{e.source.Problems, e.loaded.Problems} {
		for _, p := range all {
			if p.Module == module {
				return &p
			}
		}
	}
	return nil
}

// foreign is the name of a module that is missing and none of the project's; "" for any other problem.
func (e *evidence) foreign(p adk.Problem) string {
	name, missing := strings.CutPrefix(p.Text, "ModuleNotFoundError: No module named '")
	name, _, _ = strings.Cut(name, "'")
	top, _, _ := strings.Cut(name, ".")
	if !missing || top == "functions" || top == "flows" {
		return ""
	}
	for _, own := range []string{top, top + ".py"} {
		if _, err := os.Stat(filepath.Join(e.project.Root, own)); err == nil {
			return ""
		}
	}
	return name
}

// place is where something stands in the project.
type place struct {
	file string // below its root
	line int
}

// find is the first line of a file that holds a text; line 1 when none does.
func (e *evidence) find(file, text string) place {
	b, err := os.ReadFile(filepath.Join(e.project.Root, file))
	if err != nil {
		return place{file, 1}
	}
	before, _, found := bytes.Cut(b, []byte(text))
	if !found {
		return place{file, 1}
	}
	return place{file, 1 + bytes.Count(before, []byte("\n"))}
}

// startsAt is where start_function is defined.
func (e *evidence) startsAt() place {
	return e.find("functions/start_function.py", "def start_function")
}

// of is where a function failed.
func of(f *trial.Function) place {
	if p, ok := f.Err.(adk.Problem); ok && p.File != "" {
		return place{p.File, p.Line}
	}
	return place{"functions/start_function.py", 1}
}

// refusal is the kind of a note of what the simulator has not.
const refusal = "refused"

// wantsOutside reports whether a module could not be imported for want of what the simulator has not.
func wantsOutside(p adk.Problem) bool {
	return strings.HasPrefix(p.Text, "Refused: ") || strings.HasPrefix(p.Text, "NotSupported: ")
}

// refused is what a function wanted last and the simulator has not; "" for nothing.
func refused(f *trial.Function) string {
	for _, n := range slices.Backward(f.Reply.Notes) {
		if n.Kind == refusal {
			return n.String()
		}
	}
	return ""
}

// lines of a file around one, for a report.
func (e *evidence) lines(at place) (out []finding.SourceLine) {
	b, err := os.ReadFile(filepath.Join(e.project.Root, at.file))
	if err != nil {
		return nil
	}
	all := strings.Split(string(b), "\n")
	for n := max(1, at.line-1); n <= min(len(all), at.line); n++ {
		out = append(out, finding.SourceLine{Line: n, Text: printable(all[n-1])})
	}
	return out
}

// printable is a line of a file as a terminal can show it.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r == utf8.RuneError || unicode.IsControl(r):
			return '\ufffd'
		}
		return r
	}, strings.TrimSuffix(line, "\r"))
}

// result applies a rule.
func (r rule) result(e *evidence, dir string) finding.Result {
	res := finding.Result{
		ID: "agent/" + r.id, Summary: r.says, Requirement: r.says, Source: r.source, Level: r.level, Status: finding.Passed,
		File: filepath.Join(dir, "functions", "start_function.py"),
	}
	v := r.judge(e)
	if v.status != "" {
		res.Status, res.Reason = v.status, v.reason
	}
	for _, f := range v.found {
		res.Failures = append(res.Failures, finding.Failure{
			Kind: finding.KindCheck, File: filepath.Join(dir, f.at.file), Line: f.at.line, Source: e.lines(f.at),
			Step: string(f.seen), Got: f.text, Want: cmp.Or(f.instead, r.instead), Because: r.why,
		})
	}
	if len(res.Failures) > 0 {
		res.Status, res.Reason = finding.Failed, ""
		res.File, res.Line = res.Failures[0].File, res.Failures[0].Line
	}
	return res
}

// verdict is what a rule says of a project: what is wrong, or why it cannot say.
type verdict struct {
	found  []found
	status finding.Status // "": by what was found
	reason string
}

// found is one thing that is wrong.
type found struct {
	at      place
	text    string
	seen    seen
	instead string // "": as the rule says
}

// seen is how it is known.
type seen string

const (
	byRunning seen = "seen by running"
	byReading seen = "read in the code"
)

func doubtful(format string, args ...any) verdict {
	return verdict{status: finding.Inconclusive, reason: fmt.Sprintf(format, args...)}
}

func notHere(reason string) verdict { return verdict{status: finding.NotApplicable, reason: reason} }
