package rehearse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

// judge turns what was seen into a result. told is the error of telling the client of its callers.
func (p *play) judge(v *view, told error, out *finding.Result) {
	for _, r := range v.requests {
		out.Exchanges = append(out.Exchanges, r.Exchange)
	}
	out.Ladder = append([]finding.SIPMessage{{At: v.begun, From: client, To: client, Summary: v.arrival()}}, v.messages...)
	if v.flooded {
		out.Warnings = append(out.Warnings, fmt.Sprintf("the client sent too much to be kept in %s, %d requests and %d SIP messages: the lesson was ended there", span(v.now.Sub(v.begun)), len(v.requests), len(v.messages)))
	}
	if !v.asked() {
		p.nothingAsked(v, told, out)
		return
	}
	if v.lesson.Untrusted && v.refusals == 0 && !v.requests[0].Secure {
		out.Status, out.Reason = finding.Unsupported, "not observable: the client does not take its base URL with the caller, so it met no certificate"
		return
	}
	out.Status = finding.Passed
	out.Steps = len(v.lesson.Expect)
	var wants, unseen []string
	var first Expectation
	var got string
	calls := false // something was to be done by a call, and was not
	for _, e := range v.lesson.Expect {
		j := e.rule.judge(v)
		if j.unseen != "" {
			unseen = append(unseen, j.unseen)
			continue
		}
		if j.met {
			continue
		}
		if wants = append(wants, j.want); len(wants) == 1 {
			first = e
		}
		calls = calls || slices.Contains([]string{"dials", "routes", "connects_within"}, e.Name)
		got = cmp.Or(got, j.got)
	}
	if len(wants) > 0 {
		out.Status = finding.Failed
		f := p.failure(first, judgement{want: strings.Join(wants, "; "), got: cmp.Or(got, v.story())})
		f.Because = cmp.Or(v.misfit(), f.Because)
		if calls && len(v.messages) == 0 && len(v.calls) == 0 {
			f.Because += fmt.Sprintf(" No SIP message came from the client: if it placed a call, see whether its SIP peer is set to %s.", p.caller(1).SIP)
		}
		out.Failures = []finding.Failure{f}
	} else if len(unseen) > 0 {
		out.Status, out.Reason = finding.Unsupported, "not observable: "+strings.Join(unseen, "; ")
	}
	if told != nil {
		out.Warnings = append(out.Warnings, told.Error())
	}
}

// arrival is how the lesson began, as the ladder has it.
func (v *view) arrival() string {
	switch {
	case !v.told:
		return "the lesson begins"
	case v.lesson.Callers > 1:
		return fmt.Sprintf("%d callers arrive", v.lesson.Callers)
	}
	return "a caller arrives"
}

// nothingAsked is the verdict on a client that never asked for a number: it failed when it was told of a caller.
func (p *play) nothingAsked(v *view, told error, out *finding.Result) {
	story := v.story()
	switch {
	case told != nil:
		out.Status, out.Reason = finding.Error, fmt.Sprintf("%s; telling the client of a caller: %v", story, told)
	case !v.told:
		out.Status, out.Reason = finding.Error, story+"; start a caller in the client while the lesson waits, or have it told of callers, and see whether its base URL is set to "+p.caller(1).BaseURL
	default:
		f := p.failure(v.lesson.Expect[0], judgement{want: "a number asked for, and the caller served", got: story})
		f.Because = fmt.Sprintf("the client was told of a caller and did nothing that the platform could see; is its base URL set to %s?", p.caller(1).BaseURL)
		out.Status, out.Failures = finding.Failed, []finding.Failure{f}
	}
}

func (p *play) failure(e Expectation, j judgement) finding.Failure {
	l := p.world.lesson
	f := finding.Failure{
		Kind: finding.KindExpectation, File: l.File, Line: e.Pos.Line, Column: e.Pos.Column, Width: e.Pos.Width, Want: j.want, Got: j.got, Because: l.Advice,
	}
	if e.Pos.Line >= 1 && e.Pos.Line <= len(l.Lines) {
		f.Source = []finding.SourceLine{{Line: e.Pos.Line, Text: l.Lines[e.Pos.Line-1]}}
	}
	if p.options.Again != nil {
		f.Again = p.options.Again(l.ID)
	}
	return f
}
