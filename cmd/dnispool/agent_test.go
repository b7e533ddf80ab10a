package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent/adk"
)

// needPython skips a test that runs an ADK project where there is no Python.
func needPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
}

// stores is start_function as the platform documents it, with a guard.
const stores = `from _gen import *


def start_function(conv):
    attributes = conv.integration_attributes or {}
    conv.state.shared_id = attributes.get("shared_id")
    conv.state.ani = attributes.get("ani")
    if not conv.state.shared_id and not conv.state.ani:
        conv.state.handoff_to = "DEFAULT_QUEUE"
`

func TestAgentRun(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := write(t, map[string]string{
		"kept/functions/start_function.py": stores,
		"kept/functions/hang_up.py": `from _gen import *
import time


@func_description("Ends the call.")
def hang_up(conv, to):
    conv.log.info("leaving")
    time.sleep(2)
    conv.state.handoff_to = to
    return {"utterance": "Goodbye.", "handoff": {"bye": {"sip_headers": {"X-To": to}}, "reason": "asked"}}
`,
		"kept/test_suite/vip.yaml":           "name: VIP\ncaller_number: \"+447700900000\"\nintegration_attributes: {shared_id: t-1, ani: \"+44\"}\n",
		"kept/test_suite/wrong.yaml":         "caller_number: 447700900000\n",
		"broken/functions/start_function.py": "def start_function(conv):\n    conv.state.x = 1\n    conv.integration_attributes.get('shared_id')\n",
		"unread/functions/start_function.py": "def start_function(conv):\n    conv.state.x = =\n",
		"sim.yaml":                           "agent: {adk: {project: kept, turns: [{said: Bye, call: hang_up, with: {to: desk}}]}}\nhandoff: {state_keys: [ani]}\n",
	})
	for _, tc := range []struct {
		golden string
		args   []string
		code   int
	}{
		{"agent-run.txt", []string{"kept", "--attributes", `{"shared_id":"s-1","ani":"+44123"}`, "--said", "Bye", "--call", `hang_up:{"to":"billing"}`}, 0},
		{"agent-run-config.txt", []string{"--config", "sim.yaml"}, 0},
		{"agent-run-failed.txt", []string{"broken", "--from", ""}, 1},
	} {
		r := dnispool(t, dir, append([]string{"agent", "run"}, tc.args...)...)
		if r.code != tc.code || r.err != "" {
			t.Errorf("%s: want %d, got %+v", tc.golden, tc.code, r)
		}
		golden(t, tc.golden, steady(r.out))
	}
	r := dnispool(t, dir, "agent", "run", "kept", "--test", "vip.yaml")
	if r.code != 0 || !strings.Contains(r.out, `given {"shared_id":"t-1","ani":"+44"}`) || !strings.Contains(r.out, `"shared_id": "t-1"`) {
		t.Errorf("--test: want the call of the test played, got %+v", r)
	}
	for args, want := range map[string]string{
		"kept --test vip":                      `test: want a file of the project's test_suite (vip.yaml, wrong.yaml), got "vip"`,
		"kept --test wrong.yaml":               "test_suite/wrong.yaml:1: caller_number: want it in quotes: YAML takes 447700900000 for a number, and drops its +",
		"kept --test vip.yaml --attributes {}": "agent run: want --attributes or --test, got both",
		"broken --test a":                      `test: want a file of the project's test_suite (which has none), got "a"`,
		"unread":                               "SyntaxError: invalid syntax at functions/start_function.py:2",
		"nowhere":                              "agent run: " + filepath.Join(dir, "nowhere") + ": want a folder of an ADK project, with functions/start_function.py in it, got nothing there",
		"":                                     "agent run: want the folder of a project, got 0 arguments",
		"kept --config sim.yaml":               "agent run: want a folder or --config, got both",
		"kept --attributes []":                 `attributes: want a JSON object, got "[]"`,
		"kept --header X":                      `header: want Name=value, got "X"`,
		"kept --call hang_up:1":                `dnispool agent run: invalid value "hang_up:1" for flag --call: want a function and its arguments, as in hang_up:{"reason":"done"}, got "hang_up:1"; try dnispool agent run --help`,
		"kept --call hang_upp":                 `agent run: call: want a function of the project, got "hang_upp" (did you mean "hang_up"?)`,
		"kept --set conversation.x=1":          `--set conversation.x: no such setting (did you mean "conversation.id"?)`,
		"kept --set handoff.empty=odd":         `--set handoff.empty: want nulls, empty or not-found, got "odd"`,
	} {
		if r := dnispool(t, dir, append([]string{"agent", "run"}, strings.Fields(args)...)...); r.code != 2 || strings.TrimSpace(r.err) != want {
			t.Errorf("%s: want 2 and %q, got %+v", args, want, r)
		}
	}
}

func TestAgentNew(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := t.TempDir()
	r := dnispool(t, dir, "agent", "new", "echo")
	if r.code != 0 || r.err != "" {
		t.Fatalf("want the project, got %+v", r)
	}
	for line := range strings.Lines(r.out) {
		if command, ok := strings.CutPrefix(line, "  dnispool"); ok {
			if out, code := shell(t, dir, "dnispool"+command); code != 0 {
				t.Errorf("%s: want 0, got %d and\n%s", command, code, out)
			}
		}
	}
	if r := dnispool(t, dir, "agent", "new", "echo"); r.code != 2 || r.err != "agent new: want a folder that is not there yet, got echo\n" {
		t.Errorf("want it refused, got %+v", r)
	}
	if _, err := os.Stat(filepath.Join(dir, "echo", "flows", "hold_the_line", "flow_config.yaml")); err != nil {
		t.Error(err)
	}
}

