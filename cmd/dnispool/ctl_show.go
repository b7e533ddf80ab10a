package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

// ctlCommands is everything that ctl does, in the order of its help.
func ctlCommands() []ctlCommand {
	return append([]ctlCommand{
		{
			name: "simulator", says: "addresses, and what is in force",
			run:  func(ctx context.Context, c *client.Client, _ asked) (any, error) { return c.Simulator(ctx) },
			show: shown(showSimulator),
		},
		{
			name: "authority", says: "whom to trust for HTTPS and for SIP over TLS, in PEM",
			run: func(ctx context.Context, c *client.Client, _ asked) (any, error) {
				pem, err := c.Authority(ctx)
				return string(pem), err
			},
			show: shown(func(w io.Writer, pem string) { fmt.Fprint(w, pem) }),
		},
		{
			name: "projects", says: "the tenants, their paths and keys", flags: secretsFlag,
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				return c.Projects(ctx, a.flag("secrets") == "true")
			},
			show: shown(showProjects),
		},
		{
			name: "config", says: "every setting in force, as a file that starts the same simulator", flags: secretsFlag,
			run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
				file, err := c.Config(ctx, a.flag("secrets") == "true")
				return string(file), err
			},
			show: shown(func(w io.Writer, file string) { fmt.Fprint(w, file) }),
		},
		poolsCommand(), poolCommand(), conversationsCommand(), conversationCommand(), messagesCommand(), journalCommand(), exchangesCommand(), exchangeCommand(), refusedCommand(),
	}, slices.Concat(sessionCommands(), doCommands(), rehearsalCommands())...)
}

func secretsFlag(f *flags) { f.Bool("secrets", false, "show keys, tokens and secrets as they are") }

// shown makes a function that shows a value of one type fit for a command.
func shown[T any](show func(io.Writer, T)) func(io.Writer, any) {
	return func(w io.Writer, value any) {
		v, _ := value.(T) // what run returns
		show(w, v)
	}
}

// table writes lines whose columns, separated by tabs, are aligned.
func table(w io.Writer, write func(w io.Writer)) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	write(t)
	_ = t.Flush() // as for every print
}

func showSimulator(w io.Writer, s client.Simulator) {
	table(w, func(w io.Writer) {
		fmt.Fprintf(w, "version\t%s\nprofile\t%s\nhttp\t%s\nsip\t%s\ncontrol\t%s\n", s.Version, s.Profile, s.Addresses.HTTP, s.Addresses.SIP, s.Addresses.Control)
		fmt.Fprintf(w, "now\t%s\ncalls up\t%d\n", stamp(s.Now), s.Calls)
	})
}

func showProjects(w io.Writer, projects []client.Project) {
	table(w, func(w io.Writer) {
		fmt.Fprintln(w, "PROJECT\tPATH\tNUMBERS\tDNI KEY\tHANDOFF KEY")
		for _, p := range projects {
			fmt.Fprintf(w, "%s\t%s/%s\t%d\t%s\t%s\n", p.Name, p.AccountSlug, p.ProjectSlug, p.Numbers, p.DNIKey, p.HandoffKey)
		}
	})
}

// stamp is a time as people read it, to the millisecond.
func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }
