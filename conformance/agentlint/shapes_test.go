package agentlint_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// keeps is what a start_function does that keeps the shared_id, which none of the projects does that PolyAI publishes.
const keeps = "    conv.state.shared_id = (conv.integration_attributes or {}).get(\"shared_id\")\n"

// TestShapes judges a project of each of the shapes that real ones have, as it is and with the shared_id kept; rules, which takes it
// from a header instead, loses it again. They are run by the tests of package adk.
func TestShapes(t *testing.T) {
	t.Parallel()
	if interpreter() == "" {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs ADK projects")
	}
	begins := regexp.MustCompile(`(?m)^def start_function\(.*\n`)
	options := map[string]any{
		"python":     bare(t),
		"secrets":    map[string]any{"pin": "0000", "crm": map[string]string{"user": "anne"}},
		"prompt_llm": []string{`{"summary":"asked for a teller"}`},
	}
	var got strings.Builder
	for _, shape := range []string{"field", "financial", "clinic", "restaurant", "shop", "airline", "vault", "rules", "ledger"} {
		root := os.DirFS(filepath.Join("../../fakes/agent/adk/testdata", shape))
		files := map[string]string{}
		err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(root, name)
			files[name] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, kept := range []bool{false, true} {
			name := shape
			if kept {
				name += ", which keeps it"
				files[start] = begins.ReplaceAllStringFunc(files[start], func(line string) string { return line + keeps })
				if files[api] != "" && !strings.Contains(files[api], "shared_id_state_key") {
					files[api] = strings.Replace(files[api], "]}}", `], "shared_id_state_key": "shared_id"}}`, 1)
				}
			}
			run := lint(t, files, lintCase{options: options})
			fmt.Fprintf(&got, "%s: %d\n", name, run.Conclusion().ExitCode())
			for _, r := range run.Results {
				if r.Verdict() == finding.Inconclusive {
					fmt.Fprintf(&got, "  inconclusive %s: %s\n", r.ID, r.Reason)
				}
				for _, f := range r.Failures {
					fmt.Fprintf(&got, "  %s %s %s:%d %s: %s\n", r.Level, r.ID, f.File, f.Line, f.Step, f.Got)
				}
			}
		}
	}
	const file = "testdata/shapes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
