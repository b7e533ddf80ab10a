package adk_test

import (
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
)

// interpreter is the program that python3 stands for, which may be a script that looks for it each time; "" for none.
var interpreter = sync.OnceValue(func() string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
})

// needPython skips a test that runs Python where there is none.
func needPython(t testing.TB) {
	t.Helper()
	if interpreter() == "" {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
}

// open returns the agent of a project in testdata, with what is said of it in defaults changed.
func open(t testing.TB, project string, change func(*adk.Options)) *adk.Agent {
	t.Helper()
	needPython(t)
	p, err := adk.Read(filepath.Join("testdata", project))
	if err != nil {
		t.Fatal(err)
	}
	o := adk.Defaults()
	o.Python = interpreter()
	if change != nil {
		change(&o)
	}
	a, err := adk.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

var arrived = time.Date(2026, 1, 1, 9, 0, 0, 123_456_000, time.UTC)

// call is what the platform knows of a call.
func call(id string) conversation.Call {
	return conversation.Call{
		ID: id, Account: "ws-1", Project: "PROJECT-1", DNIS: "+442079460000", ANI: "+442079460500", ArrivedAt: arrived, Bound: true,
		Headers: map[string]string{"X-Language": "fr"},
	}
}

// talk is a conversation with an agent; attributes may be nil.
func talk(t testing.TB, a conversation.Agent, c conversation.Config, id string, attributes string) *conversation.Conversation {
	t.Helper()
	if r, ok := a.(conversation.Resident); ok {
		t.Cleanup(func() { r.Over(id) })
	}
	var given json.RawMessage
	if attributes != "" {
		given = json.RawMessage(attributes)
	}
	return conversation.New(c, a, call(id), given)
}

// play drives a conversation to its end, and returns its steps in one line each.
func play(t testing.TB, c *conversation.Conversation) (lines []string) {
	t.Helper()
	for step := c.Begin(t.Context()); ; step = c.Next(t.Context()) {
		text := string(step.Kind) + " " + step.Wait.String()
		headers := ""
		for _, name := range slices.Sorted(maps.Keys(step.Headers)) {
			headers += " " + name + "=" + step.Headers[name]
		}
		for _, part := range []struct{ before, text string }{{" ", step.Say}, {" -> ", step.Cause}, {"", headers}, {" | ", step.Detail}} {
			if part.text != "" {
				text += part.before + part.text
			}
		}
		lines = append(lines, text)
		lines = append(lines, noted(step.Notes)...)
		if step.Hangup {
			c.Finish(t.Context(), "")
			return append(lines, noted(c.End().Notes)...)
		}
	}
}

func noted(notes []conversation.Note) (lines []string) {
	for _, n := range notes {
		lines = append(lines, "  "+n.Kind+": "+n.String())
	}
	return lines
}

var update = flag.Bool("update", false, "write the files of testdata anew")

// golden compares a text with a file.
func golden(t testing.TB, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(strings.TrimSpace(got)+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, file, got, string(want))
}

// equal compares texts of several lines.
func equal(t testing.TB, what, got, want string) {
	t.Helper()
	if got = strings.TrimSpace(got); got != strings.TrimSpace(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

// state is a conversation's state as JSON, without the keys that the platform fills in.
func state(c *conversation.Conversation) string {
	s := c.State().Clone()
	for _, key := range []string{"from_", "to", "call_sid"} {
		delete(s, key)
	}
	text, _ := json.Marshal(s)
	return string(text)
}

// lines is a state with one line for each key.
func lines(text string) string {
	var s map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &s)
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s)) {
		b.WriteString(key + " " + string(s[key]) + "\n")
	}
	return b.String()
}
