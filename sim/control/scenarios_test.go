package control_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/contract"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/replay"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	given "github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/scenarios"
	"github.com/dnispool/dnispool/sim/control/client"
)

// byAPI plays scenarios on one simulator, whose world is set up, whose time is moved and whose calls are placed through
// the control API alone.
type byAPI struct {
	reference.Target
	w *world
}

// Open implements targets.Target.
func (b byAPI) Open(ctx context.Context, w targets.World) (targets.Stage, error) {
	read, problems := given.Read(w.File, w.Given)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	file, err := yaml.Marshal(configured(w.Given))
	if err != nil {
		return nil, err
	}
	about, err := b.w.Configure(ctx, file)
	if err != nil {
		return nil, err
	}
	return &onAPI{api: b.w.Client, base: about.Addresses.HTTP, given: read}, nil
}

// configured is a scenario's world as a configuration: time stands still, and a conversation has the Call-ID for its id.
func configured(asked *yaml.Node) *yaml.Node {
	scalar := func(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }
	mapping := func(pairs ...*yaml.Node) *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Content: pairs} }
	root := mapping(scalar("clock"), mapping(scalar("frozen"), scalar("true"), scalar("start"), scalar("2026-01-01T09:00:00Z")))
	id := []*yaml.Node{scalar("id"), scalar("call-id")}
	seen := false
	if asked != nil {
		for i := 0; i < len(asked.Content); i += 2 {
			key, value := asked.Content[i], asked.Content[i+1]
			if key.Value == "conversation" {
				seen = true
				value = mapping(append(slices.Clone(value.Content), id...)...)
			}
			root.Content = append(root.Content, key, value)
		}
	}
	if !seen {
		root.Content = append(root.Content, scalar("conversation"), mapping(id...))
	}
	return root
}

// onAPI is one scenario's world.
type onAPI struct {
	api   *client.Client
	base  string
	given given.World
}

func (s *onAPI) Do(r *http.Request) (*http.Response, error) { return http.DefaultClient.Do(r) }
func (s *onAPI) BaseURL() string                            { return s.base }
func (s *onAPI) Projects() []string                         { return s.given.Projects() }
func (s *onAPI) Patience() time.Duration                    { return 0 }
func (s *onAPI) MayDrain(string) bool                       { return true }
func (s *onAPI) Settle()                                    {}
func (s *onAPI) Ladder() []finding.SIPMessage               { return nil }
func (s *onAPI) Close() error                               { return nil }

func (s *onAPI) Project(name string) (targets.Project, bool) { return s.given.Project(name) }

func (s *onAPI) Facts(project string) reading.Facts {
	p, ok := s.given.Settings(project)
	if !ok {
		return reading.Facts{}
	}
	return given.Facts(p)
}

func (s *onAPI) Now() time.Time {
	c, _ := s.api.Clock(context.Background()) // whose failure the scenario sees
	return c.Now
}

func (s *onAPI) Wait(ctx context.Context, d time.Duration) error {
	_, err := s.api.Advance(ctx, d)
	return err
}

func (s *onAPI) Restart(keepLeases bool) error {
	return s.api.Restart(context.Background(), keepLeases)
}

func (s *onAPI) Fault(http, carrier *yaml.Node) error {
	if http == nil && carrier == nil {
		_, err := s.api.ResetFaults(context.Background())
		return err
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	for name, n := range map[string]*yaml.Node{"http": http, "carrier": carrier} {
		if n != nil {
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, n)
		}
	}
	b, err := yaml.Marshal(root)
	if err == nil {
		_, err = s.api.SetFaults(context.Background(), b)
	}
	return err
}

func (s *onAPI) Journey(context.Context, targets.Journey, targets.Doer) (targets.JourneyResult, error) {
	return targets.JourneyResult{}, errors.New("journey: not played here")
}

func (s *onAPI) Launch(context.Context, []time.Duration, func(context.Context, int)) error {
	return errors.New("launch: not played here")
}

