package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim/control/client"
)

// ctlCommand is one thing that ctl does.
type ctlCommand struct {
	name, args, says string
	flags            func(*flags)                                                      // that it has beside those of every command; nil for none
	run              func(ctx context.Context, c *client.Client, a asked) (any, error) // the value is for --json
	show             func(w io.Writer, value any)                                      // for people; nil: nothing to say
}

// asked is what a command was given.
type asked struct {
	args  []string
	flags *flags
	env   env
}

// flag is the value of a flag that the command has.
func (a asked) flag(name string) string { return a.flags.Lookup(name).Value.String() }

// int is the value of a flag that is a number.
func (a asked) int(name string) int {
	n, _ := strconv.Atoi(a.flag(name)) // the flag has read it
	return n
}

func ctlUsage() string {
	var b strings.Builder
	b.WriteString("usage: dnispool ctl <what> [arguments] [flags]\n\nAsks a running simulator what happens inside, and tells it what to do.\n\n")
	for _, c := range ctlCommands() {
		fmt.Fprintf(&b, "  %-34s %s\n", strings.TrimSpace(c.name+" "+c.args), c.says)
	}
	fmt.Fprintf(&b, `
  %-34s %s
  %-34s %s
  %-34s %s

Without --url it is the simulator of %s, else the one at which a simulator with the same environment
listens, else %s. dnispool ctl <what> --help lists the flags of one.
`, "--url url", "where the simulator is asked", "--json", "print the reply as JSON",
		"--session id", "show a session, which begin has begun; that of "+sessionEnv+" else", controlEnv, client.DefaultURL)
	return b.String()
}

func runCtl(ctx context.Context, e env) int {
	if len(e.args) == 0 {
		fmt.Fprint(e.err, ctlUsage())
		return finding.ExitNotJudged
	}
	name := e.args[0]
	e.args = e.args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(e.out, ctlUsage())
		return 0
	}
	if strings.HasPrefix(name, "-") {
		return refuse(e, fmt.Errorf("ctl: want what to ask first and its flags behind it, as in %s ctl pools %s, got %s first", tool, strings.Join(append([]string{name}, e.args[:min(1, len(e.args))]...), " "), name))
	}
	var names []string
	for _, c := range ctlCommands() {
		if c.name == name {
			return c.do(ctx, e)
		}
		names = append(names, c.name)
	}
	return noCommand(e, tool+" ctl", name, names, "--help")
}

// wants is how many arguments a command takes: those in brackets may be left out, and the last may be repeated with "…".
func (c ctlCommand) wants() (least, most int) {
	for _, a := range strings.Fields(c.args) {
		optional := strings.HasPrefix(a, "[")
		if strings.HasSuffix(strings.TrimSuffix(a, "]"), "…") {
			most = 1 << 20
		} else {
			most++
		}
		if !optional {
			least++
		}
	}
	return least, most
}

func (c ctlCommand) do(ctx context.Context, e env) int {
	f := newFlags("ctl "+c.name, strings.TrimSpace(c.args+" [flags]")+"\n\n"+strings.ToUpper(c.says[:1])+c.says[1:]+".")
	at := f.String("url", "", "where the simulator is asked, as in "+client.DefaultURL)
	asJSON := f.Bool("json", false, "print the reply as JSON")
	session := f.String("session", "", "show the session of this `id`; that of "+sessionEnv+" else")
	if c.flags != nil {
		c.flags(f)
	}
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if least, most := c.wants(); len(rest) < least || len(rest) > most {
		return refuse(e, fmt.Errorf("ctl %s: want %s, got %d arguments", c.name, arguments(c.args), len(rest)))
	}
	api, err := controlled(e, *at)
	if err != nil {
		return refuse(e, err)
	}
	value, err := c.run(ctx, api.WithSession(cmp.Or(*session, e.getenv(sessionEnv))), asked{rest, f, e})
	if err != nil {
		return refuse(e, explainCtl(api, c.name, err))
	}
	switch {
	case *asJSON:
		b, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return refuse(e, err)
		}
		fmt.Fprintf(e.out, "%s\n", b)
	case c.show != nil:
		c.show(e.out, value)
	}
	if v, ok := value.(interface{ ExitCode() int }); ok {
		return v.ExitCode()
	}
	return 0
}

func arguments(args string) string {
	if args == "" {
		return "no arguments"
	}
	return args
}

// explainCtl says what to do where nobody answers, or a token is wanted.
func explainCtl(c *client.Client, name string, err error) error {
	if refused, ok := errors.AsType[*client.Error](err); ok {
		if refused.Status == 401 {
			return fmt.Errorf("ctl %s: %w; give the link that the simulator prints to --url or %s", name, err, controlEnv)
		}
		return fmt.Errorf("ctl %s: %w", name, err)
	}
	if !isUnreachable(err) {
		return fmt.Errorf("ctl %s: %w", name, err)
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("ctl %s: interrupted", name)
	}
	return fmt.Errorf("ctl %s: no simulator answers at %s: %w; --url or %s says where it is", name, c.URL(), err, controlEnv)
}

// isUnreachable reports whether a request got no answer.
func isUnreachable(err error) bool {
	_, is := errors.AsType[*url.Error](err)
	return is
}
