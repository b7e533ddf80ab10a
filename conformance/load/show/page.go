package show

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/report/html"
)

//go:embed page.tmpl
var text string

var parts = html.Parts("load", text, template.FuncMap{"span": span, "ledger": ledgerLine, "blocked": blocked, "percent": percent, "number": number, "digits": digits, "demand": demand, "size": size, "needs": needs})

// Page writes a report as one HTML file that needs no network.
func Page(w io.Writer, r load.Report) error {
	c := r.Conclusion()
	p := html.Page{
		Title: "dnispool load: " + r.Profile, Made: r.Tool, Tone: tone(c), Verdict: Verdict(r),
		About: []html.Pair{
			{Name: "target", Value: r.Target}, {Name: "profile", Value: r.Profile + ": " + r.Summary}, {Name: "begun", Value: r.Started.UTC().Format(time.RFC3339)},
			{Name: "took", Value: r.Took.Round(time.Second).String()}, {Name: "seed", Value: fmt.Sprint(r.Seed)}, {Name: "again", Value: r.Again},
		},
	}
	for _, row := range Facts(r) {
		p.Says = append(p.Says, row[0]+": "+row[1])
	}
	for _, note := range r.Notes {
		p.Says = append(p.Says, "note: "+note)
	}
	for _, s := range []struct {
		id, title string
		shown     bool
		data      func() any // of a section that is shown: of what did not happen there is no picture
	}{
		{"thresholds", "Thresholds", len(r.Thresholds) > 0, func() any { return r.Thresholds }},
		{"timeline", "Over time", len(r.Measured.Slices.All) > 1, func() any { return pictures(timeline(r)) }},
		{"blocking", "Blocked, beside Erlang B", r.Measured.Whole.Offered != nil && r.Size > 0, func() any { return ofEach(r, blocking) }},
		{"projects", "Projects", len(r.Measured.Projects) > 0, func() any { return r.Measured.Projects }},
		{"arrivals", "From the number to the arrival", len(r.Measured.Curves[measure.TimeArrive]) > 0, func() any { return pictures(arrivals(r)) }},
		{"handoffs", "Until the handoff is readable", len(r.Measured.Curves[measure.TimeVisible]) > 0, func() any { return pictures(handoffs(r)) }},
		{"rotation", "Which number is given next", r.Measured.Whole.Given > 1, func() any { return append(ofEach(r, rotation), ofEach(r, reuse)...) }},
		{"times", "Times", true, func() any { return times(r) }},
		{"stages", "Measured and predicted", true, func() any { return r.Measured.Stages }},
		{"ledger", "Ledger", true, func() any { return r.Measured.Ledger }},
		{"statuses", "Replies", true, func() any { return statuses(r) }},
		{"numbers", "Numbers", len(r.Measured.Numbers) > 0, func() any { return r.Measured }},
		{"checks", "Checks", true, func() any { return checks(r) }},
		{"environment", "Environment", true, func() any { return environment(r) }},
	} {
		if !s.shown {
			continue
		}
		body, err := html.Body(parts, s.id, s.data())
		if err != nil {
			return err
		}
		p.Sections = append(p.Sections, html.Section{ID: s.id, Title: s.title, Body: body})
	}
	return p.Write(w)
}

func tone(c finding.Conclusion) html.Tone {
	switch c.ExitCode() {
	case finding.ExitConformant:
		return html.Good
	case finding.ExitNotConformant:
		return html.Bad
	}
	return html.Open
}

// checks says what the checks came to.
func checks(r load.Report) any {
	if r.Judged == nil {
		return struct {
			NotJudged string
			Rows      []finding.Judged
			Again     string
		}{r.NotJudged, nil, ""}
	}
	return struct {
		NotJudged string
		Rows      []finding.Judged
		Again     string
	}{"", r.Judged.Results, r.JudgeAgain}
}

// environment is what a reader needs to trust the figures.
func environment(r load.Report) []html.Pair {
	rows := []html.Pair{{Name: "tool", Value: r.Tool}, {Name: "target", Value: r.Target}, {Name: "generator", Value: generator(r)}, {Name: "seed", Value: fmt.Sprint(r.Seed)}, {Name: "history", Value: r.History}}
	lag := r.Measured.Times[measure.TimeLag]
	return append(rows, html.Pair{Name: "send lag", Value: fmt.Sprintf("p50 %s, p99 %s, at most %s", span(lag.P50), span(lag.P99), span(lag.Max))})
}

// reply is how often a status came.
type reply struct {
	Request, Status string
	Count           int
	Documented      bool
}

// documented are the statuses that the contract has. Source: OpenAPI of both endpoints.
var documented = map[string][]int{measure.Reserve: {200, 400, 401, 404, 500}, measure.Handoff: {200, 400, 401, 403, 404, 500}}

// statuses are the replies of both endpoints, by status.
func statuses(r load.Report) (rows []reply) {
	for _, request := range []string{measure.Reserve, measure.Handoff} {
		for _, status := range slices.Sorted(maps.Keys(r.Measured.Statuses[request])) {
			row := reply{request, strconv.Itoa(status), r.Measured.Statuses[request][status], status == 0 || slices.Contains(documented[request], status)}
			if status == 0 {
				row.Status = "no reply"
			}
			rows = append(rows, row)
		}
	}
	return rows
}
