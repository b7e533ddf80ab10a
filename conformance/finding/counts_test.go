package finding

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCounts(t *testing.T) {
	run := Run{Results: results(pass, pass, failMust, failShould, failMay, unsure, broken, unsupported, notAppl, filtered, waived, Result{Status: "odd"})}
	want := Counts{Total: 12, Passed: 2, Failed: 3, Tolerated: 2, Inconclusive: 1, Error: 2, Unsupported: 1, NotApplicable: 1, Filtered: 1, Waived: 1}
	if got := run.Counts(); got != want {
		t.Errorf("counts: want %+v, got %+v", want, got)
	}
	if got := run.Counts().Ran(); got != 6 {
		t.Errorf("ran: want 6, got %d", got)
	}
	sum := 0
	for _, s := range Statuses() {
		sum += want.Of(s)
	}
	if sum != want.Total {
		t.Errorf("the statuses must add up to the total: want %d, got %d", want.Total, sum)
	}
	run.Strict = true
	if got := run.Counts().Tolerated; got != 0 {
		t.Errorf("tolerated in a strict run: want 0, got %d", got)
	}
}

func TestReasons(t *testing.T) {
	run := Run{Results: results(
		Result{ID: "a", Status: Unsupported, Reason: "dial"},
		Result{ID: "b", Status: Unsupported, Reason: "clock"},
		Result{ID: "c", Status: Waived, Reason: "clock"},
		Result{ID: "d", Status: Unsupported, Reason: "clock"},
		Result{ID: "e", Status: Unsupported},
	)}
	want := []Reason{{"clock", []string{"b", "d"}, ""}, {"dial", []string{"a"}, ""}, {"", []string{"e"}, ""}}
	if got := run.Reasons(Unsupported); !reflect.DeepEqual(got, want) {
		t.Errorf("reasons: want %v, got %v", want, got)
	}
	if got := run.Reasons(Filtered); got != nil {
		t.Errorf("reasons of no result: want none, got %v", got)
	}
}

func TestSkipped(t *testing.T) {
	var skipped []Status
	for _, s := range Statuses() {
		if s.Skipped() {
			skipped = append(skipped, s)
		}
	}
	want := []Status{Unsupported, NotApplicable, Filtered, Waived}
	if !reflect.DeepEqual(skipped, want) {
		t.Errorf("skipped: want %v, got %v", want, skipped)
	}
}

func TestHeadline(t *testing.T) {
	for _, c := range []struct {
		f    Failure
		want string
	}{
		{Failure{Path: "status", Want: "404", Got: "200"}, "status: want 404, got 200"},
		{Failure{Want: "404", Got: "200"}, "want 404, got 200"},
		{Failure{Got: "number held twice"}, "number held twice"},
		{Failure{Path: "body.dni", Want: "present"}, "body.dni: want present"},
		{Failure{Kind: KindTimeout, Because: "nothing came"}, "nothing came"},
		{Failure{Kind: KindError}, "error"},
	} {
		if got := c.f.Headline(); got != c.want {
			t.Errorf("headline: want %q, got %q", c.want, got)
		}
	}
}

func TestDocumentSurvivesJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	run := Run{
		Tool: "dnispool", Version: "v0", Seed: 1<<64 - 1, Started: at, Duration: time.Second, Target: "reference",
		Config: json.RawMessage(`{"b":1,"a":2}`), Results: []Result{{
			ID: "pool/x", Status: Failed, Seed: 1 << 63, Started: at,
			Failures:  []Failure{{Kind: KindCheck, Source: []SourceLine{{1, "x"}}, Exchange: &Exchange{Method: "GET", Definite: true}}},
			Exchanges: []Exchange{{At: at, Method: "POST", RequestHeaders: []Header{{"A", "b"}}}},
			Ladder:    []SIPMessage{{At: at, From: "carrier", To: "platform", Summary: "INVITE"}},
		}},
	}
	data, err := json.Marshal(run.Document())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"format":"dnispool.report/v1","verdict":"not-conformant","exit_code":1,"exit_codes":"v1","rules":{"total":1,"selected":1,"shown":0,"broken":1,"open":0,"not_tried":0},"says":"0 of 1 rules shown, 1 broken.","sentence":"Not conformant: reference broke the one rule that was tested.","counts":{"total":1,"passed":0,"failed":1,`
	if !strings.HasPrefix(string(data), want) {
		t.Errorf("document: want it to begin with %s, got %s", want, data)
	}
	var back Document
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, run.Document()) {
		t.Errorf("document read back: want %+v, got %+v", run.Document(), back)
	}
}

func TestEmptyDocumentHasAList(t *testing.T) {
	data, err := json.Marshal(Run{}.Document())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `"results":[]`) {
		t.Errorf("document: want an empty list of results, got %s", data)
	}
}

func TestDocumentSaysWhatCounts(t *testing.T) {
	run := Run{Results: results(Result{Status: Passed, Failures: []Failure{{Kind: KindCheck}}}, Result{Status: "odd"}, pass)}
	doc := run.Document()
	for i, want := range []Status{Failed, Error, Passed} {
		if got := doc.Results[i].Status; got != want {
			t.Errorf("result %d of the document: want %s, got %s", i, want, got)
		}
	}
	if run.Results[0].Status != Passed {
		t.Errorf("result of the run: want it untouched, got %s", run.Results[0].Status)
	}
}
