package deployment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/clock"
)

// stage is a deployment while one scenario is played on it.
type stage struct {
	target   *Target
	given    world.World
	names    []string // of the projects, as the scenario calls them
	began    moment
	clean    bool // nothing that the run did before can keep a number taken
	wire     *wire.Wire
	http     *http.Client
	line     line // nil: calls cannot be placed
	rerouted atomic.Bool
	watchers sync.WaitGroup
	closed   chan struct{}
}

func (t *Target) open(ctx context.Context, g world.World, seed uint64) (*stage, error) {
	s := &stage{target: t, given: g, names: g.Projects(), began: t.moment(), clean: t.Gate.Clean(time.Now()), closed: make(chan struct{})}
	s.names = s.names[:min(len(s.names), len(t.projects))]
	s.wire = wire.New(seed, nil, fault.Names(s.keys()), world.Injects())
	s.http = &http.Client{
		Transport:     s.wire.RoundTripper(t.Gate),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var err error
	s.line, err = t.openLine(ctx, g.Carrier, seed)
	return s, err
}

// Do implements targets.Stage.
func (s *stage) Do(r *http.Request) (*http.Response, error) { return s.http.Do(r) }

// Taken implements targets.Keyed.
func (s *stage) Taken(key string) bool { return s.target.Gate.Taken(key) }

// BaseURL implements targets.Stage.
func (s *stage) BaseURL() string { return s.target.File.BaseURL }

// Projects implements targets.Stage.
func (s *stage) Projects() []string { return s.names }

// Project implements targets.Stage.
func (s *stage) Project(name string) (targets.Project, bool) {
	i, ok := s.place(name)
	if !ok {
		return targets.Project{}, false
	}
	p := s.target.projects[i]
	p.Name = s.names[i]
	return p, true
}

// keys are the projects, as far as a key says of which a request is.
func (s *stage) keys() (out []sim.Project) {
	for _, name := range s.names {
		p, _ := s.Project(name)
		out = append(out, sim.Project{Name: p.Name, DNIKey: p.DNIKey, HandoffKey: p.HandoffKey})
	}
	return out
}

func (s *stage) place(name string) (int, bool) {
	for i, n := range s.names {
		if name == "" || n == name {
			return i, true
		}
	}
	return 0, false
}

// Facts implements targets.Stage. What the run itself did before may still keep numbers taken.
func (s *stage) Facts(project string) reading.Facts {
	i, ok := s.place(project)
	if !ok {
		return reading.Facts{}
	}
	f := s.target.facts(fmt.Sprint(i))
	f.UsedBefore = f.UsedBefore || !s.clean
	f.Reroutes = f.Reroutes || len(s.given.Carrier.Rewrite) > 0 || s.rerouted.Load()
	return f
}

// Patience implements targets.Stage.
func (s *stage) Patience() time.Duration { return s.target.File.Limits.Patience }

// MayDrain implements targets.Stage.
func (s *stage) MayDrain(project string) bool { return MayDrain(s.target.File, s.Facts(project)) }

// Now implements targets.Stage.
func (s *stage) Now() time.Time { return time.Now() }

// Wait implements targets.Stage: it waits.
func (s *stage) Wait(ctx context.Context, d time.Duration) error {
	s.target.Gate.Waits(d)
	return clock.Real().Sleep(ctx, d)
}

// Settle implements targets.Stage: nobody knows what a deployment still does.
func (s *stage) Settle() {}

// Restart implements targets.Stage.
func (s *stage) Restart(bool) error {
	return errors.New("want a platform of one's own to restart, got a deployment")
}

// Launch implements targets.Stage.
func (s *stage) Launch(ctx context.Context, at []time.Duration, run func(ctx context.Context, i int)) error {
	start := time.Now()
	var clients sync.WaitGroup
	defer clients.Wait()
	for i, d := range at {
		if err := clock.Real().Sleep(ctx, time.Until(start.Add(d))); err != nil {
			return err
		}
		clients.Go(func() { run(ctx, i) })
	}
	return nil
}

// Fault implements targets.Stage.
func (s *stage) Fault(n *yaml.Node) error {
	if n == nil {
		s.wire.Reset()
		if s.line == nil {
			return nil
		}
		return s.line.behave(s.given.Carrier)
	}
	f, err := world.Faults(n)
	switch {
	case err != nil:
		return err
	case f.Inside():
		return errors.New("want a platform of one's own to go wrong, got a deployment")
	case f.Carrier != nil && s.line == nil:
		return errNoCalls
	}
	if f.HTTP != nil {
		if err := s.wire.Set(f.HTTP...); err != nil {
			return err
		}
	}
	if f.Carrier == nil {
		return nil
	}
	if len(f.Carrier.Rewrite) > 0 {
		s.rerouted.Store(true)
	}
	return s.line.behave(pstn.Behaviour(*f.Carrier))
}

var errNoCalls = errors.New("calls: want calls.trunk or calls.exec in the target file, got neither")

// Ladder implements targets.Stage.
func (s *stage) Ladder() []finding.SIPMessage {
	if s.line == nil {
		return nil
	}
	return s.line.ladder()
}

// Troubles implements targets.Troubled.
func (s *stage) Troubles() []string {
	if s.line == nil {
		return nil
	}
	return s.line.troubles()
}

// Close implements targets.Stage.
func (s *stage) Close() error {
	s.wire.Reset()
	close(s.closed)
	var err error
	if s.line != nil {
		err = s.line.Close()
	}
	s.watchers.Wait()
	return err
}

// Dial implements targets.Stage.
func (s *stage) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	if s.line == nil {
		return nil, errNoCalls
	}
	over, err := s.target.Gate.Line(ctx, d.To, Plain(d))
	if err != nil {
		return nil, err
	}
	if from := s.target.File.Calls.From; from != "" {
		d.From = from
	}
	ringing, cancel := context.WithTimeout(ctx, s.target.File.Limits.Call)
	defer cancel()
	placed, err := s.line.dial(ringing, d)
	if placed == nil {
		over(false)
		return nil, err
	}
	if ctx.Err() == nil && ringing.Err() != nil { // nobody answers: the caller gives up, and the call came to nothing
		err = nil
	}
	c := &call{Call: placed}
	s.watchers.Go(func() { s.watch(c, over) })
	return c, err
}

