package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

//go:embed caller.xml
var callerXML string

// demoTalk is how long the default agent of `dnispool sim` talks before the platform ends the call.
const demoTalk = 2 * time.Second

// simFlags is what `dnispool sim` was asked to do.
type simFlags struct {
	*flags
	config, profile, http, sip, logFormat string
	set                                   list
	quiet                                 bool
}

func newSimFlags() *simFlags {
	f := &simFlags{flags: newFlags("sim", `[flags]

Serves the reference platform until it is interrupted. Settings come from --config, then from the environment
(pool.window is DNISPOOL_POOL_WINDOW), then from flags; what comes later wins.`)}
	f.StringVar(&f.config, "config", "", "YAML `file` of settings; see specs/config.schema.json")
	f.StringVar(&f.profile, "profile", "", "named starting `point`: "+strings.Join(sim.Profiles(), ", "))
	f.StringVar(&f.http, "http", "", "`host:port` of the HTTP API, short for --set http.listen=…")
	f.StringVar(&f.sip, "sip", "", "`host:port` of SIP over UDP and TCP, short for --set sip.listen=…")
	f.Var(&f.set, "set", "one setting, as `path=value`; may be repeated")
	f.StringVar(&f.logFormat, "log-format", "text", "`text` or json")
	f.BoolVar(&f.quiet, "q", false, "log warnings and errors only")
	return f
}

func runSim(ctx context.Context, e env) int {
	f := newSimFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 {
		return refuse(e, fmt.Errorf("sim: want flags only, got %q", rest[0]))
	}
	log, err := f.logger(e.err)
	if err != nil {
		return refuse(e, err)
	}
	config, err := sim.Load(f.sources(e))
	if err != nil {
		return refuse(e, f.explain(err))
	}
	platform, err := sim.New(config, agents(f.config), sim.WithLogger(log))
	if err != nil {
		return refuse(e, err)
	}
	if err := platform.Start(ctx); err != nil {
		return refuse(e, err)
	}
	welcome(e.out, platform)
	<-ctx.Done()
	fmt.Fprintf(e.out, "stopping: %s up\n", calls(platform.Calls()))
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), sim.ShutdownGrace)
	defer cancel()
	if err := platform.Close(grace); err != nil {
		return refuse(e, err)
	}
	return 0
}

// short are the flags that stand for one setting.
func (f *simFlags) short() []struct{ flag, path, value string } {
	return []struct{ flag, path, value string }{{"http", "http.listen", f.http}, {"profile", "profile", f.profile}, {"sip", "sip.listen", f.sip}}
}

func (f *simFlags) sources(e env) sim.Sources {
	s := sim.Sources{File: f.config, Env: e.environ, Set: slices.Clone(f.set)}
	for _, o := range f.short() {
		if o.value != "" {
			s.Set = append(s.Set, o.path+"="+o.value)
		}
	}
	return s
}

// explain names the flags as they were written.
func (f *simFlags) explain(err error) error {
	text := err.Error()
	for _, o := range f.short() {
		if o.value != "" {
			text = strings.ReplaceAll(text, "--set "+o.path+":", "--"+o.flag+":")
		}
	}
	return errors.New(text)
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

func (f *simFlags) logger(w io.Writer) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if f.quiet {
		o.Level = slog.LevelWarn
	}
	switch f.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("log-format: want text or json, got %q", f.logFormat)
}

// agents reads the agents of the configuration file; a project without one gets the echo agent.
func agents(file string) sim.Agents {
	return func(p sim.Project) (conversation.Agent, error) {
		if p.Agent.IsZero() {
			return agent.Echo(agent.EchoConfig{Talk: demoTalk}), nil
		}
		script, problems := agent.Parse(file, &p.Agent)
		return script, problems.Err()
	}
}

// welcome says how to reach the platform, and gives the three commands of a first call.
func welcome(w io.Writer, s *sim.Sim) {
	c := s.Config()
	p := c.Projects[0]
	base := "http://" + s.HTTPAddr()
	fmt.Fprintf(w, "%s sim   profile %s: %s\n\n", tool, c.Profile, sim.ProfileSays(c.Profile))
	fmt.Fprintf(w, "  HTTP   %s\n  SIP    %s (UDP%s)\n", base, s.SIPAddr(), map[bool]string{true: ", TCP"}[c.SIP.TCP])
	for _, p := range c.Projects {
		stats, _ := s.Pool(p.Name)
		fmt.Fprintf(w, "  %-6s account %s, project %s\n", p.Name, p.Account.Slug, p.Project.Slug)
		fmt.Fprintf(w, "         DNI key %s, handoff key %s\n", p.DNIKey, p.HandoffKey)
		fmt.Fprintf(w, "         %d numbers, held %s, released on %s, %s\n", stats.Size, p.Pool.Window, p.Pool.Release, p.Pool.Selection)
	}
	fmt.Fprintf(w, `
1. Reserve a number:
   DNI=$(curl -s -H 'x-api-key: %s' -d '{"attributes":{"shared_id":"demo-1","want_handoff_to":"billing"}}' \
     %s/v1/conversations/dni-reservation | sed 's/.*"dni":"\([^"]*\)".*/\1/'); echo $DNI
2. Call it with SIPp; the platform ends the call:
   %s sipp > caller.xml && sipp -sf caller.xml -m 1 -s "$DNI" %s
3. Ask for the handoff:
   curl -s -H 'x-api-key: %s' '%s/v1/%s/%s/handoff_state?shared_id=demo-1'

Ctrl-C stops it.
`, p.DNIKey, base, tool, s.SIPAddr(), p.HandoffKey, base, p.Account.Slug, p.Project.Slug)
}

func runSIPp(_ context.Context, e env) int {
	f := newFlags("sipp", `

Prints a SIPp scenario. Use it as:  dnispool sipp > caller.xml && sipp -sf caller.xml -m 1 -s NUMBER HOST:PORT`)
	if _, code, done := f.parse(e); done {
		return code
	}
	fmt.Fprint(e.out, callerXML)
	return 0
}
