package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"

	"github.com/dnispool/dnispool/conformance/finding"
)

// Read reads the run that JSON wrote, of this version or an earlier one. It refuses what is no such report, and one whose
// verdict or counts do not follow from its results: that was changed or cut since.
func Read(r io.Reader) (finding.Run, error) {
	var doc finding.Document
	text, err := io.ReadAll(r)
	if err != nil {
		return finding.Run{}, err
	}
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return finding.Run{}, fmt.Errorf("want a report in JSON, as dnispool check --json writes it: %w", err)
	}
	if head.Format != finding.Format {
		return finding.Run{}, fmt.Errorf("want the format %s, as dnispool check --json writes it, got %q", finding.Format, head.Format)
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return finding.Run{}, fmt.Errorf("want the format %s: %w", finding.Format, err)
	}
	if codes := cmp.Or(doc.Codes, finding.ExitCodes); codes != finding.ExitCodes {
		return finding.Run{}, fmt.Errorf("want the exit codes of version %s, got %s", finding.ExitCodes, codes)
	}
	conclusion := doc.Run.Conclusion()
	switch verdict, counts := conclusion.Verdict(), doc.Run.Counts(); {
	case verdict != doc.Verdict && !earlier(doc, conclusion):
		return finding.Run{}, fmt.Errorf("want the verdict that follows from the results, %s, got %q: the file was changed", verdict, doc.Verdict)
	case counts != doc.Counts:
		return finding.Run{}, fmt.Errorf("want the counts that follow from the results, %+v, got %+v: the file was changed", counts, doc.Counts)
	}
	return doc.Run, nil
}

// earlier reports whether a report is of a version that called a run conformant without asking whether the rules shown are
// enough: it did not say how many were selected.
func earlier(doc finding.Document, c finding.Conclusion) bool {
	c.TooLittle = false
	return doc.Rules.Selected == 0 && c == finding.Conclusion{} && doc.Verdict == c.Verdict()
}
