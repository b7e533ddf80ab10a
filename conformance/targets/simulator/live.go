package simulator

import (
	"context"
	"fmt"
	"net/http"

	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Live is a simulator as it stands, with its own configuration and in real time, for load.
func Live(ctx context.Context, w Where, seed uint64) (*live.Stage, error) {
	api, err := client.New(w.Control)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	if w.Token != "" {
		api = api.WithToken(w.Token)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	api = api.WithHTTP(&http.Client{Transport: transport})
	about, err := api.Simulator(ctx)
	if err != nil {
		return nil, fmt.Errorf("simulator at %s: %w", api.URL(), err)
	}
	now, err := api.Clock(ctx)
	if err != nil {
		return nil, fmt.Errorf("simulator at %s: %w", api.URL(), err)
	}
	if now.Frozen {
		return nil, fmt.Errorf("simulator at %s: want its clock to go on, got it frozen", api.URL())
	}
	g, err := configOf(ctx, api)
	if err != nil {
		return nil, err
	}
	base, phone, err := w.reach(about.Addresses)
	if err != nil {
		return nil, err
	}
	p := live.Platform{BaseURL: base, SIP: phone, Used: true}
	p.Troubles, p.Close, err = follow(ctx, api)
	if err != nil {
		return nil, fmt.Errorf("simulator at %s: %w", api.URL(), err)
	}
	return live.Open(ctx, p, g, seed)
}

// follow keeps what the agents of a simulator could not do: while their code was imported, and from now on.
func follow(ctx context.Context, api *client.Client) (troubles func() []string, stop func(context.Context) error, err error) {
	var t journal.Troubles
	before, err := api.Journal(ctx, client.JournalQuery{Kinds: []string{string(journal.AgentNote)}})
	if err != nil {
		return nil, nil, err
	}
	for _, e := range before.Events {
		if e.Call == "" {
			t.See(asJournal(e))
		}
	}
	last, err := api.Journal(ctx, client.JournalQuery{Newest: true, Limit: 1})
	if err != nil {
		return nil, nil, err
	}
	from := client.JournalQuery{Kinds: []string{string(journal.AgentNote)}}
	for _, e := range last.Events {
		from.After = e.Seq
	}
	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = api.Follow(following, from, func(e client.Event) error {
			t.See(asJournal(e))
			return nil
		}, nil) // notes are told as far as they come
	}()
	return t.All, func(context.Context) error {
		cancel()
		<-ended
		return nil
	}, nil
}

// configOf is a simulator's configuration, as a world.
func configOf(ctx context.Context, api *client.Client) (world.World, error) {
	file, err := api.Config(ctx, true)
	if err != nil {
		return world.World{}, fmt.Errorf("simulator at %s: %w", api.URL(), err)
	}
	const name = "configuration of the simulator"
	n, problems := strictyaml.Parse(name, file)
	if len(problems) > 0 {
		return world.World{}, problems.Err()
	}
	config, problems := sim.Decode(name, n, agent.Brought)
	carrier, more := pstn.ReadBehaviour(name, &config.Carrier)
	return world.World{Platform: config, Carrier: carrier}, append(problems, more...).Err()
}
