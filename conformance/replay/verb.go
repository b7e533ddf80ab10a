package replay

import (
	"context"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
)

// verb is how one verb of the language is played. Each is in the file that plays it, and registers itself there.
type verb struct {
	play func(context.Context, *client, *scenario.Step) (outcome, error)
	// shows completes the step as it is shown before a failure; nil where its exchange says it all.
	shows func(*scenario.Step, outcome, *finding.Step)
}

var verbs = make(map[scenario.Verb]verb)

// register says how a verb with arguments of type A is played.
func register[A scenario.Args](v scenario.Verb, play func(*client, context.Context, *scenario.Step, A) (outcome, error), shows func(A, outcome, *finding.Step)) struct{} {
	r := verb{play: func(ctx context.Context, cl *client, st *scenario.Step) (outcome, error) {
		return play(cl, ctx, st, st.Args.(A))
	}}
	if shows != nil {
		r.shows = func(st *scenario.Step, out outcome, s *finding.Step) { shows(st.Args.(A), out, s) }
	}
	verbs[v] = r
	return struct{}{}
}
