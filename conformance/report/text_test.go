package report

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestLive(t *testing.T) {
	var b bytes.Buffer
	text := NewText(&b, Options{Live: true})
	run := runOf(passed("a/1"), passed("a/2"))
	text.Begin(run, 2)
	text.Started("a/1")
	text.Started("a/2")
	text.Finished(run.Results[0])
	text.Finished(run.Results[1])
	if err := text.Finish(run); err != nil {
		t.Fatal(err)
	}
	const wipe = "\r\x1b[K"
	line := func(id string) string { return "ok    " + pad(id, idColumns) + "      12 ms\n" }
	want := "dnispool v0.1.0   target reference   2 scenarios   seed 8814021\n\n" +
		"run   1 of 2, a/1" + wipe + "run   1 of 2, a/2 and 1 more" + wipe + line("a/1") + "run   2 of 2, a/2" + wipe + line("a/2") +
		"\n2 of 2 rules shown, 0 broken.\n\n2 scenarios: 2 passed. 3.4 s, seed 8814021.\n"
	if got := b.String(); got != want {
		t.Errorf("live text: want %q, got %q", want, got)
	}
}

func TestStartedIsSilentWithoutATerminal(t *testing.T) {
	for _, o := range []Options{{}, {Verbose: true}, {Live: true, Quiet: true}} {
		var b bytes.Buffer
		text := NewText(&b, o)
		text.Started("a/1")
		if b.Len() > 0 {
			t.Errorf("Started with %+v: want nothing, got %q", o, &b)
		}
	}
}

func TestTextFromManyGoroutines(t *testing.T) {
	var b bytes.Buffer
	text := NewText(&b, Options{Live: true})
	run := runOf()
	for i := range 50 {
		run.Results = append(run.Results, passed(fmt.Sprintf("a/%02d", i)))
	}
	text.Begin(run, len(run.Results))
	var wg sync.WaitGroup
	for _, res := range run.Results {
		wg.Go(func() {
			text.Started(res.ID)
			text.Finished(res)
		})
	}
	wg.Wait()
	if err := text.Finish(run); err != nil {
		t.Fatal(err)
	}
	for _, res := range run.Results {
		if n := strings.Count(b.String(), "ok    "+res.ID); n != 1 {
			t.Errorf("%s: want one line, got %d", res.ID, n)
		}
	}
}

// A secret must not come out through any of the writers, and writing must not change what is written.
func TestNoWriterTellsASecret(t *testing.T) {
	run := everything()
	run.Target = "https://user:hunter2-password@host"
	run.Results = append(run.Results, timeoutFailure(), func() finding.Result {
		r := passed("core/echo")
		r.Status = finding.Failed
		r.Failures = []finding.Failure{{
			Got: "key " + dniKey, Because: handoffKey, Contract: dniKey, Before: []finding.Step{{Verb: dniKey}}, Again: "--key " + dniKey, Line: 1, Column: 6, Width: len(dniKey),
			Source: []finding.SourceLine{{Line: 1, Text: "key: " + dniKey}},
		}}
		r.Warnings, r.Notes = []string{dniKey}, []string{dniKey}
		return r
	}())
	before := fmt.Sprintf("%+v", run)
	var b bytes.Buffer
	for _, o := range []Options{{}, {Verbose: true}, {Quiet: true}, {Color: true}} {
		o.Redactor = secret
		if err := writeText(&b, run, o); err != nil {
			t.Fatal(err)
		}
	}
	if err := JUnit(&b, run, secret); err != nil {
		t.Fatal(err)
	}
	if err := JSON(&b, run, secret); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&b, run, secret); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{dniKey, handoffKey, "hunter2-password"} {
		if strings.Contains(b.String(), s) {
			t.Errorf("reports: want no %q in them, got it", s)
		}
	}
	if got := fmt.Sprintf("%+v", run); got != before {
		t.Errorf("run after writing: want it unchanged, got %s", got)
	}
}

func TestTidyCleansACopy(t *testing.T) {
	res := nastyFailure()
	res.Failures[0].Before = []finding.Step{{Verb: "\x1b"}}
	want := nastyFailure()
	want.Failures[0].Before = []finding.Step{{Verb: "\x1b"}}
	got := tidy(res, nil)
	if !reflect.DeepEqual(res, want) {
		t.Errorf("result given to tidy: want it unchanged, got %+v", res)
	}
	if got.Failures[0].Before[0].Verb != "\x1b" {
		t.Errorf(`tidy: want \x1b, got %q`, got.Failures[0].Before[0])
	}
}

func TestColourIsOnlyPaint(t *testing.T) {
	var plainText, coloured bytes.Buffer
	run := everything()
	if err := writeText(&plainText, run, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := writeText(&coloured, run, Options{Color: true}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plainText.String(), "\x1b") {
		t.Error("text without colour: want no escape codes, got some")
	}
	stripped := coloured.String()
	for _, st := range []style{bold, dim, red, green, yellow, cyan} {
		stripped = strings.ReplaceAll(stripped, "\x1b["+string(st)+"m", "")
	}
	if stripped = strings.ReplaceAll(stripped, "\x1b[0m", ""); stripped != plainText.String() {
		line, w, g := firstDifference(plainText.String(), stripped)
		t.Errorf("coloured text without its codes, line %d: want %q, got %q", line, w, g)
	}
}
