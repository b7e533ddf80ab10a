package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/fakes/agent/trial"
	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

const agentUsage = `usage: dnispool agent new | run | lint [folder] [flags]

For an agent that is a project of the Agent Development Kit (ADK), run by the python3 on your PATH.

  new folder    write the echo agent as a project: to push to a sandbox, or to start from
  run folder    play one call at a project, and print what each function did and what the client would be told
  lint folder   read a project and run it, and say what is wrong with it before a caller finds out

dnispool agent <what> --help lists the flags of one.
`

func runAgent(ctx context.Context, e env) int {
	if len(e.args) == 0 {
		fmt.Fprint(e.err, agentUsage)
		return finding.ExitNotJudged
	}
	name := e.args[0]
	e.args = e.args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(e.out, agentUsage)
		return 0
	case "new":
		return newAgent(e)
	case "run":
		return playAgent(ctx, e)
	case "lint":
		return lintAgent(ctx, e)
	}
	return noCommand(e, tool+" agent", name, []string{"new", "run", "lint"}, "--help")
}

func newAgent(e env) int {
	f := newFlags("agent new", `folder

Writes the echo agent as a project of the Agent Development Kit. The folder must not be there yet.`)
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) != 1 {
		return refuse(e, fmt.Errorf("agent new: want a folder, got %d arguments", len(rest)))
	}
	if _, err := os.Lstat(rest[0]); err == nil {
		return refuse(e, fmt.Errorf("agent new: want a folder that is not there yet, got %s", rest[0]))
	}
	project, err := fs.Sub(scenarios.Agent, scenarios.AgentDir)
	if err == nil {
		err = os.CopyFS(rest[0], project)
	}
	if err != nil {
		return refuse(e, fmt.Errorf("agent new: %w", err))
	}
	fmt.Fprintf(e.out, "%s holds the echo agent; try\n  %s agent lint %s\n  %s agent run %s --attributes '{\"shared_id\":\"demo-1\",\"want_handoff_to\":\"billing\"}'\n",
		rest[0], tool, rest[0], tool, rest[0])
	return 0
}

// agentFlags say which project is run, and how.
type agentFlags struct {
	*flags
	config, attributes, from string
	test                     string // of the project's own, whose call it is
	set                      list
	turns                    turns
}

func newAgentFlags(name, usage string) *agentFlags {
	f := &agentFlags{flags: newFlags("agent "+name, usage)}
	f.StringVar(&f.config, "config", "", "YAML `file` as for sim, whose agent is run, with its secrets and canned answers, instead of a folder")
	f.StringVar(&f.attributes, "attributes", "", "what the client reserves, as a JSON `object`; without it nothing is reserved, as for a stray call")
	f.Var(&f.set, "set", "one setting of the platform, as `path=value`; may be repeated")
	return f
}

// turns are those that --said and --call spell, in their order.
type turns []map[string]any

// said and called are the two flags.
type (
	said   struct{ *turns }
	called struct{ *turns }
)

func (said) String() string   { return "" }
func (called) String() string { return "" }

func (s said) Set(text string) error {
	*s.turns = append(*s.turns, map[string]any{"said": text})
	return nil
}

func (c called) Set(text string) error {
	name, args, given := strings.Cut(text, ":")
	var with map[string]json.RawMessage
	if given && json.Unmarshal([]byte(args), &with) != nil {
		return fmt.Errorf(`want a function and its arguments, as in hang_up:{"reason":"done"}, got %q`, text)
	}
	turn := map[string]any{}
	if last := len(*c.turns) - 1; last >= 0 && (*c.turns)[last]["call"] == nil {
		turn = (*c.turns)[last]
	} else {
		*c.turns = append(*c.turns, turn)
	}
	turn["call"] = name
	if len(with) > 0 {
		turn["with"] = with
	}
	return nil
}

