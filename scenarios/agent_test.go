package scenarios_test

import (
	"encoding/json"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// some are the scenarios that are played with -short: those of the flow and of what an agent leaves.
const some = "core/* handoff/*"

// odd are scenarios that do not pass with the project, and why.
var odd = map[string]string{
	"core/big-integers-arrive-unchanged": "Python keeps fractions as doubles",
}

// python is the interpreter that python3 stands for.
func python(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Skip("skipped: there is no python3 on the PATH, and the echo agent as an ADK project needs it")
	}
	return strings.TrimSpace(string(out))
}

// TestTheEchoAgentAsAProject plays the scenarios of the echo agent with the ADK project in its place.
func TestTheEchoAgentAsAProject(t *testing.T) {
	t.Parallel()
	interpreter := python(t)
	folder, err := filepath.Abs(scenarios.AgentDir)
	if err != nil {
		t.Fatal(err)
	}
	var project yaml.Node
	if err := project.Encode(map[string]any{"adk": map[string]any{"project": folder, "python": interpreter}}); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	err = fs.WalkDir(scenarios.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(scenarios.Files, name)
		if err != nil {
			return err
		}
		if changed := withAgent(t, text, &project); changed != nil {
			files[name] = &fstest.MapFile{Data: changed}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := run.Plan{Tool: "dnispool", Files: files, Dir: "scenarios", Target: reference.Target{}, Seed: 1}
	if testing.Short() {
		plan.Filter = scenario.Filter{Patterns: strings.Fields(some)}
	}
	loaded, err := run.Load(plan)
	if err != nil {
		t.Fatal(err)
	}
	played, err := loaded.Play(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, r := range played.Results {
		switch verdict := r.Verdict(); {
		case verdict == finding.Filtered:
		case odd[r.ID] != "":
			if verdict != finding.Failed {
				t.Errorf("%s: want it failed, for %s, got %s", r.ID, odd[r.ID], verdict)
			}
		case verdict == finding.Passed:
			passed++
		default:
			t.Errorf("%s: want it passed, got %s %s", r.ID, r.Verdict(), r.Reason)
			for _, f := range r.Failures {
				t.Errorf("  %s", f.Headline())
			}
		}
	}
	t.Logf("%d passed", passed)
}

// withAgent is a scenario with the agent, nil for one that has agents of its own.
func withAgent(t *testing.T, text []byte, project *yaml.Node) []byte {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	given := strictyaml.Lookup(n.Content[0], "given")
	if strings.Contains(string(text), "agent:") {
		return nil
	}
	if given == nil {
		given = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		n.Content[0].Content = append(n.Content[0].Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "given"}, given)
	}
	given.Content = append(given.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "agent"}, project)
	out, err := yaml.Marshal(&n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTheTwoEchoAgentsAreOne compares what they leave in their states.
func TestTheTwoEchoAgentsAreOne(t *testing.T) {
	t.Parallel()
	o := adk.Defaults()
	o.Python = python(t)
	p, err := adk.Read(scenarios.AgentDir)
	if err != nil {
		t.Fatal(err)
	}
	project, err := adk.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = project.Close(t.Context()) })
	for _, tc := range []struct {
		attributes string // "": unbound
		missing    conversation.MissingAttributes
	}{
		{attributes: `{"nonce":"n-1","shared_id":"s-1","want_handoff_to":"billing","want_handoff_reason":"refund"}`},
		{attributes: `{"nonce":null,"shared_id":null,"want_handoff_to":null}`},
		{attributes: `{"nonce":{"a":[1,2.5,-0.0,1e3,9007199254740993,true,"é☎\ud83d\ude00"]}}`},
		{attributes: `{}`}, {},
		{attributes: `{"want_talk":0}`}, {attributes: `{"want_talk":12.5}`}, {attributes: `{"want_talk":60}`},
		{attributes: `{"want_talk":-1}`}, {attributes: `{"want_talk":1e300}`}, {attributes: `{"want_talk":"5"}`}, {attributes: `{"want_talk":true}`},
	} {
		var got [2]string
		for i, a := range []conversation.Agent{agent.Echo(agent.EchoConfig{}), project} {
			call := conversation.Call{
				ID: tc.attributes, Account: "ws-1", Project: "PROJECT-1", DNIS: "+442079460000", ANI: "+442079460500",
				ArrivedAt: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), Bound: tc.attributes != "",
			}
			if tc.attributes == "" {
				call.ANI = ""
			}
			got[i] = outcome(t, conversation.New(conversation.Default(), a, call, json.RawMessage(tc.attributes)))
		}
		if got[0] != got[1] {
			t.Errorf("%s: the built-in agent leaves\n%s\nthe project\n%s", tc.attributes, got[0], got[1])
		}
	}
}

