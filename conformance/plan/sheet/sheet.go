// Package sheet writes plans: as text for a terminal, as a page, as JSON and as CSV, all from the same data.
package sheet

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// Format names the form of the JSON, and changes when a reader of the old one would be misled. specs/plan.schema.json is
// its schema.
const Format = "dnispool.plan/v1"

// Document is a plan as JSON has it.
type Document struct {
	Format string `json:"format"`
	plan.Plan
}

// JSON writes the plan with all its inputs.
func JSON(w io.Writer, p plan.Plan) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(Document{Format, p})
}

// verdict is the plan in a few sentences.
func verdict(p plan.Plan) string {
	first, other := p.Cases[0], p.Cases[1]
	buy := func(i int) int { return p.Cases[i].High }
	each := ""
	if len(p.Projects) > 0 {
		buy = func(i int) int { return bought(p, i) }
		var parts []string
		for _, one := range p.Projects {
			parts = append(parts, fmt.Sprintf("%s for %s", grouped(one.Cases[0].High), one.Name))
		}
		each = ", " + strings.Join(parts, ", ") + ","
	}
	says := fmt.Sprintf("Buy %s%s if a number %s; %s if it %s.", numbers(buy(0)), each, released(first.Release), grouped(buy(1)), released(other.Release))
	if buy(0) != buy(1) {
		says += " Nothing else matters as much: ask which of the two it is."
	}
	switch late := first.Risks.Late; {
	case late > 0.1:
		says += fmt.Sprintf(" The window is too short: %s of calls come after it and find no attributes.", percent(late))
	case late > 1e-3:
		says += fmt.Sprintf(" The window is too short: %s calls comes after it and finds no attributes.", oneIn(late))
	}
	return says
}

// bought is how many numbers the projects need together by the i-th rule of release.
func bought(p plan.Plan, i int) (n int) {
	for _, one := range p.Projects {
		n += one.Cases[i].High
	}
	return n
}

func numbers(n int) string {
	if n == 1 {
		return "1 number"
	}
	return grouped(n) + " numbers"
}

// released says a rule of release as the end of a sentence about a number.
func released(r plan.Release) string {
	switch r {
	case plan.OnArrival:
		return "is free again when its call arrives, as the newer draft of the documentation says"
	case plan.OnAnswer:
		return "is free again when its call is answered"
	}
	return "is held until hang-up, as the published documentation implies"
}

// on is a rule of release in a heading.
func on(r plan.Release) string { return "on " + string(r) }

// formulas are those that the plan rests on, with its figures.
func formulas(p plan.Plan) []string {
	in, c := p.Inputs, p.Cases[0]
	out := []string{
		fmt.Sprintf("N is the fewest numbers with B(N, A) <= %s, by Erlang's formula B", percent(in.Grade)),
		"A = callers a second x hold",
		"hold = (1-a) E[min(D, W)] + a W + C" + map[plan.Release]string{
			plan.OnHangup: " + (1-a) P(D <= W) (ring + talk)", plan.OnAnswer: " + (1-a) P(D <= W) ring",
		}[c.Release],
		fmt.Sprintf("     = %.4g s, so A = %.4g/s x %.4g s = %.4g E", c.Hold, c.Offered/c.Hold, c.Hold, c.Offered),
		"D: from reservation to arrival; W: window; a: share without a call; C: cool-down",
	}
	if in.Batch > 1 {
		out[0] = fmt.Sprintf("N is the fewest numbers with B(N/z, A/z) <= %s, by Erlang's formula B as Hayward has it, with z = %.3g for %d at once", percent(in.Grade), c.Peakedness, in.Batch)
	}
	if in.Again > 0 {
		out = append(out, fmt.Sprintf("%s of those refused come again: A = A0 + %g A B(N, A)", percent(in.Again), in.Again))
	}
	if in.Lost > 0 && in.Retries > 0 {
		out = append(out, fmt.Sprintf("A counts lost replies as well: %s of reservations, each for a whole window", percent(in.Lost)))
	}
	if in.Outage > 0 || in.Out > 0 {
		out = append(out, fmt.Sprintf("N includes %s out of service, and one for every caller in an outage of %s", numbers(in.Out), span(in.Outage)))
	}
	return out
}

