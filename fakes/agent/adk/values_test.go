package adk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

// written is the agent of a project that is written for a test, with what is said of it in defaults changed.
func written(t *testing.T, files map[string]string, changes ...func(*adk.Options)) *adk.Agent {
	t.Helper()
	needPython(t)
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := adk.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := adk.Defaults()
	o.Python = interpreter()
	for _, change := range changes {
		change(&o)
	}
	a, err := adk.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(t.Context()) })
	return a
}

// TestTextOfTheWorld is kept as people write it; half a surrogate, which is no text, as an escape.
func TestTextOfTheWorld(t *testing.T) {
	t.Parallel()
	a := written(t, map[string]string{"functions/start_function.py": `def start_function(conv):
    conv.state["größe"] = "日本語 😀"
    if conv.integration_attributes:
        conv.state.half = "\ud800"
    return {"utterance": "Grüß Gott."}
`})
	for attributes, want := range map[string]string{
		"":        `{"größe":"日本語 😀"}`,
		`{"a":1}`: `{"größe":"\u65e5\u672c\u8a9e \ud83d\ude00","half":"\ud800"}`,
	} {
		c := talk(t, a, conversation.Default(), "c"+attributes, attributes)
		if steps := play(t, c); !strings.HasPrefix(steps[0], "start 0s Grüß Gott.") {
			t.Errorf("want the greeting, got %q", steps)
		}
		equal(t, "state", state(c), want)
	}
}

// TestWhatAFunctionCannotReturn is an error, and names what it was.
func TestWhatAFunctionCannotReturn(t *testing.T) {
	t.Parallel()
	for returns, want := range map[string]string{
		"{1, 2}":                            "TypeError: a function returns None, a text or a dict, got set",
		"object()":                          "TypeError: a function returns None, a text or a dict, got object",
		`{"utterance": object()}`:           "TypeError: utterance: want a text, got object",
		`{"handoff": {"sip_headers": "x"}}`: "TypeError: handoff: want sip_headers as a dict, got str",
	} {
		a := written(t, map[string]string{"functions/start_function.py": "def start_function(conv):\n    return " + returns + "\n"})
		c := talk(t, a, conversation.Default(), "c", "")
		step := c.Begin(t.Context())
		if step.Err == nil || !strings.Contains(step.Err.Error(), want) {
			t.Errorf("%s: want %s, got %v", returns, want, step.Err)
		}
		a.Over("c")
	}
}

// TestFilesThatCannotBeRead: what is said of them is said in the project's own words.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"functions/start_function.py": "", "config/handoffs.yaml": "handoffs: 3\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err := adk.Read(dir)
	if want := "config/handoffs.yaml: want the form that the platform writes: line 1: cannot unmarshal !!int `3`"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("want %s, got %v", want, err)
	}
}
