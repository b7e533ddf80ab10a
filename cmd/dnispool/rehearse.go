package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/scenarios"
)

// lessonsDir is where the bundled lessons are.
const lessonsDir = "scenarios/lessons"

// rehearseFlags is what `dnispool rehearse` was asked to do.
type rehearseFlags struct {
	*flags
	reportPaths
	dir, http, sip, queue, fallback, spare string
	command                                string
	seed                                   uint64
	quietFor                               time.Duration
	unseen                                 bool
	verbose, quiet, strict, color          bool
}

func newRehearseFlags() *rehearseFlags {
	f := &rehearseFlags{flags: newFlags("rehearse", `[flags] [list] [id | glob | file ...]

Judges your own client: serves the platform, the phone network, the queues and their people, plays lessons one after another,
and says what the client did wrong. The client is given a base URL and a SIP peer; that is all that has to change in it.
Numbers and queues are both called at the SIP peer: sip:NUMBER@PEER, sip:QUEUE@PEER.

With list, says what each lesson is about, what it needs and how long it may take. Without arguments every bundled lesson is
played.`)}
	f.StringVar(&f.command, "command", "", "`command` of a shell, run once a caller; without it you start a caller in your client when a lesson asks for one")
	f.StringVar(&f.http, "http", "127.0.0.1:8080", "`host:port` of the platform's HTTP API")
	f.StringVar(&f.sip, "sip", "127.0.0.1:5060", "`host:port` of the SIP peer, over UDP and TCP")
	f.StringVar(&f.queue, "queue", rehearse.DefaultQueue, "a queue that your client knows: `name[=user]`, as handoff_to has it, and what is called for it where that differs")
	f.StringVar(&f.fallback, "fallback", "", "`user` that your client calls for its fallback queue; any queue counts without it")
	f.StringVar(&f.spare, "default-queue", "", "`user` that it calls when it cannot learn what the agent wanted; any queue counts without it")
	f.BoolVar(&f.unseen, "unseen-transfers", false, "your client does not call queues over SIP; lessons about that cannot be judged")
	f.StringVar(&f.dir, "lessons", "", "`dir` of lesson files to use instead of the bundled ones")
	f.Uint64Var(&f.seed, "seed", 0, "`number` that fixes every random choice; 0 draws one")
	f.DurationVar(&f.quietFor, "quiet-for", rehearse.DefaultQuiet, "`how long` nothing more may come of a client that seems to be done, before it is judged")
	f.BoolVar(&f.verbose, "v", false, "show every exchange and SIP message")
	f.BoolVar(&f.quiet, "q", false, "show failures and the summary only")
	f.BoolVar(&f.strict, "strict", false, "should and may count as must")
	f.BoolVar(&f.color, "color", false, "colour the output")
	f.reportPaths.define(f.flags)
	return f
}

func runRehearse(ctx context.Context, e env) int {
	f := newRehearseFlags()
	patterns, code, done := f.parse(e)
	if done && f.wrong == "" {
		return code
	}
	if f.wrong == "" && len(patterns) > 0 && patterns[0] == "list" {
		return f.list(e, patterns[1:])
	}
	e = e.leaveOutput(f.junit, f.json, f.html)
	files, err := f.reportPaths.open(e)
	run := f.about(patterns)
	refused := func(why string) error {
		run.GaveUp = why
		return files.write(run, nil)
	}
	if f.wrong != "" {
		if err := refused(f.wrong); err != nil {
			return refuse(e, err)
		}
		return code
	}
	if err == nil {
		run, err = f.play(ctx, e, run, patterns)
	}
	if err != nil {
		return refuse(e, errors.Join(err, refused(err.Error())))
	}
	if err := files.write(run, nil); err != nil {
		return refuse(e, err)
	}
	return run.Conclusion().ExitCode()
}

// about is what is known of the run before it begins.
func (f *rehearseFlags) about(patterns []string) finding.Run {
	if f.seed == 0 {
		f.seed = drawSeed()
	}
	return finding.Run{Tool: tool, Version: version(), Target: "your client", Noun: rehearse.Noun, Seed: f.seed, Strict: f.strict, Filter: strings.Join(patterns, " ")}
}

