package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/hostport"
)

// controlEnv names the variable that says which simulator ctl and ready speak to. The simulator itself passes it over.
const controlEnv = sim.ControlEnv

func runReady(ctx context.Context, e env) int {
	f := newFlags("ready", `[url] [flags]

Exits 0 when the simulator at url is ready: requests and calls are served. Without a url it is that of `+controlEnv+`,
else the one at which a simulator with the same environment listens, else `+client.DefaultURL+`.`)
	timeout := f.Duration("timeout", 0, "wait so `long` for it, as in 10s")
	rest, code, done := f.parse(e)
	if done {
		return code
	}
	if len(rest) > 1 {
		return refuse(e, fmt.Errorf("ready: want one url, got %q too", rest[1]))
	}
	c, err := controlled(e, append(rest, "")[0])
	if err != nil {
		return refuse(e, err)
	}
	if err := ready(ctx, c, *timeout); err != nil {
		fmt.Fprintf(e.err, "%s ready: not ready: %v\n", tool, err)
		return finding.ExitNotJudged
	}
	fmt.Fprintf(e.out, "ready: %s\n", c.URL())
	return 0
}

// ready asks once, or until the timeout.
func ready(ctx context.Context, c *client.Client, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(timeout, patience))
	defer cancel()
	if timeout == 0 {
		return c.Ready(ctx)
	}
	return c.WaitReady(ctx)
}

// patience is how long an answer may take that nothing was said about.
const patience = 5 * time.Second

// controlled is a client of the simulator at url; where that is empty, of the one that the environment speaks of.
func controlled(e env, url string) (*client.Client, error) {
	c, err := client.New(cmp.Or(url, e.getenv(controlEnv), listening(e.getenv(sim.EnvPrefix+"CONTROL_LISTEN")), client.DefaultURL))
	if err != nil {
		return nil, err
	}
	if token := e.getenv(sim.EnvPrefix + "CONTROL_TOKEN"); token != "" && !c.HasToken() {
		c = c.WithToken(token)
	}
	return c, nil
}

// listening is where a simulator is reached from this machine that listens there.
func listening(address string) string {
	at, err := hostport.Listen(address)
	if err != nil {
		return address
	}
	return hostport.Reach(at.String())
}
