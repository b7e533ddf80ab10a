package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

func TestColumns(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "abc": 3, "日本": 4, "e\u0301": 1, "é": 1, "ｆｕｌｌ": 8, "\U0001f600": 2, "→…": 2, "한": 2, "a\u200bb": 2,
	} {
		if got := columns(in); got != want {
			t.Errorf("columns(%q): want %d, got %d", in, want, got)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want []string
	}{
		{"", 10, []string{""}},
		{"short", 10, []string{"short"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"one two three", 6, []string{"one", "two", "three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"ab cdefghij k", 4, []string{"ab", "cdef", "ghij", "k"}},
		{"a\nb\n\nc", 9, []string{"a", "b", "", "c"}},
		{"  in dented", 6, []string{"  in", "  dent", "  ed"}},
		{"\ttab", 20, []string{"    tab"}},
		{"日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"日本", 1, []string{"日", "本"}},
		{"trailing   ", 20, []string{"trailing"}},
		{"1234 5678", 4, []string{"1234", "5678"}},
	} {
		if got := wrap(c.in, c.n); !slices.Equal(got, c.want) {
			t.Errorf("wrap(%q, %d): want %q, got %q", c.in, c.n, c.want, got)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("one two  three\n\tfour 日本語 e\u0301", 7)
	f.Fuzz(func(t *testing.T, text string, n int) {
		n = 4 + (n%60+60)%60
		lines := wrap(text, n)
		for _, l := range lines {
			if columns(l) > n {
				t.Errorf("wrap(%q, %d): want no line longer, got %q of %d", text, n, l, columns(l))
			}
		}
		squeeze := func(s string) string {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }), "")
		}
		if got := squeeze(strings.Join(lines, "")); got != squeeze(text) {
			t.Errorf("wrap(%q, %d): want nothing lost, got %q", text, n, got)
		}
	})
}

// FuzzRung: whatever a client sends, a line of the ladder is as wide as the others.
func FuzzRung(f *testing.F) {
	for _, text := range []string{"GET /v1/a?b=c", "\x02\xff日本語 /x e\u0301", strings.Repeat("M", 200) + " /path", "ABCDEFG /path", "200 {}"} {
		f.Add(text, 0)
		f.Add(text, 20)
	}
	f.Fuzz(func(t *testing.T, text string, more int) {
		gap := narrowest + (more%27+27)%27
		for _, r := range []rung{{from: client, to: carrier, text: text}, {from: carrier, to: client, text: text}} {
			if got := r.draw([]string{client, carrier}, gap); columns(got) != gap+1 {
				t.Errorf("draw %q: want %d columns, got %d: %q", text, gap+1, columns(got), got)
			}
		}
	})
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"a b\n c", 9, "a b c"}, {"日本語", 4, "日…"}, {"abc def", 5, "abc…"}, {"abc", 0, "…"},
	} {
		if got := shorten(c.in, c.n); got != c.want {
			t.Errorf("shorten(%q, %d): want %q, got %q", c.in, c.n, c.want, got)
		}
	}
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"/a/b", 4, "/a/b"}, {"/abc/def", 5, "…/def"}, {"日本語", 4, "…語"},
	} {
		if got := shortenFront(c.in, c.n); got != c.want {
			t.Errorf("shortenFront(%q, %d): want %q, got %q", c.in, c.n, c.want, got)
		}
	}
}

