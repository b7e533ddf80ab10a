package scenario

import (
	"os"
	"sync"
	"testing"
)

// TestClientsShareASubStep resolves and checks one sub-step by many goroutines, as the
// clients of concurrently do; the race detector is the judge.
func TestClientsShareASubStep(t *testing.T) {
	data, err := os.ReadFile("testdata/valid/pool/contention.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, ps := Parse("f", data, Options{})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	concurrently := s.Steps[0].Args.(*Concurrently)
	step := &concurrently.Steps[0]
	scope := s.Scope(1)
	results := make([]map[string]any, concurrently.Clients)
	var clients sync.WaitGroup
	for i := range results {
		clients.Go(func() {
			client := scope.Child()
			client.Set("client", map[string]any{"index": i + 1, "random": "r"})
			body, err := step.Args.(*Reserve).Attributes.JSON(client)
			if err != nil {
				t.Error(err)
			}
			results[i] = map[string]any{"status": 404, "body": body}
			if i < 10 {
				results[i] = map[string]any{"status": 200, "body": map[string]any{"dni": i}}
			}
			if mismatches, err := step.Expect.Check(client, results[i]); len(mismatches) > 0 || err != nil {
				t.Errorf("client %d: %v, %v", i, mismatches, err)
			}
		})
	}
	clients.Wait()
	mismatches, err := s.Steps[0].Tally.Check(scope, map[string][]map[string]any{"lease": results}, 0)
	if len(mismatches) > 0 || err != nil {
		t.Errorf("tally: %v, %v", mismatches, err)
	}
	if got := string(marshal(normal(results[49]["body"]))); got != `{"nonce":"r","shared_id":"race-50"}` {
		t.Errorf("last client: got %s", got)
	}
}
