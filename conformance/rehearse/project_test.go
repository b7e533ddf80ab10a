package rehearse_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
)

// aProject writes a lesson whose platform runs an ADK project, which asks for a queue in words of its own, and returns the lesson.
func aProject(t *testing.T, python string) *rehearse.Lesson {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"agent/functions/start_function.py":             "from _gen import *\n\n\ndef start_function(conv: Conversation):\n    conv.state.reference = conv.integration_attributes[\"shared_id\"]\n    conv.state.queue = \"billing\"\n    if hasattr(conv, \"never\"):\n        pass\n    try:\n        conv.memory\n    except NotImplementedError:\n        pass\n    return {\"utterance\": \"One moment.\"}\n",
		"agent/functions/hang_up.py":                    "from _gen import *\n\n\ndef hang_up(conv: Conversation, why: str):\n    conv.state.why = why\n    return {\"hangup\": True}\n",
		"agent/agent_settings/experimental_config.json": `{"handoff_api":{"state_keys":["queue","why"],"aliases":{"queue":"handoff_to","why":"handoff_reason"},"shared_id_state_key":"reference"}}`,
		"agent/project.yaml":                            "project_id: PROJECT-9\naccount_id: ws-9\n",
		"lessons/our-agent.yaml": `lesson: v1
summary: A client follows what our own agent leaves.
requirement: The destination that the agent leaves is the one that the client calls.
source: our agreement
level: must
advice: Ask Get Handoff, and call data.handoff_to.
wants: known-queue
world:
  agent:
    adk:
      project: ../agent
      python: ` + python + `
      turns: [{takes: 100ms, call: hang_up, with: {why: "asked for ${queue}"}}]
expect:
  - asks: {least: 1}
  - routes: known-queue
`,
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	lessons, err := rehearse.Load(os.DirFS(filepath.Join(dir, "lessons")), filepath.Join(dir, "lessons"))
	if err != nil {
		t.Fatal(err)
	}
	return lessons[0]
}

// TestAgentOfALessonIsAProject: what it exposes, and by which names, its own configuration says; the ids of the account and the
// project are those that the client was given all the same.
func TestAgentOfALessonIsAProject(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
	lesson := aProject(t, "python3")
	r := play(t, lesson, rehearse.Options{Arrival: takenThrough(careful())})
	if r.Status != finding.Passed {
		t.Errorf("a right client: %s", told(r))
	}
	if want := "not supported: conv.memory at functions/start_function.py:10"; len(r.Warnings) != 1 || !strings.HasSuffix(r.Warnings[0], want) {
		t.Errorf("warnings: want %s, got %q", want, r.Warnings)
	}
	r = play(t, lesson, rehearse.Options{Arrival: takenThrough(brokenClient(t, "looks for the queue beside data"))})
	if r.Status != finding.Failed || !strings.Contains(told(r), "called no queue") {
		t.Errorf("a client that transfers nobody: %s", told(r))
	}
}

func TestALessonSaysWhatItsProjectLacks(t *testing.T) {
	t.Parallel()
	r := play(t, aProject(t, "python-that-is-not-here"), rehearse.Options{Arrival: takenThrough(careful())})
	if r.Status != finding.Unsupported || !strings.HasPrefix(r.Reason, "python: want python-that-is-not-here on the PATH") {
		t.Errorf("want it not judged, got %s", told(r))
	}
}