func TestHuman(t *testing.T) {
	for in, want := range map[time.Duration]string{
		0:                                       "0 ms",
		400 * time.Microsecond:                  "0.4 ms",
		3 * time.Millisecond:                    "3 ms",
		3140 * time.Microsecond:                 "3.1 ms",
		9960 * time.Microsecond:                 "10 ms",
		12*time.Millisecond + 1:                 "12 ms",
		999600 * time.Microsecond:               "1.0 s",
		3400 * time.Millisecond:                 "3.4 s",
		59960 * time.Millisecond:                "1 min 0 s",
		125 * time.Second:                       "2 min 5 s",
		2*time.Hour + 3*time.Second:             "120 min 3 s",
		-5 * time.Millisecond:                   "-5 ms",
		59*time.Minute + 59600*time.Millisecond: "60 min 0 s",
	} {
		if got := human(in); got != want {
			t.Errorf("human(%s): want %q, got %q", in, want, got)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain → 日本\n\t":     "plain → 日本\n\t",
		"\x1b[2J":            `\x1b[2J`,
		"a\rb\x00\x7f\u009b": `a\rb\x00\x7f\x9b`,
		"\xff\xfe":           `\xff\xfe`,
		"\ufffd":             "\ufffd",
		"\u202eabc\u2066":    `\u202eabc\u2066`,
		"\u2028\uffff":       `\u2028\uffff`,
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q): want %q, got %q", in, want, got)
		}
		if got := clean(clean(in)); got != want {
			t.Errorf("clean twice (%q): want %q, got %q", in, want, got)
		}
	}
	if got := oneLine("a\nb\tc"); got != `a\nb\tc` {
		t.Errorf(`oneLine: want a\nb\tc, got %s`, got)
	}
}

// The caret stands under the value, whatever stands before it and however long the line is.
func TestCaret(t *testing.T) {
	long := strings.Repeat("key: value, ", 20)
	for _, c := range []struct{ name, before, value, after, got, want string }{
		{"plain", "      status: ", "404", "", "200", "^^^ got 200"},
		{"at the start", "", "404", "", "200", "^^^ got 200"},
		{"tab", "\tstatus:\t", "404", " # x", "200", "^^^ got 200"},
		{"wide before", "    客户名: ", "404", "", "200", "^^^ got 200"},
		{"wide value", "  name: ", "日本", "", "x", "^^^^ got x"},
		{"combining", "  e\u0301te\u0301: ", "404", "", "200", "^^^ got 200"},
		{"emoji", "  \U0001f600: ", "404", "", "200", "^^^ got 200"},
		{"long before", "  {" + long, "404", "}", "200", "^^^ got 200"},
		{"long before and after", "  {" + long, "404", ", " + long + "}", "200", "^^^ got 200"},
		{"long after", "  ", "404", ", " + long + "}", "200", "^^^ got 200"},
		{"long wide before", strings.Repeat("日本語", 30), "404", strings.Repeat("日本語", 30), "200", "^^^ got 200"},
		{"no room for got", strings.Repeat("x", 80), "404", "", strings.Repeat("y", 20), "^^^"},
		{"got of two lines", "  ", "404", "", "a\nb", "^^^"},
		{"got nothing", "  ", "404", "", "", "^^^"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPage(Options{})
			p.source(finding.Failure{
				Line: 7, Column: len([]rune(c.before)) + 1, Width: len([]rune(c.value)), Got: c.got,
				Source: []finding.SourceLine{{Line: 7, Text: c.before + c.value + c.after}},
			})
			lines := strings.Split(strings.TrimSuffix(p.String(), "\n"), "\n")
			if len(lines) != 2 {
				t.Fatalf("source: want 2 lines, got %q", lines)
			}
			mark := strings.Index(lines[1], "^")
			if got := lines[1][mark:]; got != c.want {
				t.Errorf("caret line: want %q, got %q", c.want, got)
			}
			at := strings.Index(lines[0], c.value)
			if at < 0 {
				t.Fatalf("source line: want %q in it, got %q", c.value, lines[0])
			}
			if got := columns(lines[0][:at]); got != mark {
				t.Errorf("caret: want it in column %d, got %d:\n%s", got, mark, p)
			}
			for _, l := range lines {
				if columns(l) > defaultWidth {
					t.Errorf("line: want at most %d columns, got %d: %q", defaultWidth, columns(l), l)
				}
			}
		})
	}
}

func TestCaretOutsideTheLine(t *testing.T) {
	for name, f := range map[string]finding.Failure{
		"column past the end": {Line: 7, Column: 99, Width: 3, Got: "200"},
		"width past the end":  {Line: 7, Column: 4, Width: 99, Got: "200"},
		"negative width":      {Line: 7, Column: 1, Width: -4, Got: "200"},
		"an empty line":       {Line: 8, Column: 1, Width: 1, Got: "200"},
	} {
		f.Source = []finding.SourceLine{{Line: 7, Text: "abcdef"}, {Line: 8}}
		p := newPage(Options{})
		if p.source(f); strings.Count(p.String(), "^ got 200") != 1 {
			t.Errorf("%s: want one caret, got\n%s", name, p)
		}
	}
	p := newPage(Options{})
	p.source(finding.Failure{Line: 7, Source: []finding.SourceLine{{Line: 7, Text: "abc"}}})
	if got := p.String(); got != "    7 | abc\n" {
		t.Errorf("no column: want no caret, got %q", got)
	}
}

