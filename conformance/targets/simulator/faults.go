package simulator

import (
	"context"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// faults are those inside of the simulator. Those on the wire and of the carrier are on this side.
type faults struct {
	api *client.Client
	ctx context.Context
	now map[string]json.RawMessage // by part
}

// change replaces the parts that are in n, with fresh counters; nil ends all faults.
func (f *faults) change(n *yaml.Node) error {
	if n == nil {
		f.now = nil
		_, err := f.api.ResetFaults(f.ctx)
		return err
	}
	changed := make(map[string]json.RawMessage)
	for part, value := range strictyaml.Pairs(n) {
		if part.Value == "http" || part.Value == "carrier" {
			continue
		}
		raw, problems := strictyaml.JSON("", value)
		if err := problems.Err(); err != nil {
			return err
		}
		changed[part.Value] = raw
	}
	kept := make(map[string]json.RawMessage)
	for part, raw := range f.now {
		if changed[part] == nil {
			kept[part] = raw
			changed[part] = raw
		}
	}
	if err := f.set(kept); err != nil { // what is replaced begins anew, also where it is the same
		return err
	}
	f.now = changed
	return f.set(changed)
}

func (f *faults) set(parts map[string]json.RawMessage) error {
	raw, err := json.Marshal(parts)
	if err == nil {
		_, err = f.api.KeepFaults(f.ctx, raw)
	}
	if err != nil {
		return fmt.Errorf("simulator: faults: %w", err)
	}
	return nil
}
