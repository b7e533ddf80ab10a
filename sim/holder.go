package sim

import (
	"time"

	"github.com/dnispool/dnispool/sim/pool"
)

// Number is one number of a pool, and who holds it.
type Number struct {
	pool.Slot
	Since, Until time.Time // in the place of the slot's; a zero Until: it does not end by itself
	Call         string    // the conversation that holds it; "" none
}

// Numbers lists the numbers of a project's pool; false when there is no such project.
func (s *Sim) Numbers(project string) ([]Number, bool) {
	t, ok := s.platform.named(project)
	if !ok {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	slots := t.pool.Slots(s.platform.now())
	out := make([]Number, len(slots))
	for i, slot := range slots {
		out[i] = Number{Slot: slot, Since: s.platform.epoch.Add(slot.Since)}
		if slot.Until > 0 {
			out[i].Until = s.platform.epoch.Add(slot.Until)
		}
		if slot.Standing == pool.IsInCall {
			out[i].Call = t.holders[uint64(slot.Lease)]
		}
	}
	return out, true
}

// Owns reports whether a number, as its pool writes it, belongs to a project.
func (s *Sim) Owns(project, number string) bool {
	t, ok := s.platform.named(project)
	if !ok {
		return false
	}
	known, ok := t.knows(number)
	return ok && known == number
}
