package explore

import (
	"context"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// Judge holds a history against the checks.
func Judge(h History, checks []check.Check) finding.Judgement {
	return check.Judge(context.Background(), reading.Of(h.Facts, h.Ops), checks, check.Budget)
}