func (f *rehearseFlags) play(ctx context.Context, e env, run finding.Run, patterns []string) (finding.Run, error) {
	all, selected, err := f.load(patterns)
	if err != nil {
		return run, err
	}
	options, err := f.options()
	if err != nil {
		return run, err
	}
	r, err := rehearse.New(ctx, options)
	if err != nil {
		return run, err
	}
	shown := report.Options{Verbose: f.verbose, Quiet: f.quiet, Color: f.color && e.getenv("NO_COLOR") == ""}
	text := &coach{Text: report.NewText(e.out, shown), out: e.out, hook: options.Arrival != nil, of: len(selected)}
	f.briefing(e.out, r, selected)
	text.Begin(run, len(selected))
	run = r.PlayAll(ctx, all, selected, run, text)
	if !f.verbose {
		run = run.Brief()
	}
	return run, errors.Join(text.Finish(run), r.Close())
}

func (f *rehearseFlags) list(e env, patterns []string) int {
	_, selected, err := f.load(patterns)
	if err != nil {
		return refuse(e, err)
	}
	printLessons(e.out, selected)
	return 0
}

func (f *rehearseFlags) load(patterns []string) (all, selected []*rehearse.Lesson, err error) {
	files, dir := os.DirFS(f.dir), f.dir
	if dir == "" {
		dir = lessonsDir
		if files, err = fs.Sub(scenarios.Files, "lessons"); err != nil {
			return nil, nil, err
		}
	}
	if all, err = rehearse.Load(files, dir); err != nil {
		return nil, nil, err
	}
	selected, err = rehearse.Select(all, patterns)
	return all, selected, err
}

func (f *rehearseFlags) options() (o rehearse.Options, err error) {
	name, dials, _ := strings.Cut(f.queue, "=")
	o = rehearse.Options{
		HTTP: f.http, SIP: f.sip, Quiet: f.quietFor, Seed: f.seed, Again: f.again,
		Client: rehearse.Client{Queue: name, Dials: dials, Fallback: f.fallback, DefaultQueue: f.spare, Unseen: f.unseen},
	}
	if f.quietFor <= 0 {
		return o, fmt.Errorf("quiet-for: want more than 0, got %s", f.quietFor)
	}
	if f.command != "" {
		o.Arrival = rehearse.Command(f.command)
	}
	return o, nil
}

// again is the command that plays one lesson again.
func (f *rehearseFlags) again(id string) string {
	words := []string{tool, "rehearse", id}
	f.Visit(func(set *flag.Flag) {
		if slices.Contains([]string{"junit", "json", "html", "v", "q", "color", "seed"}, set.Name) {
			return
		}
		words = append(words, "--"+set.Name)
		if value := set.Value.String(); value != "true" {
			words = append(words, quote(value))
		}
	})
	return fmt.Sprintf("%s --seed %d", strings.Join(words, " "), f.seed)
}

func printLessons(w io.Writer, lessons []*rehearse.Lesson) {
	for _, l := range lessons {
		needs := []string{"no hook"}
		for _, n := range l.Needs() {
			if n != rehearse.NeedTransfers {
				needs = []string{"a hook:", string(n)}
			}
		}
		fmt.Fprintf(w, "%-32s %-6s %4s  %-8s %s\n", l.ID, l.Level, l.Budget, strings.Join(needs, " "), l.Summary)
	}
}

// briefing says what to set in the client, and how long all may take.
func (f *rehearseFlags) briefing(w io.Writer, r *rehearse.Rehearsal, lessons []*rehearse.Lesson) {
	c := r.Surroundings()
	fmt.Fprintf(w, "Set in your client:\n")
	for _, s := range c.Settings() {
		fmt.Fprintf(w, "  export %s=%s\n", s.Name, s.Value)
	}
	fmt.Fprintf(w, "Numbers and queues are both called at the SIP peer. The agent asks for the queue %s (see --queue).\n", f.queue)
	each := make(map[time.Duration]int)
	for _, l := range lessons {
		each[l.Budget]++
	}
	var budgets []string
	for _, d := range slices.Sorted(maps.Keys(each)) {
		budgets = append(budgets, fmt.Sprintf("%d of %s", each[d], d))
	}
	fmt.Fprintf(w, "The lessons may take %s in all (%s); a client that is quick is done long before.\n\n", r.Budget(lessons), strings.Join(budgets, ", "))
}

// coach asks for callers, where nobody else does, and reports.
type coach struct {
	*report.Text
	out   io.Writer
	hook  bool
	of    int
	place int
}

// Started implements rehearse.Listener.
func (c *coach) Started(l *rehearse.Lesson) {
	c.place++
	if c.hook {
		c.Text.Started(l.ID)
		return
	}
	fmt.Fprintf(c.out, "      %d of %d, %s: start a caller in your client now; it has %s\n", c.place, c.of, l.ID, l.Budget)
}
