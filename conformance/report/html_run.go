package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report/html"
)

//go:embed run.tmpl
var runTemplates string

var runPage = html.Parts("run", runTemplates, template.FuncMap{
	"human": human, "status": statusName, "tone": tone, "plural": count, "join": strings.Join, "reason": reasonText,
})

// HTML writes the run as one page for people who have nothing but a browser, without secrets. It says what the text, JUnit
// and JSON say, because it is made from the same: see finding.Run.
func HTML(w io.Writer, run finding.Run, red *Redactor) error {
	run = tidyRun(run, red)
	v := &runView{Run: run, Counts: run.Counts()}
	page := html.Page{
		Title: run.Sentence(), Made: strings.TrimSpace(run.Tool + " " + run.Version), Tone: runTone(run), Verdict: run.Sentence(),
		Says: []string{oneLine(run.Rules().String())}, About: v.about(),
	}
	if run.GaveUp != "" {
		page.Says = append([]string{run.GaveUp}, page.Says...)
	}
	for _, s := range []struct {
		id, title, count string
		shown            bool
	}{
		{"tested", "What was tested", count(v.Counts.Total, run.Of()), true},
		{"open", "What did not pass", fmt.Sprint(len(v.NotPassed())), len(v.NotPassed()) > 0},
		{"warnings", "Warnings", fmt.Sprint(len(v.Warnings())), len(v.Warnings()) > 0},
		{"facts", "What it rests on", "", true},
		{"results", "Results", "", len(run.Results) > 0},
		{"latency", "Latency", "", len(run.Endpoints) > 0},
		{"audio", "Audio", "", run.Audio != nil},
		{"configuration", "Configuration", "", len(run.Config) > 0},
		{"again", "This run", "", true},
	} {
		if !s.shown {
			continue
		}
		body, err := html.Body(runPage, s.id, v)
		if err != nil {
			return err
		}
		page.Sections = append(page.Sections, html.Section{ID: s.id, Title: s.title, Count: s.count, Body: body})
	}
	return page.Write(w)
}

// runTone is the colour of a run's verdict.
func runTone(run finding.Run) html.Tone {
	switch run.Conclusion().ExitCode() {
	case finding.ExitConformant:
		return html.Good
	case finding.ExitNotConformant:
		return html.Bad
	}
	return html.Open
}

// tone is the colour of a status.
func tone(s finding.Status) html.Tone {
	switch {
	case s == finding.Passed:
		return html.Good
	case s == finding.Failed:
		return html.Bad
	case s.Skipped():
		return html.Dull
	}
	return html.Open
}

// runView is a run as the templates read it. The run is tidy.
type runView struct {
	finding.Run
	Counts finding.Counts
}

func (v *runView) about() (out []html.Pair) {
	pair := func(name, value string) {
		if value != "" {
			out = append(out, html.Pair{Name: name, Value: value})
		}
	}
	pair("target", v.Target)
	if !v.Started.IsZero() {
		pair("on", v.Started.UTC().Format("2006-01-02 15:04:05 MST"))
		pair("took", human(v.Duration))
	}
	pair("seed", fmt.Sprint(v.Seed))
	pair("selected by", v.Filter)
	if v.Strict {
		pair("strict", "should and may count as must does")
	}
	return out
}

// meanings say what a status is, for who reads the first report.
var meanings = map[finding.Status]string{
	finding.Passed:        "played to the end, and everything was as required",
	finding.Failed:        "played, and something was not as required",
	finding.Inconclusive:  "played, but what was seen proves neither",
	finding.Error:         "could not be played to the end, so nothing is known",
	finding.Unsupported:   "not played: the target lacks what it needs, or it is not known",
	finding.NotApplicable: "not played: the target is not the kind that it is about",
	finding.Filtered:      "not played: not selected",
	finding.Waived:        "not played: excused by the target's owner",
}

// StatusLine is how many scenarios have a status, and why those that were not played were not.
type StatusLine struct {
	Status  finding.Status
	Count   int
	Means   string
	Reasons []finding.Reason
}

// Statuses are the statuses that occur.
func (v *runView) Statuses() (out []StatusLine) {
	for _, s := range finding.Statuses() {
		if n := v.Counts.Of(s); n > 0 {
			line := StatusLine{Status: s, Count: n, Means: meanings[s]}
			if s.Skipped() {
				line.Reasons = v.Reasons(s)
			}
			out = append(out, line)
		}
	}
	return out
}

// Share draws the counts.
func (v *runView) Share() template.HTML {
	var parts []html.Part
	for _, s := range v.Statuses() {
		parts = append(parts, html.Part{Tone: tone(s.Status), Count: s.Count, Says: fmt.Sprintf("%d %s", s.Count, statusName(s.Status))})
	}
	return html.Share("What became of each "+v.Of(), parts)
}

// NotPassed are the scenarios that were played and did not pass, those that count against the target first.
func (v *runView) NotPassed() (out []resultView) {
	for _, r := range v.Results {
		if s := r.Verdict(); s != finding.Passed && !s.Skipped() {
			out = append(out, v.view(r))
		}
	}
	slices.SortStableFunc(out, func(a, b resultView) int { return b.weight() - a.weight() })
	return out
}

