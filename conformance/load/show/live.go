package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/measure"
)

// Live shows a run while it goes on: one table that is written over where Terminal, else a line every ten seconds.
type Live struct {
	Out      io.Writer
	Terminal bool
	Size     int // numbers of the pool; 0: not known

	seen  int
	lines int // of the table, as it stands
	sum   measure.Slice
}

// every is how many seconds a plain line is about.
const every = 10

// See shows a sample.
func (l *Live) See(s load.Sample) {
	if l.Terminal {
		l.table(s)
		return
	}
	l.sum.Offered += s.Offered
	l.sum.Given += s.Given
	l.sum.Refused += s.Refused
	l.sum.Calls += s.Calls
	if l.seen++; l.seen%every != 0 {
		return
	}
	fmt.Fprintf(l.Out, "%8s  offered %.4g/s  given %.4g/s  blocked %s  held %s  up %d  reserve p99 %s  lag p99 %s  violations %s\n",
		s.At.Round(time.Second), float64(l.sum.Offered)/every, float64(l.sum.Given)/every, refusedOf(l.sum), l.held(s.Slice), s.Up, span(s.P99), span(s.Lag), violations(s))
	l.sum = measure.Slice{}
}

func refusedOf(s measure.Slice) string {
	if s.Given+s.Refused == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3g %%", 100*float64(s.Refused)/float64(s.Given+s.Refused))
}

func (l *Live) held(s measure.Slice) string {
	of := ""
	if l.Size > 0 {
		of = fmt.Sprintf(" of %d", l.Size)
	}
	if s.Must == s.May {
		return fmt.Sprintf("%d%s", s.Must, of)
	}
	return fmt.Sprintf("%d-%d%s", s.Must, s.May, of)
}

// violations are those that the checks have found, and until when they have looked. Without them it is what is seen at once.
func violations(s load.Sample) string {
	c := s.Result.Counts
	if s.SoFar == nil {
		return fmt.Sprint(c.None + c.Foreign + c.Twice + c.FailOpen)
	}
	return fmt.Sprintf("%d until %s", s.SoFar.Violations, s.SoFar.Until.Round(time.Second))
}

// found is what the checks found last, or why they do not look.
func found(s load.Sample) string {
	if s.SoFar == nil {
		return "not recorded, not judged"
	}
	if s.SoFar.Missed != "" {
		return s.SoFar.Missed
	}
	return s.SoFar.Last
}

// table writes the table over the one before.
func (l *Live) table(s load.Sample) {
	r := s.Result
	of := ""
	if s.Of > 0 {
		of = " of " + s.Of.String()
	}
	rows := []string{
		fmt.Sprintf("%s%s", s.At.Round(time.Second), of),
		fmt.Sprintf("offered    %6d/s   %8d callers   %d dropped", s.Offered, r.Counts.Scheduled, r.Counts.Dropped),
		fmt.Sprintf("given      %6d/s   %8d numbers", s.Given, r.Whole.Given),
		fmt.Sprintf("blocked    %8s   %8s measured   %s of the measured load: %s", refusedOf(s.Slice), blocked(r.Whole.Blocked), formula(r), percent(r.Whole.Predicted)),
		fmt.Sprintf("held       %8s   %d calls up   %s", l.held(s.Slice), s.Up, l.gauge(s.Slice)),
		fmt.Sprintf("reserve    p50 %s   p95 %s   p99 %s   send lag p99 %s", span(r.Times[measure.TimeReserve].P50), span(r.Times[measure.TimeReserve].P95), span(r.Times[measure.TimeReserve].P99), span(r.Times[measure.TimeLag].P99)),
		fmt.Sprintf("answered   %6d/s   %8d calls   %d refused or failed", s.Calls, r.Counts.Answered, r.Counts.CallRefused+r.Counts.CallFailed),
		fmt.Sprintf("seen       %d without context   %d with another's   %d given twice   %d callers dropped unnoticed", r.Counts.None, r.Counts.Foreign, r.Counts.Twice, r.Counts.FailOpen),
		fmt.Sprintf("violations %s   %.90s", violations(s), found(s)),
	}
	for _, p := range r.Projects {
		rows = append(rows, fmt.Sprintf("%-10.10s %8s   blocked of %d callers on %s numbers   %s: %s", p.Name, blocked(p.Whole.Blocked), p.Counts.Begun, size(p.Size), formula(r), percent(p.Whole.Predicted)))
	}
	var b strings.Builder
	if l.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", l.lines)
	}
	for _, row := range rows {
		b.WriteString(row + "\x1b[K\n")
	}
	l.lines = len(rows)
	_, _ = io.WriteString(l.Out, b.String())
}

// gauge draws how much of the pool is held: what must be, what may be, and the rest.
func (l *Live) gauge(s measure.Slice) string {
	if l.Size == 0 {
		return ""
	}
	const width = 40
	must := min(width, s.Must*width/l.Size)
	may := min(width, max(s.May, s.Must)*width/l.Size)
	return "[" + strings.Repeat("=", must) + strings.Repeat("-", may-must) + strings.Repeat(" ", width-may) + "]"
}

// Samples writes each sample as a line of JSON.
type Samples struct{ Out io.Writer }

// See writes a sample.
func (s Samples) See(x load.Sample) {
	line, err := json.Marshal(x.Slice)
	if err == nil {
		_, _ = s.Out.Write(append(line, '\n'))
	}
}
