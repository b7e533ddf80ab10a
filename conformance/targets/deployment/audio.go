package deployment

import (
	"fmt"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/media"
)

// audible is a call whose audio is known.
type audible interface {
	// Audio is what it carried; false when it has none, or the far end was not to send any.
	Audio() (media.Stats, bool)
}

// heard notes what the audio of a call carried that is over.
func (s *stage) heard(c *call) {
	a, known := c.Call.(audible)
	if !known {
		return
	}
	stats, due := a.Audio()
	if !due {
		return
	}
	end := c.End().At
	if end.IsZero() { // it would not end
		end = time.Now()
	}
	of := finding.CallAudio{Up: end.Sub(stats.Began), Out: stats.Out, In: stats.In}
	text := fmt.Sprintf("RTP: %d out, none in", stats.Out)
	if of.In > 0 {
		of.First = stats.First.Sub(stats.Began)
		text = fmt.Sprintf("RTP: %d out, %d in from %d ms", stats.Out, stats.In, of.First.Milliseconds())
	}
	s.target.Gate.Heard(of)
	s.line.note("carrier", "platform", text)
}
