package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/linebuf"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

//go:embed caller.xml
var callerXML string

// demoTalk is how long the default agent of `dnispool sim` talks before the platform ends the call.
const demoTalk = 2 * time.Second

// simFlags is what `dnispool sim` was asked to do.
type simFlags struct {
	*flags
	config, profile, http, sip, control, output, logFormat string
	set, faults                                            list
	quiet                                                  bool
}

func newSimFlags() *simFlags {
	f := &simFlags{flags: newFlags("sim", `[flags]

Serves the reference platform until it is interrupted. Settings come from --config, then from the environment
(pool.window is DNISPOOL_POOL_WINDOW), then from flags; what comes later wins. The page that it names shows in a browser
what happens inside; dnispool ctl does the same in a shell.`)}
	f.StringVar(&f.config, "config", "", "YAML `file` of settings; see specs/config.schema.json")
	f.StringVar(&f.profile, "profile", "", "named starting `point`, one of:"+profiles())
	f.StringVar(&f.http, "http", "", "`host:port` of the HTTP API, short for --set http.listen=…")
	f.StringVar(&f.sip, "sip", "", "`host:port` of SIP over UDP and TCP, short for --set sip.listen=…")
	f.StringVar(&f.control, "control", "", "`host:port` of the control API and the live page, short for --set control.listen=…; off serves none")
	f.Var(&f.set, "set", "one setting, as `path=value`; may be repeated")
	f.StringVar(&f.output, "output", "text", "`text`, or json: one line with all addresses, keys and facts once it is ready")
	f.Var(&f.faults, "fault", "what goes wrong, as in a scenario's `fault`: 'http: {latency: 2s}'; may be repeated")
	f.StringVar(&f.logFormat, "log-format", "text", "`text` or json")
	f.BoolVar(&f.quiet, "q", false, "log warnings and errors only")
	return f
}

// profiles describes each profile in a line of --help.
func profiles() string {
	var b strings.Builder
	for _, name := range sim.Profiles() {
		fmt.Fprintf(&b, "\n%25s%-19s %s", "", name, sim.ProfileSays(name))
	}
	return b.String()
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
	if !slices.Contains(logFormats, f.output) {
		return refuse(e, fmt.Errorf("output: want text or json, got %q", f.output))
	}
	if !slices.Contains(logFormats, f.logFormat) {
		return refuse(e, fmt.Errorf("log-format: want text or json, got %q", f.logFormat))
	}
	config, err := sim.Load(f.sources(e))
	if err != nil {
		return refuse(e, f.explain(err))
	}
	config.Agent = agent.Located(f.config, config.Agent)
	for i, p := range config.Projects {
		config.Projects[i].Agent = agent.Located(f.config, p.Agent)
	}
	if config.Faults, err = f.withFaults(config.Faults); err != nil {
		return refuse(e, err)
	}
	e, flush := f.unblocked(e, config.Log.Buffer)
	defer flush()
	return f.serve(ctx, e, config)
}

// serve runs a platform until ctx ends.
func (f *simFlags) serve(ctx context.Context, e env, config sim.Config) int {
	log := slog.New(f.logHandler(e.err))
	options := stage.Options{File: f.config, Agents: f.agents, Logger: log, Certificates: new(certificate.Made)}
	if config.Control.Listen != "" {
		options.Recorder = control.NewRecorder(config.Control)
	}
	open := func(ctx context.Context, c sim.Config) (*control.Stage, error) { return stage.Open(ctx, c, options) }
	steering, err := listenControl(ctx, config.Control, config.Control.Listen != sim.DefaultControl().Listen, log,
		control.WithRecorder(options.Recorder), control.WithOpen(open), control.WithBrought(agent.Brought))
	if err != nil {
		return notServed(ctx, e, err)
	}
	first, err := open(ctx, config)
	if err != nil {
		grace, cancel := shutdown(ctx)
		defer cancel()
		return notServed(ctx, e, errors.Join(err, steering.close(grace)))
	}
	steering.ready(first)
	platform := first.Sim
	if f.output == "json" {
		err = announce(e.out, platform, steering)
	} else {
		welcome(e.out, platform, steering.link())
	}
	if err == nil {
		<-ctx.Done()
	}
	last := steering.stopping(first)
	if f.output == "text" {
		fmt.Fprintf(e.out, "stopping: %s up\n", calls(last.Sim.Calls()))
	}
	grace, cancel := shutdown(ctx)
	defer cancel()
	closed := last.Close(grace)
	if mute, ok := errors.AsType[*sim.Mute](closed); ok { // who stops a simulator did nothing wrong
		log.Warn("stopped without an answer of the far end", "calls", mute.Calls)
		closed = nil
	}
	if err := errors.Join(err, closed, steering.close(grace)); err != nil {
		return refuse(e, err)
	}
	return 0
}

