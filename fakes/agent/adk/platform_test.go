package adk_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/simtest"
)

// TestAtThePlatform calls a project over SIP, and looks at what the simulator shows of the call.
func TestAtThePlatform(t *testing.T) {
	t.Parallel()
	needPython(t)
	kept, err := filepath.Abs("testdata/kept")
	if err != nil {
		t.Fatal(err)
	}
	s := simtest.Start(t, simtest.Options{Config: "agent: {adk: " + kept + "}\nhandoff: {state_keys: [ani, handoff_to]}"})
	ctx := t.Context()
	number, err := s.Control.Reserve(ctx, client.ReserveRequest{Project: s.Project.Name, Attributes: []byte(`{"shared_id":"s-1","ani":"+44123"}`)})
	if err != nil {
		t.Fatal(err)
	}
	placed, err := s.Control.Place(ctx, client.Dial{To: number.DNI})
	if err != nil || !placed.Answered {
		t.Fatalf("call: want it answered, got %+v (%v)", placed, err)
	}
	if over, err := s.Control.Call(ctx, placed.ID, 20*time.Second); err != nil || over.EndedBy != "platform" || over.How != "bye" {
		t.Fatalf("call: want the platform's BYE, got %+v (%v)", over, err)
	}
	all, err := s.Control.Conversations(ctx, client.ConversationsQuery{})
	if err != nil || len(all.Conversations) != 1 {
		t.Fatalf("conversations: want one, got %+v (%v)", all, err)
	}
	got, err := s.Control.Conversation(ctx, all.Conversations[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "given", string(got.Given), `{"shared_id":"s-1","ani":"+44123"}`)
	equal(t, "handoff", string(got.Handoff.Data), `{"ani":"+44123","handoff_to":null}`)
	equal(t, "shared_id", got.SharedID, "s-1")
}
