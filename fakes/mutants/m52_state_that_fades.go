package mutants

import (
	"encoding/json"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/handoff"
)

// stateThatFades compacts its states some minutes after the call: a client that asks again learns less than the first time.
func stateThatFades() Mutant {
	return Mutant{
		ID: "M52", Name: "state-that-fades", Fault: "F53", Kill: "handoff-visible",
		Says:  "a minute after it was taken a handoff state has lost the attributes that its agent was given",
		Parts: records(func(r sim.Records) sim.Records { return fadingRecords{r} }),
	}
}

type fadingRecords struct{ sim.Records }

// Get implements sim.Records.
func (s fadingRecords) Get(now time.Time, q handoff.Query) (handoff.Record, bool) {
	r, found := s.Records.Get(now, q)
	var data map[string]json.RawMessage
	if found && now.Sub(r.At) > time.Minute && json.Unmarshal(r.Data, &data) == nil && data["echo_attributes"] != nil {
		data["echo_attributes"] = json.RawMessage("null")
		r.Data, _ = json.Marshal(data) // what was JSON can be written
	}
	return r, found
}