// value is an input and its value, in the words of the command line.
type value struct{ flag, value, source string }

// values are the inputs, those that were given first.
func values(p plan.Plan) []value {
	in := p.Inputs
	window, abandon, coolDown := plan.Seconds(in.Window), plan.Shares(in.Abandoned), plan.Seconds(in.CoolDown)
	all := []value{
		{"rate", rate(in.Rate, in.Rate), ""}, {"forecast", percent(in.Forecast), ""}, {"growth", percent(in.Growth), ""}, {"batch", strconv.Itoa(in.Batch), ""},
		{"think", law(in.Think, plan.Known(1)), ""}, {"pdd", law(in.PostDial, in.SetUp), ""}, {"ring", law(in.Ring, plan.Known(1)), ""}, {"talk", law(in.Talk, in.Talks), ""},
		{"abandon", abandon.String(), ""}, {"window", window.String(), ""}, {"cool-down", coolDown.String(), ""}, {"release", string(in.Release), ""},
		{"lost", percent(in.Lost), ""}, {"retries", strconv.Itoa(in.Retries), ""}, {"again", percent(in.Again), ""}, {"outage", span(in.Outage), ""},
		{"out-of-service", strconv.Itoa(in.Out), ""}, {"grade", percent(in.Grade), ""}, {"strays", fmt.Sprintf("%g", in.Strays), ""},
	}
	for i := range all {
		for _, s := range p.Assumed {
			if s.Input == all[i].flag {
				all[i].source = s.Says
			}
		}
	}
	return all
}

// law is a distribution, what it comes to, and how many times as long it may be.
func law(d traffic.Distribution, times plan.Range) string {
	text := d.String()
	if p95 := d.Quantile(0.95).Seconds(); math.Abs(p95-d.Mean().Seconds()) > 1e-3 {
		text += fmt.Sprintf("; %s in the mean, 95 %% within %s", span(d.Mean().Seconds()), span(p95))
	}
	if times.Uncertain() {
		text += fmt.Sprintf("; or %.2g to %.2g times that", times.Low, times.High)
	}
	return text
}

// percent writes a share, as 0.98 %.
func percent(share float64) string {
	switch p := 100 * share; {
	case p == 0:
		return "0 %"
	case p < 1e-4:
		return "< 0.0001 %"
	case p >= 99.95:
		return fmt.Sprintf("%.4g %%", p)
	default:
		return fmt.Sprintf("%.3g %%", p)
	}
}

// oneIn writes a chance, as one in 24,000.
func oneIn(chance float64) string {
	switch {
	case chance <= 0:
		return "never"
	case chance < 1e-12:
		return "less than 1 in 10^12"
	case chance < 1e-7:
		return fmt.Sprintf("1 in 10^%.0f", math.Floor(-math.Log10(chance)))
	case chance > 0.1:
		return percent(chance)
	}
	digits := math.Pow(10, math.Floor(-math.Log10(chance))-1)
	return "1 in " + grouped(int(math.Round(1/chance/max(digits, 1))*max(digits, 1)))
}

// rate writes callers in the unit that fits the plan's.
func rate(r, planned traffic.Rate) string {
	value, unit := 3600*float64(r), "/h"
	switch {
	case planned >= 100:
		value, unit = float64(r), "/s"
	case planned >= 1:
		value, unit = 60*float64(r), "/min"
	}
	if value >= 1000 {
		return grouped(int(math.Round(value))) + unit
	}
	return fmt.Sprintf("%.4g%s", value, unit)
}

func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span writes seconds as a duration with three digits or so.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}
