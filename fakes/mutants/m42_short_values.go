package mutants

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/handoff"
)

// shortValues keeps handoff states in a column of 256 characters for each value, and cuts off the rest.
func shortValues() Mutant {
	return Mutant{
		ID: "M42", Name: "short-values", Fault: "F45", Kill: "expectation", ScenariosOnly: true,
		Says: "a text in a handoff state is cut off after 256 characters",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Records: func(p sim.Project, r sim.Records) sim.Records { return shortRecords{r, p.Handoff.SharedIDStateKey} }}
		},
	}
}

type shortRecords struct {
	sim.Records
	sharedID string // the state key that is not cut: it is a key, not a value
}

// Put implements sim.Records.
func (s shortRecords) Put(now time.Time, c handoff.Call) (handoff.Record, bool) {
	c.State = maps.Clone(c.State)
	for key, value := range c.State {
		var text string
		if key == s.sharedID || json.Unmarshal(value, &text) != nil {
			continue
		}
		if runes := []rune(text); len(runes) > 256 {
			c.State[key], _ = json.Marshal(string(runes[:256])) // a string always encodes
		}
	}
	return s.Records.Put(now, c)
}
