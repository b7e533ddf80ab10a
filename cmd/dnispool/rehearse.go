package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/conformance/rehearse/remote"
	"github.com/dnispool/dnispool/conformance/report"
	"github.com/dnispool/dnispool/conformance/run"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
)

// rehearseFlags is what `dnispool rehearse` was asked to do.
type rehearseFlags struct {
	*flags
	reportPaths
	readerFlags
	rehearse.Settings
	config, output string
	ways           rehearse.Ways
	seed           uint64
	strict, serve  bool
	files          map[string]string // by id, of lessons that were asked for by file
}

func newRehearseFlags() *rehearseFlags {
	f := &rehearseFlags{flags: newFlags("rehearse", `[flags] [list] [id | glob | file ...]

Judges your own client: serves the platform, the phone network, the queues and their people, plays lessons one after another,
and says what the client did wrong. The client is given a base URL and a SIP peer; that is all that has to change in it.
Numbers and queues are both called at the SIP peer: sip:NUMBER@PEER, sip:QUEUE@PEER.

With list, says what each lesson is about, what it needs and how long it may take. Without arguments every bundled lesson is
played. How the client learns of a caller is chosen by one of --webhook, --run, --sip-caller and --file; without them you start
a caller in your client when a lesson asks for one. With --serve lessons are begun by whoever asks the control API, as a test
runner in any language or dnispool ctl does, until it is interrupted. The page that it names shows each lesson while it is played.

Each flag is a variable as well: DNISPOOL_REHEARSE_QUIET_FOR=5s is --quiet-for 5s. A flag wins over it, and it over the file of --config.

exit codes, version `+finding.ExitCodes+`:
            0 the client did what it must, 1 it did not, or did nothing though it was told of a caller, 2 could not judge: it
            cannot be told of callers, or nobody started one, 130 interrupted`), Settings: rehearse.DefaultSettings(), files: make(map[string]string)}
	f.prefix, f.aliases = sim.RehearseEnv, map[string]string{"http": "DNISPOOL_HTTP_LISTEN", "sip": "DNISPOOL_SIP_LISTEN", "control": "DNISPOOL_CONTROL_LISTEN"}
	f.StringVar(&f.config, "config", "", "YAML `file` of settings; see specs/rehearse.schema.json. A flag wins over it")
	f.StringVar((*string)(&f.ways.Webhook), "webhook", "", "post each caller as JSON to this `URL` of your client's")
	f.StringVar((*string)(&f.ways.Run), "run", "", "run this `command` of the shell once a caller; it ends when your client is done")
	f.StringVar((*string)(&f.ways.SIP), "sip-caller", "", "have each caller call this SIP `URI` of your client's")
	f.StringVar((*string)(&f.ways.File), "file", "", "append a line of JSON for each caller to the file at this `path`")
	f.StringVar(&f.HTTP, "http", f.HTTP, "`host:port` of the platform's HTTP API; port 0 takes a free one")
	f.StringVar(&f.SIP, "sip", f.SIP, "`host:port` of the SIP peer, over UDP and TCP; port 0 takes a free one")
	f.StringVar(&f.Control, "control", f.Control, "`host:port` of the live page and the control API; port 0 takes a free one, off serves none")
	f.BoolVar(&f.serve, "serve", false, "play what the control API is told to play")
	f.StringVar(&f.output, "output", "text", "`text`, or json with --serve: one line with all addresses and keys once it is ready")
	f.Var(queueFlag{&f.Client}, "queue", "a queue that your client knows: `name[=user]`, as handoff_to has it, and what is called for it where that differs")
	f.StringVar(&f.Client.Fallback, "fallback", "", "`user` that your client calls for its fallback queue; any queue counts without it")
	f.StringVar(&f.Client.DefaultQueue, "default-queue", "", "`user` that it calls when it cannot learn what the agent wanted; any queue counts without it")
	f.BoolVar(&f.Client.Unseen, "unseen-transfers", false, "your client does not call queues over SIP; lessons about that cannot be judged")
	f.StringVar(&f.Client.DNIKey, "dni-key", "", "`key` that your client shows to reserve, if it keeps its own; better as DNISPOOL_REHEARSE_DNI_KEY, and so with the other")
	f.StringVar(&f.Client.HandoffKey, "handoff-key", "", "`key` that it shows to ask for the handoff, if it keeps its own")
	f.StringVar(&f.Client.Account, "account", "", "`id` of the account that it asks at, if it keeps its own")
	f.StringVar(&f.Client.Project, "project", "", "`id` of the project that it asks at, if it keeps its own")
	f.StringVar(&f.Lessons, "lessons", "", "`path` of a directory of lesson files, or of one, to use instead of the bundled ones")
	f.Uint64Var(&f.seed, "seed", 0, "`number` that fixes every random choice; 0 draws one")
	f.DurationVar(&f.QuietFor, "quiet-for", f.QuietFor, "`how long` nothing more may come of a client that seems to be done, before it is judged")
	f.DurationVar(&f.WaitFor, "wait-for", f.WaitFor, "`how long` a lesson waits for you to start a caller, before its own time begins")
	f.readerFlags.define(f.flags)
	f.BoolVar(&f.strict, "strict", false, "should and may count as must")
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
		if err := f.settle(); err != nil {
			return refuse(e, err)
		}
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
		err = f.settle()
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
	t, err := f.open(ctx, e, selected)
	if err != nil {
		return run, err
	}
	text := &coach{Text: report.NewText(e.out, f.reader(e, f.given)), out: e.out, rehearsal: t.Rehearsal, of: len(selected), wait: f.WaitFor, serves: f.serve}
	if f.output == "json" {
		err = json.NewEncoder(e.out).Encode(t.announcement())
		text.Text = report.NewText(io.Discard, report.Options{Quiet: true})
	} else {
		f.briefing(e.out, t, selected)
	}
	text.Begin(run, len(selected))
	switch {
	case err != nil:
	case f.serve:
		run.Noun, run.Started = rehearse.Noun, time.Now()
		run.Results = t.api.Play(ctx, text)
		run.Duration = time.Since(run.Started)
	default:
		run = t.PlayAll(ctx, all, selected, run, listeners{t.api, text})
	}
	if !f.verbose {
		run = run.Brief()
	}
	return run, errors.Join(err, text.Finish(run), t.close(ctx))
}

