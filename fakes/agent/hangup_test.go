package agent_test

import (
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// TestHangupCarriesHeaders: what the BYE is to carry is in the reply, and is text by name.
func TestHangupCarriesHeaders(t *testing.T) {
	t.Parallel()
	parse := func(text string) (conversation.Agent, strictyaml.Problems) {
		root, _ := strictyaml.Parse("a.yaml", []byte(text))
		return agent.Parse("a.yaml", root)
	}
	a, problems := parse("turns: [{do: [{hangup: {headers: {X-Outcome: done}}}]}]\n")
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	reply, err := a.Turn(t.Context(), conversation.TurnInput{})
	if err != nil || !reply.Hangup || reply.Headers["X-Outcome"] != "done" {
		t.Errorf("want the header, got %+v, %v", reply, err)
	}
	if _, problems := parse("turns: [{do: [{hangup: {header: {X-Outcome: done}}}]}]\n"); problems.Err() == nil ||
		problems.Error() != `a.yaml:1:25: unknown key "header" (did you mean "headers"?)` {
		t.Errorf("got %v", problems)
	}
}
