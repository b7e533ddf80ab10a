package specs_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

func TestReportSchemaHasEveryField(t *testing.T) {
	sameNames(t, "report", "json", load(t, "report"), reflect.TypeFor[finding.Document](), isText)
}

func TestReportSchemaHasEveryStatus(t *testing.T) {
	var want []any
	for _, s := range finding.Statuses() {
		want = append(want, string(s))
	}
	result := load(t, "report").properties()["results"].items()
	if got := result.properties()["status"].list("enum"); !slices.Equal(got, want) {
		t.Errorf("status: want %v, got %v", want, got)
	}
}

// full is a run in which every field of every type has a value.
func full() finding.Run {
	at := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	exchange := finding.Exchange{
		At: at, Step: "reserve", Method: "POST", URL: "/x", RequestHeaders: []finding.Header{{Name: "A", Value: "b"}},
		RequestBody: "{}", Status: 200, StatusText: "OK", ResponseHeaders: []finding.Header{{Name: "A"}}, ResponseBody: "{}",
		Duration: 1, Error: "e", Definite: true, Truncated: true,
	}
	ladder := []finding.SIPMessage{{At: at, From: "carrier", To: "platform", Summary: "INVITE", CallID: "c"}}
	op := history.Op{ID: 1, Kind: history.Reserve, Outcome: history.OK, Number: "n"}
	failure := finding.Failure{
		Kind: finding.KindTimeout, File: "f", Line: 1, Column: 2, Width: 3, Source: []finding.SourceLine{{Line: 1, Text: "x"}},
		Step: "step 1", Path: "status", Want: "1", Got: "2", Because: "b", Contract: "c", Before: []finding.Step{{Index: 1, Verb: "reserve"}},
		Exchange: &exchange, Ladder: ladder, Again: "a", Likely: "l", Operations: []finding.Operation{finding.Shown(op)}, Chart: &finding.Chart{
			From: 1, To: 2, Requests: []finding.ChartRow{{Op: op, Says: "s"}}, Numbers: []finding.ChartNumber{{
				Number: "n", More: 1, Rows: []finding.ChartRow{{Op: op, Proves: true, Bars: []finding.Bar{{From: 1, To: 2, State: finding.Held}}, Says: "s"}},
			}},
		},
	}
	return finding.Run{
		Tool: "dnispool", Version: "v1", Seed: 1<<64 - 1, Started: at, Duration: time.Second, Target: "reference",
		Config: json.RawMessage(`{"a":1}`), Filter: "all", Strict: true, Interrupted: true, Warnings: []string{"w"},
		GaveUp: "r", NotPlayed: []string{"a/c"}, VirtualTime: true, Facts: []finding.PoolFacts{{Project: "p", Known: []finding.Basis{{Fact: "size", Value: "3", Source: "measured", Fits: "4"}}, Unknown: []string{"release"}}},
		Endpoints: []finding.Endpoint{{Name: "Reserve DNI", Requests: 1, NoReply: 1, Statuses: []finding.StatusCount{{Status: 200, Replies: 1}}, P50: 1, P90: 1, P99: 1, Max: 1, Course: []time.Duration{1}}},
		Audio:     &finding.Audio{Calls: 1, Silent: 1, PacketsOut: 1},
		Results: []finding.Result{{
			ID: "a/b", File: "f", Line: 1, Summary: "s", Requirement: "r", Source: "s", Level: finding.Must, Labels: []string{"l"},
			Status: finding.Failed, Reason: "r", Failures: []finding.Failure{failure}, Warnings: []string{"w"}, Steps: 1, Seed: 1,
			Started: at, Duration: 1, Exchanges: []finding.Exchange{exchange}, Ladder: ladder, Notes: []string{"n"},
		}},
	}
}

func TestReportSchemaAcceptsEveryDocument(t *testing.T) {
	runs := map[string]finding.Run{"empty": {}, "full": full()}
	for _, s := range finding.Statuses() {
		runs[string(s)] = finding.Run{Results: []finding.Result{{ID: "a/b", Status: s, Reason: "because"}}}
		runs[string(s)+" interrupted"] = finding.Run{Interrupted: true, Results: []finding.Result{{ID: "a/b", Status: s, Reason: "because"}}}
	}
	schema := compile(t, "report")
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(run.Document())
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, schema, text); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReportSchemaRefuses(t *testing.T) {
	good, err := json.Marshal(full().Document())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, old, new string }{
		{"another format", "report/v1", "report/v2"},
		{"other exit codes", `"exit_codes":"v1"`, `"exit_codes":"v2"`},
		{"exit code that is not the verdict's", `"exit_code":130`, `"exit_code":0`},
		{"seed as a number", fmt.Sprintf(`"seed":"%d"`, uint64(1<<64-1)), `"seed":5`},
		{"unknown field", `"tool":`, `"extra":1,"tool":`},
		{"unknown status", `"status":"failed"`, `"status":"green"`},
		{"unknown kind", `"kind":"timeout"`, `"kind":"odd"`},
		{"skipped without a reason", `"status":"failed","reason":"r"`, `"status":"waived"`},
		{"no results", `"results":[`, `"result":[`},
		{"not a time", "2026-03-04T", "4 March "},
		{"negative duration", `"duration_ns":1,`, `"duration_ns":-1,`},
	}
	schema := compile(t, "report")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(string(good), tt.old, tt.new, 1)
			if bad == string(good) {
				t.Fatalf("want %s in the report, got none", tt.old)
			}
			if err := validate(t, schema, []byte(bad)); err == nil {
				t.Error("want a refusal, got none")
			}
		})
	}
}