// TestTheEchoProjectIsWhole: its README says of each file what it is, its configuration shows what the echo contract says, and what
// end_function writes is nothing of that.
func TestTheEchoProjectIsWhole(t *testing.T) {
	t.Parallel()
	project, err := fs.Sub(scenarios.Agent, scenarios.AgentDir)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := fs.ReadFile(project, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, push, _ := strings.Cut(string(readme), "\n## What to push\n")
	push, ask, found := strings.Cut(push, "\n## What to ask your PolyAI contact\n")
	if !found || !strings.Contains(ask, "dnispool target questions") {
		t.Error("README: want what to push and what to ask the PolyAI contact, got not both")
	}
	err = fs.WalkDir(project, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && name != "README.md" && !strings.Contains(push, "`"+name+"`") {
			t.Errorf("README: want %s among what to push, got nothing", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := adk.Read(scenarios.AgentDir)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.API; got == nil || !slices.Equal(got.StateKeys, agent.EchoStateKeys()) || got.SharedIDStateKey != agent.SharedIDKey {
		t.Errorf("handoff_api: want the keys of the echo contract, got %+v", got)
	}
	o := adk.Defaults()
	o.Python = python(t)
	a, err := adk.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(t.Context()) })
	call := conversation.Call{ID: "1", Account: "ws-1", Project: "PROJECT-1", DNIS: "+442079460000", ArrivedAt: time.Now(), Bound: true}
	c := conversation.New(conversation.Default(), a, call, json.RawMessage(`{"nonce":"n-1","want_talk":7}`))
	for step := c.Begin(t.Context()); !step.Hangup; step = c.Next(t.Context()) {
	}
	before := c.State().Clone()
	after := c.Finish(t.Context(), "")
	if _, ok := before["echo_ended_at"]; ok || after["echo_ended_at"] == nil || c.End().Err != nil {
		t.Errorf("echo_ended_at: want it written by end_function, got %s before, %s after, error %v", before["echo_ended_at"], after["echo_ended_at"], c.End().Err)
	}
	for _, key := range append(agent.EchoStateKeys(), agent.SharedIDKey) {
		if string(before[key]) != string(after[key]) {
			t.Errorf("%s: want it as it was before end_function, %s, got %s", key, before[key], after[key])
		}
	}
}

// outcome is how long the call was, why it ended, and what it left of what the Handoff API shows.
func outcome(t *testing.T, c *conversation.Conversation) string {
	t.Helper()
	var spent time.Duration
	step := c.Begin(t.Context())
	for ; !step.Hangup; step = c.Next(t.Context()) {
		spent += step.Wait
	}
	spent += step.Wait
	state := c.Finish(t.Context(), "")
	shown := map[string]any{}
	for _, key := range append(agent.EchoStateKeys(), agent.SharedIDKey) {
		if value, ok := state[key]; ok {
			var v any
			if err := json.Unmarshal(value, &v); err != nil {
				t.Fatal(err)
			}
			shown[key] = v
		}
	}
	if at, ok := shown["echo_arrived_at"].(string); ok {
		moment, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Error(err)
		}
		shown["echo_arrived_at"] = moment.UTC()
	}
	text, err := json.Marshal(map[string]any{"spent": spent.String(), "cause": step.Cause, "state": shown, "errors": c.Errors()})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
