package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func junitOf(t *testing.T, run finding.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := JUnit(&b, run, secret); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parseJUnit(t *testing.T, text string) xmlSuites {
	t.Helper()
	var doc xmlSuites
	dec := xml.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("JUnit: want well-formed XML, got %v in\n%s", err, text)
	}
	return doc
}

func late() finding.Result {
	res := passed("routing/late")
	res.Status, res.Level = finding.Failed, finding.Should
	res.Failures = []finding.Failure{{Kind: finding.KindExpectation, Line: 9, Path: "status", Want: "404", Got: "200"}}
	return res
}

// testdata/junit.xml is written by hand.
func TestJUnit(t *testing.T) {
	run := runOf(passed("core/happy-path"), contractFailure(), inconclusiveResult(), errorResult(),
		skipped("pool/one", finding.NotApplicable, "pool.size is 50, the scenario needs 1"), late())
	golden(t, "junit.xml", junitOf(t, run))
}

func TestJUnitOutcomes(t *testing.T) {
	noID := passed("")
	several := checkFailure()
	nameless := passed("flat")
	for _, c := range []struct {
		name                             string
		run                              finding.Run
		tests, failures, errors, skipped int
		lastSuite, lastError             string
	}{
		{"passed", runOf(passed("core/a"), passed("pool/b"), passed("core/c")), 3, 0, 0, 0, "pool", ""},
		{"several failures are one failure element", runOf(several), 1, 1, 0, 0, "pool", ""},
		{"a tolerated failure", runOf(late()), 1, 0, 0, 1, "routing", ""},
		{"inconclusive", runOf(inconclusiveResult()), 1, 0, 1, 0, "pool", "inconclusive"},
		{"error", runOf(errorResult()), 1, 0, 1, 0, "auth", "error"},
		{"unknown status", runOf(skipped("core/a", "odd", "")), 1, 0, 1, 0, "core", "error"},
		{"empty", runOf(), 1, 0, 1, 0, "run", "nothing-tested"},
		{"all skipped", runOf(skipped("core/a", finding.Filtered, "x")), 2, 0, 1, 1, "run", "nothing-tested"},
		{"interrupted", interrupted(runOf(passed("core/a"))), 2, 0, 1, 0, "run", "interrupted"},
		{"no area", runOf(nameless, noID), 2, 0, 0, 0, "scenarios", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := parseJUnit(t, junitOf(t, c.run))
			got := []int{doc.Tests, doc.Failures, doc.Errors, doc.Skipped}
			if want := []int{c.tests, c.failures, c.errors, c.skipped}; !slices.Equal(got, want) {
				t.Errorf("tests, failures, errors, skipped: want %v, got %v", want, got)
			}
			last := doc.Suites[len(doc.Suites)-1]
			if last.Name != c.lastSuite {
				t.Errorf("last suite: want %q, got %q", c.lastSuite, last.Name)
			}
			errType := ""
			if e := last.Cases[len(last.Cases)-1].Error; e != nil {
				errType = e.Type
			}
			if errType != c.lastError {
				t.Errorf("type of the last error: want %q, got %q", c.lastError, errType)
			}
			for _, s := range doc.Suites {
				if s.Tests != len(s.Cases) {
					t.Errorf("suite %s: want %d tests, got %d", s.Name, len(s.Cases), s.Tests)
				}
			}
		})
	}
}

func TestJUnitStrict(t *testing.T) {
	run := runOf(late())
	run.Strict = true
	c := parseJUnit(t, junitOf(t, run)).Suites[0].Cases[0]
	if c.Failure == nil || c.Failure.Message != "status: want 404, got 200" || c.Failure.Type != "expectation" {
		t.Errorf("failure of a should in a strict run: want one, got %+v", c.Failure)
	}
}

