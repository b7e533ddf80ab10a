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

// WriteHTML is Result.WriteHTML of the first project, by name, that has an illegal number.
func WriteHTML(w io.Writer, results map[string]Result) error { return first(results).WriteHTML(w) }

// SaveHTML is WriteHTML to a new file of that name.
func SaveHTML(path string, results map[string]Result) error {
	r := first(results)
	if r.picture == nil {
		return ErrNothingToDraw
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("linear: %w", err)
	}
	return errors.Join(r.WriteHTML(f), f.Close())
}

func first(results map[string]Result) Result {
	for _, name := range slices.Sorted(maps.Keys(results)) {
		if results[name].picture != nil {
			return results[name]
		}
	}
	return Result{}
}
