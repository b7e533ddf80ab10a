package explore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// History is what a plan came to: the operations of all its clients, and what the judge may know of the pools.
type History struct {
	Ops   []history.Op
	Facts map[string]reading.Facts // by project
}

// Run lets a plan happen in a world of its own. First with all that goes wrong; then, when nothing is left to happen
// and every window has closed, it counts what the pools still give.
func Run(on Platform, p Plan) (History, error) {
	r, err := newRun(on, p)
	if err != nil {
		return History{}, err
	}
	r.happen()
	r.skew()
	return History{Ops: r.ops, Facts: r.facts}, r.err
}

func newRun(on Platform, p Plan) (*run, error) {
	given, err := p.Options.node()
	if err != nil {
		return nil, err
	}
	world, err := on.Open(given, p.Seed)
	if err != nil {
		return nil, err
	}
	r := &run{plan: p, world: world, projects: world.Projects(), facts: make(map[string]reading.Facts)}
	r.ops = make([]history.Op, 0, 4*len(p.Journeys)+len(p.Probes)+p.Options.Size+8)
	r.queue.events = make([]event, 0, 2*len(p.Journeys)+len(p.Probes)+16)
	for _, name := range r.projects {
		r.facts[name] = world.Facts(name)
	}
	return r, nil
}

func (r *run) happen() {
	r.schedule()
	for e, ok := r.queue.pop(); ok; e, ok = r.queue.pop() {
		r.moveTo(e.at)
		e.do()
	}
	if r.plan.Drain {
		r.drain()
	}
}

// generators is how many record a history whose clocks are apart.
const generators = 3

// skew stamps each client's operations by the clock of its generator.
func (r *run) skew() {
	apart := r.plan.Options.Skew
	if apart == 0 {
		return
	}
	h := History{Ops: r.ops, Facts: r.facts}
	h.stamp(apart)
	h.forget(func(f *reading.Facts) { f.Eps = &apart })
	r.ops = h.Ops
}

// stamp is the history as several generators record it whose clocks are so far apart.
func (h *History) stamp(apart time.Duration) {
	for i := range h.Ops {
		var client int
		if n, ours := strings.CutPrefix(h.Ops[i].Client, "client "); ours {
			client, _ = strconv.Atoi(strings.TrimSuffix(n, early)) // we wrote it
		}
		g := client % generators
		h.Ops[i].Generator = "g" + strconv.Itoa(g)
		late := apart * time.Duration(g) / (generators - 1)
		op := &h.Ops[i]
		op.Start, op.End = op.Start+late, op.End+late
		if op.Ended {
			op.Bye += late
		}
	}
	slices.SortStableFunc(h.Ops, func(a, b history.Op) int { return cmp.Compare(a.Start, b.Start) })
}

// run is a plan that happens.
type run struct {
	plan     Plan
	world    World
	projects []string
	facts    map[string]reading.Facts

	queue queue
	now   time.Duration
	ops   []history.Op
	calls int
	err   error

	tracing bool
	trace   []action
}

func (r *run) schedule() {
	journeys := make([]prepared, len(r.plan.Journeys))
	for i := range journeys {
		t := &journeys[i]
		*t = r.plan.prepared(&r.plan.Journeys[i])
		r.queue.push(t.At, func() { r.reserve(t) })
	}
	for i := range r.plan.Probes {
		p := &r.plan.Probes[i]
		r.queue.push(p.At, func() { r.probe(p) })
	}
	for _, s := range r.plan.Restarts {
		r.queue.push(s.At, r.restart)
	}
}

func (r *run) moveTo(t time.Duration) {
	r.now = t
	r.world.At(t)
}

func (r *run) after(d time.Duration, do func()) { r.queue.push(r.now+d, do) }

// begin notes an operation that starts now, and returns its place.
func (r *run) begin(op history.Op) int {
	op.ID, op.Start, op.End = len(r.ops)+1, r.now, r.now
	r.ops = append(r.ops, op)
	return len(r.ops) - 1
}

func (r *run) project(i int) string { return r.projects[i%len(r.projects)] }

// prepared is a journey with the words that it needs again and again.
type prepared struct {
	*Journey
	client, nonce, sharedID string
	attributes              json.RawMessage
}

func (p Plan) prepared(j *Journey) prepared {
	t := prepared{Journey: j, client: "client " + strconv.Itoa(j.Client), nonce: p.nonce(*j), sharedID: p.sharedID(*j)}
	t.attributes = p.attributes(t)
	return t
}

// reserve is the client's POST, and what follows from its reply.
func (r *run) reserve(j *prepared) {
	at := r.begin(history.Op{
		Client: j.client, Kind: history.Reserve, Outcome: history.Indefinite, Project: r.project(j.Project),
		Nonce: j.nonce, SharedID: j.sharedID, Attributes: j.attributes,
	})
	if j.Cut > 0 {
		r.after(j.Cut, func() { r.cut(j, at) })
		return
	}
	r.after(j.Commit, func() {
		r.reserved(at, j)
		number, outcome := r.world.Reserve(r.project(j.Project), j.attributes, false)
		if !j.Lost {
			r.after(j.Reply, func() { r.replied(j, at, number, outcome) })
		}
	})
	if j.Lost {
		r.after(max(timeout, j.Commit), func() { r.gaveUp(j, at) })
	}
}

// cut is a client that closes its connection in the middle of its request: half a request must change nothing.
func (r *run) cut(j *prepared, at int) {
	r.reserved(at, j)
	r.world.Reserve(r.project(j.Project), j.attributes, true)
	r.ops[at].Outcome = history.Rejected
	r.gaveUp(j, at)
}