// Nothing that a target or a file name can hold makes the XML invalid, and no information is lost on the way.
func TestJUnitSurvivesAnyText(t *testing.T) {
	nasty := "a\x00b\x1b[31mc ]]> <&\"' \ufffe\uffff \xff\xfe \u202e 日本 \U0001f600 \r\n\ttab"
	res := passed("core/" + nasty)
	res.Status, res.File, res.Level = finding.Failed, nasty, nasty
	res.Failures = []finding.Failure{{Kind: nasty, Step: nasty, Path: nasty, Want: nasty, Got: nasty, Because: nasty, Source: []finding.SourceLine{{Line: 1, Text: nasty}}, Line: 1, Column: 3}}
	skip := skipped("core/skip", finding.Waived, nasty)
	run := runOf(res, skip)
	run.Tool, run.Target, run.Version, run.Filter = nasty, nasty, nasty, nasty

	text := junitOf(t, run)
	doc := parseJUnit(t, text)
	if doc.Tests != 2 || doc.Failures != 1 || doc.Skipped != 1 {
		t.Errorf("JUnit: want 2 tests, 1 failure, 1 skipped, got %d, %d, %d", doc.Tests, doc.Failures, doc.Skipped)
	}
	want := `a\x00b\x1b[31mc ]]> <&"' \ufffe\uffff \xff\xfe \u202e 日本 😀 \r`
	if got := doc.Suites[0].Cases[0].Failure.Text; !strings.Contains(got, want) {
		t.Errorf("failure text: want it to contain %q, got %q", want, got)
	}
	for i, r := range text {
		if r < ' ' && r != '\n' && r != '\t' {
			t.Errorf("JUnit: want no control character, got %q at byte %d", r, i)
		}
	}
}

func TestXMLText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":        "plain",
		"\t\n":         "\t\n",
		"\x01\x1f\r":   "\ufffd\ufffd\ufffd",
		"\ufffe\uffff": "\ufffd\ufffd",
		"\xff":         "\ufffd",
		"\U0010ffff":   "\U0010ffff",
	} {
		if got := xmlText(in); got != want {
			t.Errorf("xmlText(%q): want %q, got %q", in, want, got)
		}
	}
}

func TestJSON(t *testing.T) {
	run := everything()
	var b bytes.Buffer
	if err := JSON(&b, run, secret); err != nil {
		t.Fatal(err)
	}
	golden(t, "everything.json", b.String())

	var doc finding.Document
	dec := json.NewDecoder(&b)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.ExitCode != 2 || doc.Verdict != "not-judged" || doc.Format != finding.Format || doc.Counts != run.Counts() {
		t.Errorf("document: want exit code 2, not-judged and the run's counts, got %+v", doc)
	}
	var want, got bytes.Buffer // the configuration is indented with the rest
	if err := errors.Join(json.Compact(&want, secret.Config(run.Config)), json.Compact(&got, doc.Config)); err != nil {
		t.Fatal(err)
	}
	if want.String() != got.String() {
		t.Errorf("configuration read back: want %s, got %s", &want, &got)
	}
	redacted := secret.Run(run)
	redacted.Config, doc.Config = nil, nil
	if !reflect.DeepEqual(doc.Run, redacted) {
		t.Errorf("run read back: want %+v, got %+v", redacted, doc.Run)
	}
}

func TestJSONOfBrokenTextIsValid(t *testing.T) {
	run := runOf(nastyFailure())
	run.Config = json.RawMessage("{broken")
	var b bytes.Buffer
	if err := JSON(&b, run, nil); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b.Bytes()) {
		t.Errorf("JSON: want valid, got %s", &b)
	}
	if !strings.Contains(b.String(), `"config": "{broken"`) {
		t.Errorf("JSON: want the broken configuration as text, got %s", &b)
	}
}

type brokenWriter struct{ after int }

var errBroken = errors.New("disk full")

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteErrorsAreReported(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"text":  func(w io.Writer) error { return writeText(w, everything(), Options{}) },
		"JUnit": func(w io.Writer) error { return JUnit(w, everything(), nil) },
		"JSON":  func(w io.Writer) error { return JSON(w, everything(), nil) },
	} {
		for after := range 2 {
			if name == "JSON" && after > 0 {
				continue // one write
			}
			if err := write(&brokenWriter{after}); !errors.Is(err, errBroken) {
				t.Errorf("%s, broken after %d writes: want %v, got %v", name, after, errBroken, err)
			}
		}
	}
}
