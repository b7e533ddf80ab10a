package reference

import (
	"slices"
	"sync"

	"github.com/dnispool/dnispool/sim/journal"
)

// troubles are what the agents of a platform could not do.
type troubles struct {
	mu   sync.Mutex
	said []string
}

// telling are the causes of notes that a reader of a verdict has to know.
var telling = []string{"refused", "missing-handoff", "failed"}

func (t *troubles) see(e journal.Event) {
	if e.Kind != journal.AgentNote || !slices.Contains(telling, e.Cause) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := "agent of " + e.Project + ": " + e.Detail; !slices.Contains(t.said, text) {
		t.said = append(t.said, text)
	}
}

func (t *troubles) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.said)
}
