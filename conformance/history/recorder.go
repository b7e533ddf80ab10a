package history

import "sync"

// Recorder collects operations as they begin and change. It is safe for concurrent use. The zero value keeps them in
// memory alone.
type Recorder struct {
	mu   sync.Mutex
	ops  []*Op
	out  *Writer
	name string
}

// NewRecorder returns a recorder that also appends an operation to out whenever it begins or changes: what was seen is
// then on its way to the disk before anything is made of it. The operations say where they stand in the file of that
// name.
func NewRecorder(out *Writer, name string) *Recorder { return &Recorder{out: out, name: name} }

// Begin records that an operation has started and returns its handle. The caller ends it with Update.
func (r *Recorder) Begin(op Op) *Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := op
	o.ID = len(r.ops) + 1
	r.ops = append(r.ops, &o)
	if r.out != nil {
		begun := o
		begun.Outcome, begun.End = Open, o.Start
		r.write(&begun)
		o.File, o.Line = begun.File, begun.Line
	}
	return &o
}

// Update changes a recorded operation.
func (r *Recorder) Update(op *Op, change func(*Op)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(op)
	if r.out != nil {
		r.write(op)
	}
}

func (r *Recorder) write(op *Op) {
	op.File = r.name
	op.Line, _ = r.out.append(op) // Flush returns the error
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
