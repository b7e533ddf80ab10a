package load

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
)

// A run is judged while it goes on: again and again all checks look at the newest part of the history that is written, which
// is a part like those in which a long history is judged at the end. What stands in the file at any moment is the beginning
// of what happened, as a killed run leaves it, so an operation without an outcome may have had any. A look cannot decide
// what rests on a reply or an end that is still to be written, nor what lies further apart than a part is long; and it
// leaves to the next look what is so new that its client may still do something about it. The whole file, judged when the
// run is over, is the verdict.

// SoFar is what the checks have found while a run went on.
type SoFar struct {
	Violations int           `json:"violations"`
	Last       string        `json:"last,omitempty"` // of the violations, the newest that was found
	Until      time.Duration `json:"until_ns"`       // what happened until then was looked at
	Missed     string        `json:"missed,omitempty"`
}

// How a run is watched.
const (
	// watchEvery is from the end of a look to the next. A look that took long is followed by a rest that is nine times as
	// long: so the checks take a tenth of one processor at most from the generator.
	watchEvery = time.Second
	watchRest  = 9
	// watchMost is how many operations are looked at at one time, for 200 MB. 100 callers a second with a window of 120 s are
	// 150,000.
	watchMost = 200_000
	// watchTold is how many violations are told apart.
	watchTold = 10_000
)

// watch judges the newest part of a history that is being written.
type watch struct {
	parts
	every  time.Duration // see watchEvery
	settle time.Duration // see SoFar: how long a client may take
	from   time.Duration // what began before was looked at with all that can have come of it
	told   map[string]bool

	mu    sync.Mutex
	sofar SoFar
}

func newWatch(file, prefix string, facts map[string]reading.Facts, j Journey) *watch {
	return &watch{
		parts:  parts{file: file, prefix: prefix, facts: facts, most: watchMost},
		settle: j.Poll.For + j.ReserveTimeout*time.Duration(j.Retries+1), told: make(map[string]bool),
	}
}

// soFar is safe for concurrent use.
func (w *watch) soFar() SoFar {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sofar
}

// run looks until the context is over.
func (w *watch) run(ctx context.Context) {
	rest := w.every
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		begun := time.Now()
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.miss(err.Error())
			return
		}
		rest = max(w.every, watchRest*time.Since(begun))
	}
}

func (w *watch) miss(why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sofar.Missed = why
}

// look judges what is new.
func (w *watch) look(ctx context.Context) error {
	if err := w.measure(); err != nil {
		return err
	}
	until := w.latest - w.settle
	if until <= 0 {
		return nil
	}
	if n := w.meeting(w.from); n > w.most {
		w.miss(fmt.Sprintf("more than %d operations in the time that the checks must see at once: all is judged when the run is over", w.most))
	} else if n > 0 {
		j, err := w.part(ctx, w.from, math.MaxInt64, w.from == 0)
		if err != nil {
			return err
		}
		w.take(j, until)
	}
	if w.cuttable() {
		w.forget(max(w.from, until-w.margin()))
	}
	return nil
}

// meeting counts the operations of callers who had to do with the platform since a time.
func (w *watch) meeting(from time.Duration) (n int) {
	for _, c := range w.callers {
		if c.meets(from, math.MaxInt64) {
			n += c.operations
		}
	}
	return n
}

// forget lets go of callers with whom the next look has nothing to do. Callers begin in the order of their numbers: one of
// whom nothing stands in the file, although one who came later is over, was dropped.
func (w *watch) forget(from time.Duration) {
	w.from = from
	gone := 0
	for i, c := range w.callers {
		if c.meets(from, math.MaxInt64) {
			break
		}
		if c.operations > 0 {
			gone = i + 1
		}
	}
	w.callers = append(w.callers[:0], w.callers[gone:]...)
	w.gone += gone
}

// take counts the violations that were not seen before. Those about what is newer are for the next look.
func (w *watch) take(j finding.Judgement, until time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sofar.Until = until
	for _, r := range j.Results {
		for _, v := range r.Violations {
			var last time.Duration
			key := []string{r.Name}
			for _, o := range v.Ops {
				last = max(last, o.Start, o.End)
				key = append(key, fmt.Sprintf("%s %s %d", o.Client, o.Kind, o.Start))
			}
			name := strings.Join(key, ", ")
			if !v.Proven() || last > until || w.told[name] || len(w.told) == watchTold {
				continue
			}
			w.told[name] = true
			w.sofar.Violations++
			w.sofar.Last = r.Name + ": " + v.Text
		}
	}
}
