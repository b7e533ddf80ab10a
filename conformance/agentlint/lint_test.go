package agentlint_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/agentlint"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/specs"
)

// interpreter is the program that python3 stands for; "" for none.
var interpreter = sync.OnceValue(func() string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})

// bare is Python without packages, whatever is installed.
func bare(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "python3")
	if err := os.WriteFile(file, []byte("#!/bin/sh\nexec '"+interpreter()+"' -S \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRules(t *testing.T) {
	t.Parallel()
	if interpreter() == "" {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs ADK projects")
	}
	for _, tc := range slices.Concat(projects, suites) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{start: good}
			maps.Copy(files, tc.files)
			run := lint(t, files, tc)
			var got []string
			for _, r := range run.Results {
				id := strings.TrimPrefix(r.ID, "agent/")
				if r.Verdict() == finding.Inconclusive {
					got = append(got, fmt.Sprintf("inconclusive %s: %s", id, r.Reason))
				}
				for _, f := range r.Failures {
					got = append(got, fmt.Sprintf("%s %s %s:%d %s: %s", r.Level, id, f.File, f.Line, f.Step, f.Got))
				}
			}
			if text := strings.Join(got, "\n"); text != tc.want {
				t.Errorf("got\n%s\nwant\n%s", text, tc.want)
			}
			if code := run.Conclusion().ExitCode(); code != tc.code {
				t.Errorf("exit code: want %d, got %d", tc.code, code)
			}
		})
	}
}

// TestReport: the report in JSON is what its schema says.
func TestReport(t *testing.T) {
	t.Parallel()
	if interpreter() == "" {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
	text, err := specs.Schema("report")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.JSON(&b, lint(t, map[string]string{start: "def start_function(conv):\n    conv.integration_attributes['x']\n"}, lintCase{}), report.NewRedactor()); err != nil {
		t.Fatal(err)
	}
	written, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(written); err != nil {
		t.Error(err)
	}
}

// lint writes a project and judges it.
func lint(t *testing.T, files map[string]string, tc lintCase) finding.Run {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if text == "" && name == start {
			continue
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	options := map[string]any{"project": dir, "python": interpreter()}
	if strings.Contains(files[start], vault) {
		options["python"] = bare(t)
	}
	maps.Copy(options, tc.options)
	text, err := json.Marshal(map[string]any{"agent": map[string]any{"adk": options}})
	if err != nil {
		t.Fatal(err)
	}
	from := sim.Sources{File: "x.yaml", Text: text, Brought: agent.Brought}
	if tc.set != "" {
		from.Set = []string{tc.set}
	}
	platform, err := sim.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.Configured("x.yaml", &platform.Projects[0].Agent, 0)
	if err != nil {
		t.Fatal(err)
	}
	project := a.(*adk.Agent)
	t.Cleanup(func() { _ = project.Close(t.Context()) })
	o := agentlint.Options{Tool: "dnispool", Platform: platform, Strict: tc.strict}
	if tc.attributes != "" {
		o.Attributes = json.RawMessage(tc.attributes)
	}
	run, err := agentlint.Lint(t.Context(), project, o)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
