package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

func htmlOf(t *testing.T, run finding.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, run, secret); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// countsInHTML reads the table of what was tested as a person would.
func countsInHTML(t *testing.T, page string) map[finding.Status]int {
	t.Helper()
	counts := map[finding.Status]int{}
	for _, m := range regexp.MustCompile(`<td><span class="chip \w+">([a-z ]+)</span></td><td class="num">(\d+)</td>`).FindAllStringSubmatch(page, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		counts[finding.Status(strings.ReplaceAll(m[1], " ", "-"))] = n
	}
	return counts
}

// What one writer says the others say: all are made from the same.
func TestAllReportsSayTheSame(t *testing.T) {
	t.Parallel()
	refused := runOf()
	refused.GaveUp = "target t.yaml: no such file or directory"
	unfinished := interrupted(runOf(passed("core/a"), expectationFailure()))
	unfinished.NotPlayed = []string{"core/b", "core/c"}
	givenUp := unfinished
	givenUp.Interrupted, givenUp.GaveUp = false, "history out/a.jsonl: no space left on device"
	strict := everything()
	strict.Strict = true
	for name, run := range map[string]finding.Run{
		"green": runOf(passed("core/a"), passed("pool/b")), "everything": everything(), "strict": strict, "failing": runOf(passed("core/a"), expectationFailure()),
		"tolerated": runOf(passed("core/a"), shouldFailure()), "inconclusive": runOf(passed("core/a"), inconclusiveResult()), "error": runOf(errorResult()),
		"skipped": runOf(skipped("core/a", finding.Unsupported, "dial"), skipped("core/b", finding.Waived, "agreed")), "empty": runOf(),
		"refused": refused, "interrupted": unfinished, "given up": givenUp,
	} {
		page, junit := htmlOf(t, run), parseJUnit(t, junitOf(t, run))
		var text, machine bytes.Buffer
		if err := writeText(&text, run, Options{Redactor: secret}); err != nil {
			t.Fatal(err)
		}
		if err := JSON(&machine, run, secret); err != nil {
			t.Fatal(err)
		}
		var doc finding.Document
		if err := json.Unmarshal(machine.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}

		shown := countsInHTML(t, page)
		for _, s := range finding.Statuses() {
			if n := doc.Counts.Of(s); shown[s] != n {
				t.Errorf("%s: want %d %s in HTML as in JSON, got %d", name, n, s, shown[s])
			}
			if n := doc.Counts.Of(s); n > 0 && !strings.Contains(text.String(), fmt.Sprintf("%d %s", n, statusName(s))) {
				t.Errorf("%s: want %d %s in the text as in JSON, got\n%s", name, n, s, lastLine(run))
			}
		}
		extra := b2i(runCase(run) != nil)
		tolerated := doc.Counts.Tolerated
		skipped := doc.Counts.Unsupported + doc.Counts.NotApplicable + doc.Counts.Filtered + doc.Counts.Waived
		if junit.Tests != doc.Counts.Total+len(run.NotPlayed)+extra || junit.Failures != doc.Counts.Failed-tolerated || junit.Errors != doc.Counts.Error+doc.Counts.Inconclusive+extra || junit.Skipped != skipped+tolerated+len(run.NotPlayed) {
			t.Errorf("%s: want JUnit to count as JSON does, got %+v and %+v", name, junit, doc.Counts)
		}
		verdict := fmt.Sprintf("<dd>%s, exit code %d</dd>", doc.Verdict, doc.ExitCode)
		for _, want := range []string{verdict, "<h1>" + doc.Sentence + "</h1>"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: want %s in HTML as in JSON, got none", name, want)
			}
		}
		for what, report := range map[string]string{"HTML": page, "text": text.String(), "JUnit": junitOf(t, run)} {
			if run.GaveUp != "" && !strings.Contains(report, run.GaveUp) {
				t.Errorf("%s: want why the run was given up in %s, got none", name, what)
			}
			for _, id := range run.NotPlayed {
				if !strings.Contains(report, id) {
					t.Errorf("%s: want %s, which was not played, in %s, got none", name, id, what)
				}
			}
		}
	}
}

func TestHTMLShowsWhatAFailureIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   finding.Result
		want []string
	}{
		{expectationFailure(), []string{
			`<code>scenarios/pool/exhausted-then-fallback.yaml:31</code> step 3 of 9 &#34;refused&#34;`, `<span class="no">  31 | </span>      status: <mark>404</mark>`,
			`<dt>wanted</dt><dd>status: 404</dd>`, `<strong>status: 200</strong>`, `POST /v1/conversations/dni-reservation`, `x-api-key: ***`, `{&#34;dni&#34;:&#34;&#43;442071839001&#34;}`,
			`1 reserve → &#43;442071839001`, `<pre class="wrap">dnispool check pool/exhausted-then-fallback --seed 8814021</pre>`, `If no DNI is available`,
		}},
		{checkFailure(), []string{`<h4>Time line</h4>`, `held until 6ms or later, nonce one`, `<h4>History</h4>`, `#1 client 3: reserve`, `out/pool/fifty-way-contention.jsonl`, `<p><code>scenarios/pool/fifty-way-contention.yaml:44</code>`}},
		{timeoutFailure(), []string{`Requests and calls in the order of wall time`, `desk billing`, `more like this …`, `BYE`}},
		{errorResult(), []string{`<dt>reason</dt><dd>the target does not answer`, `indefinite: the request may have taken effect`}},
	} {
		page := htmlOf(t, runOf(c.of))
		for _, want := range c.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: want %s in the page, got none", c.of.ID, want)
			}
		}
	}
}

