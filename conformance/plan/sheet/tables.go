package sheet

import (
	"fmt"
	"math"
	"strings"

	"github.com/dnispool/dnispool/conformance/plan"
)

// The tables of a plan, with their headings, as text and page show them.

// cases has a column for each rule of release.
func cases(p plan.Plan) [][]string {
	rows := [][]string{{"released"}}
	row := func(name string, of func(plan.Case) string) {
		cells := []string{name}
		for _, c := range p.Cases {
			cells = append(cells, of(c))
		}
		rows = append(rows, cells)
	}
	for _, c := range p.Cases {
		rows[0] = append(rows[0], on(c.Release))
	}
	row("numbers, everything as likely", func(c plan.Case) string { return grouped(c.Likely) })
	row("numbers, nine cases of ten", func(c plan.Case) string { return grouped(c.Low) + " to " + grouped(c.High) })
	row("a number is held for", func(c plan.Case) string { return span(c.Hold) })
	row("erlangs in the busiest interval", func(c plan.Case) string { return erlangs(c.Offered) })
	row("refused with the likely numbers", func(c plan.Case) string { return percent(c.Blocked) })
	row("a window twice as long costs", func(c plan.Case) string { return fmt.Sprintf("%+d", c.Doubled) })
	row("a number rests between two calls", func(c plan.Case) string { return span(c.Rest) })
	row("calls on one number at a time", func(c plan.Case) string {
		if c.Release == plan.OnHangup {
			return "1"
		}
		return fmt.Sprintf("%.2g, up to %d", c.Risks.CallsAtOnce, c.Risks.MostAtOnce)
	})
	row("a call comes after its window", func(c plan.Case) string { return oneIn(c.Risks.Late) })
	row("a stray takes the attributes", func(c plan.Case) string { return oneIn(c.Risks.Stray) })
	row("a caller is taken for another", func(c plan.Case) string { return oneIn(c.Risks.Wrong) })
	return rows
}

// projects has a row for each project and rule of release, and their sum.
func projects(p plan.Plan) [][]string {
	rows := [][]string{{"project, released", "callers", "erlangs", "likely", "nine of ten", "refused"}}
	virtual := p.Projects[0].Cases[0].Simulated != nil
	if virtual {
		rows[0] = append(rows[0], "in virtual time", "callers", "another's")
	}
	for i, k := range p.Cases {
		var all plan.ProjectCase
		var callers, foreign uint64
		for _, one := range p.Projects {
			c := one.Cases[i]
			all.Offered, all.Likely, all.Low, all.High, all.Blocked = all.Offered+c.Offered, all.Likely+c.Likely, all.Low+c.Low, all.High+c.High, all.Blocked+one.Share*c.Blocked
			row := []string{one.Name + ", " + on(c.Release), rate(one.Rate, p.Inputs.Rate), erlangs(c.Offered), grouped(c.Likely), grouped(c.Low) + " to " + grouped(c.High), percent(c.Blocked)}
			if s := c.Simulated; s != nil {
				row = append(row, interval(s.Refused, s.HalfWidth), grouped(int(s.Callers)), grouped(int(s.Foreign)))
				callers, foreign = callers+s.Callers, foreign+s.Foreign
			}
			rows = append(rows, row)
		}
		row := []string{"all, " + on(k.Release), rate(p.Inputs.Rate, p.Inputs.Rate), erlangs(all.Offered), grouped(all.Likely), grouped(all.Low) + " to " + grouped(all.High), percent(all.Blocked)}
		if virtual {
			refused := 0.0
			for _, one := range p.Projects {
				refused += one.Cases[i].Simulated.Refused * float64(one.Cases[i].Simulated.Callers) / float64(max(callers, 1))
			}
			row = append(row, percent(refused), grouped(int(callers)), grouped(int(foreign)))
		}
		rows = append(rows, row)
	}
	return rows
}

// projectsSays says what the table does not show by itself.
func projectsSays(p plan.Plan) string {
	says := ""
	if p.Projects[0].Cases[0].Simulated != nil {
		says = "In virtual time all projects had their callers in one run; another's are reservations that were given a number of another project's pool. "
	}
	return says + fmt.Sprintf("Projects do not share numbers. All callers on one pool would need %s released %s, and %s %s: all that follows is of such a pool.",
		numbers(p.Cases[0].High), on(p.Cases[0].Release), grouped(p.Cases[1].High), on(p.Cases[1].Release))
}

// interval is a share that was seen, and how far the true one may be from it.
func interval(seen float64, halfWidth *float64) string {
	if halfWidth == nil {
		return percent(seen)
	}
	return percent(seen) + fmt.Sprintf(" ± %.2g", 100**halfWidth)
}

