package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/plan"
	"github.com/dnispool/dnispool/conformance/plan/sheet"
	"github.com/dnispool/dnispool/conformance/plan/virtual"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// planFlags is what `dnispool plan` was asked to do.
type planFlags struct {
	*flags
	in        plan.Inputs
	day       string
	json, csv string
	html      string
	simulate  string
	seed      uint64
}

func newPlanFlags() *planFlags {
	f := &planFlags{in: plan.Default(), flags: newFlags("plan", `[flags]

Says how many numbers to buy. Without a flag it answers for what is usual, and says what each value rests on. An input
that is not quite known is a range, from low over likely to high: --window 30s..60s..180s. A length of time that varies
is a distribution: 4s, 'mean: 4s' (exponential), 'median: 2.5s, p95: 6s' (lognormal), 'mean: 180s, cv: 1.2' (lognormal),
'min: 1s, max: 3s', 'percentiles: {p0: 1s, p50: 2s, p100: 9s}', or a mixture or a sum of these.`)}
	in := &f.in
	f.Var(&in.Rate, "rate", "`callers` in the busiest quarter of an hour, as in 300/min or 1000/h")
	f.StringVar(&f.day, "day", "", "a day of callers from a CSV `file`, lines like 09:15,310; its busiest interval is the rate")
	f.Var((*plan.Share)(&in.Forecast), "forecast", "how far off the rate may be: one standard deviation, as a `share`")
	f.Var((*plan.Share)(&in.Growth), "growth", "plan for so much more, as a `share`")
	f.IntVar(&in.Batch, "batch", in.Batch, "`callers` who come at once, as from a dialler")
	f.Var(&in.Think, "think", "from the reservation to dialling, a `distribution`")
	f.Var(&in.PostDial, "pdd", "post-dial delay, from dialling until the call reaches the platform, a `distribution`")
	f.Var(&in.Ring, "ring", "from there to the answer, a `distribution`")
	f.Var(&in.Talk, "talk", "how long a call is up, a `distribution`")
	f.Var((*plan.Shares)(&in.Abandoned), "abandon", "`share` of reservations that no call follows")
	f.Var((*plan.Seconds)(&in.Window), "window", "`time` that a reservation lives without a call")
	f.Var((*plan.Seconds)(&in.CoolDown), "cool-down", "`time` between the end of a reservation and the next use of its number")
	f.Var(&in.Release, "release", "`moment` at which the number of a call is free again: hangup, arrival or answer")
	f.Var((*plan.Share)(&in.Lost), "lost", "`share` of reservations whose reply is lost, so that the client asks again")
	f.IntVar(&in.Retries, "retries", in.Retries, "so `many` times it asks again")
	f.Var((*plan.Share)(&in.Again), "again", "`share` of refused callers who ask again at once")
	f.Var((*plan.Span)(&in.Outage), "outage", "refuse nobody while calls do not arrive for this `time`")
	f.IntVar(&in.Out, "out-of-service", 0, "so `many` numbers are out of service")
	f.IntVar(&in.Numbers, "numbers", 0, "say also what so `many` numbers would lose")
	f.Var((*plan.Share)(&in.Grade), "grade", "`share` of reservations that may be refused in the busiest interval")
	f.Float64Var(&in.Strays, "strays", in.Strays, "`calls` a day and number that nobody reserved")
	f.Var(&in.Projects, "project", "a project with its `share` of the callers, as in acme=70%; repeated until all have one, each has a pool of its own")
	f.StringVar(&f.simulate, "simulate", "", "run the simulator's own pool in virtual time beside the formula, for a `length` of time like 10m, or of callers like 1000000; of --day every interval")
	f.Uint64Var(&f.seed, "seed", 1, "`number` that fixes every random choice of --simulate")
	f.StringVar(&f.json, "json", "", "write the plan as JSON to this `file`; - is standard output")
	f.StringVar(&f.csv, "csv", "", "write all its tables as one of CSV to this `file`")
	f.StringVar(&f.html, "html", "", "write it as one page with plots, for a browser, to this `file`")
	return f
}

