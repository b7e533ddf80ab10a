// Package recordtest drives clients of an independent platform and leaves their histories: they reserve, call over SIP
// and ask for the handoff, as integrators do, and write down what they see themselves or have package record write it.
// It is for tests that judge what they did not write, at any length.
package recordtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/record"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/sim/sipua"
)

// How far a real machine may be late, for facts that must hold: a timer, and a BYE on its way. A state needs no such room:
// the platform has filed it before it sends the BYE.
const (
	lateTimer = 500 * time.Millisecond
	lateBye   = 250 * time.Millisecond
)

// Run is one history to be made. Every share is of 100.
type Run struct {
	Platform independent.Options
	Clients  int    // at work at the same time; 0 is 4
	Journeys int    // of all clients together
	Seed     uint64 // of what the clients do, not of when it happens
	Through  bool   // package record writes the history
	Linked   bool   // call_id is the platform's own id, which it must tell; else the SIP Call-ID
	Clocks   int    // of how many hosts the clients are, each with a history of its own; 0 is 1
	Skew     time.Duration

	Talk    time.Duration // how long an agent stays on the line, at most
	Think   time.Duration // how long a client waits between its reservation and its call, at most
	Abandon int           // reservations that nobody calls
	Late    int           // calls that come after the window
	Twice   int           // numbers called again while the first call is up
	Stray   int           // journeys that call a number without a reservation
	Bare    int           // calls dialled without the plus
	SameID  int           // journeys with the shared_id of the client's last one
	Again   int           // states that are read twice more
	Both    int           // states that are asked for with the id of the client's last one as well
	Foreign int           // states that are asked for with another project's key first
}

// Result is where a run's histories are, and what is in them.
type Result struct {
	Files      []string // to be judged together
	Operations int
	Numbers    int // given
	Refused    int // reservations without a number, whatever the status
	Calls      int // answered
	States     int // found
	Lost       int // never found, of calls that were answered

	// Facts are what was true of the platform, by project: how late this machine was is known only now, and what is stated must be true.
	Facts string
}

