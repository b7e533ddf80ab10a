package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/explore/offline"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// exploreFlags is what `dnispool explore` was asked to do.
type exploreFlags struct {
	*flags
	seeds, mutant, profile, out string
	check                       list
	seed                        uint64
	limit                       time.Duration
	workers                     int
	verbose, keep               bool
}

func newExploreFlags() *exploreFlags {
	f := &exploreFlags{flags: newFlags("explore", `[flags]

Searches for broken promises by simulation: each seed draws a platform, its clients, their calls and everything that
goes wrong between them, and lets it happen in virtual time on the reference, without sockets. The first history that
breaks a check is shrunk to the smallest that still does. The same seed gives the same history. One that breaks none is
judged once more without one or two things that its seed draws: facts, or what a recorder may have missed. Who knows less
must not blame more.`)}
	f.StringVar(&f.seeds, "seeds", "1..1000", "`range` of seeds, both ends included")
	f.Uint64Var(&f.seed, "seed", 0, "one seed, by its `number`, instead of a range")
	f.DurationVar(&f.limit, "for", 0, "stop after so much `time`, as in 60s")
	f.StringVar(&f.mutant, "mutant", "", "explore a platform that is broken on purpose, by `id` or name; see dnispool mutants")
	f.StringVar(&f.profile, "profile", "", "explore one `profile` only: "+strings.Join(sim.Profiles(), ", "))
	f.Var(&f.check, "check", "hold histories against the check of this `name` only, linearizable among them; may be repeated")
	f.StringVar(&f.out, "out", filepath.Join("out", "explore"), "keep what was shrunk under `dir`: as a scenario, as a history for dnispool judge, as a picture; '' keeps nothing")
	f.BoolVar(&f.keep, "keep", false, "keep the whole history of every seed that breaks a check, or of the one seed asked for, as well")
	f.IntVar(&f.workers, "workers", 0, "`how` many seeds at a time; 0 is one a processor")
	f.BoolVar(&f.verbose, "v", false, "print what each seed draws, not only those that break a check")
	return f
}

func runExplore(ctx context.Context, e env) int {
	f := newExploreFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 {
		return refuse(e, fmt.Errorf("explore: want flags only, got %q", rest[0]))
	}
	search, err := f.search()
	if err != nil {
		return refuse(e, err)
	}
	debug.SetGCPercent(gcPercent)
	x := &exploration{exploreFlags: f, env: e, search: search, shrunk: make(map[string]bool)}
	return x.run(ctx)
}

// search is the flags as what is to be explored.
func (f *exploreFlags) search() (explore.Search, error) {
	s := explore.Search{For: f.limit, Limits: explore.Limits{Profile: f.profile}, Checks: check.Default(), Workers: f.workers}
	var errs []error
	var err error
	if s.From, s.To, err = f.bounds(); err != nil {
		errs = append(errs, err)
	}
	if f.limit < 0 || f.workers < 0 {
		errs = append(errs, errors.New("--for and --workers: want 0 or more"))
	}
	if f.profile != "" && !slices.Contains(sim.Profiles(), f.profile) {
		errs = append(errs, unknownWord("--profile", f.profile, sim.Profiles()))
	}
	if len(f.check) > 0 {
		if s.Checks, err = namedChecks(f.check); err != nil {
			errs = append(errs, err)
		}
	}
	platform, err := offline.Mutant(f.mutant)
	s.Platform = platform
	return s, errors.Join(append(errs, err)...)
}

// gcPercent lets the heap grow further before it is collected than the default of 100: little of it is in use here.
const gcPercent = 400

func unknownWord(flag, word string, known []string) error {
	if hint := strictyaml.Suggest(word, known); hint != "" {
		return fmt.Errorf("%s: no %q (did you mean %q?)", flag, word, hint)
	}
	return fmt.Errorf("%s: want one of %s, got %q", flag, strings.Join(known, ", "), word)
}