// staged is a rehearsal with its page.
type staged struct {
	*rehearse.Rehearsal
	api  *remote.Rehearsal
	page steering
}

// open opens the addresses that the client is given, and that of the page.
func (f *rehearseFlags) open(ctx context.Context, e env, lessons []*rehearse.Lesson) (*staged, error) {
	config, err := sim.Load(sim.Sources{Env: e.environ}) // of which the control API's part counts
	if err != nil {
		return nil, err
	}
	config.Control.Listen = f.Control
	if f.Control == "off" {
		config.Control.Listen = ""
	}
	if f.serve && config.Control.Listen == "" {
		return nil, errors.New("serve: want a control API, which says what to play, got --control off")
	}
	t := &staged{api: remote.New(lessons)}
	options := f.options()
	if config.Control.Listen != "" {
		options.Recorder = control.NewRecorder(config.Control)
		options.Stage = func(s *control.Stage) { t.page.Show(s) }
	}
	options.Progress = t.api.Progress
	if f.serve {
		options.Again = func(id string) string {
			return fmt.Sprintf("%s ctl rehearse %s --url %s", tool, id, quote(t.page.link()))
		}
	}
	if t.Rehearsal, err = rehearse.New(ctx, options); err != nil {
		return nil, f.explain(err)
	}
	t.api.Set(t.Rehearsal, f.serve)
	log := slog.New(slog.DiscardHandler) // what a page that nobody can reach matters is printed with its address
	t.page, err = listenControl(ctx, config.Control, config.Control.Listen != rehearse.DefaultSettings().Control, log, control.WithRecorder(options.Recorder), control.WithRehearsal(t.api))
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *staged) close(ctx context.Context) error {
	grace, cancel := shutdown(ctx)
	defer cancel()
	return errors.Join(t.Close(), t.page.close(grace))
}

// announcement is what --output json prints.
func (t *staged) announcement() map[string]string {
	out := map[string]string{"control": t.page.link()}
	for _, s := range t.Surroundings().ToSet() {
		out[strings.ToLower(s.Name)] = s.Value
	}
	return out
}

// listeners all hear of each lesson.
type listeners []rehearse.Listener

// Started implements rehearse.Listener.
func (all listeners) Started(l *rehearse.Lesson) {
	for _, each := range all {
		each.Started(l)
	}
}

