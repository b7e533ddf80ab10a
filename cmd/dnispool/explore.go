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

	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/explore"
	"github.com/dnispool/dnispool/conformance/target"
	"github.com/dnispool/dnispool/conformance/verdict"
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
breaks a check is shrunk to the smallest that still does. The same seed gives the same history.`)}
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
	debug.SetGCPercent(garbage)
	x := &exploration{exploreFlags: f, env: e, search: search, shrunk: make(map[string]bool)}
	return x.run(ctx)
}

// search is the flags as what is to be explored.
func (f *exploreFlags) search() (explore.Search, error) {
	s := explore.Search{For: f.limit, Limits: explore.Limits{Profile: f.profile}, Checks: f.check, Workers: f.workers}
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
	for _, name := range f.check {
		if !slices.Contains(linear.CheckNames(), name) {
			errs = append(errs, unknownWord("--check", name, linear.CheckNames()))
		}
	}
	platform, err := target.OfflineMutant(f.mutant)
	s.Platform = platform
	return s, errors.Join(append(errs, err)...)
}

// garbage is how much of it may gather, in percent of what is in use. Little is in use here, so it can be much.
const garbage = 400

func unknownWord(flag, word string, known []string) error {
	if hint := strictyaml.Suggest(word, known); hint != "" {
		return fmt.Errorf("%s: no %q (did you mean %q?)", flag, word, hint)
	}
	return fmt.Errorf("%s: want one of %s, got %q", flag, strings.Join(known, ", "), word)
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
	told   time.Time       // when the progress was last printed
	failed int
	seen   int
}

// tellEvery is how often the progress is printed to a terminal.
const tellEvery = 200 * time.Millisecond

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
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(x.env.err, "interrupted")
		return verdict.ExitInterrupted
	case total.Violations > 0:
		return verdict.ExitNotConformant
	case total.Operations == 0:
		fmt.Fprintln(x.env.err, "explore: nothing was tested")
		return verdict.ExitNotJudged
	}
	return 0
}

// see is told of each seed, in order.
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

// fail tells of a broken check: in one line, and the first time with a counterexample.
func (x *exploration) fail(ctx context.Context, r explore.Result, f explore.Finding) error {
	x.wipe()
	fmt.Fprintf(x.env.out, "VIOLATED  %s by seed %d: %s\n", f.Check.Name, r.Plan.Seed, f.Violation.Text)
	if x.shrunk[f.Check.Name] {
		return nil
	}
	x.shrunk[f.Check.Name] = true
	s, ok := explore.Shrink(ctx, x.search.Platform, x.right(), r.Plan, f.Check.Name)
	if !ok {
		return ctx.Err()
	}
	s.Write(x.env.out, x.again(r.Plan.Seed, f.Check.Name))
	if x.dir == "" {
		return nil
	}
	return x.store(ctx, s)
}

// store keeps what was shrunk.
func (x *exploration) store(ctx context.Context, s explore.Shrunk) error {
	name := fmt.Sprintf("seed-%d-%s", s.Plan.Seed, s.Finding.Check.Name)
	if err := x.save(name, s.Plan.Seed, s.History); err != nil {
		return err
	}
	picture := filepath.Join(x.dir, name+".html")
	switch err := linear.SaveHTML(picture, linear.JudgeAll(ctx, s.History.Facts, s.History.Ops, linear.Budget)); {
	case errors.Is(err, linear.ErrNothingToDraw): // each number by itself did nothing wrong
	case err != nil:
		return err
	default:
		fmt.Fprintf(x.env.out, "  picture: %s\n", picture)
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

// right is the platform as it should be, nil when that is the one that is explored.
func (x *exploration) right() explore.Platform {
	if x.mutant == "" {
		return nil
	}
	return target.Offline{}
}

// again is the command that finds the same.
func (x *exploration) again(seed uint64, check string) string {
	words := []string{tool, "explore", "--seed", strconv.FormatUint(seed, 10), "--check", check}
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

// progress tells a terminal how far the search is.
func (x *exploration) progress() {
	if !isTerminal(x.env.out) || time.Since(x.told) < tellEvery {
		return
	}
	x.told = time.Now()
	fmt.Fprintf(x.env.out, "\r\x1b[K%d of %d seeds, %d with violations", x.seen, x.search.To-x.search.From+1, x.failed)
}

// wipe takes the progress off the line.
func (x *exploration) wipe() {
	if !x.told.IsZero() {
		fmt.Fprint(x.env.out, "\r\x1b[K")
	}
}
