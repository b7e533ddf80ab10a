package main

import (
	"strings"
	"testing"
)

// TestReportHTML: the page that is made later is the one that would have been made at once.
func TestReportHTML(t *testing.T) {
	t.Parallel()
	dir := write(t, mine)
	if r := dnispool(t, dir, "check", "--scenarios", "mine", "--seed", "7", "pool/*", "--json", "run.json", "--html", "at-once.html"); r.code != 1 {
		t.Fatalf("want a run that fails, got %+v", r)
	}
	r := dnispool(t, dir, "report", "html", "run.json")
	if r.code != 0 || r.err != "" || r.out != "run.html: Not conformant: reference broke the one rule that was tested.\n" {
		t.Fatalf("want a page, got %+v", r)
	}
	page := read(t, dir, "run.html")
	if page != read(t, dir, "at-once.html") {
		t.Error("want the page that check has written, got another")
	}
	if r := dnispool(t, dir, "report", "html", "--out", "-", "run.json"); r.code != 0 || r.out != page {
		t.Errorf("--out -: want the page on standard output, got %d and %d bytes", r.code, len(r.out))
	}
	if r := feed(t, dir, read(t, dir, "run.json"), "report", "html", "-"); r.code != 0 || r.out != page {
		t.Errorf("standard input: want the page on standard output, got %d, %d bytes and %s", r.code, len(r.out), r.err)
	}
	for args, want := range map[string]string{
		"report":                                "dnispool report: want html and the name of one report, got []; try dnispool report --help\n",
		"report htlm run.json":                  "dnispool report: want html and the name of one report, got [\"htlm\" \"run.json\"]; try dnispool report --help\n",
		"report html no.json":                   "report no.json: no such file or directory\n",
		"report html mine/pool/fine.yaml":       "report mine/pool/fine.yaml: want a report in JSON, as dnispool check --json writes it: invalid character 's' looking for beginning of value\n",
		"report html run.json --out ./run.json": "report ./run.json: want another file to write, got the report itself\n",
	} {
		if r := dnispool(t, dir, strings.Fields(args)...); r.code != 2 || r.err != want || r.out != "" {
			t.Errorf("%s: want 2 and %q, got %+v", args, want, r)
		}
	}
}
