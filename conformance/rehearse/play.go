package rehearse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/sipua"
)

// DefaultQuiet is how long nothing more may come of a client that seems to be done.
const DefaultQuiet = 3 * time.Second

// DefaultWait is how long a lesson waits for whoever starts its callers: time to read what it is about.
const DefaultWait = 5 * time.Minute

// Options say what is rehearsed, and where.
type Options struct {
	HTTP, SIP string        // host:port that the client is given; empty: free ports of the loopback interface
	Client    Client        //
	Arrival   Arrival       // how callers come; nil: whoever runs the client starts each
	Quiet     time.Duration // 0: DefaultQuiet
	Wait      time.Duration // for the first sign of a caller whom nobody tells the client of, before the lesson's time begins; 0: DefaultWait
	Seed      uint64        // of what is left to chance
	Again     func(id string) string

	Progress func(Progress)       // is told how far a lesson has come, whenever something has happened; nil: nobody wants to know
	Stage    func(*control.Stage) // is given the simulator of each lesson before its callers come; nil: nobody wants it
	Recorder *control.Recorder    // keeps what those simulators see; nil: nothing is kept
}

// Rehearsal plays lessons one after another at one address.
type Rehearsal struct {
	options Options
	front   *front
	line    *sipua.Endpoint // the SIP peer
}

