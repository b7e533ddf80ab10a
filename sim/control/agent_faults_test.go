package control_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

// told are the events of one call's agent and of its end, each with the time since the first of them.
func (w *world) told(t *testing.T) (lines []string) {
	t.Helper()
	j, err := w.Client.Journal(t.Context(), client.JournalQuery{Kinds: []string{
		"start", "start-failed", "turn", "turn-failed", "end-hook", "end-hook-failed", "bye-sent", "fault-hit", "handoff-written",
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range j.Events {
		text := fmt.Sprint(e.At.Sub(j.Events[0].At), " ", e.Kind)
		for _, part := range []string{e.Cause, e.Detail} {
			if part != "" && e.Kind != "handoff-written" {
				text += " | " + part
			}
		}
		lines = append(lines, text)
	}
	return lines
}

// overAfter lets a call that is up go on, and waits until its end_function is through.
func (w *world) overAfter(t *testing.T, d time.Duration) {
	t.Helper()
	if _, err := w.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Next(t.Context(), client.JournalQuery{Kinds: []string{"end-hook", "end-hook-failed"}, After: 1, Wait: 10 * time.Second}); err != nil {
		t.Fatalf("want the call over, got %v and\n%s", err, strings.Join(w.told(t), "\n"))
	}
}

// TestAgentCrashesOrIsSlow in each of its functions, as the control API is told: what the caller, the journal and the client
// see of it.
func TestAgentCrashesOrIsSlow(t *testing.T) {
	t.Parallel()
	const platform = `
clock: {frozen: true, start: 2026-03-02T09:00:00Z}
agent: {start: [{set: {handoff_to: billing, shared_id: f}}], turns: [{say: One., takes: 2s}, {say: Two., takes: 3s}], end: [{set: {handoff_reason: said}}]}
`
	for _, tc := range []struct {
		name, fault string
		hits        int
		want        string
		handoff     string
	}{
		{
			"crash in start", "agent: {function: start, crash: true}", 1, `0s fault-hit | crash | agent start
0s start-failed | start_function: a fault of the simulator's: the function crashed
0s turn | One.
2s turn | agent | Two.
5s handoff-written
5s bye-sent | agent
5s end-hook | took 0s`, `{"handoff_to":null,"handoff_reason":"said"}`,
		},
		{
			"crash in turn", "agent: {function: turn, crash: true, times: 1}", 1, `0s start
0s fault-hit | crash | agent turn
0s turn-failed | turn 0: a fault of the simulator's: the function crashed
0s turn | agent | Two.
3s handoff-written
3s bye-sent | agent
3s end-hook | took 0s`, `{"handoff_to":"billing","handoff_reason":"said"}`,
		},
		{
			"crash in every turn", "agent: {function: turn, crash: true}", 3, `0s start
0s fault-hit | crash | agent turn
0s turn-failed | turn 0: a fault of the simulator's: the function crashed
0s fault-hit | crash | agent turn
0s turn-failed | turn 1: a fault of the simulator's: the function crashed
0s fault-hit | crash | agent turn
0s turn-failed | turn-failed | turn 2: a fault of the simulator's: the function crashed
0s handoff-written
0s bye-sent | turn-failed
0s end-hook | took 0s`, `{"handoff_to":"billing","handoff_reason":"said"}`,
		},
		{
			"crash in end", "agent: {function: end, crash: true}", 1, `0s start
0s turn | One.
2s turn | agent | Two.
5s handoff-written
5s bye-sent | agent
5s fault-hit | crash | agent end
5s end-hook-failed | end_function: a fault of the simulator's: the function crashed`, `{"handoff_to":"billing","handoff_reason":null}`,
		},
		{
			"slow start", "agent: {function: start, slow: 4s}", 1, `0s fault-hit | slow: 4s | agent start
0s start
4s turn | One.
6s turn | agent | Two.
9s handoff-written
9s bye-sent | agent
9s end-hook | took 0s`, `{"handoff_to":"billing","handoff_reason":"said"}`,
		},
		{
			"start slower than it may be", "agent: {function: start, slow: 11s}", 1, `0s fault-hit | slow: 11s | agent start
0s start-failed | start_function: timeout: want 10s at most, took 11s
10s turn | One.
12s turn | agent | Two.
15s handoff-written
15s bye-sent | agent
15s end-hook | took 0s`, `{"handoff_to":null,"handoff_reason":"said"}`,
		},
		{
			"slow turn", "agent: {function: turn, slow: 4s, times: 1}", 1, `0s start
0s fault-hit | slow: 4s | agent turn
0s turn | One.
6s turn | agent | Two.
9s handoff-written
9s bye-sent | agent
9s end-hook | took 0s`, `{"handoff_to":"billing","handoff_reason":"said"}`,
		},
		{
			"slow end", "agent: {function: end, slow: 4s}", 1, `0s start
0s turn | One.
2s turn | agent | Two.
5s handoff-written
5s bye-sent | agent
5s fault-hit | slow: 4s | agent end
5s end-hook | took 4s`, `{"handoff_to":"billing","handoff_reason":"said"}`,
		},
		{
			"end slower than it may be", "agent: {function: end, slow: 11s}", 1, `0s start
0s turn | One.
2s turn | agent | Two.
5s handoff-written
5s bye-sent | agent
5s fault-hit | slow: 11s | agent end
5s end-hook-failed | end_function: timeout: want 10s at most, took 11s`, `{"handoff_to":"billing","handoff_reason":null}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, platform+"projects: [{name: one, dni_key: key-one, handoff_key: h-one}]\nhandoff: {state_keys: [handoff_to, handoff_reason], shared_id_source: both}")
			if _, err := w.SetFaults(t.Context(), []byte(tc.fault)); err != nil {
				t.Fatal(err)
			}
			_, body := w.reserveAs(t, "key-one")
			if c, err := w.Place(t.Context(), client.Dial{To: member(t, body, "dni")}); err != nil || !c.Answered {
				t.Fatalf("call: want it answered, got %+v (%v)", c, err)
			}
			w.overAfter(t, time.Minute)
			if _, err := w.Advance(t.Context(), time.Second); err != nil { // which waits until what end_function has left can be read
				t.Fatal(err)
			}
			if got := strings.Join(w.told(t), "\n"); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if f, err := w.Faults(t.Context()); err != nil || len(f.Hits.Agent) != 1 || f.Hits.Agent[0] != tc.hits {
				t.Errorf("hits: want %d, got %+v (%v)", tc.hits, f.Hits, err)
			}
			w.wantHandoffs(t, tc.handoff)
		})
	}
}

// TestProjectCrashesOrIsSlow: a project's own code fails in each of its functions, one call after another on one simulator, and
// the call after them is as ever.
func TestProjectCrashesOrIsSlow(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("skipped: there is no python3 on the PATH, and this test runs an ADK project")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"start_function.py": "import time\n\ndef start_function(conv):\n    conv.state.how = (conv.integration_attributes or {}).get('how') or 'well'\n    conv.state.handoff_to = 'billing'\n    act(conv, 'start')\n\ndef act(conv, where):\n    if conv.state.how == where + ' raises':\n        raise ValueError(where)\n    if conv.state.how == where + ' sleeps':\n        time.sleep(60)\n",
		"go_on.py":          "from functions.start_function import act\n\ndef go_on(conv):\n    act(conv, 'turn')\n    return {'utterance': 'Well.'}\n",
		"end_function.py":   "from functions.start_function import act\n\ndef end_function(conv):\n    act(conv, 'end')\n",
	} {
		if err := os.MkdirAll(filepath.Join(dir, "functions"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "functions", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w := start(t, "clock: {frozen: true}\npool: {numbers: 9}\nprojects: [{name: one, dni_key: key-one}]\nagent: {adk: {project: "+dir+", turns: [{call: go_on, takes: 1s}]}}")
	for _, tc := range []struct{ how, kind, detail string }{
		{"start raises", "start-failed", "start_function: ValueError: start at functions/start_function.py:10"},
		{"start sleeps", "start-failed", "start_function: timeout: want 10s at most, took 1m0s"},
		{"turn raises", "turn-failed", "turn 0: ValueError: turn at functions/start_function.py:10"},
		{"turn sleeps", "turn-failed", "turn 0: timeout: want 10s at most, took 1m0s"},
		{"end raises", "end-hook-failed", "end_function: ValueError: end at functions/start_function.py:10"},
		{"end sleeps", "end-hook-failed", "end_function: timeout: want 10s at most, took 1m0s"},
		{"well", "end-hook", "took 0s"},
	} {
		status, body := w.request(t, "POST", reservePath, "key-one", `{"attributes":{"how":"`+tc.how+`"}}`)
		if status != 200 {
			t.Fatalf("%s: reserve: %d %s", tc.how, status, body)
		}
		placed, err := w.Place(t.Context(), client.Dial{To: member(t, body, "dni")})
		if err != nil || !placed.Answered {
			t.Fatalf("%s: want it answered, got %+v (%v)", tc.how, placed, err)
		}
		if _, err := w.Advance(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		e, err := w.Next(t.Context(), client.JournalQuery{Kinds: []string{tc.kind}, CallID: placed.ID, After: 1, Wait: 10 * time.Second})
		if err != nil || !strings.HasPrefix(e.Detail, tc.detail) {
			t.Errorf("%s: want %s, got %+v (%v)", tc.how, tc.detail, e, err)
		}
		if over, err := w.Call(t.Context(), placed.ID, 10*time.Second); err != nil || over.EndedBy != "platform" {
			t.Errorf("%s: want it ended by the platform, got %+v (%v)", tc.how, over, err)
		}
	}
}
