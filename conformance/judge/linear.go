package judge

import (
	"io"

	"github.com/dnispool/dnispool/conformance/check/linear"
)

// searched tells that a search came to an end.
func (r Report) searched() bool {
	for _, res := range r.Linear {
		if res.Status == linear.OK {
			return true
		}
	}
	return false
}

// linear is the worst that the search found.
func (r Report) linear() linear.Status {
	worst := linear.OK
	for _, res := range r.Linear {
		switch {
		case res.Status == linear.Illegal:
			return linear.Illegal
		case res.Status == linear.Unknown:
			worst = linear.Unknown
		}
	}
	return worst
}

// SavePicture draws the first number of which no order is legal, as a page at path. It returns linear.ErrNothingToDraw
// when there is none.
func (r Report) SavePicture(path string) error { return linear.SaveHTML(path, r.Linear) }

// Picture is SavePicture to a writer; nothing is written when there is nothing to draw.
func (r Report) Picture(w io.Writer) error { return linear.WriteHTML(w, r.Linear) }
