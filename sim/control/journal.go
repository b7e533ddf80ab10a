package control

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/journal"
)

// watch wakes those who wait for events of a journal. An event costs the platform an atomic read while nobody waits, and
// a send that never blocks while somebody does.
type watch struct {
	journal     *journal.Journal
	unsubscribe func()
	waiting     atomic.Int64
	rung        chan struct{}
	done        chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed with the next event
}

func newWatch(ctx context.Context, j *journal.Journal) *watch {
	w := &watch{journal: j, rung: make(chan struct{}, 1), done: make(chan struct{}), changed: make(chan struct{})}
	w.unsubscribe = j.Subscribe(func(journal.Event) {
		if w.waiting.Load() == 0 {
			return
		}
		select {
		case w.rung <- struct{}{}:
		default:
		}
	})
	go w.spread(ctx)
	return w
}

// spread passes the bell on to whoever waits.
func (w *watch) spread(ctx context.Context) {
	defer close(w.done)
	defer w.unsubscribe()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.rung:
		}
		w.mu.Lock()
		close(w.changed)
		w.changed = make(chan struct{})
		w.mu.Unlock()
	}
}

// begin counts the caller among those who wait, until the returned function is called.
func (w *watch) begin() (end func()) {
	w.waiting.Add(1)
	return func() { w.waiting.Add(-1) }
}

// bell is closed with the next event.
func (w *watch) bell() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// filter says which events are wanted.
type filter struct {
	kinds                                   []string
	project, number, call, callID, sharedID string
	text                                    string // in lower case, that one of the event's texts has in it
	since, until                            time.Time
}

const filterParams = "kind project number call call_id shared_id text since until after"

func filterOf(q *params) filter {
	var kinds []string
	for _, k := range journal.Kinds() {
		kinds = append(kinds, string(k))
	}
	return filter{
		kinds: q.someOf("kind", kinds), project: q.text("project"), number: q.text("number"), call: q.text("call"), callID: q.text("call_id"),
		sharedID: q.text("shared_id"), text: strings.ToLower(q.text("text")), since: q.time("since"), until: q.time("until"),
	}
}

func (f filter) wants(e journal.Event) bool {
	is := func(want, got string) bool { return want == "" || want == got }
	return (len(f.kinds) == 0 || slices.Contains(f.kinds, string(e.Kind))) &&
		is(f.project, e.Project) && is(f.number, e.Number) && is(f.call, e.Call) && is(f.callID, e.CallID) && is(f.sharedID, e.SharedID) &&
		(f.since.IsZero() || !e.At.Before(f.since)) && (f.until.IsZero() || e.At.Before(f.until)) &&
		(f.text == "" || slices.ContainsFunc([]string{e.Number, e.Call, e.CallID, e.SharedID, e.Cause, e.Detail}, func(text string) bool {
			return strings.Contains(strings.ToLower(text), f.text)
		}))
}

// after reads where to go on: behind an event, or from now on.
func after(q *params, j *journal.Journal) uint64 {
	if q.text("after") == "now" {
		return j.Last()
	}
	return behind(q.id("after"), j)
}

// behind is where a reader goes on who has seen an event: from the start when it was another simulator's, before a change.
func behind(seq uint64, j *journal.Journal) uint64 {
	if seq > j.Last() {
		return 0
	}
	return seq
}

// longestWait bounds how long a request may wait for an event.
const longestWait = time.Minute

func (s *Server) journal(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	f, from := filterOf(q), after(q, p.Journal())
	limit, wait := q.number("limit", 1000, 1, 100_000), q.duration("wait", longestWait)
	newest, skip := q.bool("newest"), q.number("skip", 0, 0, 10_000_000)
	backwards := newest != nil && *newest
	if !backwards && skip > 0 || backwards && wait > 0 {
		q.wrong("newest: want it with skip, and without wait")
	}
	if q.refused(w) {
		return
	}
	if backwards {
		reply(w, http.StatusOK, backwardsFrom(p.Journal(), f, from, skip, limit))
		return
	}
	watch := s.state.Load().watch
	defer watch.begin()()
	patience := time.NewTimer(wait)
	defer patience.Stop()
	out := client.Journal{Dropped: p.Journal().Dropped(), Next: from, Events: []client.Event{}}
	for {
		bell := watch.bell()
		for _, e := range p.Journal().Since(out.Next) {
			if len(out.Events) == limit {
				break
			}
			out.Next = e.Seq
			if f.wants(e) {
				out.Events = append(out.Events, eventOf(e))
			}
		}
		if len(out.Events) > 0 || wait == 0 {
			break
		}
		select {
		case <-bell:
			continue
		case <-patience.C:
		case <-watch.done: // the simulator, or the server, has come to its end
		case <-r.Context().Done():
		}
		wait = 0
	}
	reply(w, http.StatusOK, out)
}

// backwardsFrom is the newest events first, behind from.
func backwardsFrom(j *journal.Journal, f filter, from uint64, skip, limit int) client.Journal {
	out := client.Journal{Dropped: j.Dropped(), Next: j.Last(), Events: []client.Event{}}
	for _, e := range slices.Backward(j.Since(from)) {
		if !f.wants(e) {
			continue
		}
		if out.Total++; out.Total > skip && len(out.Events) < limit {
			out.Events = append(out.Events, eventOf(e))
		}
	}
	return out
}

func eventOf(e journal.Event) client.Event {
	return client.Event{
		Seq: e.Seq, At: e.At, Kind: string(e.Kind), Cause: e.Cause, Project: e.Project, Number: e.Number, Lease: e.Lease, Call: e.Call,
		CallID: e.CallID, SharedID: e.SharedID, Detail: e.Detail,
	}
}
