package sim_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/journal"
)

// Two callers that chose one Call-ID, as two SIPp containers with the same process id do, and a stray call that reuses a third time
// what it has seen: none of them touches what another has left, whatever ids look like.
func TestCallsWithOneCallID(t *testing.T) {
	for _, form := range []string{"uuid", "call-sid", "conv", "call-id"} {
		t.Run(form, func(t *testing.T) {
			c := parse(t, "conversation: {id: "+form+"}\npool: {numbers: 3}")
			w := openAs(t, c, echo)
			carrier, err := pstn.New(t.Context(), pstn.Config{Platform: w.sim.SIPAddr()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = carrier.Close() }()
			ids := map[string]bool{}
			for i, shared := range []string{"first", "second", ""} {
				number := "+442079460002" // the stray's: reserved by nobody
				if shared != "" {
					number = w.reserve(fmt.Sprintf(`{"shared_id": %q, "nonce": %q}`, shared, shared))
				}
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				call, err := carrier.Dial(ctx, pstn.Dial{To: number, From: "+442079460500", CallID: "1-7@10.0.0.5"})
				if err != nil || !call.Answered() {
					t.Fatalf("call to %s: %v", number, err)
				}
				select {
				case <-call.Ended():
				case <-ctx.Done():
					t.Fatal("the call does not end")
				}
				w.until("the end hooks", func() bool { return w.count(journal.EndHook) == i+1 })
			}
			for _, shared := range []string{"first", "second"} {
				status, reply, err := w.tryHandoff(0, "shared_id", shared)
				if err != nil || status != 200 {
					t.Fatalf("handoff of %s: got %d %v, %v", shared, status, reply, err)
				}
				if got := reply["data"].(map[string]any)["echo_nonce"]; got != shared {
					t.Errorf("nonce of %s: got %v", shared, got)
				}
				id := fmt.Sprint(reply["id"])
				if again, _, _ := w.tryHandoff(0, "id", id); again != 200 || ids[id] {
					t.Errorf("id of %s: want one of its own, under which its state is found, got %s", shared, id)
				}
				ids[id] = true
			}
			for _, e := range w.sim.Journal().Events() { // what the caller chose is there to be looked for, beside the id
				if e.Kind == journal.HandoffWritten && (e.CallID != "1-7@10.0.0.5" || e.SharedID != "" && !ids[e.Call]) {
					t.Errorf("journal: want the Call-ID and one of %v, got %q and %q", ids, e.CallID, e.Call)
				}
			}
		})
	}
}
