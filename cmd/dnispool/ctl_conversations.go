package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/sim/control/client"
)

func conversationsCommand() ctlCommand {
	return ctlCommand{
		name: "conversations", says: "the calls, newest first",
		flags: func(f *flags) {
			f.String("project", "", "only those of a `project`")
			f.String("number", "", "only those to a `number`")
			f.String("shared-id", "", "only that with this `id`")
			f.String("state", "", "only those that are `so`: ringing, up or over")
			f.String("text", "", "only those whose number, caller, shared_id, id or Call-ID has this `text`")
			f.Int("limit", 0, "so `many` at most")
		},
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			return c.Conversations(ctx, client.ConversationsQuery{
				Project: a.flag("project"), Number: a.flag("number"), SharedID: a.flag("shared-id"), State: a.flag("state"),
				Text: a.flag("text"), Limit: a.int("limit"),
			})
		},
		show: shown(func(w io.Writer, list client.Conversations) {
			table(w, func(w io.Writer) {
				fmt.Fprintln(w, "ID\tARRIVED\tNUMBER\tCALLER\tATTRIBUTES\tSTATE\tSHARED ID\tHANDOFF TO")
				for _, c := range list.Conversations {
					attributes := "found"
					if !c.Bound {
						attributes = "none: " + c.Unbound
					}
					state := c.State
					if c.Cause != "" {
						state += " (" + c.Cause + ")"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, stamp(c.ArrivedAt), c.Number, cmp.Or(c.Caller, "withheld"), attributes, state, c.SharedID, c.HandoffTo)
				}
			})
		}),
	}
}

func conversationCommand() ctlCommand {
	return ctlCommand{
		name: "conversation", args: "id", says: "everything about one call, with its ladder",
		flags: func(f *flags) { f.Bool("raw", false, "show every SIP message in full") },
		run: func(ctx context.Context, c *client.Client, a asked) (any, error) {
			got, err := c.Conversation(ctx, a.args[0])
			return whole{got, a.flag("raw") == "true"}, err
		},
		show: shown(showConversation),
	}
}

// whole is a conversation, and whether its messages are shown in full.
type whole struct {
	client.Conversation
	raw bool
}

// MarshalJSON writes the conversation alone.
func (c whole) MarshalJSON() ([]byte, error) { return json.Marshal(c.Conversation) }

func showConversation(w io.Writer, c whole) {
	table(w, func(w io.Writer) {
		fmt.Fprintf(w, "conversation\t%s\nproject\t%s\nnumber\t%s\ncaller\t%s\nCall-ID\t%s\n", c.ID, c.Project, c.Number, cmp.Or(c.Caller, "withheld"), c.CallID)
		if c.Bound {
			fmt.Fprintf(w, "attributes\t%s\n", c.Attributes)
		} else {
			fmt.Fprintf(w, "attributes\tnone: %s\n", c.Unbound)
		}
		fmt.Fprintf(w, "given to start_function\t%s\n", c.Given)
		for _, key := range slices.Sorted(maps.Keys(c.ConvState)) {
			fmt.Fprintf(w, "conv.state.%s\t%s\n", key, c.ConvState[key])
		}
		if c.Handoff != nil {
			fmt.Fprintf(w, "handoff\t%s\n", c.Handoff.Data)
		}
		fmt.Fprintf(w, "state\t%s\n", c.State)
		if c.Cause != "" {
			fmt.Fprintf(w, "ended by\t%s\n", c.Cause)
		}
	})
	for _, t := range c.Turns {
		fmt.Fprintf(w, "%s  %s %s\n", stamp(t.At), t.Kind, cmp.Or(t.Error, t.Detail, t.Say))
	}
	for _, x := range c.Exchanges {
		fmt.Fprintf(w, "%s  http %s %s -> %d\n", stamp(x.At), x.Method, x.Path, x.Status)
	}
	showMessages(w, c.Messages, c.raw)
}

func messagesCommand() ctlCommand {
	return ctlCommand{
		name: "messages", args: "call-id", says: "the SIP messages of a Call-ID, also of a call that was refused",
		run:  func(ctx context.Context, c *client.Client, a asked) (any, error) { return c.Messages(ctx, a.args[0]) },
		show: shown(func(w io.Writer, m client.Messages) { showMessages(w, m.Messages, true) }),
	}
}

func showMessages(w io.Writer, messages []client.Message, raw bool) {
	for _, m := range messages {
		arrow := map[bool]string{true: "-->", false: "<--"}[m.Sent]
		fmt.Fprintf(w, "%s  sip  %s %s  %s\n", stamp(m.At), arrow, m.Peer, m.StartLine)
		if raw {
			fmt.Fprintf(w, "%s\n", m.Raw)
		}
	}
}
