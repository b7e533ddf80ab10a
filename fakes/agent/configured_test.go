package agent_test

import (
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestLocated: a node that is written elsewhere still names the project; whatever else it says stays.
func TestLocated(t *testing.T) {
	t.Parallel()
	here, err := filepath.Abs("adk/testdata/kept")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"{adk: ../testdata/kept}":                             "{adk: HERE}",
		"{adk: {python: python3, project: ../testdata/kept}}": "{adk: {python: python3, project: HERE}}",
		"{adk: HERE}":              "{adk: HERE}",
		"{adk: []}":                "{adk: []}",
		"{adk: {python: python3}}": "{adk: {python: python3}}",
		"echo":                     "echo",
	} {
		root, problems := strictyaml.Parse("x.yaml", []byte("agent: "+strings.ReplaceAll(text, "HERE", here)))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		n := strictyaml.Lookup(root, "agent")
		located := agent.Located("adk/checks/x.yaml", *n)
		out, err := yaml.Marshal(&located)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(strings.TrimSpace(string(out)), here, "HERE"); got != want {
			t.Errorf("%s: want %s, got %s", text, want, got)
		}
		if out, err := yaml.Marshal(n); err != nil || strings.ReplaceAll(strings.TrimSpace(string(out)), here, "HERE") != text {
			t.Errorf("%s: want the node itself unchanged, got %s (%v)", text, out, err)
		}
	}
}
