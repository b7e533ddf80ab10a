package show

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
)

// measured is what a small run came to.
func measured() measure.Result {
	r := measuring()
	r.End(3 * time.Second)
	return r.Final(3 * time.Second)
}

// severalProjects is the same of two projects.
func severalProjects() measure.Result {
	r := measure.NewRuns(measure.Project{Name: "acme", Run: measuring()}, measure.Project{Name: "globex", Run: measuring()})
	r.Tick(2900 * time.Millisecond)
	r.End(3 * time.Second)
	r.Tick(3 * time.Second)
	return r.Final(3 * time.Second)
}

// measuring is a small run: five callers, one of whom is refused, on a pool of two.
func measuring() *measure.Run {
	r := measure.NewRun(measure.Plan{
		Stages:  []measure.Stage{{Name: "warm-up", To: time.Second, Warm: true, Steady: true}, {Name: "5/s", From: time.Second, To: 3 * time.Second, Steady: true}},
		Rules:   measure.Rules{Size: 2, Release: "hangup", WindowMin: 10 * time.Second, WindowMax: 10 * time.Second},
		Formula: measure.ErlangB,
	})
	for i := range 5 {
		due := time.Duration(i) * 500 * time.Millisecond
		now := due + 10*time.Millisecond
		r.Due(due)
		r.Begun(due, due+time.Millisecond)
		r.Tries(due+time.Millisecond, false)
		reply := measure.Reply{Due: due, Sent: due + time.Millisecond, Now: now, Caller: due, Status: 200, Number: fmt.Sprintf("+1555010%d", i%2)}
		if i == 4 {
			reply.Status, reply.Number = 404, ""
		}
		l := r.Replied(reply)
		c := measure.Caller{Lease: l, Status: reply.Status}
		if l != nil {
			r.Dialled(l, now)
			r.Answered(l, now, now+50*time.Millisecond, now+60*time.Millisecond)
			r.Ended(l, "platform", now+400*time.Millisecond)
			r.Polled(now+400*time.Millisecond, now+410*time.Millisecond, 200, 10*time.Millisecond, true)
			c.Dialled, c.Asks, c.Record, c.Context = true, true, "handoff", measure.Own
		}
		r.Done(c)
		r.Tick(now + 410*time.Millisecond)
	}
	return r
}

func reported() load.Report {
	r := load.Report{Tool: "dnispool test", Profile: "p", Summary: "A test.", Arrivals: "poisson, 5/s", Target: "reference", Seed: 7, Size: 2, Window: 10 * time.Second, NotJudged: "nothing was recorded", Again: "dnispool load p --seed 7"}
	r.Measured, r.Calls = measured(), true
	r.Thresholds = []load.Verdict{{Threshold: "blocked < 50%", Status: load.Passed, Says: "33 %"}}
	return r
}

func TestText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Text(&b, reported()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"blocked      33.3 % of 3 reservations", "erlangs offered, as measured: each number was held 400ms in the mean; Erlang B on 2 numbers:",
		"  passed       blocked < 50%            33 %", "5 scheduled = 5 begun", "5 begun = 4 given a number + 1 refused (404)", "4 read = 4 own context",
		"conformant: 3 callers; what was demanded holds.",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("text: want %q in it, got\n%s", want, b.String())
		}
	}
}

func TestPageAndTables(t *testing.T) {
	t.Parallel()
	var page, table, machine bytes.Buffer
	for _, err := range []error{Page(&page, reported()), CSV(&table, reported()), JSON(&machine, reported())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"thresholds", "timeline", "blocking", "arrivals", "handoffs", "rotation", "times", "stages", "ledger", "statuses", "numbers", "checks", "environment"} {
		if !strings.Contains(page.String(), `<h2 id="`+id+`">`) {
			t.Errorf("page: want the section %s, got none", id)
		}
	}
	if tables, scrolled := strings.Count(page.String(), "<table"), strings.Count(page.String(), `"><table>`); tables == 0 || tables != scrolled {
		t.Errorf("page: want each of %d tables to scroll where the window is narrow, got %d", tables, scrolled)
	}
	if n := strings.Count(page.String(), "<svg"); n != 7 || strings.Contains(page.String(), "NaN") {
		t.Errorf("page: want 7 pictures without NaN, got %d", n)
	}
	if rows := strings.Split(strings.TrimSpace(table.String()), "\n"); len(rows) != 6 || strings.Count(rows[0], ",") != strings.Count(rows[1], ",") {
		t.Errorf("CSV: want a head and 5 rows, got\n%s", table.String())
	}
	if !strings.Contains(machine.String(), "\"exit_code\": 0,\n  \"exit_codes\": \"v1\"") || !strings.Contains(machine.String(), `"violations": null`) {
		t.Errorf("JSON: got %s", machine.String())
	}
}

