package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

const (
	dniKey     = "dni-key-5up3rs3cret"
	handoffKey = "handoff-key-0ther"
)

var (
	start  = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	secret = NewRedactor(dniKey, handoffKey)
)

func after(ms float64) time.Time { return start.Add(time.Duration(ms * float64(time.Millisecond))) }

func took(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

func runOf(results ...finding.Result) finding.Run {
	return finding.Run{
		Tool: "dnispool", Version: "v0.1.0", Seed: 8814021, Started: start, Duration: took(3400), Target: "reference",
		Config:  json.RawMessage(`{"profile":"published","dni_key":"` + dniKey + `","window":"120s"}`),
		Results: results,
	}
}

func passed(id string) finding.Result {
	return finding.Result{ID: id, File: "scenarios/" + id + ".yaml", Line: 1, Level: finding.Must, Status: finding.Passed, Steps: 4, Seed: 7, Duration: took(12)}
}

func skipped(id string, s finding.Status, reason string) finding.Result {
	r := passed(id)
	r.Status, r.Reason, r.Duration, r.Steps = s, reason, 0, 0
	return r
}

func reserve(at float64, status int, sharedID, body string) finding.Exchange {
	return finding.Exchange{
		At: after(at), Step: `reserve`, Method: "POST", URL: "http://127.0.0.1:8080/v1/conversations/dni-reservation",
		RequestHeaders: []finding.Header{
			{Name: "x-api-key", Value: dniKey}, {Name: "Content-Type", Value: "application/json"},
			{Name: "X-Request-Id", Value: "8814021-3"}, {Name: "User-Agent", Value: "dnispool"},
		},
		RequestBody: fmt.Sprintf(`{"attributes":{"shared_id":%q}}`, sharedID),
		Status:      status, StatusText: "OK",
		ResponseHeaders: []finding.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "Date", Value: "today"}, {Name: "X-PolyAI-Correlation-Id", Value: "c-17"}},
		ResponseBody:    body, Duration: took(3.1), Definite: true,
	}
}

func sip(at float64, from, to, summary string) finding.SIPMessage {
	return finding.SIPMessage{At: after(at), From: from, To: to, Summary: summary, CallID: "call-1"}
}

// expectationFailure is the example that everyone has in mind: a pool of two gives out a third number.
func expectationFailure() finding.Result {
	x := reserve(12.5, 200, "a-3", `{"dni":"+442071839001"}`)
	return finding.Result{
		ID: "pool/exhausted-then-fallback", File: "scenarios/pool/exhausted-then-fallback.yaml", Line: 3, Level: finding.Must,
		Summary:     "When every number is leased the API answers 404.",
		Requirement: "If no DNI is available the Reserve DNI API returns 404; the integrator routes the call to a fallback queue, and tries no other number.",
		Source:      "OpenAPI, POST /v1/conversations/dni-reservation, 404",
		Status:      finding.Failed, Steps: 3, Seed: 8814021, Duration: took(41),
		Failures: []finding.Failure{{
			Kind: finding.KindExpectation, File: "scenarios/pool/exhausted-then-fallback.yaml", Line: 31, Column: 15, Width: 3,
			Source: []finding.SourceLine{{Line: 28, Text: "  - reserve: {attributes: {shared_id: a-3}}"}, {Line: 31, Text: "      status: 404"}},
			Step:   `step 3 of 9 "refused"`, Path: "status", Want: "404", Got: "200",
			Because:  "pool.size is 2; +442071839001 (first) and +442071839002 (second) were still held",
			Contract: "published: valid\nstrict: valid",
			Before:   []finding.Step{{Index: 1, Verb: "reserve", Came: "+442071839001"}, {Index: 2, Verb: "reserve", Came: "+442071839002"}},
			Exchange: &x, Again: "dnispool check pool/exhausted-then-fallback --seed 8814021",
		}},
		Exchanges: []finding.Exchange{reserve(1, 200, "a-1", `{"dni":"+442071839001"}`), reserve(5, 200, "a-2", `{"dni":"+442071839002"}`), x},
	}
}

