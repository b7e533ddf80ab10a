package adk_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestSettingsOfTheProject: what a project says of its platform holds, unless the simulator's file says otherwise.
func TestSettingsOfTheProject(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"its own", "agent: {adk: testdata/configured}", `[["queue","tone"],{"queue":"handoff_to"},"reference","state",2,"acme-uk/bookings"]`},
		{"over a profile", "profile: gateway\nagent: {adk: {project: testdata/configured}}", `[["queue","tone"],{"queue":"handoff_to"},"reference","state",2,"acme-uk/bookings"]`},
		{
			"the file's first", "agent: {adk: testdata/configured}\nhandoff: {state_keys: [queue]}\nconversation: {max_silence: 4}\nprojects: [{handoff: {shared_id_state_key: other}, project: {slug: mine}}]",
			`[["queue"],{"queue":"handoff_to"},"other","state",4,"acme-uk/mine"]`,
		},
		{
			"of the project that has it", "projects: [{}, {agent: {adk: testdata/configured}}]",
			`[["handoff_to","handoff_reason","echo_nonce","echo_attributes","echo_dnis","echo_ani","echo_project","echo_arrived_at"],null,"shared_id","state",3,"acme-uk/acme-support"]` +
				`[["queue","tone"],{"queue":"handoff_to"},"reference","state",2,"acme-uk/bookings"]`,
		},
		{"no key for the shared_id", "agent: {adk: testdata/unfound}", `[["handoff_to"],{},"shared_id","none",3,"acme-uk/acme-support"]`},
		{
			"says nothing", "agent: {adk: testdata/kept}",
			`[["handoff_to","handoff_reason","echo_nonce","echo_attributes","echo_dnis","echo_ani","echo_project","echo_arrived_at"],null,"shared_id","state",3,"acme-uk/acme-support"]`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root, problems := strictyaml.Parse("sim.yaml", []byte(tc.text))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			c, problems := sim.Decode("sim.yaml", root, agent.Brought)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, p := range c.Projects {
				text, err := json.Marshal([]any{
					p.Handoff.StateKeys, p.Handoff.Aliases, p.Handoff.SharedIDStateKey, p.Handoff.SharedIDSource, p.Conversation.MaxSilence, p.Account.Slug + "/" + p.Project.Slug,
				})
				if err != nil {
					t.Fatal(err)
				}
				got.Write(text)
			}
			equal(t, "settings", got.String(), tc.want)
		})
	}
}

// TestFilesOfTheProject: what a function reads of them.
func TestFilesOfTheProject(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*adk.Options)
		want   string
	}{
		{"defaults", nil, `{"missing":null,"queue":"desk-7","reference":"r-1","tone":"brisk"}`},
		{"another variant and environment", func(o *adk.Options) { o.Variant, o.Environment = "evening", "sandbox" }, `{"missing":null,"queue":null,"reference":"r-1","tone":"calm"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := talk(t, open(t, "configured", tc.change), conversation.Default(), "c", `{"reference":"r-1"}`)
			play(t, c)
			equal(t, "state", state(c), tc.want)
		})
	}
}

// TestProblems: what is wrong with an agent's node is said where it stands.
func TestProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"agent: {adk: testdata/nowhere}":                                                  "x.yaml:1:14: adk: testdata/nowhere: want a folder of an ADK project, with functions/start_function.py in it, got nothing there",
		"agent: {adk: testdata}":                                                          "x.yaml:1:14: adk: testdata: want a folder of an ADK project, with functions/start_function.py in it, got none",
		"agent: {adk: {env: live}}":                                                       "x.yaml:1:14: adk: want the folder of a project, got nothing",
		"agent: {adk: {project: testdata/kept, env: staging}}":                            `x.yaml:1:14: adk: env: want live, pre-release, sandbox or draft, got "staging"`,
		"agent: {adk: {project: testdata/kept, secrets: {pin: 12, crm: {a: 1}}}}":         "x.yaml:1:54: secrets: pin: want text in quotes or a mapping, got 12",
		"agent: {adk: {project: testdata/kept, turnz: []}}":                               `x.yaml:1:39: unknown key "turnz" (did you mean "turns"?)`,
		"agent: {adk: {project: testdata/configured, variant: night}}":                    `x.yaml:1:24: adk: variant: want one of config/variant_attributes.yaml, got "night"`,
		"agent: {adk: {project: testdata/kept, turns: [{}]}}":                             "x.yaml:1:47: turn: want said, call, takes or listen, got an empty mapping",
		"agent: {adk: {project: testdata/kept, turns: [{with: {a: 1}}]}}":                 "x.yaml:1:47: with: want call beside it, for these are its arguments",
		"agent: {adk: {project: testdata/kept, turns: [{listen: true}, {said: a}]}}":      "x.yaml:1:47: listen: want it in the last turn: the caller is silent here, so no turn after it runs",
		"agent: {adk: {project: testdata/shop, turns: [{call: hang_upp}]}}":               `x.yaml:1:54: call: want a function of the project, got "hang_upp" (did you mean "hang_up"?)`,
		"agent: {adk: {project: testdata/field, turns: [{call: Visit/bok}]}}":             `x.yaml:1:55: call: want a function of the project, got "Visit/bok" (did you mean "visit/book"?)`,
		`agent: {adk: {project: testdata/shop, dtmf: {"1": {call: bye}}}}`:                `x.yaml:1:58: call: want a function of the project, got "bye"`,
		`agent: {adk: {project: testdata/kept, dtmf: {"1": {}}}}`:                         "x.yaml:1:51: turn: want said, call, takes or listen, got an empty mapping",
		`agent: {adk: {project: testdata/kept, dtmf: {"1": {listen: true}}}}`:             "x.yaml:1:51: listen: want it in turns alone: what the caller presses is heard without it",
		`agent: {adk: {project: testdata/kept, dtmf: {"1": {said: a}, "10": {said: b}}}}`: `x.yaml:1:45: dtmf: want entries of which none begins another, got "1" and "10"`,
		"agent: {adk: testdata/kept, echo: {}}":                                           "x.yaml:1:8: agent: want one of echo, adk and a script (start, turns, dtmf, end), got several",
	} {
		root, problems := strictyaml.Parse("x.yaml", []byte(text))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		_, problems = agent.Parse("x.yaml", strictyaml.Lookup(root, "agent"))
		equal(t, text, problems.Error(), want)
	}
}