// Play starts the platform, lets the clients work and writes their histories to dir. The error is of the machine, not of
// what the platform does.
func (r Run) Play(ctx context.Context, dir string) (res Result, err error) {
	r.Clients, r.Clocks = cmp.Or(r.Clients, 4), cmp.Or(r.Clocks, 1)
	r.Platform.TellID = r.Platform.TellID || r.Linked
	platform, err := independent.Start(r.Platform)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	facts, err := r.facts(platform, 0)
	if err != nil {
		return res, err
	}
	line, err := sipua.Listen(ctx, sipua.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	var hosts []*host
	for i := range r.Clocks {
		h, err := newHost(r, i, dir, platform, line, facts)
		if err != nil {
			return res, err
		}
		hosts = append(hosts, h)
	}
	lateness := watchLateness()
	err = r.work(ctx, hosts)
	late := lateness()
	for i, h := range hosts {
		offset := time.Duration(0)
		if i > 0 { // one before and one behind the first
			offset = r.Skew * time.Duration(1-2*(i%2))
		}
		err = errors.Join(err, h.close(offset))
		res = res.and(h.result())
	}
	facts, wrong := r.facts(platform, late)
	res.Facts = string(facts)
	return res, errors.Join(err, wrong)
}

// work shares the journeys among the clients.
func (r Run) work(ctx context.Context, hosts []*host) error {
	next := make(chan int)
	errs := make([]error, r.Clients)
	var working sync.WaitGroup
	for i := range r.Clients {
		c := newClient(hosts[i%len(hosts)], i)
		working.Go(func() {
			for n := range next {
				if errs[i] == nil {
					errs[i] = c.journey(ctx, n)
				}
			}
			c.http.CloseIdleConnections()
		})
	}
	for n := range r.Journeys {
		next <- n
	}
	close(next)
	working.Wait()
	return errors.Join(errs...)
}

// facts are what is true of the platform when it is correct, on a machine that was so late at worst. Between the platform that lets go
// of a number and the client that notes its BYE some goroutines wake each other, each of which may be late.
func (r Run) facts(p *independent.Platform, late time.Duration) (json.RawMessage, error) {
	byProject := make(map[string]any)
	for _, project := range p.Projects() {
		f := map[string]any{
			"size": len(project.Numbers), "numbers": project.Numbers, "selection": "lru", "match": "dni", "bindings": "once", "duplicates": "last", "handoffs": true,
			"exclusive": r.Platform.Others == 0, "release": cmp.Or(r.Platform.Release, independent.OnHangup),
			"window_min_ns": r.Platform.Window, "window_max_ns": r.Platform.Window + lateTimer + late,
			"failures_max": 0, "visible_ns": max(r.Platform.Visible, time.Nanosecond), "signal_ns": lateBye + 4*late, "abandoned": "keep",
		}
		if r.Platform.Others == 0 {
			f["strays_per_s"] = 0
		}
		if r.Platform.CoolDown > 0 {
			f["cool_down_ns"], f["cool_down_max_ns"] = r.Platform.CoolDown, r.Platform.CoolDown+lateTimer+late
		}
		byProject[project.Name] = f
	}
	return json.Marshal(byProject)
}

// host is one machine with clients: one clock, one history.
type host struct {
	Run
	platform *independent.Platform
	line     *sipua.Endpoint
	name     string
	path     string
	url      string // of the platform, or of the recorder in front of it
	base     time.Time

	file     *os.File
	out      *history.Writer
	recorder *history.Recorder // nil: package record writes
	calls    *record.Calls
	server   *http.Server
	served   sync.WaitGroup

	mu   sync.Mutex
	seen Result
}

func newHost(r Run, i int, dir string, p *independent.Platform, line *sipua.Endpoint, facts json.RawMessage) (*host, error) {
	h := &host{Run: r, platform: p, line: line, url: p.URL(), base: time.Now()}
	if r.Clocks > 1 {
		h.name = fmt.Sprintf("host-%d", i+1)
	}
	h.path = filepath.Join(dir, fmt.Sprintf("h%d.jsonl", i+1))
	var err error
	if h.file, err = os.Create(h.path); err != nil {
		return nil, err
	}
	header := history.Header{Base: h.base, Eps: 2 * r.Skew, Source: "an independent platform", Facts: facts}
	if r.Through {
		return h, h.record(header)
	}
	if h.out, err = history.NewWriter(h.file, header); err != nil {
		return nil, err
	}
	h.recorder = history.NewRecorder(h.out, h.path)
	return h, nil
}

// record puts a recorder in front of the platform.
func (h *host) record(header history.Header) error {
	log, err := record.NewLog(h.file, header, h.name)
	if err != nil {
		return err
	}
	upstream, err := url.Parse(h.platform.URL())
	if err != nil {
		return err
	}
	clients, err := record.ParseClients("header:X-Client")
	if err != nil {
		return err
	}
	var projects []record.Project
	for _, p := range h.platform.Projects() {
		projects = append(projects, record.Project{Name: p.Name, Keys: []string{p.DNIKey, p.HandoffKey}})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.url, h.calls = "http://"+listener.Addr().String(), record.NewCalls(log, "")
	h.server = record.NewServer(record.NewProxy(record.Config{Upstream: upstream, Log: log, Clients: clients, Projects: projects, Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}}))
	h.served.Go(func() { _ = h.server.Serve(listener) })
	return nil
}

// close ends the history, whose clock was off by so much.
func (h *host) close(offset time.Duration) error {
	var err error
	if h.server != nil {
		err = h.server.Shutdown(context.Background())
		h.served.Wait()
	}
	if h.recorder != nil {
		err = errors.Join(err, h.recorder.Flush())
	}
	err = errors.Join(err, h.file.Close())
	if offset != 0 && err == nil {
		err = shift(h.path, offset)
	}
	return err
}

func (h *host) result() Result {
	h.seen.Files = []string{h.path}
	return h.seen
}

func (h *host) count(add func(*Result)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	add(&h.seen)
}

func (r Result) and(s Result) Result {
	return Result{append(r.Files, s.Files...), r.Operations + s.Operations, r.Numbers + s.Numbers, r.Refused + s.Refused, r.Calls + s.Calls, r.States + s.States, r.Lost + s.Lost, ""}
}
