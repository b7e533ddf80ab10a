package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// defaultControl is where a simulator is looked for that nobody has named.
const defaultControl = "http://127.0.0.1:8081"

// link is the simulator that a verb means.
func link(e env, given string) string { return cmp.Or(given, e.getenv(sim.ControlURL), defaultControl) }

// ctlFlags is what `dnispool ctl` was asked.
type ctlFlags struct {
	*flags
	url           string
	json, secrets bool
}

// ctlWord is one thing that a simulator can be asked or told.
type ctlWord struct {
	name, args, says string
	run              func(ctx context.Context, c *client.Client, f *ctlFlags, args []string, out io.Writer) error
}

var ctlWords = []ctlWord{
	{"info", "", "addresses, projects and keys", ctlInfo},
	{"config", "", "every setting in force, as a configuration file", ctlConfig},
}

func newCtlFlags() *ctlFlags {
	var says strings.Builder
	for _, w := range ctlWords {
		fmt.Fprintf(&says, "  %-22s %s\n", strings.TrimRight(w.name+" "+w.args, " "), w.says)
	}
	f := &ctlFlags{flags: newFlags("ctl", "what [flags]\n\nAsks a running simulator, at --url, "+sim.ControlURL+" or "+defaultControl+":\n\n"+says.String())}
	f.StringVar(&f.url, "url", "", "`link` to the control API that the simulator printed")
	f.BoolVar(&f.json, "json", false, "print JSON")
	f.BoolVar(&f.secrets, "secrets", false, "show keys and tokens")
	return f
}

func runCtl(ctx context.Context, e env) int {
	f := newCtlFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	var names []string
	for _, w := range ctlWords {
		names = append(names, w.name)
	}
	if len(rest) == 0 {
		return refuse(e, fmt.Errorf("ctl: want one of %s", strings.Join(names, ", ")))
	}
	for _, w := range ctlWords {
		if w.name != rest[0] {
			continue
		}
		if want := len(strings.Fields(w.args)); len(rest)-1 != want {
			return refuse(e, fmt.Errorf("ctl %s: want %d arguments (%s), got %d", w.name, want, w.args, len(rest)-1))
		}
		c, err := client.New(link(e, f.url))
		if err != nil {
			return refuse(e, err)
		}
		defer c.Close()
		if err := w.run(ctx, c, f, rest[1:], e.out); err != nil {
			return refuse(e, err)
		}
		return 0
	}
	hint := ""
	if s := strictyaml.Suggest(rest[0], names); s != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", s)
	}
	return refuse(e, fmt.Errorf("ctl: want one of %s, got %q%s", strings.Join(names, ", "), rest[0], hint))
}

func ctlInfo(ctx context.Context, c *client.Client, f *ctlFlags, _ []string, out io.Writer) error {
	info, err := c.Info(ctx, f.secrets)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(out, info)
	}
	fmt.Fprintf(out, "%s %s   profile %s, %s up\nHTTP     %s\nSIP      %s\ncontrol  %s\n", tool, info.Version, info.Profile, calls(info.Calls), info.HTTP, info.SIP, info.Control)
	for _, p := range info.Projects {
		fmt.Fprintf(out, "%s\n  account %s or %s, project %s or %s\n  DNI key %s, handoff key %s\n  %d of %d numbers free\n",
			p.Name, p.Account.Slug, p.Account.ID, p.Project.Slug, p.Project.ID, p.DNIKey, p.HandoffKey, p.Pool.Free, p.Pool.Size)
	}
	return nil
}

func ctlConfig(ctx context.Context, c *client.Client, f *ctlFlags, _ []string, out io.Writer) error {
	b, err := c.Config(ctx, f.secrets)
	if err == nil {
		_, err = out.Write(b)
	}
	return err
}

func printJSON(out io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", b)
	}
	return err
}

func runReady(ctx context.Context, e env) int {
	f := newFlags("ready", `[url] [flags]

Exits 0 as soon as a simulator is ready, 2 when it is not within --timeout. The url is that of its control API:
the one given, else that of `+sim.ControlURL+`, else `+defaultControl+`.`)
	timeout := f.Duration("timeout", 0, "`duration` to wait at most; 0 asks once")
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 1 {
		return refuse(e, fmt.Errorf("ready: want at most one url, got %q", rest[1]))
	}
	c, err := client.New(link(e, strings.Join(rest, "")))
	if err != nil {
		return refuse(e, err)
	}
	defer c.Close()
	const once = 2 * time.Second // a simulator that does not answer in so long is not ready
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(*timeout, once))
	defer cancel()
	wait := c.WaitReady
	if *timeout == 0 {
		wait = c.Ready
	}
	if err := wait(ctx); err != nil {
		fmt.Fprintf(e.err, "%s ready: %v\n", tool, err)
		return finding.ExitNotJudged
	}
	return 0
}
