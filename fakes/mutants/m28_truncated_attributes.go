package mutants

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// truncatedAttributes stores attributes in a column of 1 KB and leaves out what does not fit.
func truncatedAttributes() Mutant {
	return Mutant{
		ID: "M28", Name: "truncated-attributes", Fault: "F45", Kill: "attributes-intact",
		Says: "attributes beyond 1 KB are left out",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{Backend: func(b api.Backend) api.Backend { return narrowBackend{backendOf(b)} }}
		},
	}
}

type narrowBackend struct{ backend }

// Reserve implements api.Backend.
func (b narrowBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	return b.backend.Reserve(ctx, key, fit(attributes, 1024))
}

// fit keeps the members of an object, in their order, up to so many bytes.
func fit(object json.RawMessage, limit int) json.RawMessage {
	if len(object) <= limit {
		return object
	}
	d := json.NewDecoder(bytes.NewReader(object))
	_, _ = d.Token() // the edge has seen that it is an object
	out := []byte{'{'}
	for d.More() {
		var value json.RawMessage
		key, err := d.Token()
		if err != nil || d.Decode(&value) != nil {
			break
		}
		name, _ := json.Marshal(key)
		if len(out)+len(name)+len(value)+3 > limit {
			break
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}')
}
