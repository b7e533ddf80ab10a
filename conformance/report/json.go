package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/dnispool/dnispool/conformance/finding"
)

// JSON writes the whole run as a verdict.Document, indented, without secrets. The order of the fields never
// changes. specs/report.schema.json describes it.
func JSON(w io.Writer, run finding.Run, red *Redactor) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(red.Run(run).Document()); err != nil {
		return fmt.Errorf("report: write JSON: %w", err)
	}
	return nil
}