// shutdown is the time that a simulator has to stop, also when ctx is over.
func shutdown(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), sim.ShutdownGrace)
}

// notServed is the end of a simulator that did not come up: who has stopped it meanwhile did nothing wrong.
func notServed(ctx context.Context, e env, err error) int {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	return refuse(e, err)
}

// withFaults adds the faults of the flags to those of the file. Where a part has several they are a list.
func (f *simFlags) withFaults(n yaml.Node) (yaml.Node, error) {
	for _, text := range f.faults {
		root, problems := strictyaml.Parse("--fault", []byte(text))
		if err := problems.Err(); err != nil {
			return n, err
		}
		if err := stage.CheckFaults("--fault", root); err != nil {
			return n, err
		}
		n = added(n, root)
	}
	return n, nil
}

// added is a mapping of faults with those of another behind its own.
func added(n yaml.Node, more *yaml.Node) yaml.Node {
	if n.IsZero() {
		return *more
	}
	n.Content = slices.Clone(n.Content)
	for part, value := range strictyaml.Pairs(more) {
		i := slices.IndexFunc(n.Content, func(key *yaml.Node) bool { return key.Value == part.Value }) // a key: its value is a mapping or a list
		if i < 0 {
			n.Content = append(n.Content, part, value)
			continue
		}
		both := *value
		both.Kind, both.Tag, both.Content = yaml.SequenceNode, "!!seq", slices.Concat(items(n.Content[i+1]), items(value))
		n.Content[i+1] = &both
	}
	return n
}

// items are those of a list; what stands alone is a list of one.
func items(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// short are the flags that stand for one setting, as far as they were given.
func (f *simFlags) short() (given []struct{ flag, path, value string }) {
	paths := map[string]string{"http": "http.listen", "profile": "profile", "sip": "sip.listen", "control": "control.listen"}
	f.Visit(func(set *flag.Flag) {
		value := set.Value.String()
		if set.Name == "control" && value == "off" {
			value = ""
		}
		if path, ok := paths[set.Name]; ok && (value != "" || set.Name == "control") {
			given = append(given, struct{ flag, path, value string }{set.Name, path, value})
		}
	})
	return given
}

func (f *simFlags) sources(e env) sim.Sources {
	s := sim.Sources{File: f.config, Env: e.environ, Set: slices.Clone(f.set), Brought: agent.Brought}
	for _, o := range f.short() {
		s.Set = append(s.Set, o.path+"="+o.value)
	}
	return s
}

// explain names the flags as they were written.
func (f *simFlags) explain(err error) error {
	text := err.Error()
	for _, o := range f.short() {
		text = strings.ReplaceAll(text, "--set "+o.path+":", "--"+o.flag+":")
	}
	return errors.New(text)
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

// logFormats are the forms of what is logged, and of what is printed.
var logFormats = []string{"text", "json"}

func (f *simFlags) logHandler(w io.Writer) slog.Handler {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if f.quiet {
		o.Level = slog.LevelWarn
	}
	if f.logFormat == "json" {
		return slog.NewJSONHandler(linebuf.JSON(w), o)
	}
	return slog.NewTextHandler(w, o)
}

// flushGrace is how long a simulator that has ended waits for its last lines to be read.
const flushGrace = 500 * time.Millisecond

// unblocked returns an env whose streams take buffer bytes at once, whoever reads them: a pager that waits or has gone
// must hold no call and no signal. flush waits for the readers, but not for long.
func (f *simFlags) unblocked(e env, buffer int) (_ env, flush func()) {
	signal.Ignore(syscall.SIGPIPE) // else the first line after a reader has gone would end the process
	notice := func(lines uint64) []byte {
		var b bytes.Buffer
		slog.New(f.logHandler(&b)).Warn("output-dropped", "lines", lines)
		return b.Bytes()
	}
	out := linebuf.New(e.out, buffer, notice)
	err := out
	if !sameStream(e.out, e.err) { // else what one has to say would come into the middle of the other's lines, where a pipe takes a part of them
		err = linebuf.New(e.err, buffer, notice)
	}
	e.out, e.err = out, err
	return e, func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushGrace)
		defer cancel()
		_, _ = out.Close(ctx), err.Close(ctx) // there is nobody left to tell
	}
}