// namedChecks are the checks that --check names.
func namedChecks(names []string) ([]check.Check, error) {
	for _, name := range names {
		if !slices.Contains(check.Names(), name) {
			return nil, unknownWord("--check", name, check.Names())
		}
	}
	return check.Named(names...)
}

// bounds are the first and the last seed.
func (f *exploreFlags) bounds() (from, to uint64, err error) {
	if f.seed != 0 {
		return f.seed, f.seed, nil
	}
	first, last, found := strings.Cut(f.seeds, "..")
	if !found {
		last = first
	}
	from, errFrom := strconv.ParseUint(first, 10, 63)
	to, errTo := strconv.ParseUint(last, 10, 63)
	if errFrom != nil || errTo != nil || from > to {
		return 0, 0, fmt.Errorf("--seeds: want a range like 1..1000, got %q", f.seeds)
	}
	return from, to, nil
}

// exploration prints what a search brings.
type exploration struct {
	*exploreFlags
	env
	search explore.Search
	dir    string          // where what is found is kept; "": nowhere
	shrunk map[string]bool // checks of which there is a counterexample
	shown  time.Time       // when the progress was last printed
	failed int
	seen   int
}

// showEvery is how often the progress is printed to a terminal.
const showEvery = 200 * time.Millisecond

func (x *exploration) run(ctx context.Context) int {
	var tidy func()
	var err error
	if x.dir, tidy, err = x.evidence(x.env, x.exploreFlags.out); err != nil {
		return refuse(x.env, err)
	}
	defer tidy()
	on := "the reference"
	if x.mutant != "" {
		on = "mutant " + x.mutant
	}
	fmt.Fprintf(x.env.out, "exploring %s, seeds %d..%d\n", on, x.search.From, x.search.To)
	if x.one() { // before anything can go wrong
		x.options(explore.Draw(x.search.From, x.search.Limits))
	}
	total, err := x.search.Run(ctx, func(r explore.Result) error { return x.see(ctx, r) })
	x.wipe()
	if err != nil && ctx.Err() == nil {
		return refuse(x.env, err)
	}
	fmt.Fprintln(x.env.out, total)
	c := total.Conclusion(len(x.check) > 0)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(x.env.err, "interrupted")
		c.Interrupted = true
	case c.NotJudged:
		fmt.Fprintln(x.env.err, "explore: nothing was tested")
	case c.Inconclusive:
		fmt.Fprintf(x.env.err, "explore: inconclusive: no history could be held against %s\n", strings.Join(total.Unjudged, ", "))
	}
	return c.ExitCode()
}

// see hears of each seed, in order.
func (x *exploration) see(ctx context.Context, r explore.Result) error {
	x.seen++
	if !x.one() && (x.verbose || len(r.Findings) > 0) {
		x.wipe()
		x.options(r.Plan)
	}
	if x.dir != "" && x.keep && (x.one() || len(r.Findings) > 0) {
		if err := x.save(fmt.Sprintf("seed-%d", r.Plan.Seed), r.Plan.Seed, r.History); err != nil {
			return err
		}
	}
	if len(r.Findings) > 0 {
		x.failed++
	}
	for _, f := range r.Findings {
		if err := x.fail(ctx, r, f); err != nil {
			return err
		}
	}
	x.progress()
	return ctx.Err()
}

// one reports whether there is one seed only.
func (x *exploration) one() bool { return x.search.From == x.search.To }

// options prints what a seed has drawn.
func (x *exploration) options(p explore.Plan) {
	fmt.Fprintf(x.env.out, "seed %d: %s\n", p.Seed, strings.ReplaceAll(p.Options.String(), "\n", "\n  "))
}

