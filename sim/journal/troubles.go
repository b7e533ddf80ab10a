package journal

import (
	"fmt"
	"slices"
	"sync"
)

// mostTroubles is how many different ones are told.
const mostTroubles = 20

// Troubles are what the agents of a platform wanted and could not have, or failed in, as its journal tells. A reader of a verdict
// has to know them. The zero value is ready; it is safe for concurrent use.
type Troubles struct {
	mu   sync.Mutex
	said []string
	more int // that were told too, or again, when there were enough
}

// telling are the causes of notes that are troubles.
var telling = []string{"refused", "missing-handoff", "failed"}

// See is for Subscribe.
func (t *Troubles) See(e Event) {
	if e.Kind != AgentNote || !slices.Contains(telling, e.Cause) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	text := "agent of " + e.Project + ": " + e.Detail
	switch {
	case slices.Contains(t.said, text):
	case len(t.said) < mostTroubles:
		t.said = append(t.said, text)
	default:
		t.more++
	}
}

// All says each in one line, once.
func (t *Troubles) All() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.said)
	if t.more > 0 {
		all = append(all, fmt.Sprintf("agents: %d more troubles than these were told", t.more))
	}
	return all
}
