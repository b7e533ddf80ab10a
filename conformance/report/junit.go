package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// JUnit writes the run as JUnit XML without secrets: a testsuite for each area, which is the part of an id before
// its first slash, and a testcase for each scenario. A CI server that goes by this file alone must come to the
// tool's own verdict as nearly as the format allows:
//
//   - a testcase stands at the line of its first failure, else of its scenario, and has the seed that plays it again;
//   - a failure that counts is a <failure>, with the kind of the first failure as its type and the whole text;
//   - a tolerated failure (should or may, in a run that is not strict) is a <skipped> whose message says so, with
//     the whole text in <system-out>: a <failure> would turn the job red for what the run tolerates;
//   - JUnit knows no third verdict, so inconclusive is an <error type="inconclusive">, never a pass;
//   - an error is an <error type="error">;
//   - the four kinds of not played are a <skipped> with the kind and the reason as message, and so is what a run that
//     was interrupted or given up did not play to its end;
//   - a run in which nothing was tested, or that was interrupted or given up, has one more testcase, "run", with an
//     <error>: otherwise a file of skips, or half a file of passes, would be green.
func JUnit(w io.Writer, run finding.Run, red *Redactor) error {
	run = tidyRun(run, red)
	doc := xmlSuites{Name: xmlText(cmp.Or(run.Tool, "dnispool")), Time: seconds(run.Duration), Timestamp: timestamp(run.Started)}
	for _, res := range run.Results {
		s := doc.suite(suiteName(res.ID, run), run)
		s.Cases = append(s.Cases, testcase(res, run))
		s.took += res.Duration
	}
	for _, id := range run.NotPlayed {
		s := doc.suite(suiteName(id, run), run)
		s.Cases = append(s.Cases, xmlCase{
			Name: xmlText(id), Class: "dnispool." + xmlText(suiteName(id, run)), Time: seconds(0), Skipped: &xmlOutcome{Message: "not played to its end"},
		})
	}
	if c := runCase(run); c != nil {
		s := doc.suite("run", run)
		s.Cases = append(s.Cases, *c)
	}
	doc.count()
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("report: write JUnit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("report: write JUnit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("report: write JUnit: %w", err)
	}
	return nil
}

type xmlSuites struct {
	XMLName   xml.Name    `xml:"testsuites"`
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr,omitempty"`
	Suites    []*xmlSuite `xml:"testsuite"`
}

type xmlSuite struct {
	Name       string        `xml:"name,attr"`
	Tests      int           `xml:"tests,attr"`
	Failures   int           `xml:"failures,attr"`
	Errors     int           `xml:"errors,attr"`
	Skipped    int           `xml:"skipped,attr"`
	Time       string        `xml:"time,attr"`
	Timestamp  string        `xml:"timestamp,attr,omitempty"`
	Properties []xmlProperty `xml:"properties>property"`
	Cases      []xmlCase     `xml:"testcase"`

	took time.Duration
}

type xmlProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type xmlCase struct {
	Name       string        `xml:"name,attr"`
	Class      string        `xml:"classname,attr"`
	File       string        `xml:"file,attr,omitempty"`
	Line       int           `xml:"line,attr,omitempty"`
	Time       string        `xml:"time,attr"`
	Properties []xmlProperty `xml:"properties>property,omitempty"`
	Skipped    *xmlOutcome   `xml:"skipped"`
	Failure    *xmlOutcome   `xml:"failure"`
	Error      *xmlOutcome   `xml:"error"`
	Out        *xmlCDATA     `xml:"system-out"`
}

type xmlOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

type xmlCDATA struct {
	Text string `xml:",cdata"`
}

// area is the first part of an id; "" when it has no other.
func area(id string) string {
	name, _, ok := strings.Cut(id, "/")
	if !ok {
		return ""
	}
	return name
}

// suiteName is what a report calls those beside which a result stands.
func suiteName(id string, run finding.Run) string { return cmp.Or(area(id), run.Of()+"s") }

