package history

import "sync"

// Recorder collects operations as they begin and change. It is safe for concurrent use. The zero value keeps them in
// memory alone.
type Recorder struct {
	mu  sync.Mutex
	ops []*Op
	out *Writer
}

// NewRecorder returns a recorder that also appends an operation to out whenever it begins or changes: what was seen is
// then on its way to the disk before anything is made of it. nil: in memory alone.
func NewRecorder(out *Writer) *Recorder { return &Recorder{out: out} }

// Begin records that an operation has started and returns its handle. The caller ends it with Update.
func (r *Recorder) Begin(op Op) *Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := op
	o.ID = len(r.ops) + 1
	r.ops = append(r.ops, &o)
	begun := o
	begun.Outcome, begun.End = Open, o.Start
	r.write(&begun)
	return &o
}

// Update changes a recorded operation.
func (r *Recorder) Update(op *Op, change func(*Op)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(op)
	r.write(op)
}

func (r *Recorder) write(op *Op) {
	if r.out != nil {
		_ = r.out.Append(op) // Flush returns its error
	}
}

// Flush hands everything recorded so far to where the Writer writes. It returns the first error of any writing.
func (r *Recorder) Flush() error {
	if r.out == nil {
		return nil
	}
	return r.out.Flush()
}

// Ops returns a copy of what was recorded, in the order in which the operations started.
func (r *Recorder) Ops() []Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Op, len(r.ops))
	for i, o := range r.ops {
		out[i] = *o
	}
	return out
}