// Plain reports whether a number is dialled as it is written.
func Plain(d targets.Dial) bool {
	return d.Format == "" && !d.ViaTo && !d.RingOnly && d.CancelAfter == 0
}

// watch ends a call that is too long, and gives its line back when it is over.
func (s *stage) watch(c *call, over func(answered bool)) {
	defer func() {
		over(c.Answered())
		s.heard(c)
	}()
	longest := time.NewTimer(s.target.File.Limits.Call)
	defer longest.Stop()
	select {
	case <-c.Ended():
		return
	case <-longest.C:
	case <-s.closed:
	}
	ctx, cancel := context.WithTimeout(context.Background(), hangupWithin)
	defer cancel()
	_, _ = c.Hangup(ctx)
}

// hangupWithin is how long the answer to a BYE may take that nobody waits for any more.
const hangupWithin = 4 * time.Second

// call is a call whose conversation has a name of the platform's own.
type call struct {
	targets.Call
	id atomic.Pointer[string]
}

// ID implements targets.Call.
func (c *call) ID() string {
	if id := c.id.Load(); id != nil {
		return *id
	}
	return ""
}

// Identify implements targets.Identifier.
func (s *stage) Identify(ctx context.Context, c targets.Call, p targets.Project, sharedID string) {
	if mine, ok := c.(*call); ok {
		if id := Identify(ctx, s, p, sharedID); id != "" {
			mine.id.Store(&id)
		}
	}
}

// Identify asks for the state of a call by its shared_id, for as long as the target may need to show it, and returns what the
// platform calls the conversation; "" when that cannot be known.
func Identify(ctx context.Context, s targets.Stage, p targets.Project, sharedID string) string {
	u := fmt.Sprintf("%s/v1/%s/%s/handoff_state?%s", s.BaseURL(), url.PathEscape(p.Account), url.PathEscape(p.Project), url.Values{"shared_id": {sharedID}}.Encode())
	for deadline := s.Now().Add(s.Patience()); ; {
		if id := conversation(ctx, s, u, p.HandoffKey); id != "" {
			return id
		}
		if !s.Now().Before(deadline) || s.Wait(ctx, max(s.Patience()/10, time.Millisecond)) != nil {
			return ""
		}
	}
}

func conversation(ctx context.Context, do targets.Doer, u, key string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return ""
	}
	r.Header.Set("x-api-key", key)
	res, err := do.Do(r)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	var state struct {
		ID string `json:"id"`
	}
	if res.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&state) != nil {
		return ""
	}
	return state.ID
}

// Await implements targets.Stage.
func (s *stage) Await(ctx context.Context, c targets.Call, limit time.Duration) bool {
	patience := time.NewTimer(limit)
	defer patience.Stop()
	select {
	case <-c.Ended():
		return true
	case <-ctx.Done():
		return false
	case <-patience.C:
		return false
	}
}

// Journey implements targets.Stage.
func (s *stage) Journey(ctx context.Context, j targets.Journey, do targets.Doer) (targets.JourneyResult, error) {
	p, ok := s.Project(j.Project)
	if !ok {
		return targets.JourneyResult{}, fmt.Errorf("journey: want a project of the target, got %q", j.Project)
	}
	return world.Journey(ctx, s.BaseURL(), p, j, do, phone{s, j}, clock.Real())
}

// phone is the integrator's line.
type phone struct {
	*stage
	journey targets.Journey
}

// Dial implements client.Phone.
func (p phone) Dial(ctx context.Context, to, from string) (client.Call, error) {
	c, err := world.Ring(ctx, p.stage, p.journey, to, from)
	if err != nil {
		return nil, err
	}
	if caller := p.journey.Caller; caller.HangsUp {
		time.AfterFunc(caller.Talk, func() { _, _ = c.Hangup(ctx) }) // a call that is over stays so
	}
	return integrated{c}, nil
}

// Transfer implements client.Phone.
func (p phone) Transfer(ctx context.Context, destination, from string) (client.Call, error) {
	return p.line.transfer(ctx, destination, from)
}

// integrated is a call as the integrator has it.
type integrated struct{ targets.Call }

// EndedBy implements client.Call.
func (c integrated) EndedBy() string { return c.End().By }

// Hangup implements client.Call.
func (c integrated) Hangup(ctx context.Context) error {
	_, err := c.Call.Hangup(ctx)
	return err
}