// sameStream reports whether both are written to one file, pipe or terminal.
func sameStream(a, b io.Writer) bool {
	one, ok := a.(*os.File)
	other, also := b.(*os.File)
	if !ok || !also {
		return false
	}
	x, err := one.Stat()
	y, failed := other.Stat()
	return err == nil && failed == nil && os.SameFile(x, y)
}

// agents reads the agents of the configuration file; a project without one gets the echo agent.
func (f *simFlags) agents(p sim.Project) (conversation.Agent, error) {
	return agent.Configured(f.config, &p.Agent, demoTalk)
}

// welcome says how to reach the platform and, where there is one, its control API, and gives the three commands of a first call.
func welcome(w io.Writer, s *sim.Sim, control string) {
	c := s.Config()
	p := c.Projects[0]
	var b bytes.Buffer // written at once, so that no line of the log comes between
	defer func() { _, _ = w.Write(b.Bytes()) }()
	base, phone := "http://"+hostport.Reach(s.HTTPAddr()), hostport.Reach(s.SIPAddr())
	fmt.Fprintf(&b, "%s sim   profile %s\n\n", tool, c.Profile)
	fmt.Fprintf(&b, "  HTTP   %s%s\n", base, elsewhere(s.HTTPAddr()))
	fmt.Fprintf(&b, "  SIP    %s (UDP%s)%s\n", phone, map[bool]string{true: ", TCP"}[c.SIP.TCP], elsewhere(s.SIPAddr()))
	if at := s.HTTPSAddr(); at != "" {
		fmt.Fprintf(&b, "  HTTPS  https://%s%s\n", hostport.Reach(at), elsewhere(at))
	}
	if at := s.SIPSAddr(); at != "" {
		fmt.Fprintf(&b, "  SIPS   %s (TLS)%s\n", hostport.Reach(at), elsewhere(at))
	}
	if control != "" {
		fmt.Fprintf(&b, "  page   %s\n", control)
	}
	for _, p := range c.Projects {
		stats, _ := s.Pool(p.Name)
		fmt.Fprintf(&b, "  %-6s account %s, project %s\n", p.Name, p.Account.Slug, p.Project.Slug)
		fmt.Fprintf(&b, "         DNI key %s, handoff key %s\n", p.DNIKey, p.HandoffKey)
		fmt.Fprintf(&b, "         %s\n", inForce(p.Pool, stats.Size))
	}
	fmt.Fprintf(&b, `
1. Reserve a number:
   DNI=$(curl -s -H %s -H 'content-type: application/json' \
     -d '{"attributes":{"shared_id":"demo-1","want_handoff_to":"billing"}}' \
     %s/v1/conversations/dni-reservation | sed 's/.*"dni":"\([^"]*\)".*/\1/'); echo $DNI
2. Call it with SIPp; the platform ends the call:
   %s sipp > caller.xml && sipp -sf caller.xml -m 1 -s "$DNI" %s
3. Ask for the handoff:
   curl -s -H %s %s

Ctrl-C stops it.
`, quote("x-api-key: "+p.DNIKey), base, tool, phone, quote("x-api-key: "+p.HandoffKey),
		quote(base+"/v1/"+url.PathEscape(p.Account.Slug)+"/"+url.PathEscape(p.Project.Slug)+"/handoff_state?shared_id=demo-1"))
}

// elsewhere says that an address which stands for all of the machine's is there, where one of them is printed.
func elsewhere(addr string) string {
	if hostport.Everywhere(addr) {
		return ", and at every other address of this machine"
	}
	return ""
}

// inForce is how a pool of so many numbers behaves, whatever its profile would say.
func inForce(c pool.Config, size int) string {
	window := "held " + c.Window.String()
	switch c.Reaper {
	case pool.ReaperLag:
		window += " and " + c.Lag.String() + " more"
	case pool.ReaperLazy:
		window += " or until another is needed"
	}
	rest := ""
	if c.CoolDown > 0 {
		rest = ", rest " + c.CoolDown.String()
	}
	return fmt.Sprintf("%d numbers, %s, released on %s%s, %s", size, window, c.Release, rest, c.Selection)
}

// quote makes one word of a shell's.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func runSIPp(_ context.Context, e env) int {
	f := newFlags("sipp", `

Prints a SIPp scenario. Use it as:  dnispool sipp > caller.xml && sipp -sf caller.xml -m 1 -s NUMBER HOST:PORT`)
	if _, code, done := f.parse(e); done {
		return code
	}
	fmt.Fprint(e.out, callerXML)
	return 0
}