// Finished implements rehearse.Listener.
func (all listeners) Finished(r finding.Result) {
	for _, each := range all {
		each.Finished(r)
	}
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
	if f.Lessons == "" {
		all, err = rehearse.Bundled()
	} else {
		all, err = rehearse.Own(f.Lessons)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, p := range patterns {
		known := slices.ContainsFunc(all, func(l *rehearse.Lesson) bool { return l.File == p })
		if known || !rehearse.IsFile(p) {
			continue
		}
		own, err := rehearse.Own(p)
		if err != nil {
			return nil, nil, err
		}
		for _, l := range own {
			f.files[l.ID] = l.File
		}
		all = append(all, own...)
	}
	selected, err = rehearse.Select(all, patterns)
	return all, selected, err
}

// printLessons says what each lesson is about and needs, and how long all may take.
func printLessons(w io.Writer, lessons []*rehearse.Lesson) {
	var sum time.Duration
	unaided := 0
	for _, l := range lessons {
		sum += l.Budget
		needs := "no hook"
		for _, n := range l.Needs() {
			if n.Hook() {
				needs = "a hook: " + string(n)
			}
		}
		if needs == "no hook" {
			unaided++
		}
		fmt.Fprintf(w, "%-34s %-6s %5s  %-7s  %s\n", l.ID, l.Level, l.Budget, needs, l.Summary)
	}
	noun := rehearse.Noun
	if len(lessons) != 1 {
		noun += "s"
	}
	fmt.Fprintf(w, "\n%d %s, %d without a hook; in all %s at most.\n", len(lessons), noun, unaided, sum)
}

// briefing says what to set in the client, and how long all may take.
func (f *rehearseFlags) briefing(w io.Writer, t *staged, lessons []*rehearse.Lesson) {
	fmt.Fprintf(w, "Set in your client:\n")
	for _, s := range t.Surroundings().ToSet() {
		fmt.Fprintf(w, "  export %s=%s\n", s.Name, run.ShellWord(s.Value))
	}
	fmt.Fprintf(w, "Numbers and queues are both called at the SIP peer. The agent asks for the queue %s (see --queue).\n", f.Client.Queue)
	if how := f.Arrival.Arrival(); how != nil {
		fmt.Fprintf(w, "Each caller %s.\n", how.Says())
	}
	if link := t.page.link(); link != "" {
		fmt.Fprintf(w, "The page %s shows each lesson while it is played.\n", link)
	}
	if f.serve {
		fmt.Fprintf(w, "Begin a lesson with:  %s ctl rehearse %s --url %s\nCtrl-C ends it.\n\n", tool, lessons[0].ID, quote(t.page.link()))
		return
	}
	fmt.Fprintln(w, budget(t.Playable(lessons)))
	if f.Arrival.Arrival() == nil {
		fmt.Fprintf(w, "The time of each begins when your client reserves for its caller, for whom it waits up to %s (--wait-for).\n", f.WaitFor)
	}
	fmt.Fprintln(w)
}

// budget says how long lessons may take, together and each.
func budget(lessons []*rehearse.Lesson) string {
	var sum time.Duration
	each := make(map[time.Duration]int)
	for _, l := range lessons {
		sum += l.Budget
		each[l.Budget]++
	}
	switch len(lessons) {
	case 0:
		return "None of the lessons can be played so."
	case 1:
		return fmt.Sprintf("The lesson may take %s; a client that is quick is done long before.", sum)
	}
	var budgets []string
	for _, d := range slices.Sorted(maps.Keys(each)) {
		budgets = append(budgets, fmt.Sprintf("%d of %s", each[d], d))
	}
	return fmt.Sprintf("The lessons may take %s in all (%s); a client that is quick is done long before.", sum, strings.Join(budgets, ", "))
}

// coach asks for callers, where nobody else does, and reports.
type coach struct {
	*report.Text
	out       io.Writer
	rehearsal *rehearse.Rehearsal
	serves    bool          // whoever begins a lesson sees to its callers
	wait      time.Duration // for a caller
	of        int
	place     int
}

// Started implements rehearse.Listener.
func (c *coach) Started(l *rehearse.Lesson) {
	c.place++
	if c.serves || c.rehearsal.Arrival(l) != nil {
		c.Text.Started(l.ID)
		return
	}
	fmt.Fprintf(c.out, "      %d of %d, %s: start a caller in your client now, within %s; it has %s then\n", c.place, c.of, l.ID, c.wait, l.Budget)
}
