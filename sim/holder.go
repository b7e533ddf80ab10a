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

// Numbers lists at most limit of the numbers of a project's pool, without the first skip, and how many there are in all; false when there
// is no such project. Callers and clients wait meanwhile, so whoever wants many asks several times.
func (s *Sim) Numbers(project string, skip, limit int) (numbers []Number, total int, ok bool) {
	t, ok := s.platform.named(project)
	if !ok {
		return nil, 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	slots, total := t.pool.Slots(s.platform.now(), skip, limit)
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
	return out, total, true
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
