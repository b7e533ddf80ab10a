package reference

import (
	"slices"
	"testing"

	"github.com/dnispool/dnispool/sim/journal"
)

// TestTroubles: what agents wanted and could not have is told once, and what they logged is not.
func TestTroubles(t *testing.T) {
	var seen troubles
	for _, e := range []journal.Event{
		{Kind: journal.AgentNote, Cause: "refused", Project: "acme", Detail: "not supported: conv.memory at functions/a.py:3"},
		{Kind: journal.AgentNote, Cause: "info", Project: "acme", Detail: "hello"},
		{Kind: journal.AgentNote, Cause: "refused", Project: "acme", Detail: "not supported: conv.memory at functions/a.py:3"},
		{Kind: journal.StartFailed, Project: "acme", Detail: "start_function: boom"},
		{Kind: journal.AgentNote, Cause: "failed", Project: "globex", Detail: "KeyError: 'x' at functions/b.py:1"},
	} {
		seen.see(e)
	}
	want := []string{"agent of acme: not supported: conv.memory at functions/a.py:3", "agent of globex: KeyError: 'x' at functions/b.py:1"}
	if got := seen.all(); !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
}
