package linear

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/anishathalye/porcupine"
)

// picture is what is needed to draw one number.
type picture struct {
	number string
	model  model
	info   porcupine.LinearizationInfo
}

// ErrNothingToDraw says that no number is illegal: there is no picture of a pass.
var ErrNothingToDraw = errors.New("linear: want an illegal number to draw, got none")

// WriteHTML draws the first illegal number: its operations, the longest legal orders, and where each of them ends. It
// returns ErrNothingToDraw, and writes nothing, when no number is illegal.
func (r Result) WriteHTML(w io.Writer) error {
	if r.picture == nil {
		return ErrNothingToDraw
	}
	return porcupine.Visualize(r.picture.model.porcupine(), r.picture.info, w)
}

// SaveHTML is WriteHTML, of the first project that has an illegal number, to a new file of that name.
func SaveHTML(path string, results map[string]Result) error {
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if results[name].picture == nil {
			continue
		}
		f, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("linear: %w", err)
		}
		return errors.Join(results[name].WriteHTML(f), f.Close())
	}
	return ErrNothingToDraw
}
