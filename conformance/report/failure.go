package report

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
)

// How many failures of one scenario, and steps before a failure, are written unless all are asked for.
const (
	maxFailures = 5
	maxBefore   = 20
)

// result writes everything that is known about a scenario that did not pass. The result must be tidy; of run,
// only the seed and the strictness are read.
func (p *page) result(res finding.Result, run finding.Run, all bool) {
	p.title(res, run)
	p.row("reason", res.Reason)
	if len(res.Failures) == 0 {
		p.requirement(res)
		if res.Reason == "" {
			p.row("reason", "none was recorded, which is a defect of this tool")
		}
	}
	shown := res.Failures
	if len(shown) > maxFailures && !all {
		shown = shown[:maxFailures]
	}
	for i, f := range shown {
		if i > 0 {
			p.line("")
		}
		p.mismatch(f, res, i == 0)
		if i+1 < len(shown) {
			f = withoutShared(f, shown[i+1])
		}
		p.context(f, res, i+1 == len(shown))
	}
	if n := len(res.Failures) - len(shown); n > 0 {
		p.line("")
		p.row("and", count(n, "more failure")+" of this "+run.Of()+"; -v and the JSON report have all")
	}
	p.row("kept", strings.Join(res.Kept, "\n"))
	p.warnings(res)
}

// title is the first line: what happened to what. The seed is the run's, which is the one to ask for again.
func (p *page) title(res finding.Result, run finding.Run) {
	word, st := statusWord(res)
	word = pad(word, 4)
	line := p.paint(st, word) + "  " + p.paint(bold, res.ID)
	level := res.Level
	if level == "" {
		level = finding.Must
	}
	if res.Status == finding.Failed && !res.FailsRun(run.Strict) {
		level += " (does not count without --strict)"
	}
	rest := fmt.Sprintf("%s   seed %d   %s", level, run.Seed, human(res.Duration))
	if columns(word+"  "+res.ID+"   "+rest) > p.width {
		p.line("%s", line)
		p.row("", rest)
		return
	}
	p.line("%s   %s", line, rest)
}

func statusWord(res finding.Result) (string, style) {
	switch res.Status {
	case finding.Passed:
		return "ok", green
	case finding.Failed:
		return "FAIL", red
	case finding.Inconclusive:
		return "INCONCLUSIVE", yellow
	case finding.Error:
		return "ERROR", red
	}
	return "skip", dim
}

func (p *page) requirement(res finding.Result) {
	p.row("requires", res.Requirement)
	p.row("source", res.Source)
}

// withoutShared removes what the next failure will say too: several mismatches of one step have one exchange.
func withoutShared(f, next finding.Failure) finding.Failure {
	if reflect.DeepEqual(f.Exchange, next.Exchange) && f.Contract == next.Contract {
		f.Exchange, f.Contract = nil, ""
	}
	if slices.Equal(f.Before, next.Before) {
		f.Before = nil
	}
	if slices.Equal(f.Ladder, next.Ladder) {
		f.Ladder = nil
	}
	if f.Again == next.Again {
		f.Again = ""
	}
	return f
}

// mismatch writes where, what was wanted and what was got; the requirement with the first failure only.
func (p *page) mismatch(f finding.Failure, res finding.Result, first bool) {
	p.line("  %s", strings.TrimSpace(place(f, res)+"  "+stepWords(f)))
	sawWant, sawGot := p.source(f)
	if !sawWant {
		p.row("wanted", pathed(f.Path, f.Want))
	}
	if !sawGot {
		p.row("actual", pathed(f.Path, f.Got))
	}
	if first {
		p.requirement(res)
	}
	p.row("because", f.Because)
	p.row("likely", f.Likely)
	p.drawing("timeline", Chart(f.Chart))
	p.row("history", lines(f.Operations))
}

// context writes what happened around a failure. The scenario's ladder stands under the last one.
func (p *page) context(f finding.Failure, res finding.Result, last bool) {
	if f.Exchange != nil {
		p.exchange(*f.Exchange, false)
	}
	p.contract(f.Contract)
	p.row("before", beforeLines(f.Before))
	messages := f.Ladder
	if len(messages) == 0 && last {
		messages = res.Ladder
	}
	if len(messages) > 0 { // HTTP alone is told by what stands above
		p.ladder(exchangesOf(f, res), messages)
	}
	p.row("again", f.Again)
}

func place(f finding.Failure, res finding.Result) string {
	file, line := f.File, f.Line
	if file == "" {
		file = res.File
	}
	if line == 0 && file == res.File {
		line = res.Line
	}
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// stepWords says where in the scenario, and what kind of failure unless it is the usual one.
func stepWords(f finding.Failure) string {
	kind := map[string]string{
		finding.KindContract: "breaks the contract",
		finding.KindCheck:    "violated",
		finding.KindTimeout:  "timed out",
		finding.KindError:    "could not be carried out",
	}[f.Kind]
	switch {
	case kind == "":
		return f.Step
	case f.Step == "":
		return kind
	}
	return f.Step + ": " + kind
}

func pathed(path, text string) string {
	if path == "" || text == "" {
		return text
	}
	return path + ": " + text
}

// contract puts the documents' verdicts on one line when that is enough.
func (p *page) contract(text string) {
	one := strings.ReplaceAll(strings.TrimSpace(text), "\n", "   ")
	if columns(one) <= p.width-margin {
		text = one
	}
	p.row("contract", text)
}

// beforeLines are the last steps before a failure, a line each.
func beforeLines(steps []finding.Step) string {
	earlier := ""
	if cut := len(steps) - maxBefore; cut > 0 {
		earlier, steps = fmt.Sprintf("… %s earlier\n", count(cut, "step")), steps[cut:]
	}
	return earlier + lines(steps)
}

// lines are texts a line each, none of which can leave its line.
func lines[T fmt.Stringer](all []T) string {
	var out []string
	for _, v := range all {
		out = append(out, oneLine(v.String()))
	}
	return strings.Join(out, "\n")
}

func exchangesOf(f finding.Failure, res finding.Result) []finding.Exchange {
	if len(res.Exchanges) > 0 || f.Exchange == nil {
		return res.Exchanges
	}
	return []finding.Exchange{*f.Exchange}
}

func (p *page) warnings(res finding.Result) {
	for _, w := range res.Warnings {
		p.row("warning", w)
	}
}

// details writes what -v adds: what the scenario is about, every exchange and the ladder.
func (p *page) details(res finding.Result) {
	p.row("about", res.Summary)
	for _, n := range res.Notes {
		p.row("note", n)
	}
	for _, x := range res.Exchanges {
		p.row("step", x.Step)
		p.exchange(x, true)
	}
	if res.Status == finding.Passed || len(res.Failures) == 0 {
		p.ladder(res.Exchanges, res.Ladder)
	}
}
