package reading

import "github.com/dnispool/dnispool/conformance/history"

// Copies are the operations themselves, without those that are missing.
func Copies(ops ...*history.Op) (out []history.Op) {
	for _, o := range ops {
		if o != nil {
			out = append(out, *o)
		}
	}
	return out
}

func Pointers(ops []history.Op) []*history.Op {
	out := make([]*history.Op, len(ops))
	for i := range ops {
		out[i] = &ops[i]
	}
	return out
}