// load reads the configuration with the project in it.
func (f *agentFlags) load(e env, folders []string) (sim.Config, conversation.Agent, error) {
	from := sim.Sources{File: f.config, Env: e.environ, Set: f.set, Brought: agent.Brought}
	switch {
	case f.config == "" && len(folders) != 1:
		return sim.Config{}, nil, fmt.Errorf("%s: want the folder of a project, got %d arguments", f.Name(), len(folders))
	case f.config != "" && len(folders) > 0:
		return sim.Config{}, nil, fmt.Errorf("%s: want a folder or --config, got both", f.Name())
	case f.test != "" && f.attributes != "":
		return sim.Config{}, nil, fmt.Errorf("%s: want --attributes or --test, got both", f.Name())
	case f.config != "" && len(f.turns) > 0:
		return sim.Config{}, nil, fmt.Errorf("%s: want --said and --call with a folder; with --config the turns are in the file", f.Name())
	case f.config == "":
		project, err := filepath.Abs(folders[0])
		if err != nil {
			return sim.Config{}, nil, err
		}
		if _, err := adk.Read(project); err != nil {
			return sim.Config{}, nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		options := map[string]any{"project": project}
		if len(f.turns) > 0 {
			options["turns"] = f.turns
		}
		text, err := json.Marshal(map[string]any{"agent": map[string]any{"adk": options}})
		if err != nil {
			return sim.Config{}, nil, err
		}
		from.File, from.Text = f.Name(), text
	}
	c, err := sim.Load(from)
	if err != nil {
		return c, nil, err
	}
	a, err := agent.Configured(from.File, &c.Projects[0].Agent, 0)
	if err != nil && f.config == "" { // there is no file that has lines
		err = errors.New(noFile.ReplaceAllString(err.Error(), "$1: "))
	}
	return c, a, err
}

// noFile is the place of a problem in what the flags say.
var noFile = regexp.MustCompile(`(?m)^(agent \w+):\d+:\d+: `)

// call is what the client and its caller do.
func (f *agentFlags) call() (trial.Call, error) {
	c := trial.Call{From: f.from}
	if f.attributes == "" {
		return c, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(f.attributes), &object) != nil || object == nil {
		return c, fmt.Errorf("attributes: want a JSON object, got %q", f.attributes)
	}
	c.Attributes = json.RawMessage(f.attributes)
	return c, nil
}

func withHeader(headers map[string]string, name, value string) map[string]string {
	if headers == nil {
		headers = make(map[string]string)
	}
	headers[name] = value
	return headers
}

// asTested is the call that a test of the project's own describes.
func (f *agentFlags) asTested(a conversation.Agent) (trial.Call, error) {
	project, ok := a.(*adk.Agent)
	if !ok {
		return trial.Call{}, fmt.Errorf("%s: want an ADK project with --test, got another agent", f.Name())
	}
	var files []string
	for _, t := range project.Project().Tests {
		if f.test != t.File && f.test != path.Base(t.File) {
			files = append(files, path.Base(t.File))
			continue
		}
		if len(t.Wrong) > 0 {
			return trial.Call{}, fmt.Errorf("%s:%d: %s", t.File, t.Wrong[0].Line, t.Wrong[0].Text)
		}
		return trial.Call{Attributes: t.Attributes, From: t.Caller, Headers: t.Headers}, nil
	}
	return trial.Call{}, fmt.Errorf("test: want a file of the project's test_suite (%s), got %q", cmp.Or(strings.Join(files, ", "), "which has none"), f.test)
}

// closeGrace is how long an agent may take to end when the tool is done with it.
const closeGrace = 3 * time.Second

// dismiss closes an agent that is a process of its own.
func dismiss(ctx context.Context, a conversation.Agent) {
	r, ok := a.(conversation.Resident)
	if !ok {
		return
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	_ = r.Close(closing) // nothing of it is used any more
}

func playAgent(ctx context.Context, e env) int {
	f := newAgentFlags("run", `[folder] [flags]

Plays one call at a project, in a time of its own: what a function sleeps is not waited for. There is no language model, so
--call says what it would call, and --said what the caller says before. Ends with 1 when a function fails.`)
	f.StringVar(&f.from, "from", "+442079460500", "the caller's `number`; empty: withheld")
	f.Var(said{&f.turns}, "said", "what the caller says, as `text`, before the next --call; may be repeated")
	f.Var(called{&f.turns}, "call", "a function that is called, with its arguments, as `name:{…}`, or flow/name:{…}; may be repeated")
	f.StringVar(&f.test, "test", "", "`file` of the project's own test_suite, whose caller, headers and attributes the call has")
	headers := list{}
	f.Var(&headers, "header", "a SIP header of the INVITE, as `Name=value`; may be repeated")
	folders, code, done := f.parse(e)
	if done {
		return code
	}
	call, err := f.call()
	if err != nil {
		return refuse(e, err)
	}
	for _, h := range headers {
		name, value, ok := strings.Cut(h, "=")
		if !ok {
			return refuse(e, fmt.Errorf("header: want Name=value, got %q", h))
		}
		call.Headers = withHeader(call.Headers, name, value)
	}
	c, a, err := f.load(e, folders)
	if err != nil {
		return refuse(e, err)
	}
	defer dismiss(ctx, a)
	if f.test != "" {
		tested, err := f.asTested(a)
		if err != nil {
			return refuse(e, err)
		}
		call.Attributes, call.From = tested.Attributes, tested.From
		for name, value := range tested.Headers {
			if _, given := call.Headers[name]; !given {
				call.Headers = withHeader(call.Headers, name, value)
			}
		}
	}
	var imported trial.Imported
	if r, ok := a.(conversation.Resident); ok {
		if imported, err = r.Open(ctx); err != nil {
			if len(imported) > 0 {
				fmt.Fprintln(e.out, imported)
			}
			return refuse(e, err)
		}
	}
	played, err := trial.Play(ctx, c, a, call)
	played.Imported = imported
	if err != nil && ctx.Err() == nil {
		return refuse(e, err)
	}
	if err := played.Write(e.out); err != nil {
		return refuse(e, err)
	}
	return finding.Conclusion{Violated: played.Failed(), Interrupted: errors.Is(ctx.Err(), context.Canceled)}.ExitCode()
}
