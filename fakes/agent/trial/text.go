package trial

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// Write tells a person what came of a call.
func (p Played) Write(w io.Writer) error {
	var b bytes.Buffer
	if len(p.Imported) > 0 {
		b.WriteString(p.Imported.String() + "\n\n")
	}
	fmt.Fprintf(&b, "call to %s, conversation %s\n", p.Number, p.ID)
	for _, f := range p.Functions {
		if f.Name != "end_function" || f.Err != nil || len(f.Reply.Set)+len(f.Reply.Unset)+len(f.Reply.Notes) > 0 {
			f.write(&b)
		}
	}
	fmt.Fprintf(&b, "\nthe call ended after %s: %s\n", p.Lasted, p.Cause)
	if p.SharedID != "" {
		p.Shared.write(&b, "shared_id="+p.SharedID)
	}
	if p.Shared.Status != 200 {
		p.ByID.write(&b, "id="+p.ID)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// String is one line for each note, below a heading; "" for none.
func (i Imported) String() string {
	if len(i) == 0 {
		return ""
	}
	out := "import"
	for _, n := range i {
		out += fmt.Sprintf("\n  %-9s %s", n.Kind, n)
	}
	return out
}

func (f Function) write(b *bytes.Buffer) {
	given := ""
	if f.Name == "start_function" {
		given = "   given " + cmp.Or(string(f.Given), "None")
	}
	fmt.Fprintf(b, "\n%s%s   %.1f ms\n", f.Name, given, float64(f.Took)/float64(time.Millisecond))
	line := func(what, text string) { fmt.Fprintf(b, "  %-9s %s\n", what, text) }
	for _, n := range f.Reply.Notes {
		if n.Kind != "failed" { // which is the error
			line(n.Kind, n.String())
		}
	}
	state := "state"
	if f.Err != nil {
		line("FAILED", f.Err.Error())
		state = "wrote" // which counts with conversation.failed_writes=keep only
	}
	for _, key := range slices.Sorted(maps.Keys(f.Reply.Set)) {
		if f.Name == "start_function" && slices.Contains(filledIn, key) {
			continue
		}
		line(state, key+" = "+string(f.Reply.Set[key]))
	}
	for _, key := range f.Reply.Unset {
		line(state, key+" is gone")
	}
	if f.Reply.Say != "" {
		line("says", f.Reply.Say)
	}
	switch {
	case f.Reply.Took == conversation.Forever:
		line("takes", "forever")
	case f.Reply.Took > 0:
		line("takes", f.Reply.Took.String()+" of the call")
	}
	if f.Err == nil && f.Reply.Hangup {
		line("hangs up", headers(f.Reply.Headers))
	}
}

// filledIn are the state keys of every call, which the platform fills in before start_function.
var filledIn = []string{"from_", "to", "call_sid"}

func headers(named map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(named)) {
		out = append(out, name+": "+named[name])
	}
	if out == nil {
		return "with BYE"
	}
	return "with BYE, " + strings.Join(out, ", ")
}

func (h Handoff) write(b *bytes.Buffer, query string) {
	fmt.Fprintf(b, "\nGET handoff_state?%s\n%d", query, h.Status)
	switch {
	case h.Status != 200 && strings.HasPrefix(query, "shared_id"):
		b.WriteString(": no call is found by it; a client that follows the documented rule reads that as \"call complete\", and drops its caller\n")
	case h.Status != 200:
		b.WriteString("\n")
	default:
		b.WriteByte(' ')
		_ = json.Indent(b, h.Body, "", "  ") // which is JSON
		b.WriteByte('\n')
	}
}

// Failed reports whether a function of the agent has failed.
func (p Played) Failed() bool {
	return slices.ContainsFunc(p.Functions, func(f Function) bool { return f.Err != nil })
}
