package explore

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/history"
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
		eps = max(eps, f.Eps)
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

// Write tells a reader what was found: the platform, the smallest history, and what it breaks. again is the command
// that finds it again.
func (s Shrunk) Write(w io.Writer, again string) {
	v := s.Finding.Violation
	fmt.Fprintf(w, "  shrunk to %d operations in %d tries, on\n", len(s.History.Ops), s.Tries)
	for line := range strings.Lines(s.Plan.Options.Given()) {
		fmt.Fprintf(w, "    %s", line)
	}
	fmt.Fprintf(w, "  %s: %s\n", s.Finding.Check.Invariant, s.Finding.Check.Says)
	fmt.Fprintf(w, "  %s\n", v.Text)
	if v.Rule != "" {
		fmt.Fprintf(w, "  because: %s\n", v.Rule)
	}
	if v.Cause != "" {
		fmt.Fprintf(w, "  likely: %s\n", v.Cause)
	}
	for _, row := range check.Timeline(s.History.Facts[v.Owner(s.Finding.Project)], s.History.Ops, v) {
		fmt.Fprintf(w, "  %s\n", row)
	}
	fmt.Fprintf(w, "  history\n")
	for _, o := range s.History.Ops {
		fmt.Fprintf(w, "    %s\n", line(o))
	}
	fmt.Fprintf(w, "  again: %s\n", again)
}

// line is an operation with what ties it to others.
func line(o history.Op) string {
	s := o.String()
	for _, tie := range []struct{ name, value string }{
		{"nonce", o.Nonce}, {"call", o.CallID}, {"asked id", o.AskedID}, {"asked shared_id", o.AskedSharedID}, {"echo", nonceOf(o)},
	} {
		if tie.value != "" {
			s += fmt.Sprintf(", %s %s", tie.name, tie.value)
		}
	}
	return s
}

// nonceOf is what the agent of the call that was read had been given.
func nonceOf(o history.Op) string {
	var echo struct {
		Nonce *string `json:"echo_nonce"`
	}
	if len(o.Data) == 0 || json.Unmarshal(o.Data, &echo) != nil {
		return ""
	}
	if echo.Nonce == nil {
		return "none"
	}
	return *echo.Nonce
}
