package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const saved = `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z","facts":{"acme":{"size":2,"window_min_ns":10000000000,"window_max_ns":11000000000,"release":"arrival","exclusive":true,"strays_per_s":0,"eps_ns":0}}}
{"id":1,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":100000000,"project":"acme","number":"+442079460000"}
`

// judgeRow is one use of the verb.
type judgeRow struct {
	args     string
	code     int
	out, err string // parts of what is printed
}

func judgeEach(t *testing.T, dir string, rows []judgeRow) {
	for _, c := range rows {
		t.Run(c.args, func(t *testing.T) {
			r := dnispool(t, dir, append([]string{"judge"}, strings.Fields(c.args)...)...)
			if r.code != c.code || !strings.Contains(r.out, c.out) || !strings.Contains(r.err, c.err) {
				t.Errorf("want %d %q %q, got %+v", c.code, c.out, c.err, r)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	dir := write(t, map[string]string{
		"good.jsonl":   saved,
		"double.jsonl": saved + `{"id":2,"kind":"reserve","outcome":"ok","start_ns":50000000,"end_ns":150000000,"project":"acme","number":"+442079460000"}` + "\n",
		"broken.jsonl": saved + "{}\n",
		"facts.json":   `{"acme":{}}`,
		"text.json":    `{"acme":{"size":2,"window_min":"10s","window_max":"11s","release":"arrival","exclusive":true,"strays_per_s":0,"eps":"0s"}}`,
		"other.json":   `{"acne":{"size":2}}`,
		"slip.json":    `{"acme":{"windo_min":"10s"}}`,
	})
	judgeEach(t, dir, []judgeRow{
		{"good.jsonl", 0, ": 0 violations", ""},
		{"double.jsonl", 1, "VIOLATED  no-double-lease of acme", ""},
		{"double.jsonl --check rotation", 3, "0 checks judged, 1 not: 0 violations", ""},
		{"double.jsonl --facts facts.json --check no-double-lease", 3, "not judged     no-double-lease of acme", ""},
		{"double.jsonl --facts text.json", 1, "VIOLATED  no-double-lease of acme", ""},
		{"double.jsonl --facts slip.json", 2, "", `slip.json:1:10: acme: unknown fact "windo_min" (did you mean "window_min"?)`},
		{"double.jsonl --facts other.json", 2, "", `other.json:1:2: want the name of a project in the history, got "acne" (did you mean "acme"?)`},
		{"-", 2, "", "standard input:1: history: want a header"},
		{"double.jsonl --linear 5s --check dialable-numbers --html page.html", 1, "drawn in page.html", ""},
		{"good.jsonl --linear 5s --html none.html", 0, "nothing to draw in none.html", ""},
		{"double.jsonl --json report.json", 1, "VIOLATED  no-double-lease of acme", ""},
		{"double.jsonl --json -", 1, "\"exit_code\": 1,\n  \"exit_codes\": \"v1\"", "VIOLATED  no-double-lease of acme"},
		{"double.jsonl --linear 5s --html -", 1, "<html", "drawn on standard output"},
		{"good.jsonl --linear 5s --html -", 0, "", "nothing to draw on standard output"},
		{"double.jsonl --json - --html -", 2, "", "report -: want a file for each of --json and --html, got one for both"},
		{"good.jsonl --json no/such/dir.json", 2, "", "report no/such/dir.json: no such file or directory"},
		{"broken.jsonl", 2, "", "broken.jsonl:3: history: id: want 1 or more, got 0"},
		{"nosuch.jsonl", 2, "", "nosuch.jsonl: no such file or directory"},
		{"", 2, "", "judge: want at least one history, got none"},
		{"good.jsonl --check rotatoin", 2, "", `judge: --check: no "rotatoin" (did you mean "rotation"?)`},
	})
	var report struct {
		ExitCode int `json:"exit_code"`
	}
	if r := dnispool(t, dir, "judge", "double.jsonl", "--json", "-"); json.Unmarshal([]byte(r.out), &report) != nil || report.ExitCode != 1 {
		t.Errorf("want the report and nothing else on standard output, got %s", r.out)
	}
	if _, err := os.Stat(filepath.Join(dir, "-")); !os.IsNotExist(err) {
		t.Errorf("want no file named -, got %v", err)
	}
	if report, err := os.ReadFile(filepath.Join(dir, "report.json")); err != nil || !strings.Contains(string(report), `"exit_code": 1`) {
		t.Errorf("want a report, got %s, %v", report, err)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "page.html")); err != nil || len(page) == 0 {
		t.Errorf("want a page, got %d bytes, %v", len(page), err)
	}
}

// TestJudgeSeveral: histories without generators' names are runs of their own, those with them are parts of one.
func TestJudgeSeveral(t *testing.T) {
	again := `{"id":2,"kind":"reserve","outcome":"ok","start_ns":50000000,"end_ns":150000000,"project":"acme","number":"+442079460000"}` + "\n"
	named := func(text, generator string) string {
		return strings.ReplaceAll(text, `{"id":`, `{"generator":"`+generator+`","id":`)
	}
	dir := write(t, map[string]string{
		"a.jsonl": saved, "b.jsonl": saved, "double.jsonl": saved + again, "broken.jsonl": saved + "{}\n",
		"g1.jsonl": named(saved, "g1"), "g2.jsonl": named(saved, "g2"), "g1-too.jsonl": named(saved, "g1"),
	})
	judgeEach(t, dir, []judgeRow{
		{"a.jsonl b.jsonl", 0, "a.jsonl   1 operation   ", ""},
		{"a.jsonl b.jsonl", 0, "\n2 histories, 0 in breach of a check\n", ""},
		{"a.jsonl b.jsonl", 0, "\nwarning: 2 of them name no generator and were judged each by itself; parts of one run are judged together when each names its own\n", ""},
		{"a.jsonl double.jsonl b.jsonl", 1, "  again     dnispool judge double.jsonl\n", ""},
		{"a.jsonl double.jsonl b.jsonl", 1, "\n3 histories, 1 in breach of a check\n", ""},
		{"a.jsonl broken.jsonl b.jsonl", 2, "\n2 histories, 0 in breach of a check\n", "broken.jsonl:3: history: "},
		{"broken.jsonl double.jsonl", 2, "VIOLATED  no-double-lease of acme", "broken.jsonl:3: history: "},
		{"g1.jsonl g2.jsonl", 1, "2 operations of 2 histories", ""},
		{"g1.jsonl g2.jsonl", 1, "  again     dnispool judge g1.jsonl g2.jsonl\n", ""},
		{"--eps 100ms g1.jsonl g2.jsonl --json -", 1, `"operations": 2,`, "VIOLATED  no-double-lease of acme"},
		{"g1.jsonl broken.jsonl g2.jsonl", 2, "", "judge: g1.jsonl, g2.jsonl: not judged, for what cannot be read may be of the same run"},
		{"g1.jsonl a.jsonl g2.jsonl", 1, "a.jsonl   1 operation   ", ""},
		{"g1.jsonl g1-too.jsonl", 2, "", `history: want a generator's name in one file only, got "g1" in two`},
		{"a.jsonl b.jsonl --json -", 2, "", "judge: --json and --html: want the histories of one run, got 2 that are each a run of their own"},
	})
}

// TestHistoriesAreJudgedAgain keeps the history of a run and gets the same verdict from it.
func TestHistoriesAreJudgedAgain(t *testing.T) {
	dir := t.TempDir()
	if r := dnispool(t, dir, "check", "contention/burst-of-half-the-pool", "--keep", "--out", "kept"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	r := dnispool(t, dir, "judge", filepath.Join("kept", "contention", "burst-of-half-the-pool.jsonl"))
	if r.code != 0 || !strings.Contains(r.out, ": 0 violations") {
		t.Errorf("%+v", r)
	}
}

// TestJudgeFilesAsTheyCome: what was left out of a cut file is said, and decides nothing.
func TestJudgeFilesAsTheyCome(t *testing.T) {
	dir := write(t, map[string]string{
		"cut.jsonl":     saved + `{"id":2,"kind":"reserve","outco`,
		"windows.jsonl": "\ufeff" + strings.ReplaceAll(saved, "\n", "\r\n"),
		"header.jsonl":  saved[:strings.Index(saved, "\n")+1],
		"twice.jsonl":   saved + `{"id":2,"kind":"call","outcome":"ok","start_ns":0,"end_ns":5,"ended":true}`,
	})
	judgeEach(t, dir, []judgeRow{
		{"cut.jsonl", 0, "warning: cut.jsonl:3: the last line is cut: left out\n", ""},
		{"windows.jsonl", 0, ": 0 violations", ""},
		{"header.jsonl", 2, "0 operations of 1 history", ""},
		{"twice.jsonl", 2, "", "twice.jsonl:3: history: ended: want bye_ns with it"},
	})
}