// attributes are a journey's, in a fixed order of keys.
func (p Plan) attributes(j prepared) json.RawMessage {
	b := make([]byte, 0, 160+j.Large)
	b = append(b, `{"nonce":"`...)
	b = append(b, j.nonce...)
	b = append(b, `","shared_id":"`...)
	b = append(b, j.sharedID...)
	b = append(b, `","want_handoff_to":"billing","case":`...)
	b = strconv.AppendInt(b, 9007199254740993+int64(j.ID), 10) // more than a double can hold
	if p.Options.Match == "dni+ani" {
		b = fmt.Appendf(b, `,"ani":%q`, j.caller())
	}
	if j.Large > 0 {
		b = fmt.Appendf(b, `,"note":"%s"`, strings.Repeat("ü", j.Large/2))
	}
	return append(b, '}')
}

func (r *run) replied(j *prepared, at int, number string, outcome history.Outcome) {
	op := &r.ops[at]
	op.End, op.Outcome, op.Number = r.now, outcome, number
	op.Status = statuses[outcome]
	if outcome == history.OK && j.Dial {
		r.after(j.Think, func() { r.dial(j, at, number, j.Delay, j.Twice) })
	}
}

// statuses are the HTTP statuses by which a client knows the outcomes.
var statuses = map[history.Outcome]int{history.OK: 200, history.Refused: 404, history.Rejected: 500}

// gaveUp is the client's end of a request without a reply.
func (r *run) gaveUp(j *prepared, at int) {
	r.ops[at].End = r.now
	if j.Retry == 0 {
		return
	}
	once := *j.Journey
	once.Lost, once.Cut, once.Retry = false, 0, 0
	again := *j
	again.Journey = &once
	r.after(j.Retry, func() { r.reserve(&again) })
}

// dial is a call to the number that a journey was given. A carrier that tries again places a second one.
func (r *run) dial(j *prepared, from int, number string, delay, twice time.Duration) {
	at := r.begin(history.Op{
		Client: j.client, Kind: history.Call, Outcome: history.Indefinite, Project: r.project(j.Project), Number: number,
		Nonce: j.nonce, SharedID: j.sharedID, CallID: r.callID(),
	})
	if twice > 0 {
		r.after(delay+twice, func() { r.dial(j, from, number, 0, 0) })
	}
	if j.NoRoute {
		r.after(delay, func() {
			r.placed(at, from, j, 0)
			r.unreachable(at)
		})
		return
	}
	r.after(delay, func() {
		r.placed(at, from, j, j.HangUp)
		r.arrive(at, Arrival{ID: r.ops[at].CallID, Number: written(number, j.Format), ANI: j.ani()}, j.HangUp, j.Polls)
	})
}

func (r *run) callID() string {
	r.calls++
	return "c" + strconv.Itoa(r.calls) + "@carrier"
}

// unreachable is the carrier's own refusal, after a time in which the call could have arrived for all its client knows.
func (r *run) unreachable(at int) {
	op := &r.ops[at]
	op.End, op.Outcome, op.Status, op.EndedBy = r.now, history.Refused, 503, "carrier"
	op.Ended, op.Bye = true, r.now
}

// written is a number as the carrier writes it.
func written(number, format string) string {
	digits, ok := strings.CutPrefix(number, "+")
	if !ok {
		return number
	}
	switch format {
	case "e164-no-plus":
		return digits
	case "cc00":
		return "00" + digits
	case "national":
		if rest, uk := strings.CutPrefix(digits, "44"); uk {
			return "0" + rest
		}
	}
	return number
}

// probe is a call to a number that its client has not reserved.
func (r *run) probe(p *Probe) {
	numbers := r.facts[r.project(p.Project)].Numbers
	if len(numbers) == 0 {
		return
	}
	number := numbers[p.Number%len(numbers)]
	at := r.begin(history.Op{
		Client: "probe", Kind: history.Call, Outcome: history.Indefinite, Project: r.project(p.Project), Number: number, CallID: r.callID(),
	})
	var polls []Poll
	if p.Asks {
		polls = []Poll{{}}
	}
	r.placed(at, -1, nil, p.HangUp)
	r.arrive(at, Arrival{ID: r.ops[at].CallID, Number: number, ANI: "+442079460999"}, p.HangUp, polls)
}

func (r *run) restart() {
	at := r.begin(history.Op{Client: "operator", Kind: history.Restart, Outcome: history.OK})
	r.restarted()
	if err := r.world.Restart(true); err != nil && r.err == nil {
		r.err = fmt.Errorf("restart: %w", err)
	}
	r.ops[at].End = r.now
}

// drain is the end: all calls are over, all windows close, and what can be reserved is reserved.
func (r *run) drain() {
	rest := time.Duration(0)
	for _, f := range r.facts {
		rest = max(rest, f.WindowMax+2*f.ShortestRest())
	}
	r.moveTo(r.now + rest + time.Millisecond)
	for _, name := range r.projects {
		for range r.facts[name].Size + 1 {
			at := r.begin(history.Op{Client: "drain", Kind: history.Reserve, Drain: true, Project: name})
			r.drained(name)
			number, outcome := r.world.Reserve(name, json.RawMessage(`{}`), false)
			op := &r.ops[at]
			op.Outcome, op.Number, op.Status = outcome, number, statuses[outcome]
			if outcome != history.OK {
				break
			}
		}
	}
}
