package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/load"
	"github.com/dnispool/dnispool/conformance/load/show"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// loadFlags is what `dnispool load` was asked to do.
type loadFlags struct {
	*flags
	rate                     traffic.Rate
	length, warmUp           time.Duration
	noCalls                  bool
	thresholds               list
	set                      list
	seed                     uint64
	target, out              string
	html, json, csv, samples string
	metrics                  string
	yes                      bool
}

const defaultProfile = "office-hours"

func newLoadFlags() *loadFlags {
	f := &loadFlags{flags: newFlags("load", `[flags] [profile | file.yaml]
       dnispool load init [profile]

Offers a platform the traffic of callers who do not wait for each other, judges what happened by all checks, and says how
much was refused beside what Erlang's formula predicts. Times count from when a caller was due, so that a stall shows.
Profiles: `+strings.Join(load.Ready(), ", ")+`, or a file of your own (specs/load.schema.json); init writes one to begin with.
The platform is the reference in this process, unless --target names another.`)}
	f.Var(&f.rate, "rate", "offer this `rate`, as in 5/s or 300/min, instead of the profile's")
	f.DurationVar(&f.length, "for", 0, "offer it for so much `time`, after the profile's warm-up")
	f.DurationVar(&f.warmUp, "warm-up", -1, "let so much `time` pass before anything is measured, instead of the profile's")
	f.BoolVar(&f.noCalls, "no-calls", false, "reserve numbers and do not call them; every verdict says so")
	f.Var(&f.thresholds, "threshold", "a `demand` instead of the profile's, as in 'blocked < 1%'; may be repeated")
	f.Var(&f.set, "set", "a `setting` of the reference, as in pool.numbers=30; may be repeated")
	f.Uint64Var(&f.seed, "seed", 0, "`number` that fixes when callers come and what they do; 0 draws one")
	f.StringVar(&f.target, "target", "", "offer it to a simulator on this machine, by the `URL` of its control API, or to what a file describes: a deployment, whose limits the profile must keep to")
	f.BoolVar(&f.yes, "yes", false, "begin on a deployment without asking, once the plan is printed")
	f.StringVar(&f.out, "out", filepath.Join("out", "load"), "keep the history and the page under `dir`; '' records nothing, and judges nothing")
	f.StringVar(&f.html, "html", "", "write the page to `file` instead; - is standard output")
	f.StringVar(&f.json, "json", "", "write the report as JSON to `file`; - is standard output")
	f.StringVar(&f.csv, "csv", "", "write what happened over time as CSV to `file`; - is standard output")
	f.StringVar(&f.samples, "samples", "", "write a line of JSON each second to `file`; - is standard output")
	f.StringVar(&f.metrics, "metrics", "", "serve how the run stands at /metrics of this `address`, for Prometheus, as in 127.0.0.1:9464")
	return f
}

func runLoad(ctx context.Context, e env) int {
	f := newLoadFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 && rest[0] == "init" {
		return initLoad(e, rest[1:])
	}
	if len(rest) > 1 {
		return refuse(e, fmt.Errorf("load: want one profile, got %q", rest))
	}
	name := defaultProfile
	if len(rest) == 1 {
		name = rest[0]
	}
	profile, err := f.profile(name)
	if err != nil {
		return refuse(e, err)
	}
	e = e.leaveOutput(f.html, f.json, f.csv, f.samples)
	return f.run(ctx, e, name, profile)
}

// profile is the one of this name or file, with what the flags say instead.
func (f *loadFlags) profile(name string) (load.Profile, error) {
	p, err := load.Open(name)
	if err != nil {
		return p, err
	}
	switch {
	case f.given("rate") && f.rate <= 0:
		return p, fmt.Errorf("--rate: want more than 0, got %v", f.rate)
	case f.given("for") && f.length <= 0:
		return p, fmt.Errorf("--for: want more than 0, got %v", f.length)
	case f.given("warm-up") && f.warmUp < 0:
		return p, fmt.Errorf("--warm-up: want 0 or more, got %v", f.warmUp)
	}
	if f.rate > 0 {
		p.Arrivals.Rates = traffic.Steady(f.rate)
		if p.For == 0 {
			p.For = time.Minute
		}
	}
	if f.warmUp >= 0 {
		p.WarmUp = f.warmUp
	}
	if f.length > 0 {
		p.For = f.length
	}
	if len(f.thresholds) > 0 {
		p.Thresholds = nil
	}
	for _, text := range f.thresholds {
		t, err := load.ParseThreshold(text)
		if err != nil {
			return p, fmt.Errorf("--threshold: %w", err)
		}
		p.Thresholds = append(p.Thresholds, t)
	}
	var alone load.Profile // so that what is wrong is said of the flags
	for _, s := range f.set {
		if err := errors.Join(p.Set(s), alone.Set(s)); err != nil {
			return p, fmt.Errorf("--set: %w", err)
		}
	}
	if _, problems := world.Read("--set", alone.World()); len(problems) > 0 {
		return p, problems.Err()
	}
	p.Calls = p.Calls && !f.noCalls
	return p, nil
}

// initLoad writes a profile to begin with.
func initLoad(e env, args []string) int {
	name := defaultProfile
	if len(args) > 1 {
		return refuse(e, fmt.Errorf("load init: want one profile, got %q", args))
	}
	if len(args) > 0 {
		name = args[0]
	}
	text, err := load.ReadyText(name)
	if err != nil {
		return refuse(e, err)
	}
	file := name + ".yaml"
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("load init: %s is there already, and is left as it is", file)
	}
	if err != nil {
		return refuse(e, err)
	}
	_, err = out.Write(text)
	if err := errors.Join(err, out.Close()); err != nil {
		return refuse(e, err)
	}
	fmt.Fprintf(e.out, "written %s; offer it with %s load %s\n", file, tool, file)
	return 0
}