func TestLadder(t *testing.T) {
	get := func(at float64, status int) finding.Exchange {
		return finding.Exchange{At: after(at), Method: "GET", URL: "http://h/x", Status: status, Duration: took(1)}
	}
	many := make([]finding.Exchange, 60)
	for i := range many {
		many[i] = get(float64(i)*10, 200+i)
	}
	for _, c := range []struct {
		name      string
		exchanges []finding.Exchange
		messages  []finding.SIPMessage
		want      string
	}{
		{"nothing", nil, nil, ""},
		{"SIP alone has no client", nil, []finding.SIPMessage{sip(5, "carrier", "platform", "INVITE"), sip(7.5, "platform", "carrier", "486 Busy Here")}, `
  ladder ms  platform                                carrier
        0.0  |<-- INVITE ----------------------------|
        2.5  |-- 486 Busy Here --------------------->|
`},
		{"times decide, not the order given", []finding.Exchange{get(8, 404), get(0, 200)}, []finding.SIPMessage{sip(4, "carrier", "platform", "BYE")}, `
  ladder ms  client                                  platform                                carrier
        0.0  |-- GET /x ---------------------------->|                                       |
        1.0  |<-- 200 -------------------------------|                                       |
        4.0  |                                       |<-- BYE -------------------------------|
        8.0  |-- GET /x ---------------------------->|                                       |
        9.0  |<-- 404 -------------------------------|                                       |
`},
		{"a message over a column", nil, []finding.SIPMessage{sip(0, "client", "carrier", "ring"), sip(1, "carrier", "client", "answer"), sip(2, "platform", "platform", "sees nothing")}, `
  ladder ms  client                                  platform                                carrier
        0.0  |-- ring ---------------------------------------------------------------------->|
        1.0  |<-- answer --------------------------------------------------------------------|
        2.0  |                                       | * sees nothing                        |
`},
		{"no reply", []finding.Exchange{{At: after(0), Method: "GET", URL: "http://h/x", Error: "reset", Duration: took(2)}, {At: after(3), Method: "GET", URL: "http://h/x", Status: 200, Error: "cut off"}}, nil, `
  ladder ms  client                                  platform
        0.0  |-- GET /x ---------------------------->|
        2.0  | * no reply: reset                     |
        3.0  |-- GET /x ---------------------------->|
        3.0  |<-- 200, then cut off -----------------|
`},
		{"no times", []finding.Exchange{{Method: "GET", URL: "http://h/x", Status: 200}}, nil, `
  ladder ms  client                                  platform
             |-- GET /x ---------------------------->|
             |<-- 200 -------------------------------|
`},
		{"one party", nil, []finding.SIPMessage{sip(0, "carrier", "", "gave up")}, `
  ladder ms  carrier
        0.0  | * gave up
`},
		{"nobody", nil, []finding.SIPMessage{sip(0, "carrier", "", "gave up"), {At: after(1), Summary: "a remark"}}, `
  ladder ms  carrier
        0.0  | * gave up
        1.0     a remark
`},
		{"repeated messages are folded", nil, []finding.SIPMessage{
			sip(0, "carrier", "platform", "INVITE"), sip(500, "carrier", "platform", "INVITE"), sip(1500, "carrier", "platform", "INVITE"),
			sip(3500, "carrier", "platform", "INVITE"), sip(7500, "carrier", "platform", "INVITE"), sip(9000, "platform", "carrier", "200 OK"),
		}, `
  ladder ms  platform                                carrier
        0.0  |<-- INVITE ----------------------------|
                … 3 more like this …
     7500.0  |<-- INVITE ----------------------------|
     9000.0  |-- 200 OK ---------------------------->|
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPage(Options{})
			p.ladder(c.exchanges, c.messages)
			want := strings.TrimPrefix(c.want, "\n")
			if got := p.String(); got != want {
				t.Errorf("ladder: want\n%s\ngot\n%s", want, got)
			}
		})
	}

	p := newPage(Options{})
	p.ladder(many, nil)
	lines := strings.Split(strings.TrimSpace(p.String()), "\n")
	if len(lines) != 2+maxRungs {
		t.Errorf("long ladder: want %d lines, got %d", 2+maxRungs, len(lines))
	}
	if want := "… 80 earlier …"; !strings.Contains(lines[1], want) {
		t.Errorf("long ladder: want %q first, got %q", want, lines[1])
	}
	if !strings.Contains(lines[len(lines)-1], "259") {
		t.Errorf("long ladder: want the last reply at its end, got %q", lines[len(lines)-1])
	}
}

func TestLastLine(t *testing.T) {
	many := func(n int, r finding.Result) (out []finding.Result) {
		for range n {
			out = append(out, r)
		}
		return out
	}
	for _, c := range []struct {
		run  finding.Run
		want string
	}{
		{runOf(append(many(62, passed("a/b")), contractFailure(), skipped("a/c", finding.Unsupported, "dial"))...),
			"64 scenarios: 62 passed, 1 failed, 1 unsupported (dial). 3.4 s, seed 8814021."},
		{runOf(passed("a")), "1 scenario: 1 passed. 3.4 s, seed 8814021."},
		{runOf(passed("a"), errorResult(), errorResult()), "3 scenarios: 1 passed, 2 errors. 3.4 s, seed 8814021. Not judged: an error is not a pass."},
		{runOf(errorResult()), "1 scenario: 1 error. 3.4 s, seed 8814021. Nothing could be judged."},
		{runOf(), "0 scenarios. 3.4 s, seed 8814021. Nothing was tested."},
		{runOf(inconclusiveResult()), "1 scenario: 1 inconclusive. 3.4 s, seed 8814021. Inconclusive: neither conformant nor not."},
		{runOf(late(), contractFailure()), "2 scenarios: 2 failed (1 tolerated: should or may without --strict). 3.4 s, seed 8814021."},
		{runOf(skipped("a", finding.Filtered, "label  smoke"), passed("b")), "2 scenarios: 1 passed, 1 filtered (label smoke). 3.4 s, seed 8814021."},
		{interrupted(runOf(passed("a"))), "1 scenario: 1 passed. 3.4 s, seed 8814021. Interrupted: the rest is unknown."},
	} {
		if got := lastLine(c.run); got != c.want {
			t.Errorf("last line: want %q, got %q", c.want, got)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range []string{"0 steps", "1 step", "2 steps"} {
		if got := count(n, "step"); got != want {
			t.Errorf("count: want %q, got %q", want, got)
		}
	}
}

func TestBodyIsTrimmed(t *testing.T) {
	for _, c := range []struct {
		name, body, note string
	}{
		{"short", "abc", ""},
		{"exactly the limit", strings.Repeat("x", maxBodyBytes), ""},
		{"one more", strings.Repeat("x", maxBodyBytes+1), "… (4096 of 4097 bytes shown)"},
		{"not inside a character", strings.Repeat("x", maxBodyBytes-1) + "é", "… (4095 of 4097 bytes shown)"},
		{"too many lines", strings.Repeat("x\n", 100), "… (120 of 200 bytes shown)"},
		{"as many lines as may be", strings.Repeat("x\n", maxBodyLines-1) + "x", ""},
	} {
		p := newPage(Options{})
		p.body(c.body)
		if got := strings.Contains(p.String(), "bytes shown"); got != (c.note != "") || !strings.Contains(p.String(), c.note) {
			t.Errorf("%s: want the note %q, got\n%s", c.name, c.note, p)
		}
	}
}

func Example_lastLine() {
	fmt.Println(lastLine(finding.Run{Seed: 7, Duration: 1400 * time.Millisecond, Results: []finding.Result{
		{ID: "core/happy-path", Status: finding.Passed},
		{ID: "core/dial", Status: finding.Unsupported, Reason: "dial"},
	}}))
	// Output: 2 scenarios: 1 passed, 1 unsupported (dial). 1.4 s, seed 7.
}
