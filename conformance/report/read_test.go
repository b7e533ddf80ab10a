package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

// testdata/v1 holds reports as earlier versions of the tool wrote them. None is ever written anew.
func TestReadOpensWhatEarlierVersionsWrote(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/v1/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("want reports of earlier versions, got none (%v)", err)
	}
	schema, _ := reportSchema(t)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		run, err := Read(bytes.NewReader(text))
		if err != nil || len(run.Results) == 0 {
			t.Errorf("%s: want its run, got %+v (%v)", name, run, err)
		}
		if err := validate(t, schema, text); err != nil {
			t.Errorf("%s: want it to be what the schema says, got %v", name, err)
		}
		if page := htmlOf(t, run); !strings.Contains(page, run.Results[0].ID) {
			t.Errorf("%s: want its results in a page, got none", name)
		}
	}
}

func TestReadIsWhatWasWritten(t *testing.T) {
	t.Parallel()
	for _, run := range []finding.Run{everything(), runOf(checkFailure(), timeoutFailure()), interrupted(runOf(passed("a/b"))), {GaveUp: "no such file"}} {
		run = secret.Run(run)
		var first, second bytes.Buffer
		if err := JSON(&first, run, secret); err != nil {
			t.Fatal(err)
		}
		read, err := Read(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := JSON(&second, read, secret); err != nil {
			t.Fatal(err)
		}
		if first.String() != second.String() {
			line, want, got := firstDifference(first.String(), second.String())
			t.Errorf("written, read and written, line %d: want %s, got %s", line, want, got)
		}
		read.Config, run.Config = nil, nil
		if a, b := htmlOf(t, read), htmlOf(t, run); a != b {
			line, want, got := firstDifference(b, a)
			t.Errorf("the page of a run that was read, line %d: want %s, got %s", line, want, got)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := JSON(&b, runOf(passed("a/b"), expectationFailure()), nil); err != nil {
		t.Fatal(err)
	}
	changed := func(from, to string) string {
		text := strings.Replace(b.String(), from, to, 1)
		if text == b.String() {
			t.Fatalf("want %s in the report, got none", from)
		}
		return text
	}
	for text, want := range map[string]string{
		"":                                "want a report in JSON, as dnispool check --json writes it: unexpected end of JSON input",
		"[]":                              "want a report in JSON, as dnispool check --json writes it: json: cannot unmarshal array into Go value of type struct { Format string \"json:\\\"format\\\"\" }",
		"{}":                              `want the format dnispool.report/v1, as dnispool check --json writes it, got ""`,
		b.String()[:b.Len()/2]:            "want a report in JSON, as dnispool check --json writes it: unexpected end of JSON input",
		changed("report/v1", "report/v2"): `want the format dnispool.report/v1, as dnispool check --json writes it, got "dnispool.report/v2"`,
		changed(`"exit_codes": "v1"`, `"exit_codes": "v2"`):   "want the exit codes of version v1, got v2",
		changed(`"not-conformant"`, `"conformant"`):           `want the verdict that follows from the results, not-conformant, got "conformant": the file was changed`,
		changed(`"seed": "8814021"`, `"seed": true`):          "want the format dnispool.report/v1: json: ",
		changed(`"status": "passed"`, `"status": "filtered"`): "want the counts that follow from the results, ",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: want %s, got %v", text, want, err)
		}
	}
}

func TestReadKeepsWhatTimeLinesNeed(t *testing.T) {
	t.Parallel()
	run := runOf(checkFailure())
	text, err := json.Marshal(run.Document())
	if err != nil {
		t.Fatal(err)
	}
	read, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if want, got := run.Results[0].Failures[0].Chart, read.Results[0].Failures[0].Chart; !reflect.DeepEqual(got, want) {
		t.Errorf("time line: want %+v, got %+v", want, got)
	}
}
