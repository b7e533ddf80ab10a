package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
)

var _ = register(scenario.VerbConcurrently, (*client).concurrently, nil)

// concurrently plays the sub-steps by many clients at once and holds their results against the tally.
func (cl *client) concurrently(ctx context.Context, st *scenario.Step, a *scenario.Concurrently) (outcome, error) {
	clients := a.Clients
	if clients == 0 {
		if clients = cl.stage.Facts("").PoolSize(); clients == 0 {
			return outcome{}, errNoSize
		}
	}
	walks := make([]walked, clients)
	begun := cl.stage.Now()
	play := func(ctx context.Context, i int) { walks[i] = cl.clientOf(st, i+1).walk(ctx, a.Steps) }
	at := cl.starts(st, a, clients)
	var err error
	switch order := orderOf(cl.stage); {
	case order == targets.StepByStep:
		walks = cl.stepByStep(ctx, st, a.Steps, clients)
	case order == targets.ClientByClient:
		err = cl.clientByClient(ctx, at, clients, play)
	case at == nil:
		together(ctx, clients, play)
	default:
		err = cl.stage.Launch(ctx, at, play)
	}
	if err != nil {
		return outcome{}, err
	}
	if rest := begun.Add(a.Start.Spread).Sub(cl.stage.Now()); rest > 0 { // the last client did not need all of it
		if err := cl.stage.Wait(ctx, rest); err != nil {
			return outcome{}, err
		}
	}
	return cl.gather(ctx, st, walks)
}

func orderOf(s targets.Stage) targets.Order {
	if o, ok := s.(targets.Ordered); ok {
		return o.Order()
	}
	return targets.AsTheyCome
}

// stepByStep plays the first step of each client, then the second of each.
func (cl *client) stepByStep(ctx context.Context, st *scenario.Step, steps []scenario.Step, n int) []walked {
	walks, walkers := make([]walked, n), make([]*client, n)
	for i := range walkers {
		walks[i], walkers[i] = newWalk(), cl.clientOf(st, i+1)
	}
	for k := range steps {
		for i, w := range walkers {
			if w != nil && !w.walkOn(ctx, &steps[k], &walks[i]) {
				walkers[i] = nil
			}
		}
	}
	return walks
}

// clientByClient plays n clients, each when the one before has ended and its own start has come.
func (cl *client) clientByClient(ctx context.Context, at []time.Duration, n int, play func(context.Context, int)) error {
	begun := cl.stage.Now()
	for i := range n {
		if at != nil {
			if rest := begun.Add(at[i]).Sub(cl.stage.Now()); rest > 0 {
				if err := cl.stage.Wait(ctx, rest); err != nil {
					return err
				}
			}
		}
		play(ctx, i)
	}
	return nil
}

// together plays n clients from one barrier and returns when all have ended.
func together(ctx context.Context, n int, play func(context.Context, int)) {
	var clients sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		clients.Go(func() {
			<-begin
			play(ctx, i)
		})
	}
	close(begin)
	clients.Wait()
}

// clientOf is the walk of client i, from 1, through the sub-steps of st.
func (cl *client) clientOf(st *scenario.Step, i int) *client {
	scope := cl.scope.Child()
	scope.Set("client", map[string]any{"index": i, "random": fmt.Sprintf("%016x", cl.draws(st, i).Uint64())})
	child := cl.newClient(fmt.Sprintf("client %d", i), scope)
	child.parent, child.number = cl, i
	return child
}

// walked is what one client brings back.
type walked struct {
	results    map[string]map[string]any
	indefinite int
	misled     []misled
	made       bool // it was left in doubt by what says nothing of the platform, as notThePlatforms has it
	failures   []finding.Failure
	doubt      error // an expectation that could not be judged, for want of a reply
	err        error
}

func newWalk() walked { return walked{results: make(map[string]map[string]any)} }

// walk plays a client's steps up to the first that fails or leaves it in doubt.
func (cl *client) walk(ctx context.Context, steps []scenario.Step) walked {
	w := newWalk()
	for i := range steps {
		if !cl.walkOn(ctx, &steps[i], &w) {
			break
		}
	}
	return w
}

// walkOn plays one step of a client's walk, and reports whether it goes on.
func (cl *client) walkOn(ctx context.Context, st *scenario.Step, w *walked) bool {
	misledBefore := len(cl.misled)
	out, failures, err := cl.takeOne(ctx, st)
	if st.Name != "" && out.result != nil {
		w.results[st.Name] = out.result
	}
	if out.indefinite {
		w.indefinite++
	}
	if len(cl.misled) > misledBefore {
		w.misled = append(w.misled, misled{st.Name, out.result, out.indefinite, cl.misled[misledBefore]})
	}
	switch {
	case proofless(err):
		w.doubt, w.made = err, !out.indefinite && notThePlatforms(out) != ""
	case err != nil && !w.refused(err):
		w.err = err
	case err == nil:
		w.failures = failures
	}
	return err == nil && len(failures) == 0
}

