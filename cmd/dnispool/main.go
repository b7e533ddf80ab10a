// Command dnispool is a reference of PolyAI's DNIs Pool integration, and a harness that replays scenarios against it.
// Each verb is one file: its flags become a configuration, and one call does the work.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

const tool = "dnispool"

// env is what a verb may use of the world.
type env struct {
	args    []string
	in      io.Reader
	out     io.Writer
	err     io.Writer
	reports io.Writer // where a report goes whose file is -; see leaveOutput
	getenv  func(string) string
	environ []string
}

// verb is one of the tool's commands.
type verb struct {
	group      string // who it is for; "" for the group of the verb before
	name, says string
	run        func(context.Context, env) int
}

func verbs() []verb {
	return []verb{
		{"try", "sim", "serve the reference platform: HTTP and SIP", runSim},
		{"", "ctl", "ask a simulator what happens inside, and tell it what to do", runCtl},
		{"", "ready", "wait until a simulator is ready; the health check of its container", runReady},
		{"", "sipp", "print a SIPp scenario that places a call and waits for the platform's BYE", runSIPp},
		{"check", "check", "replay scenarios against the in-process reference and give a verdict", runCheck},
		{"", "scenarios", "list, lint or show scenarios", runScenarios},
		{"", "target", "describe a deployment, look whether it can be reached, and ask whoever runs it", runTarget},
		{"measure", "load", "offer the traffic of many callers, and say what was refused and how long things took", runLoad},
		{"", "plan", "say how many numbers to buy", runPlan},
		{"", "report", "make a page for a browser from a report in JSON", runReport},
		{"your side", "rehearse", "judge your own client: play the platform for it, lesson by lesson", runRehearse},
		{"", "agent", "run and lint an agent of your own, a project of the Agent Development Kit", runAgent},
		{"evidence", "judge", "judge saved histories again, offline", runJudge},
		{"", "record", "stand in front of a platform and write the history of its clients", runRecord},
		{"", "explore", "search for broken promises by simulation, and shrink what is found", runExplore},
		{"", "mutants", "play the scenarios on platforms that are broken on purpose, and say what finds them out", runMutants},
		{"about", "version", "print the version", runVersion},
	}
}

func main() {
	os.Exit(dispatch(untilSignalled(), env{args: os.Args[1:], in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv, environ: os.Environ()}))
}

// untilSignalled ends with the first signal, which asks politely. By then the second finds the default handler again.
func untilSignalled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	return ctx
}

func dispatch(ctx context.Context, e env) int {
	if len(e.args) == 0 {
		fmt.Fprint(e.err, usage())
		return finding.ExitNotJudged
	}
	name := e.args[0]
	e.args = e.args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(e.out, usage())
		return 0
	case "--version":
		name = "version"
	}
	var names []string
	for _, v := range verbs() {
		if v.name == name {
			return v.run(ctx, e)
		}
		names = append(names, v.name)
	}
	return noCommand(e, tool, name, names, "help")
}

// noCommand says that a command has no such name among its own, and what shows these.
func noCommand(e env, command, name string, names []string, help string) int {
	hint := ""
	if s := strictyaml.Suggest(name, names); s != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", s)
	}
	fmt.Fprintf(e.err, "%s: no command %q%s; try %s %s\n", command, name, hint, command, help)
	return finding.ExitNotJudged
}

func usage() string {
	var b strings.Builder
	b.WriteString("dnispool is a reference of PolyAI's DNIs Pool integration and a harness that checks it.\n\nusage: dnispool <command> [flags]\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  %-10s %-10s %s\n", v.group, v.name, v.says)
	}
	b.WriteString(`
dnispool <command> --help lists the flags of a command.

exit codes, version ` + finding.ExitCodes + ` (exit_codes of a report in JSON):
            0 conformant, 1 not conformant, 2 could not judge (usage, configuration, unreachable, nothing tested),
            3 inconclusive, 130 interrupted
`)
	return b.String()
}

func runVersion(_ context.Context, e env) int {
	f := newFlags("version", "\n\nPrints the version, the commit it was built from, and for which system.")
	if _, code, done := f.parse(e); done {
		return code
	}
	fmt.Fprintf(e.out, "%s %s   revision %s   %s %s/%s\n", tool, version(), commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return 0
}

// What the Makefile says of a release or an image; empty in what the go command builds by itself.
var release, revision string

// version is the module's version, or the commit it was built from.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	if c := commit(); c != "unknown" {
		return "devel-" + c[:min(12, len(c))]
	}
	return "devel"
}

// commit is the revision of the source, or unknown: a module that was downloaded has a version alone.
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok && revision == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return cmp.Or(revision, "unknown")
}
