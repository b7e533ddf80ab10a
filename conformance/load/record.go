package load

import (
	"io"
	"sync"

	"github.com/dnispool/dnispool/conformance/history"
)

// record writes the history of a run as it happens, and keeps nothing of it. An operation stands in the file before it is
// begun, so that whatever a killed run leaves is the beginning of what happened. It is safe for concurrent use; a nil record
// takes everything and writes nothing.
type record struct {
	mu  sync.Mutex
	out *history.Writer
	ids int
}

func newRecord(w io.Writer, h history.Header) (*record, error) {
	out, err := history.NewWriter(w, h)
	if err != nil {
		return nil, err
	}
	return &record{out: out}, nil
}

// begin gives an operation its id and writes that it is under way.
func (r *record) begin(op history.Op) *history.Op {
	if r == nil {
		return &op
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids++
	op.ID = r.ids
	open := op
	open.Outcome, open.End = history.Open, op.Start
	_ = r.out.Append(&open) // flush returns the first error of all
	return &op
}

// update writes what has become of an operation.
func (r *record) update(op *history.Op) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.out.Append(op)
}

func (r *record) flush() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Flush()
}

// operations is how many have begun.
func (r *record) operations() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids
}
