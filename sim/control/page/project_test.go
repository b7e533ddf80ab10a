package page_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim/control/client"
)

// TestACallAtAProject: the page shows what start_function of an ADK project was given, what it stored, which tool was called, and
// where its code failed.
func TestACallAtAProject(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"start_function.py": "from _gen import *\n\n\ndef start_function(conv: Conversation):\n    attributes = conv.integration_attributes or {}\n    conv.state.shared_id = attributes.get(\"shared_id\")\n    conv.state.tier = attributes[\"tier\"].upper()\n    conv.log.info(\"a caller of tier \" + conv.state.tier)\n    return {\"utterance\": \"Good morning.\"}\n",
		"hand_over.py":      "from _gen import *\n\n\ndef hand_over(conv: Conversation, to: str):\n    conv.state.handoff_to = to\n    return {\"hangup\": True, \"utterance\": \"One moment.\"}\n",
	} {
		if err := os.MkdirAll(filepath.Join(dir, "functions"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "functions", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w := start(t, "pool: {numbers: 3}\nagent: {adk: {project: "+dir+", dtmf: {\"1\": {call: hand_over, with: {to: billing}}}}}")
	b := w.open(t, wide, high)
	call := func(attributes string) client.Placed {
		r, err := w.Reserve(t.Context(), client.ReserveRequest{Attributes: []byte(attributes)})
		if err != nil {
			t.Fatal(err)
		}
		placed, err := w.Place(t.Context(), client.Dial{To: r.DNI, From: "+442079460500"})
		if err != nil || !placed.Answered {
			t.Fatalf("want it answered, got %+v (%v)", placed, err)
		}
		return placed
	}
	first := call(`{"shared_id":"s-1","tier":"gold"}`)
	b.click(`[data-conversation]`)
	b.see(".verdict", "The agent was given the attributes of lease 1.")
	b.see("#conversation .blocks", `"tier": "gold"`)
	b.see("#conversation .blocks", `"tier": "GOLD"`)
	b.see("#conversation .ladder", "start_function · Good morning.")
	if _, err := w.Press(t.Context(), first.ID, client.Press{Digits: "1"}); err != nil {
		t.Fatal(err)
	}
	b.see("#conversation .ladder", `turn · hand_over {"to":"billing"} · One moment.`)
	b.see("#conversation .ladder", "INFO")
	b.see("#conversation .blocks", `"handoff_to": "billing"`)
	b.picture("project")

	second := call(`{"shared_id":"s-2"}`)
	b.home()
	b.wait(`document.querySelectorAll('[data-conversation]').length === 2`)
	b.click(`[data-conversation]`)
	b.see("#conversation .ladder", "start_function failed · start_function: KeyError: 'tier' at functions/start_function.py:7")
	b.see(`.verdict[data-kind="warn"]`, "The agent was given the attributes of lease 2, but failed: start_function: KeyError: 'tier' at functions/start_function.py:7")
	b.picture("project-failed")
	if _, err := w.Hangup(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	b.click(`nav [data-view="journal"]`)
	for _, want := range []string{"a caller of tier GOLD at functions/start_function.py:8", "dtmf"} {
		b.wait(`document.body.innerText.includes(` + "`" + strings.ReplaceAll(want, "`", "") + "`" + `)`)
	}
	b.picture("project-journal")
}
