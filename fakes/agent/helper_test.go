package agent_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
	"go.yaml.in/yaml/v3"
)

// document parses the text of a file and gives the value of its key agent.
func document(t *testing.T, text string) *yaml.Node {
	t.Helper()
	root, problems := strictyaml.Parse("a.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return strictyaml.Lookup(root, "agent")
}

func parse(t *testing.T, text string) *agent.Script {
	t.Helper()
	script, problems := agent.Parse("a.yaml", document(t, text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return script.(*agent.Script)
}

// call is bound, with both numbers and two headers that differ in case.
func call() conversation.Call {
	return conversation.Call{
		ID: "call-1", Account: "acme", Project: "support", DNIS: "+442071838750", ANI: "+447700900123",
		ArrivedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600)), Bound: true,
		Headers: map[string]string{"X-Language": "en", "x-language": "fr"},
	}
}

func stray() conversation.Call {
	c := call()
	c.Bound, c.ANI = false, ""
	return c
}

// outcome is a whole call: its steps, its state before and after the end hook
// and what the agent did wrong.
type outcome struct {
	steps         []string
	before, after string
	errs          []string
}

// play runs a call to its end; a machine that does not end is stopped.
func play(t *testing.T, c conversation.Config, a conversation.Agent, call conversation.Call, attributes string) outcome {
	t.Helper()
	var raw json.RawMessage
	if attributes != "" {
		raw = json.RawMessage(attributes)
	}
	machine := conversation.New(c, a, call, raw)
	step := machine.Begin(t.Context())
	steps := []string{line(step)}
	for !step.Hangup && len(steps) < 20 {
		step = machine.Next(t.Context())
		steps = append(steps, line(step))
	}
	before := flat(machine.State())
	after := flat(machine.Finish(t.Context(), step.Cause))
	var errs []string
	for _, err := range machine.Errors() {
		errs = append(errs, err.Error())
	}
	return outcome{steps, before, after, errs}
}

func line(s conversation.Step) string {
	text := fmt.Sprintf("%s %s", s.Kind, s.Wait)
	if s.Say != "" {
		text += fmt.Sprintf(" %q", s.Say)
	}
	if s.Hangup {
		text += " -> " + s.Cause
	}
	return text
}

// flat is a state in one line, keys sorted.
func flat(s conversation.State) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s=%s ", key, s[key])
	}
	return strings.TrimSpace(b.String())
}