func TestHTMLNamesTheFactsAndHowLongRepliesTook(t *testing.T) {
	t.Parallel()
	run := runOf(expectationFailure())
	run.Facts = []finding.PoolFacts{{Project: "acme", Known: []finding.Basis{{Fact: "size", Value: "20", Source: "measured"}}, Unknown: []string{"release", "window_min"}}}
	run.Endpoints = run.Latencies()
	run.Audio = &finding.Audio{Calls: 3, Heard: 2, PacketsOut: 150, PacketsIn: 99, First: 12 * time.Millisecond}
	page := htmlOf(t, run)
	for _, want := range []string{
		`<tr><td>size</td><td>20</td><td>measured</td></tr>`, `Not known, so that less could be judged: release, window_min.`, `in wall time; requests`,
		`<td>Reserve DNI</td><td class="num">3</td><td class="num">3.1 ms</td>`, `200 (3)`, `3 calls with audio: 150 packets out, 99 packets in, the first 12 ms after the answer (median).`, `&#34;dni_key&#34;: &#34;***&#34;`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("want %s in the page, got none", want)
		}
	}
	run.Facts, run.VirtualTime = nil, true
	if page := htmlOf(t, run); !strings.Contains(page, "Each scenario states the world") || !strings.Contains(page, "virtual time, which the run moves itself") {
		t.Error("without facts: want the page to say where the world is stated, got nothing")
	}
}

var (
	tags     = regexp.MustCompile(`<[a-zA-Z][^>]*>`)
	values   = regexp.MustCompile(`"[^"]*"`)
	handlers = regexp.MustCompile(`(?i)\son\w+=|'`)
)

// Every text of a run may come from a platform that means harm. None becomes markup.
func TestHTMLOfHostileText(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</pre></svg><b onclick=alert(1)>`, `javascript:alert(1)`, `{{.Run}}`, "<!--", "\x00\u202e\xff",
	} {
		var run finding.Run
		places := 0
		fill(reflect.ValueOf(&run).Elem(), hostile, &places)
		run.GaveUp = ""
		one := run.Results[0]
		one.Failures = one.Failures[:1]
		one.Failures[0].Column = 1
		one.Failures[0].Chart.Numbers[0].Rows[0].Op.Kind = history.Kind(hostile)
		run.Results = nil
		for _, s := range finding.Statuses() {
			one.Status = s
			run.Results = append(run.Results, one)
		}
		page := htmlOf(t, run)
		if strings.Count(page, "<script") != 1 || strings.Count(page, "<style") != 1 || strings.Contains(page, "<!--") {
			t.Errorf("%q: want the page's own script and style alone, got more", hostile)
		}
		for _, tag := range tags.FindAllString(page, -1) {
			bare := values.ReplaceAllString(tag, "")
			if strings.HasPrefix(tag, "<img") || strings.Contains(tag, `href="javascript`) || handlers.MatchString(bare) {
				t.Errorf("%q: want no markup of its own, got %s", hostile, tag)
			}
		}
	}
}

// A report is forwarded: one of 300 scenarios stays below 3 MB, whatever became of them.
func TestHTMLStaysSmall(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func() finding.Result{"timeouts": timeoutFailure, "checks": checkFailure} {
		var results []finding.Result
		for i := range 300 {
			r := of()
			r.ID = fmt.Sprintf("area-%d/scenario-with-a-long-name-%d", i%9, i)
			r.Summary, r.Requirement = strings.Repeat("about this ", 10), strings.Repeat("required is ", 12)
			results = append(results, r)
		}
		page := htmlOf(t, runOf(results...))
		if len(page) > 3<<20 {
			t.Errorf("%s: want at most 3 MB, got %d", name, len(page))
		}
		if name == "checks" && !strings.Contains(page, "take all the room") {
			t.Errorf("%s: want the page to say that there was no room for more, got nothing", name)
		}
	}
}

// TestFiguresOfATimeLine are round, however odd the time is that it takes.
func TestFiguresOfATimeLine(t *testing.T) {
	t.Parallel()
	for span, want := range map[time.Duration]time.Duration{
		3001 * time.Millisecond: 10 * time.Millisecond, time.Second: time.Millisecond, 32 * time.Microsecond: 100 * time.Nanosecond, 0: time.Nanosecond,
	} {
		if got := fine(span); got != want {
			t.Errorf("%s: want %s, got %s", span, want, got)
		}
	}
}
