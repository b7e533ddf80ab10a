package rehearse

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// KnownQueue is what a lesson's `wants` calls the queue that the client knows: Client.Queue.
const KnownQueue = "known-queue"

// Client is what is known of the client beforehand: the names that are its own.
type Client struct {
	Queue        string `yaml:"queue"`            // as the agent names it in handoff_to; empty: billing
	Dials        string `yaml:"dials"`            // what the client dials for it; empty: the same
	Fallback     string `yaml:"fallback"`         // what it dials for callers who get no number; empty: any queue counts
	DefaultQueue string `yaml:"default_queue"`    // what it dials for callers whose handoff cannot be learned; empty: any queue counts
	Unseen       bool   `yaml:"unseen_transfers"` // it puts callers through in a way that is no call to the SIP peer
	DNIKey       string `yaml:"dni_key"`          // that it shows when it reserves; empty: it takes the one that it is given
	HandoffKey   string `yaml:"handoff_key"`      // that it shows when it asks for a handoff; empty: the same
	Account      string `yaml:"account"`          // in the path that it asks at; empty: the same
	Project      string `yaml:"project"`
}

// own puts what the client has itself in place of what it would be given.
func (c Client) own(p *sim.Project) {
	p.DNIKey, p.HandoffKey = cmp.Or(c.DNIKey, p.DNIKey), cmp.Or(c.HandoffKey, p.HandoffKey)
	p.Account.Slug, p.Project.Slug = cmp.Or(c.Account, p.Account.Slug), cmp.Or(c.Project, p.Project.Slug)
}

// DefaultQueue is the queue that the agent names when nobody says which the client knows.
const DefaultQueue = "billing"

func (c Client) full() Client {
	if c.Queue == "" {
		c.Queue = DefaultQueue
	}
	if c.Dials == "" {
		c.Dials = c.Queue
	}
	return c
}

// talk is how long the agent of a lesson speaks that says nothing of it.
const talk = 300 * time.Millisecond

// config is the platform of a lesson, with the carrier, the agent and the faults.
func (l *Lesson) config(c Client) (sim.Config, strictyaml.Problems) {
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	if l.World != nil {
		root = filled(l.World, c)
	}
	config, problems := sim.Decode(l.File, root, brought)
	if len(problems) > 0 {
		return config, problems
	}
	problems = append(problems, stage.Problems(l.File, config)...)
	config.HTTP.Listen, config.SIP.Listen, config.Control.Listen = "127.0.0.1:0", "127.0.0.1:0", ""
	c.own(&config.Projects[0])
	for i := range config.Projects {
		p := &config.Projects[i]
		p.Handoff.SharedIDSource = handoff.FromBoth // the agent need not copy it
		if p.Agent.IsZero() {
			p.Agent = l.agent(c)
		}
	}
	return config, problems
}

// brought gives the settings that an agent brings with it, but for the ids of the account and the project: those that the client
// was given stand for every lesson.
func brought(file string, n *yaml.Node) *yaml.Node {
	settings := stage.Brought(file, n)
	if settings == nil {
		return nil
	}
	out := *settings
	out.Content = nil
	for key, value := range strictyaml.Pairs(settings) {
		if key.Value != "account" && key.Value != "project" {
			out.Content = append(out.Content, key, value)
		}
	}
	return &out
}

// What a world's texts may hold. The second is filled in when the handoff is asked for.
const (
	queueHere    = "${queue}"     // the queue that the client knows
	sharedIDHere = "${shared_id}" // what the handoff is asked for by
)

// filled is a copy of a world with the queue that the client knows where it says so.
func filled(n *yaml.Node, c Client) *yaml.Node {
	out := *n
	if n.Kind == yaml.ScalarNode {
		out.Value = strings.ReplaceAll(n.Value, queueHere, c.Queue)
	}
	out.Content = make([]*yaml.Node, len(n.Content))
	for i, inner := range n.Content {
		out.Content[i] = filled(inner, c)
	}
	return &out
}

// agent is one that speaks for a while and leaves what the lesson wants.
func (l *Lesson) agent(c Client) (n yaml.Node) {
	start := l.wishes(c)
	script := map[string]any{"turns": []any{map[string]any{"takes": talk.String()}}}
	if start != nil {
		script["start"] = start
	}
	if err := n.Encode(script); err != nil {
		panic(fmt.Sprintf("agent of a lesson: %v", err)) // unreachable: maps of text
	}
	return n
}

// world is what a lesson is played in: a platform of its own, behind the addresses that the client knows.
type world struct {
	lesson    *Lesson
	client    Client
	stage     *control.Stage
	carrier   *pstn.Carrier
	watch     *watch
	numbers   []string
	upstream  string // host:port of the platform's HTTP
	transport *http.Transport
	troubles  journal.Troubles
	fillsIn   bool     // a reply of the lesson's wants the shared_id
	desks     sync.Map // the client's calls to queues, *sipua.Leg by Call-ID
}

// open makes the world of a lesson.
func open(ctx context.Context, l *Lesson, o Options) (*world, error) {
	config, problems := l.config(o.Client)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	config.Seed = o.Seed
	w := &world{lesson: l, client: o.Client, transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	w.fillsIn = slices.ContainsFunc(l.Lines, func(line string) bool { return strings.Contains(line, sharedIDHere) })
	w.watch = newWatch(w.route, l.Callers)
	var err error
	if w.numbers, err = config.Projects[0].Pool.Numbers.Expand(); err != nil {
		return nil, err
	}
	w.stage, err = stage.Open(ctx, config, stage.Options{
		File: l.File, Recorder: o.Recorder, Carrier: func(k *pstn.Carrier) { w.carrier = k }, Journal: w.troubles.See,
	})
	if err != nil {
		return nil, err
	}
	w.upstream = w.stage.Sim.HTTPAddr()
	w.watch.keys = keysOf(w.project())
	return w, nil
}

func (w *world) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), sim.ShutdownGrace)
	defer cancel()
	err := w.stage.Close(ctx)
	w.transport.CloseIdleConnections()
	return err
}

// project is the one that the client belongs to.
func (w *world) project() sim.Project { return w.stage.Sim.Config().Projects[0] }

// nothings are what a client dials that was given no number, and did not look: no queue has such a name.
var nothings = []string{"", "null", "nil", "none", "undefined"}

// fewestDigits of a number that is no extension of the client's own.
const fewestDigits = 7

// route says where the carrier takes a call: a number of the pool, however written, goes to the platform; a name, a short
// number or what the client is known to dial is a desk; any other number is not in service.
func (w *world) route(user string) pstn.Route {
	if slices.Contains([]string{w.client.Dials, w.client.Fallback, w.client.DefaultQueue}, user) && user != "" {
		return pstn.ToDesk
	}
	if slices.Contains(nothings, strings.ToLower(user)) {
		return pstn.ToNobody
	}
	digits := digitsOf(user)
	for _, n := range w.numbers {
		if n == user || len(digits) >= fewestDigits && reading.SameNumber(n, user) {
			return pstn.ToPlatform
		}
	}
	if digits == "" || len(digits) < fewestDigits && !strings.HasPrefix(user, "+") {
		return pstn.ToDesk
	}
	return pstn.ToNobody
}

// digitsOf are the digits of a number; "" for what is none.
func digitsOf(user string) string {
	rest := strings.TrimPrefix(user, "+")
	rest = strings.NewReplacer("-", "", ".", "", " ", "", "(", "", ")", "").Replace(rest)
	if strings.Trim(rest, "0123456789") != "" {
		return ""
	}
	return rest
}
