package reading

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"github.com/dnispool/dnispool/conformance/history"
)

// numbersOfPools are all that pools have and give.
func numbersOfPools(facts map[string]Facts, ops []*history.Op) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range slices.Sorted(maps.Keys(facts)) {
			for _, n := range facts[name].Numbers {
				if !yield(n) {
					return
				}
			}
		}
		for _, o := range ops {
			if o.Kind == history.Reserve && !yield(o.Number) {
				return
			}
		}
	}
}

// complete gives the operations what follows from them although it was not written down: what names a reservation
// stands in its attributes, and a number is written as its pool writes it. It leaves those of the history as they are.
func (s spelling) complete(out []*history.Op) {
	for i, o := range out {
		nonce, sharedID := o.Nonce, o.SharedID
		if o.Kind == history.Reserve && (nonce == "" || sharedID == "") && len(o.Attributes) > 0 {
			nonce, sharedID = named(o.Attributes, nonce, sharedID)
		}
		number := s.of(o.Number)
		if nonce != o.Nonce || sharedID != o.SharedID || number != o.Number {
			if o.Kind == history.Reserve && number != o.Number {
				s.written[operation{o.Generator, o.ID}] = o.Number
			}
			o := *o
			o.Nonce, o.SharedID, o.Number = nonce, sharedID, number
			out[i] = &o
		}
	}
}

// named are the nonce and the shared_id in the attributes, where they are not known already.
func named(attributes json.RawMessage, nonce, sharedID string) (string, string) {
	foundNonce, foundID := "", ""
	members(attributes, func(key, value []byte) {
		switch string(key) {
		case "nonce":
			foundNonce = text(value, nonce)
		case "shared_id":
			foundID = text(value, sharedID)
		}
	})
	if nonce == "" {
		nonce = foundNonce
	}
	if sharedID == "" {
		sharedID = foundID
	}
	return nonce, sharedID
}

// ofProject is an operation that belongs to a project without having said so.
func ofProject(o *history.Op, name string) *history.Op {
	if o.Project != "" || name == "" {
		return o
	}
	owned := *o
	owned.Project = name
	return &owned
}

// facts are those of a pool whose numbers are written as in the operations.
func (s spelling) facts(f Facts) Facts {
	f.Numbers = slices.Clone(f.Numbers)
	for i, n := range f.Numbers {
		f.Numbers[i] = s.of(n)
	}
	return f
}