func swings(c plan.Case) string {
	var parts []string
	for _, s := range c.Swings {
		if s.Low == s.High {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %d to %d", s.Input, s.Low, s.High))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func rules(p plan.Plan) [][]string {
	head := []string{"rule", "numbers"}
	for _, c := range p.Cases {
		head = append(head, on(c.Release), "carries")
	}
	rows := [][]string{head}
	for _, r := range p.Rules {
		row := []string{r.Name + ", " + r.Says, grouped(r.Numbers)}
		for _, l := range r.Loses {
			row = append(row, percent(l.Refused), rate(l.Carries, p.Inputs.Rate))
		}
		rows = append(rows, row)
	}
	return rows
}

func windows(p plan.Plan) [][]string {
	rows := [][]string{{"window", "numbers", "a call after it", "a stray takes the attributes", "a caller is taken for another"}}
	for _, w := range p.Windows {
		rows = append(rows, []string{span(w.Seconds), grouped(w.Numbers), oneIn(w.Late), oneIn(w.Stray), oneIn(w.Wrong)})
	}
	return rows
}

// growth is what more callers need, everything else as likely.
func growth(p plan.Plan) string {
	var parts []string
	for _, c := range p.Sensitivity {
		if c.Window == p.Inputs.Window.Likely && c.Growth > 0 && c.Abandoned == p.Inputs.Abandoned.Likely {
			parts = append(parts, fmt.Sprintf("%+.0f %% %d", 100*c.Growth, c.Numbers))
		}
	}
	return strings.Join(parts, ", ")
}

// sensitivity has a row for each growth and window, and a column for each share of abandoned reservations.
func sensitivity(p plan.Plan) [][]string {
	rows := [][]string{{"growth, window"}}
	for i, c := range p.Sensitivity {
		name := fmt.Sprintf("%+.0f %%, %s", 100*c.Growth, span(c.Window))
		if i == 0 || name != rows[len(rows)-1][0] {
			rows = append(rows, []string{name})
		}
		if len(rows) == 2 {
			rows[0] = append(rows[0], percent(c.Abandoned))
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], grouped(c.Numbers))
	}
	return rows
}

func dayTable(p plan.Plan) [][]string {
	rows := [][]string{{"from", "callers", "erlangs", "numbers", "refused with " + numbers(p.Cases[0].Likely)}}
	if len(p.Simulated) > 0 {
		rows[0] = append(rows[0], "in virtual time")
	}
	for _, i := range p.Day {
		row := []string{clock(i.Begin), rate(i.Rate, p.Inputs.Rate), erlangs(i.Erlangs), grouped(i.Numbers), percent(i.Blocked)}
		switch {
		case len(p.Simulated) == 0:
		case i.Simulated == nil:
			row = append(row, "-")
		default:
			row = append(row, percent(*i.Simulated))
		}
		rows = append(rows, row)
	}
	return rows
}

func clock(seconds float64) string {
	minutes := int(seconds / 60)
	return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
}

func simulatedTitle(p plan.Plan) string {
	s := p.Simulated[0]
	return fmt.Sprintf("The simulator's own pool, %s of virtual time, seed %d", span(s.Seconds), s.Seed)
}

func simulated(p plan.Plan) [][]string {
	rows := [][]string{{"released", "numbers", "callers", "refused", "by formula", "callers at even distances", "late", "taken for another"}}
	for _, s := range p.Simulated {
		rows = append(rows, []string{
			on(s.Release), grouped(s.Numbers), grouped(int(s.Callers)), interval(s.Refused, s.HalfWidth), percent(s.Formula), percent(s.Even), oneIn(s.Late), oneIn(s.Wrong),
		})
	}
	return rows
}

// simulatedSays says what the table does not show by itself.
func simulatedSays(p plan.Plan) []string {
	out := []string{"Callers at even distances are a control: a load test that sends them so finds a pool too good."}
	for _, s := range p.Simulated {
		if s.Wrong > s.Late {
			out = append(out, fmt.Sprintf("%s: one wrong call brings on others. It frees a number early, which is reserved again before its own call comes.", on(s.Release)))
			break
		}
	}
	for _, s := range p.Simulated {
		switch {
		case s.HalfWidth == nil:
			out = append(out, fmt.Sprintf("%s, %s: too few callers for an interval of confidence; simulate longer.", on(s.Release), numbers(s.Numbers)))
		case s.Enough > s.Callers:
			out = append(out, fmt.Sprintf("%s, %s: for an interval of a tenth of the share, simulate about %s callers.", on(s.Release), numbers(s.Numbers), grouped(roundUp(s.Enough))))
		}
	}
	return out
}

// roundUp keeps one digit.
func roundUp(n uint64) int {
	digit := uint64(1)
	for n/digit >= 10 {
		digit *= 10
	}
	return int((n + digit - 1) / digit * digit)
}

func erlangs(e float64) string {
	if e >= 10_000 {
		return grouped(int(math.Round(e)))
	}
	return fmt.Sprintf("%.4g", e)
}
