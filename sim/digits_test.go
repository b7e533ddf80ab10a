package sim_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/journal"
)

const menu = `
pool: {numbers: 1}
agent:
  start: [{set: {asked: nobody}}]
  turns: [{say: "Press 1 for billing, or your PIN and #.", takes: 1m}]
  dtmf:
    "1": {say: To billing., takes: 5s, do: [{set: {handoff_to: billing}}, {hangup: {headers: {X-Outcome: billing}}}]}
    "42#": {say: Thank you., takes: 2s, do: [{count: pins}]}
    "9": {do: [{crash: "KeyError: 'nine'"}]}
handoff: {state_keys: [handoff_to, pins]}
`

// press sends digits in a call.
func (v *virtual) press(c *pstn.Call, digits string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if status, err := c.Press(ctx, digits, ""); status != 200 || err != nil {
		v.t.Fatalf("digits %s: got %d, %v", digits, status, err)
	}
	v.clock.Settle()
}

// happened lists what the caller pressed and what came of it, with its time.
func (v *virtual) happened() (lines []string) {
	for _, e := range v.sim.Journal().Events() {
		switch e.Kind {
		case journal.DTMF, journal.Start, journal.Turn, journal.TurnFailed, journal.Silence, journal.ByeSent:
			lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(e.At.Sub(epoch), " ", e.Kind, " ", e.Detail, " ", e.Cause)), " "))
		}
	}
	return lines
}

func TestCallerPressesDigits(t *testing.T) {
	v := openVirtual(t, menu)
	call := v.dial(v.reserve(`{}`))
	v.clock.Settle()
	v.press(call, "7") // nobody waits for it
	v.clock.Advance(10 * time.Second)
	v.press(call, "42") // in the middle of the prompt, which goes on
	v.clock.Advance(10 * time.Second)
	v.press(call, "#")
	v.clock.Advance(7 * time.Second) // two of them are the answer's
	v.press(call, "9")
	v.clock.Advance(5 * time.Second)
	v.press(call, "1")
	v.press(call, "1") // the agent hangs up meanwhile
	v.clock.Advance(5 * time.Second)
	v.ended(call)
	want := []string{
		"0s start", "0s turn Press 1 for billing, or your PIN and #.", "0s dtmf 7 not waited for", "10s dtmf 4", "10s dtmf 42", "20s dtmf 42#", "20s turn Thank you.",
		"22s silence 1 of 3", "27s dtmf 9", "27s turn-failed turn of digits 9: KeyError: 'nine'", "27s silence 1 of 3", "32s dtmf 1", "32s turn To billing. agent", "32s dtmf 1 not waited for", "37s bye-sent agent",
	}
	if got := v.happened(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A step that was to be the last of a call, but for what the caller presses, is not.
func TestCallerPressesInTheLastMoment(t *testing.T) {
	for name, config := range map[string]string{
		"of the third silence":  "agent: {dtmf: {\"1\": {say: There you are., takes: 1s}}}",
		"of a turn without end": "agent: {turns: [{takes: forever}], dtmf: {\"1\": {say: There you are., takes: 1s}}}\nconversation: {max_duration: 30s}",
	} {
		t.Run(name, func(t *testing.T) {
			v := openVirtual(t, "pool: {numbers: 1}\n"+config)
			call := v.dial(v.reserve(`{}`))
			v.clock.Advance(29 * time.Second)
			v.press(call, "1")
			v.clock.Advance(time.Minute)
			v.ended(call)
			got := v.happened()
			if !slices.Contains(got, "29s dtmf 1") || !slices.Contains(got, "29s turn There you are.") && !slices.Contains(got, "29s turn There you are. max-duration") {
				t.Errorf("want a turn after 29s, got\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

// Whoever presses nothing has fallen silent.
func TestCallerPressesNothing(t *testing.T) {
	v := openVirtual(t, menu)
	call := v.dial(v.reserve(`{}`))
	v.clock.Advance(2 * time.Minute)
	v.ended(call)
	if got := v.after(call.ID(), journal.ByeSent); got != 90*time.Second {
		t.Errorf("BYE: want it after the minute and three silences, got %v", got)
	}
}

// SIPp presses 1 in a call of its own, in the form that most of the field sends.
func TestSIPpPressesADigit(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not in PATH (Debian: sip-tester)")
	}
	w := open(t, strings.Replace(menu, "takes: 5s, ", "", 1))
	dir := t.TempDir()
	caller, err := os.ReadFile("../cmd/dnispool/caller.xml")
	w.must(err)
	const info = `<pause milliseconds="200"/>
  <send retrans="500">
    <![CDATA[
      INFO [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:+442079460500@[local_ip]:[local_port]>;tag=[pid]caller[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 INFO
      Max-Forwards: 70
      Content-Type: application/dtmf-relay
      Content-Length: [len]

      Signal=1
      Duration=160
    ]]>
  </send>
  <recv response="200"/>
  <recv request="BYE" rtd="call"/>`
	pressing := strings.Replace(string(caller), `<recv request="BYE" rtd="call"/>`, info, 1)
	w.must(os.WriteFile(filepath.Join(dir, "caller.xml"), []byte(pressing), 0o600))
	cmd := exec.CommandContext(t.Context(), sipp, w.sim.SIPAddr(), "-sf", "caller.xml", "-s", w.reserve(`{}`), "-m", "1", "-i", "127.0.0.1", "-nostdin", "-timeout", "30s", "-timeout_error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sipp: %v\n%s", err, out)
	}
	w.idle()
	for kind, want := range map[journal.Kind]int{journal.DTMF: 1, journal.Turn: 2, journal.ByeSent: 1, journal.RequestRejected: 0} {
		if got := w.count(kind); got != want {
			t.Errorf("%s: want %d, got %d", kind, want, got)
		}
	}
}
