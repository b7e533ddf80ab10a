package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// CheckFaults returns what is wrong with a mapping of faults.
func CheckFaults(file string, n *yaml.Node) error {
	_, problems := fault.Read(file, n)
	return problems.Err()
}

// set has these faults, and no others, from now on. With keep, those that are there already go on as they were.
func (s *stage) set(f fault.Faults, keep bool) error {
	onWire, inside := s.wire.Set, s.inside.Set
	if keep {
		onWire, inside = s.wire.Keep, s.inside.Keep
	}
	if err := onWire(f.HTTP...); err != nil {
		return err
	}
	inside(f)
	if s.carrier == nil { // it is not there yet: it begins with them
		return nil
	}
	b := s.carrying(f)
	if keep && reflect.DeepEqual(b, s.carrier.Behaviour()) {
		return nil
	}
	return s.carrier.Behave(b)
}

// carrying is how the carrier behaves while there are these faults.
func (s *stage) carrying(f fault.Faults) pstn.Behaviour {
	if f.Carrier == nil {
		return s.behaviour
	}
	return pstn.Behaviour(*f.Carrier)
}

// faults is the control API's hold on them.
func (s *stage) faults(configured *yaml.Node) control.Faults {
	h := &held{stage: s}
	if !configured.IsZero() {
		h.shown, _ = strictyaml.JSON(s.options.File, configured) // which has been read
	}
	return h
}

// held implements control.Faults.
type held struct {
	stage *stage
	mu    sync.Mutex
	shown json.RawMessage
}

// Set implements control.Faults.
func (h *held) Set(file string, n *yaml.Node, keep bool) error {
	f, problems := fault.Read(file, n)
	if err := problems.Err(); err != nil {
		return err
	}
	asJSON, problems := strictyaml.JSON(file, n)
	if err := problems.Err(); err != nil {
		return err
	}
	if err := h.stage.set(f, keep); err != nil {
		return err
	}
	h.show(asJSON)
	return nil
}

func (h *held) show(faults json.RawMessage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shown = faults
}

// Shown implements control.Faults.
func (h *held) Shown() json.RawMessage {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shown == nil {
		return json.RawMessage("null")
	}
	return h.shown
}

// Reset implements control.Faults.
func (h *held) Reset() error {
	h.show(nil)
	h.stage.wire.Reset() // which lets go whatever is held
	return h.stage.set(fault.Faults{}, false)
}

// Hits implements control.Faults.
func (h *held) Hits() client.FaultHits {
	out := client.FaultHits{HTTP: h.stage.wire.Hits()}
	out.Calls, out.Agent, out.Handoffs = h.stage.inside.Hits()
	return out
}

// hitHTTP writes in the journal what is put on an exchange.
func (s *stage) hitHTTP(_ context.Context, i wire.Injection) {
	s.sim.Journal().Append(journal.Event{
		At: s.clock.Now(), Kind: journal.FaultHit, Project: i.Project, Cause: i.Fault, Detail: fmt.Sprintf("http %s %s", i.Method, i.Path),
	})
}
