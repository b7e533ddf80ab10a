package show

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/load"
)

// format names the form of the report of a load test. It changes when a reader of the old form would be misled.
const format = "dnispool.load/v1"

// document is the report for a machine. Durations are whole nanoseconds, unless their name ends with _s.
type document struct {
	Format      string           `json:"format"`
	ExitCode    int              `json:"exit_code"`
	Codes       string           `json:"exit_codes"` // their version
	Verdict     string           `json:"verdict"`
	Tool        string           `json:"tool"`
	Profile     string           `json:"profile"`
	Arrivals    string           `json:"arrivals"`
	Target      string           `json:"target"`
	Seed        uint64           `json:"seed"`
	Numbers     int              `json:"numbers,omitempty"` // of the pool
	Doubts      []string         `json:"doubts,omitempty"`
	Violations  *int             `json:"violations"` // that are proven; null: nothing was judged
	Unproven    int              `json:"unproven,omitempty"`
	NotJudged   string           `json:"not_judged,omitempty"`
	Notes       []string         `json:"notes,omitempty"`
	History     string           `json:"history,omitempty"`
	Again       string           `json:"again"`
	Calibration load.Calibration `json:"calibration"`
	load.Outcome
}

// JSON writes a report for a machine.
func JSON(w io.Writer, r load.Report) error {
	c := r.Conclusion()
	d := document{
		Format: format, ExitCode: c.ExitCode(), Codes: finding.ExitCodes, Verdict: c.Verdict(), Tool: r.Tool, Profile: r.Profile, Arrivals: r.Arrivals, Target: r.Target,
		Seed: r.Seed, Numbers: r.Size, Doubts: r.Doubts(), NotJudged: r.NotJudged, Notes: r.Notes, History: r.History, Again: r.Again, Calibration: r.Calibration, Outcome: r.Outcome,
	}
	if r.Judged != nil {
		d.Violations, d.Unproven = new(r.Violations()), r.Unproven()
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

// CSV writes what happened over time, one row for each slice.
func CSV(w io.Writer, r load.Report) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"at_s", "width_s", "offered", "dropped", "given", "refused", "failed", "calls", "calls_failed", "violations", "up", "must_hold", "may_hold", "reserve_p99_ms", "send_lag_p99_ms"})
	for _, s := range r.Measured.Slices.All {
		row := []string{decimal(s.At.Seconds()), decimal(r.Measured.Slices.Width.Seconds())}
		for _, n := range []int{s.Offered, s.Dropped, s.Given, s.Refused, s.Failed, s.Calls, s.CallsFailed, s.Violations, s.Up, s.Must, s.May} {
			row = append(row, strconv.Itoa(n))
		}
		_ = c.Write(append(row, millis(s.P99), millis(s.Lag)))
	}
	c.Flush()
	return c.Error() // the first of all
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }

func millis(d time.Duration) string { return decimal(float64(d) / float64(time.Millisecond)) }
