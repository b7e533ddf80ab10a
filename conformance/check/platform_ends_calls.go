package check

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// ringing is the longest from the first sign of a call's arrival to what its agent counts from: an INVITE may ring for
// three minutes (RFC 3261, timer C).
const ringing = 3 * time.Minute

// platformEndsCalls: a conversation ends on the platform's side, by its BYE. A caller may hang up first, and only the agent
// knows when it wanted to end; an echo agent was told by the attribute want_talk. So a call shows something when the
// platform has ended it, or when it was up for long after its agent was to end it, whoever ended it then. Of the others nothing is known, and
// where that is all calls, their count is the reason: a platform that never ends a call looks like that.
func platformEndsCalls() Check {
	return Check{Rule: finding.Rule{Name: "platform-ends-calls", Invariant: "I23", Says: "When its agent is done, the platform ends the call with BYE."},
		judge: func(_ context.Context, v *view) (out finding.Outcome) {
			n := ends{by: make(map[string]int)}
			for _, c := range v.Calls {
				if c.Answered() {
					v.judgeEnd(&out, &n, c)
				}
			}
			switch {
			case n.calls == 0:
				out.NotJudged = "no call was answered"
			case out.Undecided == out.Cases:
				return finding.NotJudged("%s", n.String())
			}
			return out
		}}
}

// ends counts the answered calls by who ended them; "" where that is not known.
type ends struct {
	calls, early int
	by           map[string]int
}

// String says who ended the calls, and why nothing follows.
func (n ends) String() string {
	s := fmt.Sprintf("%d of %d answered calls are known to have been ended by the platform", n.by["platform"], n.calls)
	var others []string
	for _, who := range []struct{ name, says string }{
		{"caller", "by their callers"}, {"carrier", "by the carrier"}, {"", "by nobody knows whom"},
	} {
		if k := n.by[who.name]; k > 0 {
			others = append(others, fmt.Sprintf("%d %s", k, who.says))
		}
	}
	if len(others) > 0 {
		s += ", " + strings.Join(others, ", ")
	}
	if n.early > 0 {
		s += fmt.Sprintf("; %d before their agents were to end them, as want_talk has it", n.early)
	}
	if n.calls > n.early+n.by["platform"] {
		s += fmt.Sprintf("; when the agents of %d were to end them is not known", n.calls-n.early-n.by["platform"])
	}
	return s
}

func (v *view) judgeEnd(out *finding.Outcome, n *ends, c *reading.Call) {
	n.calls++
	by := ""
	if c.Ended() {
		by = c.Op.EndedBy
	}
	n.by[by]++
	talk, known := wantedTalk(c)
	known = known && !v.IgnoresTalk
	due := reading.Plus(reading.Plus(c.Latest, talk), ringing)
	switch {
	case known && c.Op.Bye >= c.Op.Start && v.endFrom(c) > due:
		out.Cases++
		out.Add(finding.Violation{
			Text:  fmt.Sprintf("the call to %s was up for %s, and its agent was to end it after %s%s", c.Op.Number, round(c.Op.Bye-c.Op.End), talk, endedBy[by]),
			Rule:  fmt.Sprintf("the agent was given want_talk with its attributes, and %s for the ringing had gone by as well", ringing),
			Cause: "F25 a lost hang-up, a platform that leaves the end to the caller", Certainty: v.heardOf(c), Ops: reading.Copies(c.Op, c.Echo.Heard),
		})
	case by == "platform":
		out.Cases++
	case known && by != "":
		n.early++
	default:
		out.Cases++
		out.Undecided++
	}
}

var endedBy = map[string]string{"caller": "; its caller hung up", "carrier": "; the carrier cut it off", "platform": "; the platform ended it then"}

// wantedTalk is how long the agent of c was to stay on the line, by the attributes that it says it was given.
func wantedTalk(c *reading.Call) (time.Duration, bool) {
	if c.Echo == nil || len(c.Echo.Attributes) == 0 {
		return 0, false
	}
	var given struct {
		Talk *float64 `json:"want_talk"`
	}
	if json.Unmarshal(c.Echo.Attributes, &given) != nil || given.Talk == nil || *given.Talk < 0 || *given.Talk > 1e6 {
		return 0, false
	}
	return time.Duration(*given.Talk * float64(time.Second)), true
}
