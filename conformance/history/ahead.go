package history

import "fmt"

// block is some operations as they stand one after the other in a file.
type block struct {
	ops     []Op
	read    int64  // bytes of the file up to the end of these
	warning string // of what was left out
	err     error  // what ended the reading before the end
}

// blockOps and blocksAhead bound how far decoding runs ahead.
const blockOps, blocksAhead = 256, 4

// ahead is the decoding of a file in a goroutine of its own, ahead of whoever puts the operations to their places.
type ahead struct {
	blocks chan block
	spent  chan []Op // room for further operations
	quit   chan struct{}
}

func (in *input) ahead() *ahead {
	a := &ahead{blocks: make(chan block), spent: make(chan []Op, blocksAhead), quit: make(chan struct{})}
	for range blocksAhead {
		a.spent <- make([]Op, blockOps)
	}
	go a.run(in)
	return a
}

// end returns when nothing is read any more.
func (a *ahead) end() {
	close(a.quit)
	for range a.blocks {
	}
}

func (a *ahead) run(in *input) {
	defer close(a.blocks)
	d := newDecoder()
	for more := true; more; {
		var b block
		select {
		case b.ops = <-a.spent:
		case <-a.quit:
			return
		}
		more = in.fill(&b, d)
		select {
		case a.blocks <- b:
		case <-a.quit:
			return
		}
	}
}

// fill reads as many operations as b has room for, and reports whether there may be more.
func (in *input) fill(b *block, d *decoder) bool {
	for i := range b.ops {
		if !in.next() {
			b.ops = b.ops[:i]
			if err := in.scanner.Err(); err != nil {
				b.err = fmt.Errorf("%s:%d: history: %s", in.name, in.n+1, lineError(err))
			}
			return false
		}
		op := &b.ops[i]
		err := d.decode(in.line, op)
		if in.isCut(err) {
			b.ops, b.warning = b.ops[:i], fmt.Sprintf("%s:%d: the last line is cut: left out", in.name, in.n)
			return false
		}
		if err == nil {
			err = validate(op, d.given)
		}
		if err != nil {
			b.ops, b.err = b.ops[:i], in.errorf("%w", err)
			return false
		}
		op.File, op.Line = in.name, int32(in.n)
	}
	b.read = in.read
	return true
}
