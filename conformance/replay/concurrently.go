package replay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/verdict"
)

// concurrently plays the sub-steps by many clients at once and holds their results against the tally.
func (l *lane) concurrently(ctx context.Context, st *scenario.Step, a *scenario.Concurrently) (outcome, error) {
	crowd := newCrowd(l, a)
	barrier := make(chan struct{})
	var clients sync.WaitGroup
	for i := range a.Clients {
		client := crowd.client(i)
		clients.Go(func() {
			<-barrier
			crowd.note(client.walk(ctx, a.Steps))
		})
		if a.Start.Spread > 0 { // nobody waits for the others: the barrier is open from the start
			if i == 0 {
				close(barrier)
			}
			if err := l.stage.Wait(ctx, a.Start.Spread/time.Duration(a.Clients)); err != nil {
				clients.Wait()
				return outcome{}, err
			}
		}
	}
	if a.Start.Spread == 0 {
		close(barrier)
	}
	clients.Wait()
	return crowd.outcome(ctx, st)
}

// crowd gathers what the clients saw.
type crowd struct {
	*lane
	mu         sync.Mutex
	results    map[string][]map[string]any
	indefinite int
	failures   []verdict.Failure
	errs       []error
}

func newCrowd(l *lane, a *scenario.Concurrently) *crowd {
	return &crowd{lane: l, results: make(map[string][]map[string]any)}
}

// client is the i-th client, from 1.
func (c *crowd) client(i int) *lane {
	scope := c.scope.Child()
	scope.Set("client", map[string]any{"index": i + 1, "random": c.random(i + 1)})
	child := c.newLane(fmt.Sprintf("client %d", i+1), scope)
	child.parent = c.lane
	return child
}

// walked is what one client brings back.
type walked struct {
	results    map[string]map[string]any
	indefinite int
	failures   []verdict.Failure
	err        error
}

// walk plays a client's steps up to the first that fails or leaves it in doubt.
func (l *lane) walk(ctx context.Context, steps []scenario.Step) walked {
	w := walked{results: make(map[string]map[string]any)}
	for i := range steps {
		st := &steps[i]
		out, failures, err := l.takeOne(ctx, st)
		if st.Name != "" && out.result != nil {
			w.results[st.Name] = out.result
		}
		if out.indefinite {
			w.indefinite++
		}
		if err != nil && !errors.Is(err, errInconclusive) {
			var missing *scenario.ReferenceError
			if !errors.As(err, &missing) { // a client that was refused has no number to go on with
				w.err = err
			}
			return w
		}
		if w.failures = failures; len(failures) > 0 || err != nil {
			return w
		}
	}
	return w
}

func (c *crowd) note(w walked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, r := range w.results {
		c.results[name] = append(c.results[name], r)
	}
	c.indefinite += w.indefinite
	c.failures = append(c.failures, w.failures...)
	if w.err != nil {
		c.errs = append(c.errs, w.err)
	}
}

// outcome is the crowd's, its failures limited to what a reader can take in.
func (c *crowd) outcome(ctx context.Context, st *scenario.Step) (outcome, error) {
	const most = 3
	if err := errors.Join(c.errs...); err != nil {
		if ctx.Err() != nil {
			return outcome{}, ctx.Err()
		}
		return outcome{}, c.errs[0]
	}
	failures := c.failures
	if more := len(failures) - most; more > 0 {
		failures = failures[:most]
		failures[most-1].Because = fmt.Sprintf("and %d more clients failed in the same step list", more)
	}
	out := outcome{result: map[string]any{}, indefinite: c.indefinite > 0, failures: failures}
	if st.Tally == nil {
		return out, nil
	}
	mismatches, err := st.Tally.Check(c.scope, c.results, c.indefinite)
	if err != nil {
		return outcome{}, err
	}
	if len(mismatches) > 0 && c.indefinite > 0 && st.Tally.Indefinite == nil {
		return outcome{}, fmt.Errorf("%w: %d replies never came, so the counts prove nothing", errInconclusive, c.indefinite)
	}
	for _, m := range mismatches {
		out.failures = append(out.failures, c.mismatch(st, out, m, 1))
	}
	return out, nil
}
