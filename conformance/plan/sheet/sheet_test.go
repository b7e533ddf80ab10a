package sheet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// documented is the example of the documentation: 300 calls a minute, 4 s each, on 20 numbers.
func documented(t *testing.T) plan.Plan {
	t.Helper()
	in := plan.Default()
	in.Rate, in.Release, in.Numbers, in.Forecast, in.Lost = 5, plan.OnArrival, 20, 0, 0
	in.Think, in.PostDial = traffic.Constant(0), traffic.Constant(4*time.Second)
	in.Abandoned, in.Window, in.CoolDown, in.SetUp, in.Talks = plan.Known(0), plan.Known(60), plan.Known(0), plan.Known(1), plan.Known(1)
	p, err := plan.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	p.Assumed = []plan.Source{{Input: "grade", Says: "the custom"}}
	return p
}

func TestText(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Text(&b, documented(t)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Buy 30 numbers if a number is free again when its call arrives, as the newer draft of the documentation says;\n",
		"  numbers, everything as likely                30            952\n",
		"  N is the fewest numbers with B(N, A) <= 1 %, by Erlang's formula B\n",
		"       = 4 s, so A = 5/s x 4 s = 20 E\n",
		"  on arrival  nothing\n",
		"  draft, a reservation takes a number for 4 s                   20       15.9 %    180.5/min",
		"  with more callers: +20 % 35, +50 % 42, +100 % 53\n",
		"  grade           1 %\n                  the custom\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("text: want %q in it, got\n%s", want, b.String())
			break
		}
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if len([]rune(line)) > 120 {
			t.Errorf("text: want lines of up to 120 characters, got %d in %q", len(line), line)
		}
	}
}

// TestProjects: the numbers of each, their sum, and what one pool would need.
func TestProjects(t *testing.T) {
	t.Parallel()
	in := documented(t).Inputs
	in.Numbers, in.Projects = 0, plan.Projects{{Name: "acme", Share: 0.7}, {Name: "globex", Share: 0.3}}
	p, err := plan.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Projects {
		p.Projects[i].Cases[0].Simulated = &plan.ProjectRun{Callers: 1000, Refused: 0.01, HalfWidth: new(0.002)}
		p.Projects[i].Cases[1].Simulated = &plan.ProjectRun{Callers: 1000, Refused: 0.02}
	}
	var text, table, page bytes.Buffer
	for _, err := range []error{Text(&text, p), CSV(&table, p), Page(&page, p, "test")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"Buy 36 numbers, 23 for acme, 13 for globex, if a number is free again", "  acme, on arrival     210/min        14       23      23 to 23   0.745 %         1 % ± 0.2     1,000           0\n",
		"  all, on hangup       300/min", "All callers on one pool would need 30\n", "another's are reservations",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text: want %q in it, got\n%.3000s", want, text.String())
		}
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if len([]rune(line)) > 120 {
			t.Errorf("text: want lines of up to 120 characters, got %d in %q", len(line), line)
		}
	}
	if !strings.Contains(table.String(), "project,arrival,acme,,,,,3.5,23,") || !strings.Contains(page.String(), `<h2 id="projects">`) {
		t.Errorf("want them in every form, got\n%.2000s", table.String())
	}
}

func TestSimulated(t *testing.T) {
	t.Parallel()
	p := documented(t)
	width := 0.002
	p.Simulated = []plan.Simulated{
		{Release: plan.OnArrival, Numbers: 20, Seed: 3, Seconds: 20000, Callers: 100_000, Refused: 0.1591, HalfWidth: &width, Enough: 300_001, Formula: 0.1589, Wrong: 0.002, Late: 0.001},
		{Release: plan.OnHangup, Numbers: 952, Callers: 1000, Formula: 0.01},
	}
	var b bytes.Buffer
	if err := Text(&b, p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The simulator's own pool, 5h33m20s of virtual time, seed 3\n",
		"  on arrival        20   100,000   15.9 % ± 0.2       15.9 %                         0 %   1 in 1,000            1 in 500\n",
		"  on arrival: one wrong call brings on others.",
		"  on arrival, 20 numbers: for an interval of a tenth of the share, simulate about 400,000 callers.\n",
		"  on hangup, 952 numbers: too few callers for an interval of confidence; simulate longer.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("text: want %q in it, got\n%s", want, b.String())
		}
	}
}

