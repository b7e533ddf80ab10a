package finding_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// TestAudio: silence is told of where there was time to be heard, and nowhere else.
func TestAudio(t *testing.T) {
	heard := finding.CallAudio{Up: 3 * time.Second, Out: 150, In: 149, First: 12 * time.Millisecond}
	silent := finding.CallAudio{Up: 3 * time.Second, Out: 150}
	short := finding.CallAudio{Up: 300 * time.Millisecond, Out: 15}
	early := finding.CallAudio{Up: time.Second, Out: 50, In: 80, First: -600 * time.Millisecond}
	for _, c := range []struct {
		name    string
		calls   []finding.CallAudio
		want    string
		warning string // what it begins with
	}{
		{"heard", []finding.CallAudio{heard}, "1 call with audio: 150 packets out, 149 packets in, the first 12 ms after the answer", ""},
		{"silent", []finding.CallAudio{silent, heard, short}, "3 calls with audio: 315 packets out, 149 packets in, the first 12 ms after the answer", "one-way audio: in 1 call of 2s or longer no audio came in, of 3 that were answered: "},
		{"too short to tell", []finding.CallAudio{short}, "1 call with audio: 15 packets out, 0 packets in", ""},
		{"early media", []finding.CallAudio{early}, "1 call with audio: 50 packets out, 80 packets in, the first -600 ms after the answer", ""},
	} {
		a := finding.AudioOf(c.calls)
		if a.String() != c.want || (c.warning == "") != (a.Warning() == "") || !strings.HasPrefix(a.Warning(), c.warning) {
			t.Errorf("%s: want %q and %q, got %q and %q", c.name, c.want, c.warning, a, a.Warning())
		}
	}
	if a := finding.AudioOf(nil); a != nil || a.Warning() != "" {
		t.Errorf("want nothing of no calls, got %+v", a)
	}
}