func contractFailure() finding.Result {
	x := reserve(1, 200, "a-1", `{"dnii":5}`)
	return finding.Result{
		ID: "contract/reserve-200", File: "scenarios/contract/reserve-200.yaml", Line: 3, Level: finding.Must, Status: finding.Failed,
		Requirement: "A 200 carries a dialable dni.", Seed: 11, Duration: took(4.6), Steps: 1,
		Failures: []finding.Failure{{
			Kind: finding.KindContract, Line: 14, Column: 5, Width: 7, Source: []finding.SourceLine{{Line: 14, Text: "  - reserve: {attributes: {}}"}},
			Step: `step 1 of 1`, Path: "body", Want: "property dni", Got: "property dni is missing",
			Contract: "published: valid\nstrict: at /: property \"dni\" is missing, because a reservation without a number cannot be dialled by anybody",
			Exchange: &x, Again: "dnispool check contract/reserve-200 --seed 8814021",
		}},
	}
}

// reserved is an operation of a history, its times in milliseconds.
func reserved(id int, client string, start, end float64) history.Op {
	return history.Op{ID: id, Client: client, Kind: history.Reserve, Outcome: history.OK, Start: took(start), End: took(end)}
}

func checkFailure() finding.Result {
	res := passed("pool/fifty-way-contention")
	res.Status, res.Seed, res.Requirement = finding.Failed, 12, "A number has at most one active reservation."
	res.Kept = []string{"out/pool/fifty-way-contention.jsonl", "out/pool/fifty-way-contention.html"}
	for i := range 7 {
		res.Failures = append(res.Failures, finding.Failure{
			Kind: finding.KindCheck, Line: 44, Column: 9, Width: 15, Source: []finding.SourceLine{{Line: 44, Text: "check: [no-double-lease]"}},
			Path: "no-double-lease", Want: "I1, I3: A number has at most one live reservation.", Got: fmt.Sprintf("+44207183900%d was given twice", i),
			Because: "rule A: both reservations were open from 4 ms to 5 ms", Likely: "F01 check-then-act",
			Chart: &finding.Chart{To: 5 * time.Millisecond, Numbers: []finding.ChartNumber{{Number: fmt.Sprintf("+44207183900%d", i), Rows: []finding.ChartRow{{
				Op: reserved(1, "client 3", 1, 4), Proves: true, Says: "held until 6ms or later, nonce one that is quite long", Bars: []finding.Bar{
					{From: took(1), To: took(4), State: finding.MayBeMade}, {From: took(4), To: took(6), State: finding.Held},
				},
			}}}}},
			Operations: []finding.Operation{finding.Shown(reserved(i, "client 3", 1, 4)), finding.Shown(reserved(i+1, "client 9", 2, 5))},
			Again:      "dnispool check pool/fifty-way-contention --seed 8814021",
		})
	}
	return res
}

// timeoutFailure has a call and polls, for the ladder.
func timeoutFailure() finding.Result {
	res := passed("handoff/readable-after-bye")
	res.Status, res.Seed, res.Duration = finding.Failed, 13, took(5230)
	res.Requirement = "The state that the agent stored can be read by shared_id after the call."
	res.Exchanges = []finding.Exchange{reserve(1, 200, "acme-0001", `{"dni":"+442071839001"}`)}
	for i := range 20 {
		res.Exchanges = append(res.Exchanges, finding.Exchange{
			At: after(200 + float64(i)*250), Step: "handoff", Method: "GET", URL: "http://127.0.0.1:8080/v1/acme-uk/acme-team-4/handoff_state?shared_id=acme-0001",
			RequestHeaders: []finding.Header{{Name: "x-api-key", Value: handoffKey}}, Status: 404, Duration: took(0.4), Definite: true,
			ResponseHeaders: []finding.Header{{Name: "Content-Type", Value: "application/json"}}, ResponseBody: `{"error_message":"not found"}`,
		})
	}
	res.Ladder = []finding.SIPMessage{
		sip(10.2, "carrier", "platform", "INVITE +442071839001"),
		sip(10.9, "platform", "carrier", "100 Trying"),
		sip(60, "platform", "carrier", "200 OK"),
		sip(61, "carrier", "platform", "ACK"),
		sip(90, "platform", "platform", "start_function done"),
		sip(150, "platform", "carrier", "BYE"),
		sip(151.5, "carrier", "platform", "200 OK"),
		sip(152, "carrier", "desk billing", "INVITE"),
		sip(153, "carrier", "", "gave up"),
	}
	x := res.Exchanges[len(res.Exchanges)-1]
	res.Failures = []finding.Failure{{
		Kind: finding.KindTimeout, Line: 40, Column: 22, Width: 3, Source: []finding.SourceLine{{Line: 38, Text: "  - handoff: {shared_id: acme-0001}"}, {Line: 39, Text: "    within: 5s"}, {Line: 40, Text: "    expect: {status: 200}"}},
		Step: `step 4 of 4`, Path: "status", Want: "200", Got: "404",
		Because:  "20 tries in 5 s; the last answered 404",
		Before:   []finding.Step{{Index: 1, Verb: "reserve", Came: "+442071839001"}, {Index: 2, Verb: "dial", Came: "answered, call-1"}, {Index: 3, Verb: "await", Came: "ended by platform"}},
		Exchange: &x, Again: "dnispool check handoff/readable-after-bye --seed 8814021",
	}}
	return res
}

