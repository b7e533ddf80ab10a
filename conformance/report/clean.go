package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dnispool/dnispool/conformance/finding"
)

// clean makes text from a target harmless to a terminal and to XML: control characters, characters that turn the
// direction of writing, and bytes that are no text are written as escapes. Tabs and ends of lines stay.
func clean(s string) string {
	if strings.IndexFunc(s, unsafeRune) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && isBroken(s[i:]):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == utf8.RuneError, !unsafeRune(r):
			b.WriteRune(r)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func isBroken(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return r == utf8.RuneError && size == 1
}

func unsafeRune(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r == utf8.RuneError, unicode.IsControl(r), r == 0xfffe, r == 0xffff:
		return true
	}
	return unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029
}

var onOneLine = strings.NewReplacer("\n", `\n`, "\t", `\t`)

// oneLine is clean for text that must stay on its line.
func oneLine(s string) string { return onOneLine.Replace(clean(s)) }

// tidy returns the result without secrets and with clean text. The source lines are left as they are: the caret's
// column counts their characters, so they are cleaned when they are drawn.
func tidy(res finding.Result, red *Redactor) finding.Result {
	res = red.Result(res) // a copy: what follows changes nothing of the caller's
	res.Status = res.Verdict()
	for _, s := range []*string{&res.ID, &res.File, &res.Level} {
		*s = oneLine(*s)
	}
	for _, s := range []*string{&res.Summary, &res.Requirement, &res.Source, &res.Reason, &res.Ask} {
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

func cleanFailure(f *finding.Failure) {
	for _, s := range []*string{&f.Kind, &f.File, &f.Step, &f.Path} {
		*s = oneLine(*s)
	}
	for _, s := range []*string{&f.Want, &f.Got, &f.Because, &f.Likely, &f.Contract, &f.Again} {
		*s = clean(*s)
	}
	if f.Exchange != nil {
		cleanExchange(f.Exchange)
	}
	cleanLadder(f.Ladder)
}

func cleanExchange(x *finding.Exchange) {
	for _, s := range []*string{&x.Step, &x.Method, &x.URL, &x.StatusText} {
		*s = oneLine(*s)
	}
	for _, s := range []*string{&x.RequestBody, &x.ResponseBody, &x.Error} {
		*s = clean(*s)
	}
	cleanHeaders(x.RequestHeaders)
	cleanHeaders(x.ResponseHeaders)
}

func cleanHeaders(hs []finding.Header) {
	for i, h := range hs {
		hs[i] = finding.Header{Name: oneLine(h.Name), Value: oneLine(h.Value)}
	}
}

func cleanLadder(ms []finding.SIPMessage) {
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