func TestAWindowThatIsTooShort(t *testing.T) {
	t.Parallel()
	p := documented(t)
	for late, want := range map[float64]string{0.5: ": 50 % of calls come after it", 1.0 / 500: ": 1 in 500 calls comes after it", 1e-4: ""} {
		p.Cases[0].Risks.Late = late
		if got := verdict(p); strings.Contains(got, "too short") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%g late: want %q, got %s", late, want, got)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := JSON(&b, documented(t)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Inputs struct{ Rate, PDD string }
		Cases  []struct {
			Release string
			Likely  int
			Offered float64
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Inputs.Rate != "5/s" || got.Inputs.PDD != "4s" || len(got.Cases) != 2 || got.Cases[0].Release != "arrival" || got.Cases[0].Likely != 30 || got.Cases[0].Offered != 20 {
		t.Errorf("JSON: want the plan, got %+v", got)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	p := documented(t)
	p.Simulated = []plan.Simulated{{Release: plan.OnArrival, Numbers: 20, Callers: 1000, Refused: 0.16, Formula: 0.159}}
	p.Day = []plan.Interval{{Begin: 9 * 3600, Rate: 4, Erlangs: 16, Numbers: 25}, {Begin: 9*3600 + 900, Rate: 5, Erlangs: 20, Numbers: 30, Blocked: 0.0085}}
	var b bytes.Buffer
	if err := Page(&b, p, "dnispool <v1>"); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"<h1>Buy 30 numbers if a number is free again", "dnispool &lt;v1&gt;", "30 numbers on arrival", "20 numbers on arrival", "planned",
		`<th scope="row">draft, a reservation takes a number for 4 s</th><td class="num">20</td><td class="num">15.9 %</td>`,
		`<dt>grade</dt><dd>1 %` + "\n" + `the custom</dd>`, "09:15", "N is the fewest numbers with B(N, A) &lt;= 1 %",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page: want %q in it, got none", want)
		}
	}
	if got := strings.Count(page, "<svg"); got != 3 {
		t.Errorf("page: want three plots, got %d", got)
	}
	if strings.Contains(page, "-0<") || strings.Contains(page, "NaN") {
		t.Error("page: want figures, got -0 or NaN")
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	p := documented(t)
	p.Simulated = []plan.Simulated{{Release: plan.OnArrival, Numbers: 20, Refused: 0.16}}
	var b bytes.Buffer
	if err := CSV(&b, p); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, row := range rows {
		count[row[0]]++
	}
	want := map[string]int{"table": 1, "plan": 2, "rule": 10, "window": 6, "sensitivity": 120, "curve": 183, "simulated": 1}
	for name, n := range want {
		if count[name] != n {
			t.Errorf("%s: want %d rows, got %d", name, n, count[name])
		}
	}
	if got := strings.Join(rows[1], ","); got != "plan,arrival,,,,,,5,30,30,30,4,20,0.0084575,,,0,5.47342e-06,5.55554e-06" {
		t.Errorf("plan: got %s", got)
	}
}

func TestChances(t *testing.T) {
	t.Parallel()
	for chance, want := range map[float64]string{
		0: "never", 5.6e-6: "1 in 180,000", 1.0 / 24000: "1 in 24,000", 0.25: "25 %", 0.05: "1 in 20", 1.0 / 987: "1 in 990", 3e-9: "1 in 10^8", 1e-14: "less than 1 in 10^12",
	} {
		if got := oneIn(chance); got != want {
			t.Errorf("%g: want %s, got %s", chance, want, got)
		}
	}
	for share, want := range map[float64]string{0: "0 %", 0.159: "15.9 %", 1: "100 %", 1e-9: "< 0.0001 %", 0.0098: "0.98 %"} {
		if got := percent(share); got != want {
			t.Errorf("%g: want %s, got %s", share, want, got)
		}
	}
}