// twoMismatches are of one step: its exchange is told once.
func twoMismatches() finding.Result {
	res := expectationFailure()
	second := res.Failures[0]
	second.Line, second.Column, second.Width, second.Path, second.Want, second.Got = 32, 23, 5, "body.success", "false", "nothing"
	second.Source, second.Because = []finding.SourceLine{{Line: 32, Text: "      body: {success: false}"}}, ""
	res.Failures = append(res.Failures, second)
	res.Ladder = []finding.SIPMessage{sip(3, "carrier", "platform", "INVITE +442071839001"), sip(4, "platform", "carrier", "486 Busy Here")}
	return res
}

func errorResult() finding.Result {
	res := passed("auth/swapped-keys")
	res.Status, res.Seed, res.Duration = finding.Error, 14, took(2000)
	res.Reason = "the target does not answer at http://127.0.0.1:1: connection refused, with key " + dniKey
	x := reserve(1, 0, "a-1", "")
	x.ResponseHeaders, x.Duration, x.Error = nil, took(2000), "context deadline exceeded"
	x.Definite = false
	res.Failures = []finding.Failure{{Kind: finding.KindError, Step: "step 1 of 2", Got: "no reply", Exchange: &x, Again: "dnispool check auth/swapped-keys --seed 8814021"}}
	return res
}

func inconclusiveResult() finding.Result {
	res := passed("pool/lost-reply")
	res.Status, res.Seed = finding.Inconclusive, 15
	res.Reason = "1 of 50 reservations had no reply and may hold a number, so the count of refusals proves nothing"
	res.Requirement = "404 is returned only when no number is free."
	return res
}

func shouldFailure() finding.Result {
	res := expectationFailure()
	res.ID, res.Level, res.File = "routing/stale-number", finding.Should, "scenarios/routing/stale-number.yaml"
	res.Failures[0].File = res.File
	res.Failures[0].Again = "dnispool check routing/stale-number --seed 8814021"
	return res
}

// nastyFailure has all that breaks a layout: tabs, wide and combining characters, long values, escapes.
func nastyFailure() finding.Result {
	res := passed("core/nasty")
	res.Status, res.Seed = finding.Failed, 16
	res.Requirement = "An attribute is delivered unchanged."
	lines := []struct{ text, value string }{
		{"\t\tname: \t\"日本語\"  # tab", `"日本語"`},
		{"    name: {客户: 張, status: 404}", "404"},
		{"    name: {e\u0301te\u0301: x, status: 404}", "404"},
		{"    v: {" + strings.Repeat("filler: something, ", 9) + "status: 404, " + strings.Repeat("more: filler, ", 9) + "}", "404"},
		{"    rtl: \u202eevil, status: 404", "404"},
	}
	for i, l := range lines {
		column := len([]rune(l.text[:strings.Index(l.text, l.value)])) + 1
		res.Failures = append(res.Failures, finding.Failure{
			Kind: finding.KindExpectation, Line: 100 + i, Column: column, Width: len([]rune(l.value)), Source: []finding.SourceLine{{Line: 100 + i, Text: l.text}},
			Want: l.value, Got: "\x1b[31mred\x1b[0m",
		})
	}
	long := finding.Exchange{
		Method: "GET", URL: "http://h/x", Status: 200, Duration: took(1), Definite: true, Truncated: true,
		ResponseHeaders: []finding.Header{{Name: "Content-Type", Value: "text/html\r\nX: y"}},
		ResponseBody:    "<html>\r\n\x00\xff" + strings.Repeat("0123456789", 30) + "</html>" + strings.Repeat("x\n", 3000),
	}
	res.Failures[0].Exchange = &long
	res.Failures[1].Got = "a value that is much too long for the line of the caret: " + strings.Repeat("and on ", 20)
	res.Failures[1].Exchange = &finding.Exchange{
		Method: "POST", URL: "http://h/x", RequestBody: `{"attributes":{"text":"` + strings.Repeat("lorem ipsum ", 12) + `","n":12345678901234567890,"u":"日本"}}`,
		Status: 200, Duration: took(1), Definite: true,
	}
	return res
}