// suite returns the suite of that name, new when there is none.
func (d *xmlSuites) suite(name string, run finding.Run) *xmlSuite {
	name = xmlText(name)
	if i := slices.IndexFunc(d.Suites, func(s *xmlSuite) bool { return s.Name == name }); i >= 0 {
		return d.Suites[i]
	}
	s := &xmlSuite{Name: name, Timestamp: timestamp(run.Started), Properties: []xmlProperty{
		{"seed", fmt.Sprint(run.Seed)},
		{"version", xmlText(run.Version)},
		{"target", xmlText(run.Target)},
		{"strict", fmt.Sprint(run.Strict)},
		{"rules", xmlText(run.Rules().String())},
	}}
	if run.Filter != "" {
		s.Properties = append(s.Properties, xmlProperty{"filter", xmlText(run.Filter)})
	}
	d.Suites = append(d.Suites, s)
	return s
}

func (d *xmlSuites) count() {
	for _, s := range d.Suites {
		for _, c := range s.Cases {
			s.Tests++
			s.Failures += b2i(c.Failure != nil)
			s.Errors += b2i(c.Error != nil)
			s.Skipped += b2i(c.Skipped != nil)
		}
		s.Time = seconds(s.took)
		d.Tests += s.Tests
		d.Failures += s.Failures
		d.Errors += s.Errors
		d.Skipped += s.Skipped
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func testcase(res finding.Result, run finding.Run) xmlCase {
	c := xmlCase{
		Name: xmlText(res.ID), Class: "dnispool." + xmlText(suiteName(res.ID, run)), File: xmlText(res.File), Line: res.Line, Time: seconds(res.Duration),
		Properties: []xmlProperty{{"level", cmp.Or(xmlText(res.Level), finding.Must)}, {"seed", fmt.Sprint(run.Seed)}},
	}
	if len(res.Failures) > 0 && res.Failures[0].Line > 0 { // where to look, not where the scenario begins
		c.File, c.Line = xmlText(cmp.Or(res.Failures[0].File, res.File)), res.Failures[0].Line
	}
	switch {
	case res.Status == finding.Passed:
	case res.Status.Skipped():
		c.Skipped = &xmlOutcome{Message: xmlText(statusName(res.Status) + ": " + reasonText(res.Reason))}
	case res.FailsRun(run.Strict):
		c.Failure = &xmlOutcome{Message: message(res), Type: kind(res), Text: fullText(res, run)}
	case res.Status == finding.Failed:
		c.Skipped = &xmlOutcome{Message: fmt.Sprintf("FAILED, tolerated (%s counts with --strict): %s", xmlText(res.Level), message(res))}
		c.Out = &xmlCDATA{Text: fullText(res, run)}
	default:
		c.Error = &xmlOutcome{Message: message(res), Type: string(res.Status), Text: fullText(res, run)}
	}
	return c
}

// runCase is the testcase of the run itself, when its verdict is not the sum of its scenarios.
func runCase(run finding.Run) *xmlCase {
	var e xmlOutcome
	switch counts := run.Counts(); {
	case run.Interrupted:
		e = xmlOutcome{Type: "interrupted", Message: "the run was interrupted: what is not listed was not judged"}
	case run.GaveUp != "":
		e = xmlOutcome{Type: "gave-up", Message: xmlText(shorten(run.GaveUp, 4*defaultWidth))}
	case counts.Ran()+counts.Error == 0:
		e = xmlOutcome{Type: "nothing-tested", Message: "nothing was tested"}
	default:
		return nil
	}
	e.Text = xmlText(strings.TrimLeft(run.GaveUp+"\n", "\n") + lastLine(run))
	return &xmlCase{Name: "run", Class: "dnispool.run", Time: seconds(0), Error: &e}
}

// message is the outcome in one line.
func message(res finding.Result) string {
	s := reasonText(gist(res))
	if n := len(res.Failures) - 1; n > 0 {
		s += " (and " + count(n, "more failure") + ")"
	}
	return xmlText(shorten(s, 4*defaultWidth))
}

func kind(res finding.Result) string {
	if len(res.Failures) == 0 {
		return string(finding.Failed)
	}
	return xmlText(cmp.Or(res.Failures[0].Kind, string(finding.Failed)))
}

// fullText is what the console shows of the scenario, with every failure.
func fullText(res finding.Result, run finding.Run) string {
	p := newPage(Options{})
	p.result(res, run, true)
	return "\n" + xmlText(p.String())
}

// xmlText replaces what XML 1.0 cannot hold; CDATA is written without a look at it. Little is left to replace:
// the run is tidy.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000:
			return r
		}
		return '\ufffd'
	}, s)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
