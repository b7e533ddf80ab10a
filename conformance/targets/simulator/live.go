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
	return live.Open(ctx, live.Platform{BaseURL: base, SIP: phone, Used: true}, g, seed)
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