// New opens the addresses.
func New(ctx context.Context, o Options) (*Rehearsal, error) {
	if o.HTTP == "" {
		o.HTTP = loopback
	}
	if o.SIP == "" {
		o.SIP = loopback
	}
	if o.Quiet == 0 {
		o.Quiet = DefaultQuiet
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	o.Client = o.Client.full()
	r := &Rehearsal{options: o}
	var err error
	if r.front, err = openFront(o.HTTP); err != nil {
		return nil, fmt.Errorf("rehearse: http: %w", err)
	}
	r.line, err = sipua.Listen(ctx, sipua.Config{Listen: o.SIP, TCP: true, UserAgent: "carrier", OnCall: r.connect, Trace: r.trace})
	if err != nil {
		r.front.close()
		return nil, fmt.Errorf("rehearse: sip: %w", err)
	}
	return r, nil
}

// Surroundings are what the client is told of every caller: where the platform and the SIP peer are, and its keys.
func (r *Rehearsal) Surroundings() Caller {
	var l Lesson
	c, _ := l.config(r.options.Client) // of nothing nothing is wrong
	return r.caller(c.Projects[0])
}

func (r *Rehearsal) caller(project sim.Project) Caller {
	return Caller{
		BaseURL: "http://" + hostport.Reach(r.front.listener.Addr().String()), SIP: hostport.Reach(r.line.Addr()),
		DNIKey: project.DNIKey, HandoffKey: project.HandoffKey, Account: project.Account.Slug, Project: project.Project.Slug, Names: r.options.Client, line: r.line,
	}
}

const loopback = "127.0.0.1:0"

// Close stops serving.
func (r *Rehearsal) Close() error {
	r.front.close()
	return r.line.Close()
}

// connect takes a call of the client's, in the world of the lesson.
func (r *Rehearsal) connect(leg *sipua.Leg) {
	w := r.front.now()
	if w == nil {
		_ = leg.Reject(503, "Between Lessons")
		return
	}
	w.connect(leg)
}

// Transferred takes the word of a client that puts callers through in a way that is no call to the SIP peer: it has put one
// through to a queue, named as it would be called. The error says that no lesson is being played.
func (r *Rehearsal) Transferred(to string) error {
	w := r.front.now()
	switch {
	case w == nil:
		return errors.New("transfer: want a lesson that is being played, there is none")
	case to == "":
		return errors.New(`transfer: want the queue, got ""`)
	}
	w.watch.transferred(to)
	return nil
}

func (r *Rehearsal) trace(m sipua.Message) {
	if w := r.front.now(); w != nil {
		w.watch.message(m)
	}
}

// Play plays one lesson and judges the client.
func (r *Rehearsal) Play(ctx context.Context, l *Lesson) finding.Result {
	return r.PlayBy(ctx, l, r.Arrival(l))
}

// PlayBy plays one lesson whose callers arrive in this way, whatever it says itself; nil: whoever runs the client starts each.
func (r *Rehearsal) PlayBy(ctx context.Context, l *Lesson, arrival Arrival) finding.Result {
	result := l.result()
	result.Started = time.Now()
	defer func() { result.Duration = time.Since(result.Started) }()
	if why := r.lacks(l, arrival); why != "" {
		result.Status, result.Reason = finding.Unsupported, why
		return result
	}
	w, err := open(ctx, l, r.options)
	if err != nil {
		result.Status, result.Reason = finding.Error, err.Error()
		if ctx.Err() != nil {
			result.Reason = finding.Interrupted
		}
		return result
	}
	p := &play{Rehearsal: r, world: w, arrival: arrival, begun: time.Now()}
	if r.options.Stage != nil {
		r.options.Stage(w.stage)
	}
	p.tell(p.view())
	r.front.show(w)
	told := p.watchOver(ctx)
	r.front.show(nil)
	v := p.cut
	if v == nil {
		v = p.view()
	}
	v.over = true
	err = w.close()
	result.Duration = time.Since(result.Started)
	p.judge(v, told, &result)
	result.Warnings = append(result.Warnings, w.troubles.All()...)
	p.conclude(v, result.Status)
	if ctx.Err() != nil {
		result.Status, result.Reason = finding.Error, finding.Interrupted
	} else if err != nil {
		result.Warnings = append(result.Warnings, err.Error())
	}
	return result
}

// Arrival is how the callers of a lesson come: as it says itself, or as all do; nil: whoever runs the client starts each.
func (r *Rehearsal) Arrival(l *Lesson) Arrival {
	if l.Arrival != nil {
		return l.Arrival.how
	}
	return r.options.Arrival
}

// lacks says why a lesson cannot be judged with what is known of the client; "" when it can.
func (r *Rehearsal) lacks(l *Lesson, arrival Arrival) string {
	for _, n := range l.Needs() {
		switch {
		case n == NeedTransfers && r.options.Client.Unseen:
			return "not observable: the client's transfers cannot be seen"
		case n == NeedTold && arrival == nil && l.Untrusted:
			return fmt.Sprintf("needs %s: the base URL comes with them", n)
		case n == NeedTold && arrival == nil:
			return fmt.Sprintf("needs %s: %d come at once", n, l.Callers)
		case n == NeedNamed && !names(arrival):
			return fmt.Sprintf("needs %s: nothing tells the client of one, and its own may need no encoding", n)
		case n == NeedHangUps && !leaves(arrival):
			return fmt.Sprintf("needs %s: nothing tells the client of that", n)
		}
	}
	config, _ := l.config(r.options.Client)
	if err := stage.Lacks(l.File, config); err != nil {
		return err.Error()
	}
	return ""
}

// names reports whether a client that is told of its callers so is told of a shared_id too.
func names(a Arrival) bool {
	_, calls := a.(Inbound)
	return a != nil && !calls
}

// leaves reports whether callers who come so can hang up.
func leaves(a Arrival) bool {
	l, ok := a.(Leaving)
	return ok && l.Leaves()
}

// play is one lesson under way.
type play struct {
	*Rehearsal
	world   *world
	arrival Arrival // nil: whoever runs the client starts each caller
	begun   time.Time
	cut     *view // what was seen when the client's time was up, and before it was told to end; nil: it was done by then
}

func (p *play) view() *view {
	return &view{
		seen: p.world.watch.seen(), lesson: p.world.lesson, client: p.options.Client, begun: p.begun, now: time.Now(), told: p.arrival != nil, project: p.world.project(),
	}
}

// watchOver lets the callers arrive and waits until the client is done with them, or has had its time. That begins with the lesson,
// or where somebody starts the callers with the first sign of them. The error is that of telling the client.
func (p *play) watchOver(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limit := time.NewTimer(p.world.lesson.Budget)
	defer limit.Stop()
	waiting := p.waits()
	if waiting {
		limit.Reset(p.options.Wait)
	}
	begins := func() {
		if waiting {
			waiting = false
			limit.Reset(p.world.lesson.Budget)
		}
	}
	arrived := p.arrive(ctx)
	var told error
	stays := p.arrival != nil && p.arrival.Stays()
	var served <-chan struct{}
	if k, ok := p.arrival.(knowsWhenServed); ok {
		served = k.Served()
	}
	judged := func() error {
		cancel()
		if arrived != nil {
			<-arrived // of a client that can be judged it does not matter how it was told
		}
		return told
	}
	ticks := time.NewTicker(p.tick())
	defer ticks.Stop()
	for {
		happened := false
		select {
		case told = <-arrived:
			arrived = nil
			begins()
			if stays {
				p.rest(ctx)
				return told
			}
			if told != nil {
				return told
			}
		case <-limit.C:
			p.cut = p.view()
			cancel()
		case <-ctx.Done():
			if arrived != nil {
				return <-arrived
			}
			return told
		case <-served:
			p.rest(ctx)
			return judged()
		case <-p.world.watch.changed:
			happened = true
		case <-ticks.C:
		}
		v := p.view()
		if happened {
			p.tell(v)
		}
		if v.asked() {
			begins()
		}
		if v.flooded && p.cut == nil {
			p.cut = v
			cancel()
		}
		switch quiet := v.now.Sub(v.last) >= p.options.Quiet; {
		case stays && quiet && v.held():
			p.world.leaveQueues(ctx) // the client says itself when it is done, and may be waiting for that
		case !stays && quiet && v.decided():
			return judged()
		}
	}
}

// waits reports whether the callers come when somebody has started them, whenever that is.
func (p *play) waits() bool {
	_, told := p.arrival.(knowsWhenServed)
	return p.arrival == nil || told
}

// knowsWhenServed is an arrival that is told when its callers have come, and when the client is done with them.
type knowsWhenServed interface {
	// Served is closed then.
	Served() <-chan struct{}
}

func (p *play) tick() time.Duration { return min(p.options.Quiet/4, 250*time.Millisecond) }

// arrive lets the callers of the lesson come at once. The channel has a value when the client was told of all, or is done.
func (p *play) arrive(ctx context.Context) <-chan error {
	if p.arrival == nil {
		return nil
	}
	done := make(chan error, 1)
	errs := make([]error, p.world.lesson.Callers)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = p.arrival.Arrive(ctx, p.caller(i+1)) })
	}
	go func() {
		all.Wait()
		done <- together(errs)
	}()
	return done
}

// together is the errors of all callers, each once, with how many had it.
func together(errs []error) error {
	var out []error
	many := make(map[string]int)
	for _, err := range errs {
		if err == nil {
			continue
		}
		if many[err.Error()]++; many[err.Error()] == 1 {
			out = append(out, err)
		}
	}
	for i, err := range out {
		if n := many[err.Error()]; n > 1 {
			out[i] = fmt.Errorf("%w (%d of %d callers)", err, n, len(errs))
		}
	}
	return errors.Join(out...)
}

func (p *play) caller(n int) Caller {
	c := p.Rehearsal.caller(p.world.project())
	l := p.world.lesson
	c.Lesson, c.Number, c.ANI, c.SharedID, c.HangsUp = l.ID, n, ani(n), l.sharedID(n), l.HangsUp
	c.answered = p.world.watch.answered
	c.refers = func(ctx context.Context, to sipua.Referral) int { return p.world.refer(ctx, c.ANI, to) }
	if l.Untrusted {
		c.BaseURL = "https" + strings.TrimPrefix(c.BaseURL, "http")
	}
	return c
}
