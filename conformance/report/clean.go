package report

import "github.com/dnispool/dnispool/conformance/verdict"

func clean(s string) string { return verdict.Clean(s) }

func oneLine(s string) string { return verdict.OneLine(s) }

// tidy returns the result without secrets and with clean text. The source lines are left as they are: the caret's
// column counts their characters, so they are cleaned when they are drawn.
func tidy(res verdict.Result, red *verdict.Redactor) verdict.Result {
	res = red.Result(res) // a copy: what follows changes nothing of the caller's
	res.Status = res.Verdict()
	for _, s := range []*string{&res.ID, &res.File, &res.Level} {
		*s = oneLine(*s)
	}
	for _, s := range []*string{&res.Summary, &res.Requirement, &res.Source, &res.Reason} {
		*s = clean(*s)
	}
	cleanAll(res.Warnings)
	cleanAll(res.Notes)
	cleanAll(res.Kept)
	for i := range res.Exchanges {
		cleanExchange(&res.Exchanges[i])
	}
	cleanLadder(res.Ladder)
	for i := range res.Failures {
		cleanFailure(&res.Failures[i])
	}
	return res
}

func cleanFailure(f *verdict.Failure) {
	for _, s := range []*string{&f.Kind, &f.File, &f.Step, &f.Path} {
		*s = oneLine(*s)
	}
	for _, s := range []*string{&f.Want, &f.Got, &f.Because, &f.Likely, &f.Contract, &f.Again} {
		*s = clean(*s)
	}
	cleanAll(f.Before)
	cleanAll(f.Timeline)
	cleanAll(f.Operations)
	if f.Exchange != nil {
		cleanExchange(f.Exchange)
	}
	cleanLadder(f.Ladder)
}

func cleanExchange(x *verdict.Exchange) {
	for _, s := range []*string{&x.Step, &x.Method, &x.URL, &x.StatusText} {
		*s = oneLine(*s)
	}
	for _, s := range []*string{&x.RequestBody, &x.ResponseBody, &x.Error} {
		*s = clean(*s)
	}
	cleanHeaders(x.RequestHeaders)
	cleanHeaders(x.ResponseHeaders)
}

func cleanHeaders(hs []verdict.Header) {
	for i, h := range hs {
		hs[i] = verdict.Header{Name: oneLine(h.Name), Value: oneLine(h.Value)}
	}
}

func cleanLadder(ms []verdict.SIPMessage) {
	for i := range ms {
		m := &ms[i]
		m.From, m.To, m.Summary, m.CallID = oneLine(m.From), oneLine(m.To), oneLine(m.Summary), oneLine(m.CallID)
	}
}

func cleanAll(ss []string) {
	for i, s := range ss {
		ss[i] = clean(s)
	}
}