func (s *onAPI) Dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	from := d.From
	if from == "" {
		from = "+442079460500"
	}
	placed, err := s.api.Place(ctx, client.Dial{
		To: d.To, From: from, Withheld: d.Withheld, Format: d.Format, Transport: d.Transport, SDP: d.SDP, ViaTo: d.ViaTo, RingOnly: d.RingOnly,
		CancelAfter: client.In(d.CancelAfter), Count: d.Count, CallID: d.CallID, Headers: d.Headers,
	})
	if err != nil {
		return nil, err
	}
	c := &apiCall{Placed: placed, api: s.api, ended: make(chan struct{})}
	c.over()
	return c, nil
}

// Await moves time in small steps until the call is over.
func (s *onAPI) Await(ctx context.Context, call targets.Call, limit time.Duration) bool {
	c := call.(*apiCall)
	for left := limit; ; left -= time.Second {
		if now, err := s.api.Call(ctx, c.ID(), 20*time.Millisecond); err == nil {
			c.Placed = now
		}
		if c.over() || left <= 0 {
			return c.over()
		}
		if _, err := s.api.Advance(ctx, min(left, time.Second)); err != nil {
			return false
		}
	}
}

// apiCall is a call that the simulator's carrier has placed.
type apiCall struct {
	client.Placed
	api   *client.Client
	ended chan struct{}
}

func (c *apiCall) over() bool {
	if c.EndedBy != "" {
		select {
		case <-c.ended:
		default:
			close(c.ended)
		}
	}
	return c.EndedBy != ""
}

func (c *apiCall) ID() string             { return c.Placed.ID }
func (c *apiCall) Answered() bool         { return c.Placed.Answered }
func (c *apiCall) Status() int            { return c.Placed.Status }
func (c *apiCall) Reason() string         { return c.Placed.Reason }
func (c *apiCall) Ended() <-chan struct{} { return c.ended }

func (c *apiCall) Hangup(ctx context.Context) (int, error) {
	now, err := c.api.Hangup(ctx, c.ID())
	if err != nil {
		return 0, err
	}
	c.Placed = now
	c.over()
	return 200, nil
}

func (c *apiCall) End() targets.CallEnd {
	e := targets.CallEnd{By: c.EndedBy, How: c.How, Cause: c.Placed.Reason, Headers: map[string]string{}}
	if c.EndedAt != nil {
		e.At = *c.EndedAt
	}
	for name, value := range c.EndHeaders {
		e.Headers[strings.ToLower(name)] = value
	}
	return e
}

// TestBundledScenariosThroughTheAPI: their worlds differ in profile, pool, http, sip, projects, agents, time and faults.
func TestBundledScenariosThroughTheAPI(t *testing.T) {
	w := start(t, "profile: published")
	target := byAPI{w: w}
	all, problems := scenario.Load(scenarios.Files, ".", scenario.Options{Formats: target.Formats(), Given: target.Given, Fault: target.Fault})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	checker, err := contract.New()
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, s := range all {
		if !slices.Contains(throughAPI, s.ID) {
			continue
		}
		played++
		t.Run(s.ID, func(t *testing.T) {
			r := replay.Play(t.Context(), s, target, replay.Options{Seed: 1, Checker: checker})
			if r.Verdict() != finding.Passed {
				t.Errorf("want it passed, got %s %+v", r.Verdict(), r.Failures)
			}
		})
	}
	if played != len(throughAPI) {
		t.Errorf("want %d scenarios, got %d", len(throughAPI), played)
	}
}

// throughAPI are those that are played: no integrator of ours takes part, and no call rings while time stands still.
var throughAPI = []string{
	"agent/agent-hangs-up-when-it-wants",
	"agent/crash-in-end-function-is-silent",
	"agent/silent-caller-is-let-go",
	"auth/key-error-404-is-not-exhaustion",
	"auth/gateway-refuses-keys-in-its-own-form",
	"contention/restart-keeps-reservations",
	"contention/restart-without-reservations",
	"contention/lost-replies-and-retries",
	"contention/burst-of-one-too-many",
	"contention/two-projects-at-once",
	"contention/carriers-that-write-numbers-their-way",
	"contention/cancelled-after-a-millisecond",
	"contract/envelope-errors",
	"contract/rate-limit-is-429",
	"contract/legacy-paths-can-be-on",
	"contract/other-content-types-are-400-under-strict-spec",
	"pool/cool-down-follows-an-expired-window-too",
	"routing/misrouted-call-is-unbound",
	"routing/call-after-the-window-carries-nothing",
	"routing/lazy-reaper-still-binds-a-late-call",
}