func TestAgentLint(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := write(t, map[string]string{
		"kept/functions/start_function.py":             stores,
		"lost/functions/start_function.py":             "def start_function(conv):\n    conv.state.tier = conv.integration_attributes[\"tier\"]\n",
		"lost/functions/end_function.py":               "def end_function(conv):\n    conv.state.handoff_to = \"billing\"\n",
		"lost/agent_settings/experimental_config.json": "{\"handoff_api\": {\n  \"state_keys\": [\"handoff_to\", \"handoff_reason\"],\n  \"shared_id_state_key\": \"shared_id\"\n}}\n",
		"script.yaml": "agent: echo\n",
	})
	for _, tc := range []struct {
		golden string
		args   []string
		code   int
	}{
		{"agent-lint.txt", []string{"lost"}, 1},
		{"agent-lint-kept.txt", []string{"kept", "--attributes", `{"shared_id":"s-1"}`, "--strict"}, 0},
	} {
		r := dnispool(t, dir, append([]string{"agent", "lint"}, tc.args...)...)
		if r.code != tc.code || r.err != "" {
			t.Errorf("%s: want %d, got %+v", tc.golden, tc.code, r)
		}
		golden(t, tc.golden, steady(r.out))
	}
	r := dnispool(t, dir, "agent", "lint", "lost", "--junit", "-", "--json", "lost.json")
	if r.code != 1 || !strings.HasPrefix(r.out, "<?xml") || !strings.Contains(r.out, `tests="14" failures="3"`) || !strings.Contains(r.err, "lost: 14 rules") {
		t.Errorf("want JUnit alone on standard output, got %+v", r)
	}
	text, err := os.ReadFile(filepath.Join(dir, "lost.json"))
	if err != nil || !strings.Contains(string(text), `"verdict": "not-conformant"`) {
		t.Errorf("want the verdict in JSON, got %s (%v)", text, err)
	}
	for args, want := range map[string]string{
		"nowhere":                 "agent lint: " + filepath.Join(dir, "nowhere") + ": want a folder of an ADK project, with functions/start_function.py in it, got nothing there",
		"--config script.yaml":    "agent lint: want an agent that is an ADK project, got another in script.yaml",
		"kept --junit x --json x": "report x: want a file for each of --junit and --json, got one for both",
	} {
		if r := dnispool(t, dir, append([]string{"agent", "lint"}, strings.Fields(args)...)...); r.code != 2 || strings.TrimSpace(r.err) != want {
			t.Errorf("%s: want 2 and %q, got %+v", args, want, r)
		}
	}
}

// TestConfigurationNamesTheProject from wherever it is read again.
func TestConfigurationNamesTheProject(t *testing.T) {
	t.Parallel()
	needPython(t)
	dir := write(t, map[string]string{"kept/functions/start_function.py": stores, "settings/sim.yaml": "agent: {adk: ../kept}\n"})
	p := serve(t, dir, "--config", "settings/sim.yaml", "-q")
	r := dnispool(t, t.TempDir(), "ctl", "config", "--url", p.control)
	if want := "adk: " + filepath.Join(dir, "kept"); r.code != 0 || !strings.Contains(r.out, want) {
		t.Errorf("want %s, got %+v", want, r)
	}
	p.stop(t, syscall.SIGTERM)
}

// TestWithoutPython: what needs it says so, by name, and everything else works.
func TestWithoutPython(t *testing.T) {
	t.Parallel()
	played := func(given string) string {
		return "scenario: v1\nsummary: A number is given.\nrequirement: A number is given.\nsource: us\nlevel: must\n" + given + "steps:\n  - reserve: {attributes: {shared_id: mine-1}}\n    expect: {status: 200}\n"
	}
	dir := write(t, map[string]string{
		"kept/functions/start_function.py": stores,
		"checks/ours.yaml":                 played("given: {agent: {adk: ../kept}}\n"),
		"checks/theirs.yaml":               played(""),
		"sim.yaml":                         "agent: {adk: kept}\n",
		"load.yaml":                        "load: v1\narrivals: 1/s\nfor: 1s\njourney: {think: {min: 0s, max: 10ms}}\ngiven: {agent: {adk: kept}}\n",
		"empty/file":                       "",
	})
	const lacks = "python: want python3 on the PATH, to run an ADK project (3.9 or newer; " + adk.TestedWith + " were tested), got none"
	for _, tc := range []struct {
		args, says string
		code       int
	}{
		{"agent run kept", lacks, 2},
		{"agent lint kept", lacks, 2},
		{"sim --config sim.yaml", "project acme: agent: " + lacks, 2},
		{"load load.yaml", "project acme: agent: " + lacks, 2},
		{"check --scenarios checks", "skip  ours", 0},
		{"check --scenarios checks", "2 scenarios: 1 passed, 1 unsupported", 0},
		{"check --scenarios checks", lacks, 0},
		{"check --scenarios checks ours", "Nothing was tested", 2},
		{"check core/nine-steps", "1 passed", 0},
		{"agent new echo", "echo holds the echo agent", 0},
		{"scenarios lint checks", "", 0},
		{"rehearse list", "", 0},
	} {
		c := command(t, dir, strings.Fields(tc.args)...)
		c.Env = append(c.Env, "PATH="+filepath.Join(dir, "empty"))
		r := finish(t, c)
		if told := strings.Join(strings.Fields(r.out+r.err), " "); r.code != tc.code || !strings.Contains(told, strings.Join(strings.Fields(tc.says), " ")) {
			t.Errorf("%s: want %d and %q, got %+v", tc.args, tc.code, tc.says, r)
		}
	}
}
