package agentlint

import (
	"context"
	"fmt"
	"slices"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/fakes/agent/trial"
	"github.com/dnispool/dnispool/sim"
)

// tested is start_function in the call of a test.
type tested struct {
	file  string
	start *trial.Function
}

// mostTests is how many of a project's own tests are played: each is a call.
const mostTests = 50

// playTests plays the calls that the project's own tests describe, as far as they go without a language model: to the end of
// start_function.
func (e *evidence) playTests(ctx context.Context, a *adk.Agent, platform sim.Config) error {
	for _, t := range e.project.Tests {
		if t.Attributes == nil || len(t.Wrong) > 0 || t.Channel == "webchat" || t.Variant != "" && t.Variant != e.project.Default || len(e.tests) == mostTests {
			continue
		}
		played, err := trial.Play(ctx, platform, a, trial.Call{Attributes: t.Attributes, From: t.Caller, Headers: t.Headers})
		if err != nil {
			return err
		}
		e.calls = append(e.calls, played)
		e.tests = append(e.tests, tested{t.File, &played.Functions[0]})
	}
	return nil
}

// tests judges what the tests of a project name.
func tests(e *evidence) (v verdict) {
	if len(e.project.Tests) == 0 {
		return notHere("the project has no test_suite")
	}
	for _, t := range e.project.Tests {
		say := func(line int, format string, args ...any) {
			v.found = append(v.found, found{at: place{t.File, line}, text: fmt.Sprintf(format, args...), seen: byReading})
		}
		for _, w := range t.Wrong {
			say(w.Line, "%s", w.Text)
		}
		if _, known := e.project.Variants[t.Variant]; t.Variant != "" && !known {
			say(e.find(t.File, "variant:").line, "config/variant_attributes.yaml has no variant %q", t.Variant)
		}
		for _, a := range t.Asserted {
			modules := e.project.Named(a.Name)
			if len(modules) == 0 {
				say(a.Line, "there is no function %q", a.Name)
			}
			for _, p := range a.Parameters {
				if len(modules) > 0 && !slices.ContainsFunc(modules, func(m string) bool { return e.takes(m, p.Name) }) {
					say(p.Line, "%s has no parameter %q", a.Name, p.Name)
				}
			}
		}
	}
	return v
}

// takes reports whether a function may have a parameter of that name, as far as is known.
func (e *evidence) takes(module, name string) bool {
	parameters, known := e.source.Parameters[module]
	return !known || parameters == nil || slices.Contains(parameters, name)
}
