package linear

import (
	"io"

	"github.com/anishathalye/porcupine"
)

// picture is what is needed to draw one number.
type picture struct {
	number string
	model  model
	info   porcupine.LinearizationInfo
}

// Picture draws the first illegal number: its operations, the longest legal orders, and where each of them ends. It is
// nil when no number is illegal.
func (r Result) Picture() func(io.Writer) error {
	if r.picture == nil {
		return nil
	}
	return func(w io.Writer) error {
		return porcupine.Visualize(r.picture.model.porcupine(), r.picture.info, w)
	}
}
