package remote

import (
	"context"
	"errors"
	"sync"

	"github.com/dnispool/dnispool/conformance/rehearse"
)

// told is how callers arrive whom a test runner tells the client of. It implements rehearse.Arrival.
type told struct {
	once, done       sync.Once
	arrived, wasDone chan struct{}
}

func newTold() *told { return &told{arrived: make(chan struct{}), wasDone: make(chan struct{})} }

func (t *told) arrive() { t.once.Do(func() { close(t.arrived) }) }

func (t *told) serve() { t.done.Do(func() { close(t.wasDone) }) }

// Arrive implements rehearse.Arrival.
func (t *told) Arrive(ctx context.Context, _ rehearse.Caller) error {
	select {
	case <-t.arrived:
		return nil
	case <-ctx.Done():
		return errors.New("nobody said that the callers had arrived")
	}
}

// Stays implements rehearse.Arrival.
func (*told) Stays() bool { return false }

// Says implements rehearse.Arrival.
func (*told) Says() string { return byTold }

// Served says when the client is done with its callers.
func (t *told) Served() <-chan struct{} { return t.wasDone }