func runPlan(ctx context.Context, e env) int {
	f := newPlanFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 {
		return refuse(e, fmt.Errorf("plan: want flags only, got %q", rest[0]))
	}
	if err := errors.Join(apart("--json", f.json, "--csv", f.csv), apart("--json", f.json, "--html", f.html), apart("--csv", f.csv, "--html", f.html)); err != nil {
		return refuse(e, err)
	}
	e = e.leaveOutput(f.json, f.csv, f.html)
	length, err := f.length()
	if err != nil {
		return refuse(e, err)
	}
	p, err := f.plan()
	if err == nil && f.simulate != "" {
		err = simulate(ctx, &p, length, f.seed)
	}
	if ctx.Err() != nil { // the simulation, not the plan
		err = nil
	}
	if err == nil {
		err = f.write(e, p)
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(e.err, "interrupted")
		return finding.ExitInterrupted
	case err != nil:
		return refuse(e, err)
	}
	return finding.ExitConformant
}

// simulate runs the pool beside what the plan says: that of all callers, and of several projects those.
func simulate(ctx context.Context, p *plan.Plan, length virtual.Length, seed uint64) (err error) {
	if len(p.Projects) > 0 {
		return virtual.Projects(ctx, *p, length, seed)
	}
	if p.Simulated, err = virtual.Plan(ctx, *p, length, seed); err == nil && len(p.Day) > 0 {
		err = virtual.Day(ctx, *p, length, seed)
	}
	return err
}

// length is how much is simulated.
func (f *planFlags) length() (virtual.Length, error) {
	if f.simulate == "" {
		return virtual.Length{}, nil
	}
	if callers, err := strconv.ParseUint(f.simulate, 10, 63); err == nil && callers > 0 {
		return virtual.Length{Callers: callers}, nil
	}
	length, err := time.ParseDuration(f.simulate)
	if err != nil || length <= 0 {
		return virtual.Length{}, fmt.Errorf("--simulate: want a time like 10m, or callers like 1000000, got %q", f.simulate)
	}
	return virtual.Length{Time: length}, nil
}

// plan makes the plan. What is given is known, and no default any more.
func (f *planFlags) plan() (plan.Plan, error) {
	given := map[string]bool{}
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	if given["pdd"] {
		f.in.SetUp = plan.Known(1)
	}
	if given["talk"] {
		f.in.Talks = plan.Known(1)
	}
	for _, alone := range []string{"day", "numbers"} {
		if given["project"] && given[alone] {
			return plan.Plan{}, fmt.Errorf("plan: want one of --project and --%s, got both", alone)
		}
	}
	if f.day != "" {
		if given["rate"] {
			return plan.Plan{}, errors.New("plan: want one of --rate and --day, got both")
		}
		if err := f.readDay(); err != nil {
			return plan.Plan{}, err
		}
		given["rate"] = true
	}
	p, err := plan.Make(f.in)
	p.Assumed = slices.DeleteFunc(plan.Sources(), func(s plan.Source) bool { return given[s.Input] })
	return p, err
}

func (f *planFlags) readDay() error {
	file, err := os.Open(f.day)
	if err != nil {
		return fmt.Errorf("day: %w", err)
	}
	defer file.Close()
	begin, rates, err := traffic.ReadDay(f.day, file)
	if err != nil {
		return err
	}
	f.in.DayBegins, f.in.Day = begin.Seconds(), rates
	f.in.Rate, _ = rates.Peak()
	return nil
}

// write writes every form that was asked for, and the text.
func (f *planFlags) write(e env, p plan.Plan) error {
	page := func(w io.Writer, p plan.Plan) error { return sheet.Page(w, p, tool+" "+version()) }
	for _, form := range []struct {
		file  string
		write func(io.Writer, plan.Plan) error
	}{{f.json, sheet.JSON}, {f.csv, sheet.CSV}, {f.html, page}} {
		w, err := e.create(form.file)
		if err != nil {
			return err
		}
		if w == nil {
			continue
		}
		if err := errors.Join(form.write(w, p), w.Close()); err != nil {
			return err
		}
	}
	return sheet.Text(e.out, p)
}
