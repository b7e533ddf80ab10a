package adk_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/fakes/agent/trial"
	"github.com/dnispool/dnispool/sim"
)

// TestSettingsOfThePlatform: what the documents leave open is as the configuration says, for a project too.
func TestSettingsOfThePlatform(t *testing.T) {
	t.Parallel()
	needPython(t)
	project, err := filepath.Abs("testdata/settings")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, attributes, agent, set, want string }{
		{
			"as it is", `{"age":2}`, ``, ``,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":2,"kind":"int","in_tool":null,"missing":null,"stage":"end","at_the_end":[true,2026]}`,
		},
		{
			"not_json: null", `{"age":2}`, `, not_json: "null"`, ``,
			`{"when":{"at":null,"in":null},"age":2,"kind":"int","in_tool":null,"missing":null,"stage":"end","at_the_end":[true,2026]}`,
		},
		{
			"missing_index: none", `{"age":2}`, ``, `conversation.missing_index=none`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":2,"kind":"int","in_tool":null,"missing":null,"stage":"end","at_the_end":[true,2026]}`,
		},
		{
			"attributes_in: throughout", `{"age":2}`, ``, `conversation.attributes_in=throughout conversation.missing_index=none`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":2,"kind":"int","in_tool":{"age":2},"missing":null,"stage":"end","at_the_end":[false,2026]}`,
		},
		{
			"attribute_numbers: doubles", `{"age":2}`, ``, `conversation.attribute_numbers=doubles`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":2.0,"kind":"float","in_tool":null,"missing":null,"stage":"end","at_the_end":[true,2026]}`,
		},
		{
			"failed_writes: keep", `{"age":7}`, ``, `conversation.failed_writes=keep conversation.attributes_in=throughout`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":7,"kind":"int","in_tool":{"age":7},"missing":null,"stage":"end","at_the_end":[false,2026]}`,
		},
		{
			"failed_writes: drop", `{"age":7}`, ``, `conversation.failed_writes=drop conversation.attributes_in=throughout`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":7,"kind":"int","in_tool":null,"missing":null,"stage":"start","at_the_end":null}`,
		},
		{
			"snapshot: call-end", `{"age":2}`, ``, `handoff.snapshot=call-end`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":2,"kind":"int","in_tool":null,"missing":null,"stage":"start","at_the_end":null}`,
		},
		{
			"nothing came, None", ``, ``, ``,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":null,"kind":"NoneType","in_tool":null,"missing":null,"stage":"end","at_the_end":[true,2026]}`,
		},
		{
			"nothing came, {}", ``, ``, `conversation.missing_attributes=empty conversation.attributes_in=throughout conversation.missing_index=none`,
			`{"when":{"at":"2026-01-01 00:00:00","in":"{1}"},"age":null,"kind":"NoneType","in_tool":{},"missing":null,"stage":"end","at_the_end":[false,2026]}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := "agent: {adk: {project: " + project + ", python: " + interpreter() + ", turns: [{call: tool}]" + tc.agent + "}}\n" +
				"handoff: {state_keys: [when, age, kind, in_tool, missing, stage, at_the_end]}\n"
			from := sim.Sources{File: "x.yaml", Text: []byte(text), Brought: agent.Brought}
			from.Set = strings.Fields(tc.set)
			c, err := sim.Load(from)
			if err != nil {
				t.Fatal(err)
			}
			a, err := agent.Configured("x.yaml", &c.Projects[0].Agent, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = a.(*adk.Agent).Close(context.Background()) })
			var reserved json.RawMessage // nil: none
			if tc.attributes != "" {
				reserved = json.RawMessage(tc.attributes)
			}
			played, err := trial.Play(t.Context(), c, a, trial.Call{Attributes: reserved, From: "+442079460500"})
			if err != nil {
				t.Fatal(err)
			}
			var shown struct {
				Data json.RawMessage `json:"data"`
			}
			if err := json.Unmarshal(played.ByID.Body, &shown); err != nil {
				t.Fatal(err)
			}
			equal(t, "data", string(shown.Data), tc.want)
		})
	}
}
