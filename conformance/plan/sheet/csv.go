package sheet

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"github.com/dnispool/dnispool/conformance/plan"
)

// columns of the CSV file. A row has what its table says; the rest is empty. Times are in seconds, rates are callers a
// second, shares are of 0 to 1.
var columns = []string{
	"table", "release", "name", "growth", "window", "abandon", "begin", "rate",
	"numbers", "low", "high", "hold", "erlangs", "refused", "half_width", "carries", "late", "wrong_context", "stray",
}

// CSV writes all tables of the plan in one: filter it by its first column.
func CSV(w io.Writer, p plan.Plan) error {
	c := &csvWriter{out: csv.NewWriter(w)}
	c.out.Write(columns)
	release := string(p.Cases[0].Release)
	for _, k := range p.Cases {
		c.row("plan", "release", k.Release, "rate", float64(p.Inputs.Rate), "numbers", k.Likely, "low", k.Low, "high", k.High, "hold", k.Hold, "erlangs", k.Offered,
			"refused", k.Blocked, "late", k.Risks.Late, "wrong_context", k.Risks.Wrong, "stray", k.Risks.Stray)
		for _, s := range k.Swings {
			c.row("moves", "release", k.Release, "name", s.Input, "low", s.Low, "high", s.High)
		}
	}
	for _, one := range p.Projects {
		for _, k := range one.Cases {
			c.row("project", "release", k.Release, "name", one.Name, "rate", float64(one.Rate), "numbers", k.Likely, "low", k.Low, "high", k.High, "erlangs", k.Offered, "refused", k.Blocked)
			if s := k.Simulated; s != nil {
				c.row("project simulated", "release", k.Release, "name", one.Name, "numbers", k.Likely, "refused", s.Refused, "half_width", s.HalfWidth, "wrong_context", s.Wrong)
			}
		}
	}
	for _, r := range p.Rules {
		for _, l := range r.Loses {
			c.row("rule", "release", l.Release, "name", r.Name+", "+r.Says, "numbers", r.Numbers, "refused", l.Refused, "carries", float64(l.Carries))
		}
	}
	for _, v := range p.Windows {
		c.row("window", "release", release, "window", v.Seconds, "numbers", v.Numbers, "late", v.Late, "wrong_context", v.Wrong, "stray", v.Stray)
	}
	for _, s := range p.Sensitivity {
		c.row("sensitivity", "release", release, "growth", s.Growth, "window", s.Window, "abandon", s.Abandoned, "erlangs", s.Erlangs, "numbers", s.Numbers)
	}
	for _, v := range p.Curves {
		for _, at := range v.Points {
			c.row("curve", "release", v.Release, "numbers", v.Numbers, "rate", float64(at.Rate), "refused", at.Refused)
		}
	}
	for _, i := range p.Day {
		c.row("day", "release", release, "begin", i.Begin, "rate", float64(i.Rate), "erlangs", i.Erlangs, "numbers", i.Numbers, "refused", i.Blocked)
	}
	for _, s := range p.Simulated {
		c.row("simulated", "release", s.Release, "numbers", s.Numbers, "refused", s.Refused, "half_width", s.HalfWidth, "late", s.Late, "wrong_context", s.Wrong, "stray", s.Stray)
	}
	c.out.Flush()
	return c.out.Error()
}

type csvWriter struct{ out *csv.Writer }

// row writes what is given as name and value in turn. A problem stays with the writer.
func (c *csvWriter) row(table string, cells ...any) {
	row := make([]string, len(columns))
	row[0] = table
	for i := 0; i < len(cells); i += 2 {
		row[slices.Index(columns, cells[i].(string))] = cell(cells[i+1])
	}
	c.out.Write(row)
}

func cell(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case plan.Release:
		return string(v)
	case int:
		return strconv.Itoa(v)
	case *float64:
		if v == nil {
			return ""
		}
		return cell(*v)
	}
	return strconv.FormatFloat(v.(float64), 'g', 6, 64)
}
