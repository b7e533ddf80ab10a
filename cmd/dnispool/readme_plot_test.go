package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/plan/virtual"
	"github.com/dnispool/dnispool/conformance/report/html"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/sim/pool"
)

// TestReadmePlot draws the plot of the README anew: what a load test finds on 20 numbers that are held for 4 s each, whose callers
// come independently, and what one finds whose callers come at even distances.
func TestReadmePlot(t *testing.T) {
	t.Parallel()
	const numbers, hold, lowest, highest = 20, 4 * time.Second, 120, 330
	refused := func(perMinute float64, pattern traffic.Pattern) float64 {
		settings := pool.Default()
		settings.Numbers, settings.Release, settings.Window = pool.Count(numbers), pool.ReleaseArrival, time.Minute
		r, err := virtual.Run(t.Context(), virtual.Config{
			Pool: settings, Arrivals: traffic.Arrivals{Rates: traffic.Steady(traffic.Rate(perMinute / 60)), Pattern: pattern},
			PostDial: traffic.Constant(hold), WarmUp: time.Minute, Calls: 50_000, Seed: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		return 100 * r.Blocking.Share
	}
	formula := html.Series{Name: "Erlang B"}
	independent := html.Series{Name: "the pool, independent callers", Kind: html.Dots}
	even := html.Series{Name: "callers at even distances", Kind: html.Dots}
	for at := float64(lowest); at <= highest; at += 5 {
		formula.Points = append(formula.Points, html.Point{X: at, Y: 100 * erlang.Blocking(numbers, at/60*hold.Seconds())})
	}
	for at := float64(lowest); at <= highest; at += 30 {
		independent.Points = append(independent.Points, html.Point{X: at, Y: refused(at, traffic.Poisson)})
		even.Points = append(even.Points, html.Point{X: at, Y: refused(at, traffic.Metronome)})
	}
	for i, p := range even.Points {
		if p.X <= 300 && p.Y > 0 || p.X == 300 && independent.Points[i].Y < 15 {
			t.Errorf("%g calls a minute: want nobody refused at even distances, and one of six at 300 else, got %g and %g %%", p.X, p.Y, independent.Points[i].Y)
		}
	}
	documented := html.Series{Name: "documented capacity", Kind: html.Limit, Points: []html.Point{{X: 300, Y: 0}, {X: 300, Y: 25}}}
	plot := html.Plot{
		Title: "Share of callers refused by 20 numbers that are held for 4 seconds each", X: html.Axis{Label: "calls a minute", Min: lowest, Max: highest},
		Y: html.Axis{Label: "% refused", Max: 25}, Series: []html.Series{formula, independent, even, documented},
	}
	const file = "../../specs/metronome.svg"
	drawn := alone(t, string(plot.SVG()))
	if *update {
		if err := os.WriteFile(file, []byte(drawn), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != drawn {
		t.Errorf("%s: want it as it is drawn now (%v); draw it with -update", file, err)
	}
}

// alone is a picture of a page as a file of its own, in the colours of the page, by the theme of whoever looks.
func alone(t *testing.T, svg string) string {
	t.Helper()
	css, err := os.ReadFile("../../conformance/report/html/page.css")
	if err != nil {
		t.Fatal(err)
	}
	var style strings.Builder
	for _, block := range regexp.MustCompile(`(?ms)^:root \{.*?^\}|^@media screen and \(prefers-color-scheme: dark\) \{.*?^\}|^svg[^\n]*$`).FindAllString(string(css), -1) {
		style.WriteString(block + "\n")
	}
	_, svg, _ = strings.Cut(svg, "<svg ")
	svg, _, _ = strings.Cut(svg, "</div>")
	attributes, elements, _ := strings.Cut(svg, ">")
	elements = strings.ReplaceAll(strings.TrimSuffix(elements, "</svg>"), "><", ">\n<")
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" %s>\n<style>\n%s</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"var(--paper)\"/>\n%s\n</svg>\n", attributes, style.String(), elements)
}
