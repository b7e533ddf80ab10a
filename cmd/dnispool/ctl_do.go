package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

// doCommands are those that change a simulator.
func doCommands() []ctlCommand {
	return []ctlCommand{
		reserveCommand(), callCommand(),
		{
			name: "press", args: "call digits", says: "have the caller of a call that was placed here press digits, as 42#",
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				return c.Press(ctx, a.args[0], client.Press{Digits: a.args[1]})
			}, show: shown(func(w io.Writer, a client.Answer) { fmt.Fprintln(w, "answered with", a.Status) }),
		},
		{
			name: "hangup", args: "call", says: "end a call that was placed here, from its caller's side",
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) { return c.Hangup(ctx, a.args[0]) }, show: shown(showPlaced),
		},
		doing("end", "conversation", "end a call from the platform's side", func(ctx context.Context, c *client.Client, a asked) error {
			return c.EndConversation(ctx, a.args[0])
		}),
		{
			name: "clock", says: "the platform's time",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Clock(ctx) }, show: shown(showClock),
		},
		{
			name: "advance", args: "duration", says: "move the platform's time forward, as by 2m: window, cool-down, talk, delay, retention",
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				d, err := time.ParseDuration(a.args[0])
				if err != nil {
					return nil, fmt.Errorf("duration: want one like 2m, got %q", a.args[0])
				}
				return c.Advance(ctx, d)
			}, show: shown(showClock),
		},
		{
			name: "freeze", says: "let the platform's time stand still until it is advanced",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Freeze(ctx, true) }, show: shown(showClock),
		},
		{
			name: "unfreeze", says: "let the platform's time run on",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Freeze(ctx, false) }, show: shown(showClock),
		},
		{
			name: "faults", says: "what goes wrong on purpose, and what it has hit",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Faults(ctx) }, show: shown(showFaults),
		},
		{
			name: "fault", args: "fault", says: "have this fault, and no other, as in 'http: {endpoint: reserve, latency: 2s}'; none for none",
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				if a.args[0] == "none" {
					return c.ResetFaults(ctx)
				}
				return c.SetFaults(ctx, []byte(a.args[0]))
			}, show: shown(showFaults),
		},
		doing("reset", "[project]", "forget calls, leases, states, faults and records; of a project, its leases", func(ctx context.Context, c *client.Client, a asked) error {
			if len(a.args) > 0 {
				return c.ResetPool(ctx, a.args[0])
			}
			return c.Reset(ctx)
		}),
		doing("restart", "leases", "restart the platform's store, which keeps or loses its leases: keep or lose", func(ctx context.Context, c *client.Client, a asked) error {
			if a.args[0] != "keep" && a.args[0] != "lose" {
				return fmt.Errorf("leases: want keep or lose, got %q", a.args[0])
			}
			return c.Restart(ctx, a.args[0] == "keep")
		}),
		doing("numbers", "project number…", "give a pool other numbers, or ranges like +442079460000..+442079460019", func(ctx context.Context, c *client.Client, a asked) error {
			return c.SetNumbers(ctx, a.args[0], a.args[1:])
		}),
		doing("advertise", "address", "tell callers to send to host or host:port from now on; none for what each has called", func(ctx context.Context, c *client.Client, a asked) error {
			if a.args[0] == "none" {
				return c.Advertise(ctx, "")
			}
			return c.Advertise(ctx, a.args[0])
		}),
		doing("agent", "project file", "have a project's calls taken by another agent from now on", func(ctx context.Context, c *client.Client, a asked) error {
			b, err := a.env.read(a.args[1])
			if err != nil {
				return err
			}
			return c.SetAgent(ctx, a.args[0], b)
		}),
		{
			name: "configure", args: "file", says: "make the simulator another one, on the same addresses",
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				b, err := a.env.read(a.args[0])
				if err != nil {
					return nil, err
				}
				return c.Configure(ctx, b)
			}, show: shown(showSimulator),
		},
	}
}

// doing is a command that has nothing to show.
func doing(name, args, says string, do func(context.Context, *client.Client, asked) error) ctlCommand {
	return ctlCommand{name: name, args: args, says: says, run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
		err := do(ctx, c, a)
		return client.Done{Done: err == nil}, err
	}}
}

// read reads a file, or standard input.
func (e env) read(path string) ([]byte, error) {
	if path == standardInput {
		return io.ReadAll(e.in)
	}
	b, err := os.ReadFile(path)
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		err = fmt.Errorf("file %s: %w", path, pathErr.Err)
	}
	return b, err
}

func reserveCommand() ctlCommand {
	return ctlCommand{
		name: "reserve", args: "[attributes]", says: `reserve a number over HTTP for attributes, as in '{"shared_id":"a"}'`,
		flags: func(f *flags) { f.String("project", "", "with the key of a `project`; the first one's else") },
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			r := client.ReserveRequest{Project: a.flag("project")}
			if len(a.args) > 0 {
				if !json.Valid([]byte(a.args[0])) {
					return nil, fmt.Errorf("attributes: want a JSON object, got %q", a.args[0])
				}
				r.Attributes = json.RawMessage(a.args[0])
			}
			return c.Reserve(ctx, r)
		},
		show: shown(func(w io.Writer, r client.Reservation) {
			fmt.Fprintln(w, cmp.Or(r.DNI, strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, r.Body))))
		}),
	}
}

func callCommand() ctlCommand {
	return ctlCommand{
		name: "call", args: "number", says: "place a call to a number, over SIP, from the built-in carrier",
		flags: func(f *flags) {
			f.String("from", "", "the caller's `number`; withheld else")
			f.String("transport", "udp", "`udp`, tcp or tls")
			f.Duration("wait", 0, "for the end of the call, at most so `long`")
		},
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			placed, err := c.Place(ctx, client.Dial{To: a.args[0], From: a.flag("from"), Transport: a.flag("transport")})
			wait, _ := time.ParseDuration(a.flag("wait")) // the flag has read it
			if err != nil || wait == 0 {
				return placed, err
			}
			return c.Call(ctx, placed.ID, wait)
		},
		show: shown(showPlaced),
	}
}

func showPlaced(w io.Writer, p client.Placed) {
	end := "is up"
	if p.EndedBy != "" {
		end = fmt.Sprintf("ended by the %s (%s)", p.EndedBy, p.How)
	}
	fmt.Fprintf(w, "call %s to %s: %d %s, %s\n", p.ID, p.Number, p.Status, p.Reason, end)
}

func showClock(w io.Writer, c client.Clock) {
	fmt.Fprintf(w, "%s%s\n", stamp(c.Now), map[bool]string{true: " frozen"}[c.Frozen])
}

func showFaults(w io.Writer, f client.Faults) {
	fmt.Fprintf(w, "%s\n", f.Faults)
	for _, part := range []struct {
		name string
		hits []int
	}{{"http", f.Hits.HTTP}, {"calls", f.Hits.Calls}, {"agent", f.Hits.Agent}, {"handoffs", f.Hits.Handoffs}} {
		for i, n := range part.hits {
			fmt.Fprintf(w, "%s %d: %d hits\n", part.name, i+1, n)
		}
	}
}
