package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
)

// sessionEnv names the variable with the session that ctl shows. The simulator itself passes it over.
const sessionEnv = sim.SessionEnv

// sessionCommands are those by which one of several users keeps a simulator to himself.
func sessionCommands() []ctlCommand {
	return []ctlCommand{
		{
			name: "session", says: "who alone may change the simulator",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Session(ctx) },
			show: shown(func(w io.Writer, s client.Session) {
				if !s.Held {
					fmt.Fprintln(w, "nobody")
					return
				}
				fmt.Fprintf(w, "%s, since %s, until %s\n", s.Holder, stamp(*s.Since), stamp(*s.Until))
			}),
		},
		{
			name: "begin", args: "holder", says: "be the only one who changes the simulator: export " + sessionEnv + "=$(dnispool ctl begin me)",
			flags: func(f *flags) {
				f.Duration("for", 0, "it ends when it was not shown for so `long`; a minute else")
				f.Duration("wait", 0, "for another's end, at most so `long`")
				f.Bool("force", false, "end another's")
			},
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				return c.Begin(ctx, client.SessionRequest{
					Holder: a.args[0], For: client.In(a.duration("for")), Wait: client.In(a.duration("wait")), Force: a.flag("force") == "true",
				})
			},
			show: shown(func(w io.Writer, s client.Session) { fmt.Fprintln(w, s.ID) }),
		},
		doing("finish", "", "end the session of "+sessionEnv+" or --session", func(ctx context.Context, c *client.Client, _ asked) error { return c.Finish(ctx) }),
	}
}

// duration is the value of a flag that is one.
func (a asked) duration(name string) time.Duration {
	d, _ := time.ParseDuration(a.flag(name)) // the flag has read it
	return d
}