// TestSeveralProjects: what came of each is beside the sum in every form, and what is to be seen of a pool is a picture of its own.
func TestSeveralProjects(t *testing.T) {
	t.Parallel()
	r := reported()
	r.Measured, r.Size = severalProjects(), 4
	r.Thresholds[0].Project = "globex"
	var text, page, machine, live bytes.Buffer
	for _, err := range []error{Text(&text, r), Page(&page, r), JSON(&machine, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"blocked      33.3 % of 6 reservations", "Erlang B of what each project's own pool was offered:", "10 scheduled = 10 begun", "  passed       blocked < 50% of globex",
		"\nprojects               callers   numbers", "\nacme                         3         2", "\nglobex                       3         2",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text: want %q in it, got\n%s", want, text.String())
		}
	}
	if n := strings.Count(page.String(), "<svg"); n != 10 || !strings.Contains(page.String(), "over the load, of globex") || strings.Count(page.String(), "<figcaption>Of globex. ") != 3 || !strings.Contains(page.String(), `<h2 id="projects">`) || strings.Contains(page.String(), "NaN") {
		t.Errorf("page: want what is to be seen of a pool once for each, 10 pictures, got %d", n)
	}
	if !strings.Contains(machine.String(), `"numbers_of_pool": 2`) {
		t.Errorf("JSON: want the projects, got %s", machine.String())
	}
	(&Live{Out: &live, Terminal: true, Size: 4}).See(load.Sample{Result: r.Measured})
	if !strings.Contains(live.String(), "globex       33.3 %   blocked of 5 callers on 2 numbers   Erlang B:") {
		t.Errorf("live: want a row for each project, got\n%s", live.String())
	}
	var metrics bytes.Buffer
	if err := (&Metrics{last: load.Sample{Result: r.Measured}}).Write(&metrics); err != nil || !strings.Contains(metrics.String(), `dnispool_load_project_blocked_ratio{project="globex"} 0.3333333333333333`) {
		t.Errorf("metrics: want each project's share (%v), got\n%s", err, metrics.String())
	}
}

// TestPageOfNobody: a short run may have had no caller.
func TestPageOfNobody(t *testing.T) {
	t.Parallel()
	nobody := measure.NewRun(measure.Plan{
		Stages: []measure.Stage{{Name: "5/s", To: time.Second, Steady: true}}, Rules: measure.Rules{Size: 2, Release: "hangup"}, Formula: measure.ErlangB,
	})
	nobody.End(time.Second)
	r := reported()
	r.Measured = nobody.Final(time.Second)
	var page bytes.Buffer
	if err := Page(&page, r); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); strings.Contains(text, `<h2 id="rotation">`) || strings.Contains(text, "NaN") || !strings.Contains(text, `<h2 id="ledger">`) {
		t.Errorf("want a page without pictures of what did not happen, got\n%s", text)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m, err := Serve("127.0.0.1:0", 2)
	if err != nil {
		t.Fatal(err)
	}
	m.See(load.Sample{Slice: measure.Slice{Up: 1, Must: 1, May: 2}, Result: measured()})
	res, err := http.Get("http://" + m.Address() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`dnispool_load_callers_total{result="begun"} 5`, `dnispool_load_reserve_requests_total{code="404"} 1`, `dnispool_load_numbers_held{bound="may"} 2`,
		"dnispool_load_blocked_ratio 0.3333333333333333", `dnispool_load_reserve_seconds{quantile="0.99"} 0.0`, "dnispool_load_reserve_seconds_count 2",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("metrics: want %s in them, got\n%s", want, body)
		}
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) dnispool_load_[a-z_]+ .+|dnispool_load_[a-z_]+(\{[a-z_]+="[^"]*"\})? [0-9.e+-]+)$`)
	for text := range strings.Lines(string(body)) {
		if !line.MatchString(strings.TrimSuffix(text, "\n")) {
			t.Errorf("metrics: want the text format, got %q", text)
		}
	}
}

// TestLive: a table that is written over on a terminal, and a line in ten seconds elsewhere.
func TestLive(t *testing.T) {
	t.Parallel()
	var terminal, plain bytes.Buffer
	table, lines := &Live{Out: &terminal, Terminal: true, Size: 2}, &Live{Out: &plain, Size: 2}
	for i := range 20 {
		s := load.Sample{Slice: measure.Slice{At: time.Duration(i+1) * time.Second, Offered: 5, Given: 4, Refused: 1, Must: 1, May: 2}, Of: time.Minute, Result: measured()}
		s.SoFar = &load.SoFar{Violations: i, Until: time.Duration(i) * time.Second, Last: "no-cross-talk: calls were given each other's attributes"}
		table.See(s)
		lines.See(s)
	}
	if got := strings.Count(plain.String(), "\n"); got != 2 || !strings.Contains(plain.String(), "offered 5/s  given 4/s  blocked 20 %  held 1-2 of 2") || !strings.Contains(plain.String(), "violations 19 until 19s\n") {
		t.Errorf("lines: got %s", plain.String())
	}
	if strings.Count(terminal.String(), "\x1b[9A") != 19 || !strings.Contains(terminal.String(), "violations 7 until 7s   no-cross-talk: calls were given") || !strings.Contains(terminal.String(), "[====================--------------------]") {
		t.Errorf("table: got %q", terminal.String()[:min(len(terminal.String()), 2000)])
	}
}