// refused reports whether a client cannot go on because it was refused what the next step needs: a number, most often.
func (w walked) refused(err error) bool {
	missing, ok := errors.AsType[*scenario.ReferenceError](err)
	if !ok {
		return false
	}
	step, _, _ := strings.Cut(missing.Name, ".")
	result, played := w.results[step]
	return played && result["status"] != 200
}

// gather makes the outcome of what all clients bring back. A failure is proof, whatever else is in doubt; counts are
// proof only when no reply is missing, or exactly those are missing that the scenario expects to be.
func (cl *client) gather(ctx context.Context, st *scenario.Step, walks []walked) (outcome, error) {
	results := make(map[string][]map[string]any)
	clean := make(map[string][]map[string]any) // of sub-steps in which every answer was the platform's
	indefinite, doubts, made := 0, 0, 0
	var failures []finding.Failure
	var misled []misled
	for _, w := range walks {
		switch {
		case w.err != nil && ctx.Err() != nil:
			return outcome{}, ctx.Err()
		case w.err != nil:
			return outcome{}, w.err
		case w.doubt != nil:
			doubts++
			if w.made {
				made++
			}
		}
		for name, r := range w.results {
			results[name] = append(results[name], r)
			if !w.wasMisled(name) {
				clean[name] = append(clean[name], r)
			}
		}
		misled = append(misled, w.misled...)
		indefinite += w.indefinite
		failures = append(failures, w.failures...)
	}
	var mismatches []scenario.Mismatch
	if st.Tally != nil {
		var err error
		if mismatches, err = st.Tally.Check(cl.scope, results, indefinite); err != nil {
			return outcome{}, err
		}
	}
	foreseen := st.Tally != nil && st.Tally.Indefinite != nil &&
		!slices.ContainsFunc(mismatches, func(m scenario.Mismatch) bool { return m.Path == st.Tally.Indefinite.Name() })
	if indefinite > 0 && !foreseen && len(failures) == 0 && (doubts > 0 || len(mismatches) > 0) {
		return outcome{}, inconclusive{fmt.Errorf("%d replies never came, so the counts prove nothing", indefinite)}
	}
	if made > 0 && len(failures) == 0 {
		return outcome{}, inconclusive{fmt.Errorf("of %d clients %d got what says nothing of the platform where its reply was expected", len(walks), made)}
	}
	if len(mismatches) > 0 && !cl.foreseen(st.Tally, misled, foreseen, mismatches) {
		m := mismatches[0]
		var err error
		switch mismatches, err = st.Tally.CheckDistinct(cl.scope, clean); {
		case err != nil:
			return outcome{}, err
		case len(mismatches) == 0 && len(failures) == 0:
			return outcome{}, inconclusive{fmt.Errorf("the scenario's own fault made, cut or lost answers (%s), so the counts say nothing of the platform: %s: want %s, got %s",
				misled[0].fault, m.Path, m.Want, m.Got)}
		}
	}
	out := outcome{result: map[string]any{}, indefinite: indefinite > 0, failures: few(failures)}
	for _, m := range mismatches {
		out.failures = append(out.failures, cl.mismatch(st, out, m, 1))
	}
	return out, nil
}

// misled is a sub-step of a client in which a fault of the scenario's made, cut or lost an answer.
type misled struct {
	step       string // "" for one without a name
	result     map[string]any
	indefinite bool
	fault      string
}

func (w walked) wasMisled(step string) bool {
	return slices.ContainsFunc(w.misled, func(m misled) bool { return m.step == step })
}

// foreseen reports whether the tally says what the scenario's own faults make of the results, and was right in that: each
// answer that is not the platform's is among those that a group counts, or one of the lost ones that are counted. What does
// not hold besides is the platform's doing then. Else nobody knows: an answer that a fault made has also taken a number that
// another client lacks, or has left one that another client was given.
func (cl *client) foreseen(t *scenario.Tally, all []misled, indefinite bool, mismatches []scenario.Mismatch) bool {
	for _, m := range all {
		if m.indefinite && indefinite {
			continue
		}
		if !t.Counts(cl.scope, m.step, m.result, mismatches) {
			return false
		}
	}
	return true
}

// few limits the clients' failures to what a reader can take in.
func few(failures []finding.Failure) []finding.Failure {
	const most = 3
	more := len(failures) - most
	if more <= 0 {
		return failures
	}
	last := &failures[most-1]
	last.Because = strings.TrimSpace(fmt.Sprintf("%s (and %d more failures of other clients)", last.Because, more))
	return failures[:most]
}
