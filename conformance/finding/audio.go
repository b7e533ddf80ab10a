package finding

import (
	"fmt"
	"time"
)

// CallAudio is what the audio of one answered call carried, of which both sides were to send some.
type CallAudio struct {
	Up      time.Duration // from the answer to the end
	Out, In int           // packets
	First   time.Duration // from the answer to the first packet that came in, where one did; early media comes before the answer
}

// silent reports whether nothing came in though there was time for it.
func (a CallAudio) silent() bool { return a.In == 0 && a.Up >= audioWithin }

// audioWithin is how long a platform may take before it is heard: one that talks sends audio as soon as it has answered.
const audioWithin = 2 * time.Second

// Audio is what the audio of a run's calls carried.
type Audio struct {
	Calls      int           `json:"calls"`  // answered, with audio that both sides were to send
	Heard      int           `json:"heard"`  // calls in which some came in
	Silent     int           `json:"silent"` // calls in which none did, though there was time for it
	PacketsOut int           `json:"packets_out"`
	PacketsIn  int           `json:"packets_in"`
	First      time.Duration `json:"first_ns"` // from the answer to the first packet that came in, the median
}

// AudioOf sums up the audio of calls; nil of none.
func AudioOf(calls []CallAudio) *Audio {
	if len(calls) == 0 {
		return nil
	}
	out := &Audio{Calls: len(calls)}
	var first []time.Duration
	for _, c := range calls {
		out.PacketsOut += c.Out
		out.PacketsIn += c.In
		if c.silent() {
			out.Silent++
		}
		if c.In > 0 {
			first = append(first, c.First)
		}
	}
	out.Heard, out.First = len(first), nearestRank(first, 0.5)
	return out
}

// String is the audio in a sentence.
func (a Audio) String() string {
	s := fmt.Sprintf("%s with audio: %s out, %s in", number(a.Calls, "call", "calls"), number(a.PacketsOut, "packet", "packets"), number(a.PacketsIn, "packet", "packets"))
	if a.Heard > 0 {
		s += fmt.Sprintf(", the first %d ms after the answer", a.First.Milliseconds())
	}
	return s
}

// Warning says that callers may hear nothing; "" when nothing points to it.
func (a *Audio) Warning() string {
	if a == nil || a.Silent == 0 {
		return ""
	}
	return fmt.Sprintf("one-way audio: in %s of %s or longer no audio came in, of %d that were answered: look whether UDP reaches this machine (firewall, NAT, calls.trunk.listen), then ask whoever runs the trunk; a caller would hear nothing",
		number(a.Silent, "call", "calls"), audioWithin, a.Calls)
}
