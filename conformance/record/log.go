// Package record writes the history of clients that know nothing of it: a reverse proxy in front of the two endpoints
// sees what they ask and what they are told, and whoever places their calls says so in JSON lines. Everything is on its
// way to the file when it happens, and nothing of it is kept in memory longer than it lasts.
package record

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Log is a history that is being written. It is safe for concurrent use.
type Log struct {
	base      time.Time // with its monotonic reading, which all times are taken by
	generator string

	mu    sync.Mutex
	out   *history.Writer
	ids   int
	count map[history.Kind]int
	err   error

	failed chan struct{} // closed with err
}

// NewLog writes the header to out, with the present for its base. The operations bear the generator's name, which may be
// empty when there is no other.
func NewLog(out io.Writer, h history.Header, generator string) (*Log, error) {
	l := &Log{base: time.Now(), generator: generator, count: make(map[history.Kind]int), failed: make(chan struct{})}
	h.Base = l.base
	w, err := history.NewWriter(out, h)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	l.out = w
	return l, nil
}

// Err is the first error of writing. What happens after it is not recorded.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Failed is closed when Err has something to say.
func (l *Log) Failed() <-chan struct{} { return l.failed }

// Count is how many operations of a kind have begun.
func (l *Log) Count(k history.Kind) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count[k]
}

func (l *Log) now() time.Duration { return time.Since(l.base) }

// at is a time of somebody else's clock. It is measured from the present, so that a step of the wall clock that both
// have behind them does no harm.
func (l *Log) at(t time.Time) time.Duration {
	now := time.Now()
	return now.Sub(l.base) + t.Round(0).Sub(now.Round(0))
}

// begin gives an operation its id, and its start unless it brings one, and writes that it is under way.
func (l *Log) begin(op history.Op, started bool) history.Op {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ids++
	op.ID = l.ids
	if op.Generator == "" {
		op.Generator = l.generator
	}
	if !started {
		op.Start = l.now() // under the lock: of two operations, the one with the greater id began later
	}
	l.count[op.Kind]++
	open := op
	open.Outcome, open.End = history.Open, op.Start
	l.write(&open)
	return op
}

// update writes an operation again.
func (l *Log) update(op *history.Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(op)
}

func (l *Log) write(op *history.Op) {
	err := l.out.Append(op)
	if err == nil {
		err = l.out.Flush()
	}
	if l.err == nil && err != nil {
		l.err = fmt.Errorf("record: %w", err)
		close(l.failed)
	}
}
