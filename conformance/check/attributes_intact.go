package check

import (
	"context"
	"fmt"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/jsonvalue"
	"github.com/dnispool/dnispool/conformance/reading"
)

// attributesIntact compares the agent's own copy with what was sent.
func attributesIntact() Check {
	return Check{Rule: finding.Rule{Name: "attributes-intact", Invariant: "I4", Says: "A bound call is given the attributes exactly as they were sent."},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			for _, c := range v.Calls {
				if c.Echo == nil || c.Echo.Nonce == "" || c.Echo.Attributes == nil {
					continue
				}
				where, sent := v.mangled(c.Echo)
				if sent == nil {
					continue
				}
				out.Cases++
				if where != "" {
					out.Add(finding.Violation{
						Text: fmt.Sprintf("attributes of nonce %s differ at %s", c.Echo.Nonce, where), Rule: "the agent's own copy of all attributes, compared as JSON",
						Cause: "F45 attributes mangled on the way", Ops: reading.Copies(sent, c.Op, c.Echo.Heard),
					})
				}
			}
			if out.Cases == 0 {
				return finding.NotJudged("no call's echo_attributes can be compared with what was sent")
			}
			return out
		}}
}

// mangled says where the attributes differ from those of every reservation with the nonce, and gives one of these.
func (v *view) mangled(e *reading.Echo) (where string, sent *history.Op) {
	for a := v.ByNonce[e.Nonce]; a != nil; a = a.Next {
		if len(a.Op.Attributes) == 0 {
			continue
		}
		at, same := jsonvalue.Difference(a.Op.Attributes, e.Attributes)
		if same {
			return "", a.Op
		}
		where, sent = at, a.Op
	}
	return where, sent
}
