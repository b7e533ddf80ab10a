package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/dnispool/dnispool/sim/control/client"
)

func poolsCommand() ctlCommand {
	return ctlCommand{
		name: "pools", says: "every pool, counted",
		run: func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Pools(ctx) },
		show: shown(func(w io.Writer, pools []client.Pool) {
			table(w, func(w io.Writer) {
				fmt.Fprintln(w, "PROJECT\tSIZE\tFREE\tPENDING\tIN CALL\tCOOLING\tRESERVED\tREFUSED\tEXPIRED\tUNBOUND CALLS")
				for _, p := range pools {
					fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", p.Project, p.Size, p.Free, p.Pending, p.InCall, p.Cooling, p.Reserved, p.Refused, p.Expired, p.Unbound)
				}
			})
		}),
	}
}

func poolCommand() ctlCommand {
	return ctlCommand{
		name: "pool", args: "project", says: "the numbers of a pool, and who holds each until when",
		flags: func(f *flags) {
			f.String("state", "", "only numbers that are `so`: free, pending, in-call or cooling")
			f.Int("limit", 0, "so `many` at most")
		},
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			return c.Numbers(ctx, a.args[0], client.NumbersQuery{State: a.flag("state"), Limit: a.int("limit")})
		},
		show: shown(func(w io.Writer, p client.Numbers) {
			table(w, func(w io.Writer) {
				fmt.Fprintln(w, "NUMBER\tSTATE\tSINCE\tUNTIL\tLEASE\tHELD BY")
				for _, n := range p.Numbers {
					until, lease, holder := "", "", n.Call
					if n.Until != nil {
						until = stamp(*n.Until)
					}
					if n.Lease != 0 {
						lease = fmt.Sprint(n.Lease)
					}
					if holder == "" {
						holder = string(n.Attributes)
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.80s\n", n.Number, strings.TrimSpace(n.State+map[bool]string{true: " draining"}[n.Draining]), stamp(n.Since), until, lease, holder)
				}
			})
			if p.Next > 0 {
				fmt.Fprintf(w, "… %d numbers in all\n", p.Size+p.Draining)
			}
		}),
	}
}