// roomForCases is how many bytes the scenarios that did not pass may take before those after them are told in brief: a
// page must stay small enough to be forwarded.
const roomForCases = 3 << 19

// Cases writes the scenarios that did not pass.
func (v *runView) Cases() (template.HTML, error) {
	var out strings.Builder
	for _, r := range v.NotPassed() {
		r.Brief = out.Len() > roomForCases
		text, err := html.Body(runPage, "result", r)
		if err != nil {
			return "", err
		}
		out.WriteString(string(text))
	}
	return template.HTML(out.String()), nil // escaped by the template
}

// Warnings are those of the run and of its scenarios.
func (v *runView) Warnings() []warning { return allWarnings(v.Run) }

// Areas are the results by the first part of their ids.
func (v *runView) Areas() (out []areaView) {
	for _, r := range v.Results {
		name := suiteName(r.ID, v.Run)
		i := slices.IndexFunc(out, func(a areaView) bool { return a.Name == name })
		if i < 0 {
			i = len(out)
			out = append(out, areaView{Name: name})
		}
		out[i].Results = append(out[i].Results, v.view(r))
	}
	return out
}

// Slowest are the scenarios that took longest.
func (v *runView) Slowest() []finding.Result {
	all := slices.Clone(v.Results)
	slices.SortStableFunc(all, func(a, b finding.Result) int { return int(b.Duration - a.Duration) })
	all = all[:min(len(all), 5)]
	return slices.DeleteFunc(all, func(r finding.Result) bool { return r.Duration == 0 })
}

// ConfigText is the configuration, indented.
func (v *runView) ConfigText() string {
	var b bytes.Buffer
	if err := json.Indent(&b, v.Config, "", "  "); err != nil {
		return clean(string(v.Config))
	}
	return clean(b.String())
}

// Clock says which time the time lines and histories have.
func (v *runView) Clock() string {
	if v.VirtualTime {
		return "virtual time, which the run moves itself"
	}
	return "wall time"
}

// Course draws how long replies took, from the first to the last.
func (v *runView) Course(e finding.Endpoint) template.HTML {
	var figures []float64
	for _, d := range e.Course {
		figures = append(figures, d.Seconds())
	}
	return html.Sparkline(fmt.Sprintf("%s from the first to the last of %s, median of each part", e.Name, count(e.Requests, "request")), figures)
}

type areaView struct {
	Name    string
	Results []resultView
}

// Tally says how many of the area's scenarios have which status.
func (a areaView) Tally() string {
	var parts []string
	for _, s := range finding.Statuses() {
		n := 0
		for _, r := range a.Results {
			if r.Status == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, statusName(s)))
		}
	}
	return strings.Join(parts, ", ")
}

// resultView is a result as the templates read it.
type resultView struct {
	finding.Result
	run   *runView
	Brief bool // there is no room for more than a line a failure
}

func (v *runView) view(r finding.Result) resultView { return resultView{Result: r, run: v} }

// weight orders what did not pass: what counts against the target, what says nothing about it, what is tolerated.
func (r resultView) weight() int {
	switch {
	case r.FailsRun(r.run.Strict):
		return 3
	case r.Status == finding.Error:
		return 2
	case r.Status == finding.Inconclusive:
		return 1
	}
	return 0
}

// Played reports whether there is more to say than why it was not played.
func (r resultView) Played() bool { return !r.Status.Skipped() }

// Tolerated reports whether it failed and does not count.
func (r resultView) Tolerated() bool { return r.Status == finding.Failed && !r.FailsRun(r.run.Strict) }

// Word is the status, as the text has it.
func (r resultView) Word() string {
	if r.Tolerated() {
		return "failed, tolerated"
	}
	return statusName(r.Status)
}

// Tone is its colour.
func (r resultView) Tone() html.Tone {
	if r.Tolerated() {
		return html.Open
	}
	return tone(r.Status)
}

// LevelWord is the level, must where nobody has said.
func (r resultView) LevelWord() string {
	if r.Level == "" {
		return finding.Must
	}
	return r.Level
}

// Place is where its file begins.
func (r resultView) Place() string { return place(finding.Failure{}, r.Result) }

// Gist says in a line why it did not pass.
func (r resultView) Gist() string { return reasonText(gist(r.Result)) }

// Took is how long it took; "" when it was not played.
func (r resultView) Took() string {
	if r.Duration <= 0 {
		return ""
	}
	return human(r.Duration)
}

// FailureViews are its failures, each without what the next one tells as well.
func (r resultView) FailureViews() (out []failureView) {
	for i, f := range r.Failures {
		last := i+1 == len(r.Failures) || i+1 == maxFailures
		if i < maxFailures && !last {
			f = withoutShared(f, r.Failures[i+1])
		}
		out = append(out, failureView{Failure: f, of: r, Last: last, Whole: i < maxFailures && !r.Brief})
	}
	return out
}

// LadderSVG draws the calls and requests of a scenario that has no failure to draw them beside.
func (r resultView) LadderSVG() template.HTML { return ladderSVG(r.Exchanges, r.Ladder) }

// since is a time after the first of a ladder, in milliseconds.
func since(at, start time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(at.Sub(start).Microseconds())/1000)
}
