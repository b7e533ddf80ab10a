package judge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/report"
)

const (
	head  = `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z","facts":{"":{"size":2,"window_min_ns":10000000000,"window_max_ns":11000000000,"release":"hangup","exclusive":true}}}`
	first = `{"id":1,"generator":"%s","kind":"reserve","outcome":"ok","start_ns":%d,"end_ns":%d,"number":"+442079460000"}`
)

func write(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "h.jsonl")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func named(t *testing.T, names ...string) []check.Check {
	t.Helper()
	checks, err := check.Named(names...)
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

// judge is for files of one run. Without checks it takes those that are applied when nobody names any.
func judge(t *testing.T, p Plan) (r finding.HistoryReport, err error) {
	t.Helper()
	if p.Budget = check.Budget; p.Checks == nil {
		p.Checks = check.Default()
	}
	n := 0
	err = Each(t.Context(), p, func(one finding.HistoryReport) error {
		n++
		r = one
		return nil
	})
	if err == nil && n != 1 {
		t.Fatalf("want one report, got %d", n)
	}
	return r, err
}

func TestTextOfAViolation(t *testing.T) {
	r, err := judge(t, Plan{Files: []string{"testdata/double.jsonl"}, Checks: named(t, "no-double-lease")})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := report.WriteHistory(&got, r, "dnispool judge testdata/double.jsonl", report.Options{}); err != nil {
		t.Fatal(err)
	}
	want := `3 operations of 1 history, a test

VIOLATED  no-double-lease of acme   I1, I3   certain
  +442079460000 was given twice: the first reservation could not end before 5s, and the second was
  answered at 3.1s; or the stated window_min (documented, 10s) is wrong; 2s or less would fit; or
  the stated release (documented, hangup) is wrong; arrival or answer would fit; or the stated
  signal (documented, 0s) is wrong; 1.9s or more would fit
  requires  A number has at most one live reservation, and rests for the cool-down between two.
  because   rule A: whichever of the two was first, it would have had to end, and its number to
            rest, before the other was answered; neither can have
  likely    F01 check-then-act, F03 an offer that is not reserved, F04 leases lost in a restart, F06
            a repair loop, F07 a late release of somebody else's lease, F08 no cool-down, F15 an
            overflow number
  rests on  window_min 10s (documented), release hangup (documented), exclusive true (documented),
            strays_per_s 0 (documented), signal 0s (documented)
  timeline
                            0s                    6.5s                  13.65s
  +442079460000
  * #1 reserve alice          ?==============                             0s–100ms, held until 5s or later, nonce x
  * #2 call alice             ......#########                             200ms–2s, over at 5s by the platform, nonce x
  * #3 reserve bob                     ?==============================--  3s–3.1s, held until 13s or later, nonce y
  ? may have been made  = was held  - may have been held   . on its way  # in a call   * proves it
  history   testdata/double.jsonl:2  #1 alice: reserve +442079460000 at 0s–100ms: ok
            testdata/double.jsonl:4  #3 bob: reserve +442079460000 at 3s–3.1s: ok
            testdata/double.jsonl:3  #2 alice: call +442079460000 at 200ms–2s, over at 5s: ok
  again     dnispool judge testdata/double.jsonl

ledger of acme: 2 reserved = 0 bound + 0 lost + 1 unknown + 0 expired + 1 live; 0 refused, 0 in doubt; 1 calls, 1 answered
1 checks judged, 0 not: 1 violation
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	if r.Conclusion().ExitCode() != 1 {
		t.Errorf("exit code %d, want 1", r.Conclusion().ExitCode())
	}
}

func TestExitCodes(t *testing.T) {
	for name, tc := range map[string]struct {
		plan Plan
		want int
	}{
		"a breach":            {Plan{Files: []string{"testdata/double.jsonl"}}, 1},
		"facts that allow it": {Plan{Files: []string{"testdata/double.jsonl"}, Facts: map[string]reading.Facts{"acme": {Size: 2, WindowMin: 1, WindowMax: 1, Release: "arrival"}}}, 0},
		"nothing known":       {Plan{Files: []string{"testdata/double.jsonl"}, Facts: map[string]reading.Facts{}, Checks: named(t, "no-double-lease")}, 3},
		"no operations":       {Plan{Files: []string{write(t, head)}}, 2},
		"nobody was refused":  {Plan{Files: []string{"testdata/double.jsonl"}, Checks: named(t, "exhaustion-justified")}, 3},
		"undecided":           {Plan{Files: []string{write(t, head, lease(1, 9800, 10050), lease(2, 0, 100))}, Checks: named(t, "rotation", "no-double-lease")}, 0},
		"nothing but undecided": {Plan{Files: []string{write(t, head, lease(1, 0, 100), `{"id":2,"kind":"reserve","outcome":"indefinite","start_ns":0,"end_ns":1}`,
			`{"id":3,"kind":"reserve","outcome":"refused","start_ns":2,"end_ns":3}`)}, Checks: named(t, "exhaustion-justified")}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := judge(t, tc.plan)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Conclusion().ExitCode(); got != tc.want {
				t.Errorf("exit code %d, want %d", got, tc.want)
			}
		})
	}
}

// lease is a reservation from one millisecond to another.
func lease(id int, from, to int64) string {
	return fmt.Sprintf(`{"id":%d,"kind":"reserve","outcome":"ok","start_ns":%d,"end_ns":%d,"number":"+442079460000"}`, id, from*1e6, to*1e6)
}

// A late call that is given somebody else's attributes harms two callers, and is no breach: the report says so all the same.
func TestHazards(t *testing.T) {
	r, err := judge(t, Plan{Files: []string{"testdata/late.jsonl"}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.WriteHistory(&b, r, "again", report.Options{}); err != nil {
		t.Fatal(err)
	}
	want := "hazard         no-cross-talk: 1, the first: call to +442079460000 was given the attributes of another reservation: want nonce x, got y (F30 a late arrival on a number that was given again)\n"
	if r.Conclusion().ExitCode() != 0 || !strings.Contains(b.String(), want) {
		t.Errorf("exit code %d, want 0; got\n%s", r.Conclusion().ExitCode(), b.String())
	}
}

// TestJSON holds the report for a machine against what it must say of a violation.
func TestJSON(t *testing.T) {
	r, err := judge(t, Plan{Files: []string{"testdata/double.jsonl"}, Checks: named(t, "no-double-lease", "rotation", "linearizable")})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.HistoryJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Format     string
		ExitCode   int `json:"exit_code"`
		Operations int
		Checks     []struct {
			Name, Project string
			NotJudged     string `json:"not_judged"`
			Violations    []struct {
				Text, Rule, Cause, Certainty string
				Operations                   []struct {
					ID    int
					Kind  string
					Where string
				}
			}
		}
		Ledgers map[string]struct{ Reserved int }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Format != "dnispool.judgement/v1" || got.ExitCode != 1 || got.Operations != 3 || got.Ledgers["acme"].Reserved != 2 || len(got.Checks) != 3 {
		t.Fatalf("got %s", b.String())
	}
	if c := got.Checks[1]; c.Name != "rotation" || c.NotJudged == "" || len(c.Violations) != 0 {
		t.Errorf("want rotation not judged, got %+v", c)
	}
	c := got.Checks[0]
	if c.Name != "no-double-lease" || c.Project != "acme" || len(c.Violations) != 1 {
		t.Fatalf("want one violation, got %+v", c)
	}
	v := c.Violations[0]
	if v.Certainty != "certain" || v.Rule == "" || v.Cause == "" || len(v.Operations) != 3 || v.Operations[1].ID != 3 || v.Operations[1].Where != "testdata/double.jsonl:4" {
		t.Errorf("got %+v", v)
	}
	if c := got.Checks[2]; c.Name != "linearizable" || len(c.Violations) != 1 {
		t.Errorf("want the search among the checks, got %+v", c)
	}
}

// Two generators whose clocks are 250 ms apart see one number in what looks like the wrong order.
func TestSkewBetweenGenerators(t *testing.T) {
	ms := int64(time.Millisecond)
	files := []string{
		write(t, head, fmt.Sprintf(first, "a", 0, 100*ms)),
		write(t, head, fmt.Sprintf(first, "b", 9800*ms, 9900*ms)), // 10.05 s on the other's clock, when the window was over
	}
	for eps, want := range map[time.Duration]int{0: 1, 250 * time.Millisecond: 0} {
		r, err := judge(t, Plan{Files: files, Eps: eps, Checks: named(t, "no-double-lease")})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Violations(); got != want {
			t.Errorf("eps %v: %d violations, want %d", eps, got, want)
		}
		const untied = `no state, nonce or time of arrival ties what "b" recorded to what others did, so it cannot be seen how far the clocks are apart`
		if last := len(r.Warnings) - 1; last < 0 || r.Warnings[last] != untied || (last > 0) != (eps == 0) {
			t.Errorf("eps %v: warnings %q", eps, r.Warnings)
		}
	}
}

// A search is one of the checks, and brings its picture along.
func TestSearch(t *testing.T) {
	r, err := judge(t, Plan{Files: []string{"testdata/double.jsonl"}, Checks: named(t, "dialable-numbers", "linearizable")})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Results[1]; len(got.Violations) != 1 || got.Picture == nil || r.Conclusion().ExitCode() != 1 {
		t.Fatalf("got %+v and exit code %d, want an illegal number and 1", got, r.Conclusion().ExitCode())
	}
	var page bytes.Buffer
	if err := r.Results[1].Picture(&page); err != nil || !bytes.Contains(page.Bytes(), []byte("+442079460000")) {
		t.Errorf("want a page that names the number, got %d bytes, %v", page.Len(), err)
	}
}

// A check that was asked for by name and could not be applied is inconclusive; one of the usual ones is a gap.
func TestNotJudged(t *testing.T) {
	for named, want := range map[bool]int{true: 3, false: 0} {
		r, err := judge(t, Plan{Files: []string{"testdata/late.jsonl"}, Named: named})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Conclusion().ExitCode(); got != want {
			t.Errorf("named %v: want exit code %d, got %d", named, want, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	bad := write(t, head, "{}")
	facts := write(t, `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z","facts":{"acme":{"size":"two"}}}`)
	other := write(t, `{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z","facts":{"Acme":{"size":2}}}`, `{"id":1,"kind":"reserve","outcome":"refused","start_ns":0,"end_ns":1,"project":"acme"}`)
	for name, want := range map[string]string{
		other:   other + `:1:72: want the name of a project in the history, got "Acme" (did you mean "acme"?)`,
		missing: missing + ": no such file or directory",
		bad:     bad + ":2: history: id: want 1 or more, got 0",
		facts:   facts + `:1:87: acme: size: want a whole number, got "two"`,
	} {
		if _, err := judge(t, Plan{Files: []string{name}}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestStandardInput(t *testing.T) {
	in := strings.NewReader(`{"format":"dnispool.history/v1","base":"2026-01-01T00:00:00Z"}
{"id":1,"kind":"reserve","outcome":"ok","start_ns":0,"end_ns":1,"project":"acme","number":"+442079460000"}
`)
	got, err := judge(t, Plan{Files: []string{StandardInput}, Stdin: in})
	if err != nil || got.Operations != 1 {
		t.Errorf("want 1 operation, got %+v %v", got, err)
	}
	if _, err := judge(t, Plan{Files: []string{StandardInput}, Stdin: strings.NewReader("{")}); err == nil || !strings.HasPrefix(err.Error(), "standard input:1: ") {
		t.Errorf("want the place of the fault, got %v", err)
	}
}

// TestSchema holds a history with every field against the schema that others write their histories by.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../specs/history.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := json.Marshal(map[string]reading.Facts{"acme": {
		Size: 1, WindowMin: 1, WindowMax: 1, CoolDown: new(time.Duration(1)), CoolDownMax: new(time.Duration(1)), Release: "arrival", Selection: "lru", Match: "dni", Bindings: "once", Exclusive: true,
		Numbers: []string{"+442079460000"}, Visible: 1, Retention: 1, Handoffs: true, Duplicate: "last", Abandoned: "keep", Strays: new(1.0), Failures: new(0.5), Eps: new(time.Duration(1)), NoHandoff: "404", UsedBefore: true, Sources: map[string]reading.Source{"size": reading.Assumed}, ServerMax: new(time.Duration(1)), ArrivalMin: 1, Signal: new(time.Duration(1)), Reroutes: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := history.NewWriter(&b, history.Header{Base: time.Now(), Eps: 1, Source: "s", Facts: facts})
	if err != nil {
		t.Fatal(err)
	}
	raw := json.RawMessage(`{}`)
	op := history.Op{ID: 1, Generator: "g", Client: "c", Step: "s", Kind: history.Reserve, Outcome: history.OK, Start: 1, Sent: 1, End: 1, Project: "p", Drain: true,
		Status: 1, Number: "n", Nonce: "n", SharedID: "s", Attributes: raw, CallID: "c", Ended: true, EndedBy: "caller", Bye: 1,
		AskedID: "a", AskedSharedID: "a", GotID: "g", GotSharedID: "g", Data: raw}
	if err := w.Append(&op); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(&b); s.Scan(); {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", s.Text(), err)
		}
	}
	for _, line := range []string{`{"id":1}`, `{"format":"other","base":"2026-01-01T00:00:00Z"}`, `{"id":1,"kind":"sing","outcome":"ok","start_ns":0,"end_ns":0}`} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("%s: want it refused", line)
		}
	}
}

