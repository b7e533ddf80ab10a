package journal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestTroubles: what agents wanted and could not have is told once, and what they logged is not.
func TestTroubles(t *testing.T) {
	var seen Troubles
	for _, e := range []Event{
		{Kind: AgentNote, Cause: "refused", Project: "acme", Detail: "not supported: conv.memory at functions/a.py:3"},
		{Kind: AgentNote, Cause: "info", Project: "acme", Detail: "hello"},
		{Kind: AgentNote, Cause: "refused", Project: "acme", Detail: "not supported: conv.memory at functions/a.py:3"},
		{Kind: StartFailed, Project: "acme", Detail: "start_function: boom"},
		{Kind: AgentNote, Cause: "failed", Project: "globex", Detail: "KeyError: 'x' at functions/b.py:1"},
	} {
		seen.See(e)
	}
	want := []string{"agent of acme: not supported: conv.memory at functions/a.py:3", "agent of globex: KeyError: 'x' at functions/b.py:1"}
	if got := seen.All(); !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}

// TestTroublesAreBounded: a load test may see a different one in each call.
func TestTroublesAreBounded(t *testing.T) {
	var seen Troubles
	for i := range 50 {
		seen.See(Event{Kind: AgentNote, Cause: "failed", Project: "acme", Detail: fmt.Sprint("KeyError: ", i)})
	}
	all := seen.All()
	if n := len(all); n != 21 || all[0] != "agent of acme: KeyError: 0" || !strings.HasPrefix(all[20], "agents: 30 more") {
		t.Errorf("want 20 of them, and how many more there were, got %q", all)
	}
}
