package replay

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/history"
)

// keep writes the history to where the options want it, before anything is judged: what was seen must not depend on
// what is made of it.
func (p *player) keep(ops []history.Op) error {
	if p.options.History == nil || len(ops) == 0 {
		return nil
	}
	facts := make(map[string]check.Facts)
	for _, o := range ops {
		if _, known := facts[o.Project]; !known {
			facts[o.Project] = p.stage.Facts(o.Project)
		}
	}
	raw, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	out, err := p.options.History(p.scenario.ID)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	w, err := history.NewWriter(out, history.Header{Base: p.base, Source: fmt.Sprintf("%s seed %d", p.scenario.ID, p.options.Seed), Facts: raw})
	if err != nil {
		return errors.Join(err, out.Close())
	}
	for i := range ops {
		if err := w.Append(&ops[i]); err != nil {
			break // Flush returns it again
		}
	}
	return errors.Join(w.Flush(), out.Close())
}