// fail reports a broken check: in one line, and the first time with a counterexample.
func (x *exploration) fail(ctx context.Context, r explore.Result, f finding.Finding) error {
	x.wipe()
	if r.Unknown != "" {
		return x.overblamed(r, f)
	}
	fmt.Fprintf(x.env.out, "VIOLATED  %s by seed %d: %s\n", f.Name, r.Plan.Seed, f.Violation.Text)
	if x.shrunk[f.Name] {
		return nil
	}
	x.shrunk[f.Name] = true
	broken, err := check.Named(f.Name)
	if err != nil {
		return err
	}
	s, ok := explore.Shrink(ctx, x.search.Platform, x.right(), r.Plan, broken[0])
	if !ok {
		return ctx.Err()
	}
	if err := report.WriteCounterexample(x.env.out, s.Counterexample(), x.again(r.Plan.Seed, f.Name), report.Options{}); err != nil {
		return err
	}
	if x.dir == "" {
		return nil
	}
	return x.store(ctx, s)
}

// overblamed reports a check that is broken in the eyes of a judge that does not know everything, and in no others.
func (x *exploration) overblamed(r explore.Result, f finding.Finding) error {
	fmt.Fprintf(x.env.out, "BLAMED FOR WHAT IS NOT KNOWN  %s by seed %d, without %s: %s\n", f.Name, r.Plan.Seed, r.Unknown, f.Violation.Text)
	if x.dir == "" {
		return nil
	}
	return x.save(fmt.Sprintf("seed-%d-not-known", r.Plan.Seed), r.Plan.Seed, r.History)
}

// store keeps what was shrunk.
func (x *exploration) store(ctx context.Context, s explore.Shrunk) error {
	name := fmt.Sprintf("seed-%d-%s", s.Plan.Seed, s.Finding.Name)
	if err := x.save(name, s.Plan.Seed, s.History); err != nil {
		return err
	}
	if err := x.draw(ctx, filepath.Join(x.dir, name+".html"), s); err != nil {
		return err
	}
	if !s.Fits {
		fmt.Fprintln(x.env.out, "  no scenario: on the correct platform other calls would be placed")
		return nil
	}
	text, err := explore.Scenario(x.search.Platform, s)
	if err != nil {
		return err
	}
	file := filepath.Join(x.dir, name+".yaml")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(x.env.out, "  scenario: %s; play it with %s check --scenarios %s\n", file, tool, x.dir)
	return nil
}

// draw keeps a picture of the orders that were tried, where a search finds that none is legal.
func (x *exploration) draw(ctx context.Context, name string, s explore.Shrunk) error {
	for _, r := range explore.Judge(s.History, check.All()).Results {
		if r.Picture == nil {
			continue
		}
		file, err := os.Create(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(x.env.out, "  picture: %s\n", name)
		return errors.Join(r.Picture(file), file.Close())
	}
	return ctx.Err()
}

// right is the platform as it should be, nil when that is the one that is explored.
func (x *exploration) right() explore.Platform {
	if x.mutant == "" {
		return nil
	}
	return offline.Platform{}
}

// again is the command that finds the same.
func (x *exploration) again(seed uint64, name string) string {
	words := []string{tool, "explore", "--seed", strconv.FormatUint(seed, 10), "--check", name}
	if x.mutant != "" {
		words = append(words, "--mutant", x.mutant)
	}
	if x.profile != "" {
		words = append(words, "--profile", x.profile)
	}
	return strings.Join(words, " ")
}

// save writes a history, for dnispool judge and for people.
func (x *exploration) save(name string, seed uint64, h explore.History) (err error) {
	name = filepath.Join(x.dir, name+".jsonl")
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := h.Write(file, seed); err != nil {
		return err
	}
	fmt.Fprintf(x.env.out, "  history: %s; judge it with %s judge %s\n", name, tool, name)
	return nil
}

// progress shows a terminal how far the search is.
func (x *exploration) progress() {
	if !isTerminal(x.env.out) || time.Since(x.shown) < showEvery {
		return
	}
	x.shown = time.Now()
	fmt.Fprintf(x.env.out, "\r\x1b[K%d of %d seeds, %d with violations", x.seen, x.search.To-x.search.From+1, x.failed)
}

// wipe takes the progress off the line.
func (x *exploration) wipe() {
	if !x.shown.IsZero() {
		fmt.Fprint(x.env.out, "\r\x1b[K")
	}
}