// run is the test, from opening the target to the last report.
func (f *loadFlags) run(ctx context.Context, e env, name string, p load.Profile) int {
	seed := f.seed
	if seed == 0 {
		seed = uint64(rand.Uint32N(9_000_000)) + 1_000_000
	}
	reports, err := f.open(e)
	if err != nil {
		return refuse(e, err)
	}
	defer reports.close()
	target, err := f.aim(ctx, e, name, p, seed)
	if err != nil {
		return refuse(e, err)
	}
	debug.SetGCPercent(gcPercent)
	test := f.test(e, name, p, target, seed, reports)
	served, err := f.serve(e, &test, target)
	if err != nil {
		return refuse(e, errors.Join(err, target.close()))
	}
	fmt.Fprintf(e.out, "dnispool load   %s   target %s   seed %d\n", name, target.name, seed)
	if p.Summary != "" {
		fmt.Fprintln(e.out, p.Summary)
	}
	if test.File != "" {
		fmt.Fprintf(e.out, "recorded in %s, which %s judge reads whatever becomes of this run\n", test.File, tool)
	}
	r, err := test.Run(ctx)
	target.conclude(&r)
	if err := errors.Join(err, served(), target.close()); err != nil {
		return refuse(e, err)
	}
	if t, ok := target.Stage.(targets.Troubled); ok {
		r.Notes = append(r.Notes, t.Troubles()...) // those of an end_function came with the last call
	}
	r.Tool = tool + " " + version()
	r.Again = f.again(e, seed)
	r.JudgeAgain = fmt.Sprintf("%s judge %s", tool, r.History)
	page := ""
	if reports.html == nil && r.History != "" {
		page = strings.TrimSuffix(r.History, ".jsonl") + ".html"
		if reports.html, err = e.create(page); err != nil {
			return refuse(e, err)
		}
	}
	if err := errors.Join(reports.write(r), show.Text(e.out, r)); err != nil {
		return refuse(e, err)
	}
	if page != "" {
		fmt.Fprintf(e.out, "page %s\n", page)
	}
	return r.Conclusion().ExitCode()
}

// test is what is run, and where it is seen.
func (f *loadFlags) test(e env, name string, p load.Profile, target loadTarget, seed uint64, reports loadReports) load.Test {
	t := load.Test{Name: name, Target: target.name, Plan: load.Plan{
		Profile: p, Stage: target.Stage, Seed: seed, Prefix: fmt.Sprintf("l%x%03x-", time.Now().Unix(), rand.Uint32N(1<<12)), // no run before has used it
	}}
	if f.out != "" {
		base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		t.File = filepath.Join(f.out, fmt.Sprintf("%s-%d.jsonl", base, seed))
	}
	table := &show.Live{Out: e.out, Terminal: isTerminal(e.out), Size: poolSize(target, p)}
	t.See = func(s load.Sample) {
		table.See(s)
		if reports.samples != nil {
			show.Samples{Out: reports.samples}.See(s)
		}
	}
	t.Judging = func(n int) { fmt.Fprintf(e.out, "judging %d operations\n", n) }
	return t
}

// poolSize is how many numbers the callers share; 0: not known.
func poolSize(s load.Stage, p load.Profile) int {
	facts, _ := p.Journey.Project.Facts(s) // the run refuses what is no project
	return load.Size(facts)
}

// serve shows each sample of a test to whoever asks for metrics, until the returned function is called.
func (f *loadFlags) serve(e env, t *load.Test, target loadTarget) (stop func() error, err error) {
	if f.metrics == "" {
		return func() error { return nil }, nil
	}
	m, err := show.Serve(f.metrics, poolSize(target, t.Profile))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(e.out, "metrics at http://%s/metrics\n", m.Address())
	see := t.See
	t.See = func(s load.Sample) {
		see(s)
		m.See(s)
	}
	return m.Close, nil
}

// again is the command that offers the same again.
func (f *loadFlags) again(e env, seed uint64) string {
	words := []string{tool, "load"}
	for _, a := range e.args {
		words = append(words, run.ShellWord(a))
	}
	if f.seed == 0 {
		words = append(words, "--seed", fmt.Sprint(seed))
	}
	return strings.Join(words, " ")
}

// loadReports are the files, opened before anything is offered: an unwritable path must not cost a run.
type loadReports struct{ html, json, csv, samples io.WriteCloser }

func (f *loadFlags) open(e env) (r loadReports, err error) {
	var errs []error
	for _, file := range []struct {
		path string
		into *io.WriteCloser
	}{{f.html, &r.html}, {f.json, &r.json}, {f.csv, &r.csv}, {f.samples, &r.samples}} {
		w, err := e.create(file.path)
		errs = append(errs, err)
		*file.into = w
	}
	return r, errors.Join(errs...)
}

func (r loadReports) write(report load.Report) error {
	var errs []error
	for _, w := range []struct {
		to    io.Writer
		write func(io.Writer, load.Report) error
	}{{r.html, show.Page}, {r.json, show.JSON}, {r.csv, show.CSV}} {
		if w.to != io.Writer(nil) && w.to != io.WriteCloser(nil) {
			errs = append(errs, w.write(w.to, report))
		}
	}
	return errors.Join(errs...)
}

func (r loadReports) close() {
	for _, f := range []io.WriteCloser{r.html, r.json, r.csv, r.samples} {
		if f != nil {
			_ = f.Close() // what was written was checked
		}
	}
}
