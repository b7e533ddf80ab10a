package history

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"github.com/dnispool/dnispool/conformance/inorder"
)

// block is the operations of a part of a file.
type block struct {
	lines   lines
	ops     []Op
	read    int64  // bytes of the file up to the end of the part
	warning string // of what was left out
	err     error  // what ended the reading before the end

	room []byte // for the text of a part
}

// mostDecoders bounds how many parts are decoded at once: putting the operations to their places is no faster than so many.
const mostDecoders = 4

// ahead is the decoding of a file by several goroutines, ahead of whoever puts the operations to their places.
type ahead struct {
	*input
	decoders chan *decoder // those that have nothing to do
	spent    chan *block   // whose room is for further parts
}

func (in *input) ahead() *ahead {
	n := min(runtime.GOMAXPROCS(0), mostDecoders)
	a := &ahead{in, make(chan *decoder, n), make(chan *block, 4*n)}
	for range n {
		a.decoders <- newDecoder()
	}
	return a
}

// blocks yields the operations in the order in which they stand in the file, from those behind the header on. One that
// was yielded is to be given back by reuse, or not used again.
func (a *ahead) blocks(behind lines) iter.Seq[*block] {
	return inorder.Map(context.Background(), cap(a.decoders), a.parts(behind), func(b *block) *block {
		d := <-a.decoders
		b.decode(a.name, d)
		a.decoders <- d
		return b
	})
}

// parts yields blocks whose lines are not decoded.
func (a *ahead) parts(behind lines) iter.Seq[*block] {
	return func(yield func(*block) bool) {
		if !yield(&block{lines: behind, read: a.read}) {
			return
		}
		for {
			b := a.next()
			var err error
			if b.lines, err = a.part(b.room); err != nil {
				b.err = fmt.Errorf("%s:%d: history: %s", a.name, a.n+1, lineError(err))
			}
			b.read, b.room = a.read, b.lines.text
			if len(b.lines.text) == 0 && err == nil || !yield(b) || err != nil {
				return
			}
		}
	}
}

func (a *ahead) next() *block {
	select {
	case b := <-a.spent:
		return b
	default:
		return new(block)
	}
}

func (a *ahead) reuse(b *block) {
	select {
	case a.spent <- b:
	default:
	}
}

// decode reads the operations of the block's lines, up to one that is wrong.
func (b *block) decode(name string, d *decoder) {
	b.ops, b.warning = b.ops[:0], ""
	for l := &b.lines; l.next(); {
		n := len(b.ops)
		b.ops = slices.Grow(b.ops, 1)[:n+1]
		op := &b.ops[n]
		err := d.decode(l.line, op)
		if l.isCut(err) {
			b.ops, b.warning = b.ops[:n], fmt.Sprintf("%s:%d: the last line is cut: left out", name, l.n)
			return
		}
		if err == nil {
			err = validate(op, d.given)
		}
		if err != nil {
			b.ops, b.err = b.ops[:n], fmt.Errorf("%s:%d: history: %w", name, l.n, err)
			return
		}
		op.File, op.Line = name, int32(l.n)
	}
}
