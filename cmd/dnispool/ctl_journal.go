package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/control/client"
)

func journalCommand() ctlCommand {
	return ctlCommand{
		name: "journal", says: "what happened, what happens next, or all that happens",
		flags: func(f *flags) {
			f.String("kind", "", "only events of these `kinds`, as in bye-sent,handoff-written")
			f.String("project", "", "only those of a `project`")
			f.String("number", "", "only those on a `number`")
			f.String("call", "", "only those of a conversation, by its `id`")
			f.String("shared-id", "", "only those with this `id`")
			f.String("text", "", "only those that have this `text`")
			f.Uint64("after", 0, "only those behind this `seq`")
			f.Int("limit", 0, "so `many` at most")
			f.Duration("wait", 0, "wait so `long` for the next event; exit code 2 when it has not come")
			f.Bool("follow", false, "go on until interrupted")
		},
		run: runJournal,
		show: shown(func(w io.Writer, j client.Journal) {
			for _, e := range j.Events {
				fmt.Fprintln(w, eventLine(e))
			}
		}),
	}
}

func runJournal(ctx context.Context, c *client.Client, a asked) (any, error) {
	q := client.JournalQuery{
		Project: a.flag("project"), Number: a.flag("number"), Call: a.flag("call"), SharedID: a.flag("shared-id"),
		Text: a.flag("text"), Limit: a.int("limit"),
	}
	q.After, _ = strconv.ParseUint(a.flag("after"), 10, 64) // the flag has read it
	q.Wait, _ = time.ParseDuration(a.flag("wait"))
	if kinds := a.flag("kind"); kinds != "" {
		q.Kinds = strings.Split(kinds, ",")
	}
	switch {
	case a.flag("follow") == "true":
		err := c.Follow(ctx, q, func(e client.Event) error { return a.printEvent(e) }, func(d client.Dropped) {
			fmt.Fprintf(a.env.err, "%s ctl journal: %d events came faster than they were read\n", tool, d.Count)
		})
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return client.Journal{Events: []client.Event{}}, err
	case q.Wait > 0:
		e, err := c.Next(ctx, q)
		return client.Journal{Events: []client.Event{e}, Next: e.Seq}, err
	}
	return c.Journal(ctx, q)
}

// printEvent prints one event as it comes.
func (a asked) printEvent(e client.Event) error {
	line := eventLine(e)
	if a.flag("json") == "true" {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		line = string(b)
	}
	_, err := fmt.Fprintln(a.env.out, line)
	return err
}

func eventLine(e client.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6d  %s  %-18s", e.Seq, stamp(e.At), e.Kind)
	for _, f := range [...]struct{ name, value string }{
		{"project", e.Project}, {"number", e.Number}, {"call", e.Call}, {"shared_id", e.SharedID}, {"cause", e.Cause}, {"detail", e.Detail},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, " %s=%s", f.name, f.value)
		}
	}
	return b.String()
}

func exchangesCommand() ctlCommand {
	return ctlCommand{
		name: "exchanges", says: "the HTTP exchanges, newest first",
		flags: func(f *flags) {
			f.String("endpoint", "", "only those of one `endpoint`: reserve or handoff")
			f.String("project", "", "only those with a key of a `project`")
			f.Int("status", 0, "only those with this `status`, or 2, 4 or 5 for all that begin so")
			f.Int("limit", 0, "so `many` at most")
		},
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			return c.Exchanges(ctx, client.ExchangesQuery{Endpoint: a.flag("endpoint"), Project: a.flag("project"), Status: a.int("status"), Limit: a.int("limit")})
		},
		show: shown(func(w io.Writer, list client.Exchanges) {
			table(w, func(w io.Writer) {
				fmt.Fprintln(w, "ID\tAT\tSTATUS\tREQUEST\tTOOK\tREFUSED BECAUSE")
				for _, x := range list.Exchanges {
					fmt.Fprintf(w, "%d\t%s\t%d\t%s %.100s\t%s\t%s\n", x.ID, stamp(x.At), x.Status, x.Method, x.Path, x.Took, x.Message)
				}
			})
		}),
	}
}

func exchangeCommand() ctlCommand {
	return ctlCommand{
		name: "exchange", args: "id", says: "everything about one HTTP exchange",
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			id, err := strconv.ParseUint(a.args[0], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("id: want a number, got %q", a.args[0])
			}
			return c.Exchange(ctx, id)
		},
		show: shown(func(w io.Writer, x client.Exchange) {
			fmt.Fprintf(w, "%s from %s, %s\n%s %s\n", stamp(x.At), x.From, x.Took, x.Method, x.Path)
			for _, name := range slices.Sorted(maps.Keys(x.Headers)) {
				fmt.Fprintf(w, "%s: %s\n", name, x.Headers[name])
			}
			fmt.Fprintf(w, "\n%s\n\n%d %s\n%s\n", x.RequestBody, x.Status, x.Message, x.ResponseBody)
		}),
	}
}

func refusedCommand() ctlCommand {
	return ctlCommand{
		name: "refused", says: "requests and calls that were refused, why, and what was probably meant",
		flags: func(f *flags) { f.Int("limit", 0, "so `many` at most") },
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			return c.Refused(ctx, a.int("limit"))
		},
		show: shown(func(w io.Writer, list []client.Refusal) {
			for _, r := range list {
				fmt.Fprintf(w, "%s  %d  %s\n  because %s\n", stamp(r.At), r.Status, r.What, r.Reason)
				if r.Nearest != "" {
					fmt.Fprintf(w, "  nearest %s\n", r.Nearest)
				}
			}
		}),
	}
}
