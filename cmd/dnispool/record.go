package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/record"
)

// recordGrace is how long requests that are under way may go on once the recorder is told to stop.
const recordGrace = 5 * time.Second

// recordFlags is what `dnispool record` was asked to do.
type recordFlags struct {
	*flags
	upstream, file, listen, clients, nonce, sharedID string
	facts, source, generator                         string
	eps                                              time.Duration
	calls, projects                                  list
}

func newRecordFlags() *recordFlags {
	f := &recordFlags{flags: newFlags("record", `--upstream URL --out h.jsonl [flags]
       dnispool record call --to HOST:PORT --number N --dialled T [flags]

Stands in front of Reserve DNI and Get Handoff until it is interrupted: passes every request and reply on as it is, and
writes a history that dnispool judge reads (specs/history.schema.json). API keys are never written; attributes and
states are. Whoever places the calls tells of them in JSON lines, at --calls or with dnispool record call:
  {"call_id":"c1","number":"+442079460000","dialled":"2026-01-31T12:00:00.000Z"}
  {"call_id":"c1","arrived":"now","status":200}
  {"call_id":"c1","ended":"now","ended_by":"platform"}
One line may say all of it. now is when the line is read: send dialled before you dial, and wait for the answer.`)}
	f.StringVar(&f.upstream, "upstream", "", "`URL` of the platform's API, as in https://api.uk-1.platform.polyai.app")
	f.StringVar(&f.file, "out", "", "`file` to write the history to, which must not exist yet; - is standard output")
	f.StringVar(&f.listen, "listen", "127.0.0.1:8088", "`host:port` for the clients, without TLS")
	f.Var(&f.calls, "calls", "where lines about calls come in: `place` is - for standard input, host:port, or a path for a Unix socket; may be repeated")
	f.StringVar(&f.clients, "client", "connection", "what tells clients apart: `connection`, header:NAME or attribute:NAME")
	f.Var(&f.projects, "project", "the project's name in the history; of several, `name=VARIABLE`, an environment variable with its keys, separated by commas")
	f.StringVar(&f.nonce, "nonce", "nonce", "the `attribute` that is different in each reservation")
	f.StringVar(&f.sharedID, "shared-id", "shared_id", "the `attribute` that a state is asked for by")
	f.StringVar(&f.facts, "facts", "", "JSON `file` with what is known of each project's pool, for the header")
	f.StringVar(&f.source, "source", "", "`words` for the header: what was going on")
	f.StringVar(&f.generator, "generator", "", "`name` of this recorder, when there are several; call lines may name another")
	f.DurationVar(&f.eps, "eps", 0, "how far the clocks of the generators may be apart, as `time`")
	return f
}

func runRecord(ctx context.Context, e env) int {
	if len(e.args) > 0 && e.args[0] == "call" {
		e.args = e.args[1:]
		return runRecordCall(ctx, e)
	}
	f := newRecordFlags()
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 0 {
		return refuse(e, fmt.Errorf("record: want flags only, or call first, got %q", rest[0]))
	}
	r := &recording{recordFlags: f, env: e.leaveOutput(f.file)}
	if err := r.run(ctx); err != nil {
		return refuse(e, err)
	}
	return finding.ExitConformant
}

// recording is one run of the recorder.
type recording struct {
	*recordFlags
	env
}

func (r *recording) run(ctx context.Context) (err error) {
	config, project, err := r.config()
	if err != nil {
		return err
	}
	header, err := r.header()
	if err != nil {
		return err
	}
	web, err := net.Listen("tcp", r.listen)
	if err != nil {
		return fmt.Errorf("record: --listen: %w", err)
	}
	defer web.Close()
	told, err := r.places()
	for _, l := range told {
		defer l.Close()
	}
	if err != nil {
		return err
	}
	file, err := r.openFile()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if config.Log, err = record.NewLog(file, header, r.generator); err != nil {
		return err
	}
	fmt.Fprintf(r.out, "recording http://%s in front of %s\n", web.Addr(), config.Upstream.Redacted())
	for _, l := range told {
		fmt.Fprintf(r.out, "calls are told at %s\n", l.Addr())
	}
	r.serve(ctx, config, record.NewCalls(config.Log, project), web, told)
	r.sum(config.Log)
	return config.Log.Err()
}

// config understands the flags. project is the one that calls belong to whose line names none.
func (r *recording) config() (c record.Config, project string, err error) {
	if r.upstream == "" || r.file == "" {
		return c, "", fmt.Errorf("record: want --upstream and --out, got --upstream %q --out %q; try %s record --help", r.upstream, r.file, tool)
	}
	c = record.Config{Nonce: r.nonce, SharedID: r.sharedID}
	if c.Upstream, err = url.Parse(r.upstream); err != nil || c.Upstream.Scheme != "http" && c.Upstream.Scheme != "https" || c.Upstream.Host == "" {
		return c, "", fmt.Errorf("record: --upstream: want a URL as in https://api.uk-1.platform.polyai.app, got %q", r.upstream)
	}
	if c.Clients, err = record.ParseClients(r.clients); err != nil {
		return c, "", fmt.Errorf("record: --client: %w", err)
	}
	for _, p := range r.projects {
		name, variable, several := strings.Cut(p, "=")
		keys := strings.Fields(strings.ReplaceAll(r.getenv(variable), ",", " "))
		switch {
		case name == "" || !several && len(r.projects) > 1:
			return c, "", fmt.Errorf("record: --project: want name=VARIABLE for each of several, got %q", p)
		case several && len(keys) == 0:
			return c, "", fmt.Errorf("record: --project %s: want its keys in the environment variable %s, got none", name, variable)
		}
		c.Projects = append(c.Projects, record.Project{Name: name, Keys: keys})
	}
	if len(c.Projects) == 1 {
		project = c.Projects[0].Name
	}
	return c, project, nil
}

// header is the first line of the history. Its facts must be what the judge can read.
func (r *recording) header() (h history.Header, err error) {
	h = history.Header{Source: r.source, Eps: r.eps}
	if r.eps < 0 {
		return h, fmt.Errorf("record: --eps: want 0 or more, got %s", r.eps)
	}
	if r.facts == "" {
		return h, nil
	}
	if h.Facts, err = os.ReadFile(r.facts); err != nil {
		return h, fmt.Errorf("record: --facts: %w", err)
	}
	if _, err := reading.ParseFacts(reading.FileText(r.facts, h.Facts)); err != nil {
		return h, err
	}
	return h, nil
}

// places listens where lines about calls come in, standard input apart.
func (r *recording) places() (all []net.Listener, err error) {
	for _, place := range r.calls {
		if place == standardInput {
			continue
		}
		network := "tcp"
		if strings.Contains(place, "/") {
			network = "unix"
		}
		l, err := net.Listen(network, place)
		if err != nil {
			return all, fmt.Errorf("record: --calls: %w", err)
		}
		all = append(all, l)
	}
	return all, nil
}

// openFile makes the history's file. What is there already is evidence, and stays.
func (r *recording) openFile() (io.WriteCloser, error) {
	if r.file == standardOutput {
		return keptOpen{r.reports}, nil
	}
	f, err := os.OpenFile(r.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("record: --out: want a file that does not exist yet, got %s; move it away or name another", r.file)
	}
	if err != nil {
		return nil, fmt.Errorf("record: --out: %w", err)
	}
	return f, nil
}

// serve goes on until ctx ends, and lets requests that are under way come to theirs for a while.
func (r *recording) serve(ctx context.Context, config record.Config, calls *record.Calls, web net.Listener, told []net.Listener) {
	var running sync.WaitGroup
	defer running.Wait()
	for _, l := range told {
		running.Go(func() { calls.Serve(ctx, l) })
	}
	if slices.Contains(r.calls, standardInput) {
		go r.readStandardInput(calls) // it cannot be interrupted; the process ends with it
	}
	server := record.NewServer(record.NewProxy(config))
	running.Go(func() { _ = server.Serve(web) })
	select {
	case <-ctx.Done():
	case <-config.Log.Failed(): // the clients come first
		fmt.Fprintf(r.err, "%v; requests are still passed on, and not recorded any more\n", config.Log.Err())
		<-ctx.Done()
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordGrace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close()
	}
}

func (r *recording) readStandardInput(calls *record.Calls) {
	err := calls.Read(r.in, func(line int, err error) {
		if err != nil {
			fmt.Fprintf(r.err, "standard input:%d: %v\n", line, err)
		}
	})
	if err != nil {
		fmt.Fprintf(r.err, "standard input: %v\n", err)
	}
}

// sum says what there is to judge.
func (r *recording) sum(l *record.Log) {
	fmt.Fprintf(r.out, "recorded in %s: reserve %d, call %d, handoff %d; judge them with %s judge %s\n",
		r.file, l.Count(history.Reserve), l.Count(history.Call), l.Count(history.Handoff), tool, r.file)
	if l.Count(history.Reserve) > 0 && l.Count(history.Call) == 0 {
		fmt.Fprintln(r.out, "no calls were told: little can be judged without them; see --calls")
	}
}
