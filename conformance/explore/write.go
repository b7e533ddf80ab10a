package explore

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// base is the wall time of a history's zero: fixed, so that the same seed gives the same file.
var base = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// Write writes the history as a file that can be judged again.
func (h History) Write(w io.Writer, seed uint64) error {
	facts, err := json.Marshal(h.Facts)
	if err != nil {
		return err
	}
	eps := time.Duration(0)
	for _, f := range h.Facts {
		if f.Eps != nil {
			eps = max(eps, *f.Eps)
		}
	}
	out, err := history.NewWriter(w, history.Header{Base: base, Eps: eps, Source: fmt.Sprintf("explore seed %d", seed), Facts: facts})
	if err != nil {
		return err
	}
	for i := range h.Ops {
		if err := out.Append(&h.Ops[i]); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Counterexample is what was found, for a report.
func (s Shrunk) Counterexample() finding.Counterexample {
	f := s.Finding
	f.Violation.Chart = reading.Of(s.History.Facts, s.History.Ops).Chart(f.Project, f.Violation)
	return finding.Counterexample{Finding: f, World: s.Plan.Options.Given(), History: s.History.Ops, Tries: s.Tries}
}