// Parts of one run whose headers do not agree are judged by the first one's, and that is said.
func TestHeadersOfOneRun(t *testing.T) {
	part := func(generator, base, facts string) string {
		header := `{"format":"dnispool.history/v1","base":"` + base + `","eps_ns":1000`
		if facts != "" {
			header += `,"facts":` + facts
		}
		return write(t, header+"}", fmt.Sprintf(first, generator, 0, 1000))
	}
	const noon, small = "2026-01-01T12:00:00Z", `{"":{"size":2,"release":"hangup"}}`
	for name, c := range map[string]struct {
		files  []string
		stated bool
		want   []string // warnings, of the second file and of those that come after it
	}{
		"they agree": {[]string{part("a", noon, small), part("b", "2026-01-01T13:00:01+01:00", ` {"": {"release":"hangup", "size":2}}`)}, false, nil},
		"other facts": {[]string{part("a", noon, small), part("b", noon, `{"":{"size":2,"release":"arrival"}}`)}, false,
			[]string{"%[2]s: its facts differ from those of %[1]s, which are used, at //release"}},
		"other facts, and none of them used": {[]string{part("a", noon, small), part("b", noon, `{"":{"size":3}}`)}, true, nil},
		"no facts, then some":                {[]string{part("a", noon, ""), part("b", noon, small)}, false, []string{"%[2]s: its facts are not used, for %[1]s, which comes first, states none; state them in both or with --facts"}},
		"facts, then none":                   {[]string{part("a", noon, small), part("b", noon, "")}, false, []string{"%[2]s: it states no facts: those of %[1]s are used"}},
		"a time zone that was left out": {[]string{part("a", noon, small), part("b", "2026-01-01T09:59:58Z", small)}, false,
			[]string{"%[2]s: its base is 2026-01-01T09:59:58Z, which is 2h0m2s from that of %[1]s: when two of their operations were at one time rests on both bases"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := Plan{Files: c.files, Checks: named(t, "dialable-numbers")}
			if c.stated {
				p.Facts = map[string]reading.Facts{"": {Size: 2}}
			}
			r, err := judge(t, p)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, w := range r.Warnings {
				if !strings.HasPrefix(w, "no state, nonce or time of arrival ties") {
					got = append(got, w)
				}
			}
			for _, w := range c.want {
				want = append(want, fmt.Sprintf(w, c.files[0], c.files[1]))
			}
			if !slices.Equal(got, want) {
				t.Errorf("want %q, got %q", want, got)
			}
		})
	}
}
