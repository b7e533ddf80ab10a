package sim_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dnispool/dnispool/sim/journal"
)

// SIPp is somebody else's caller: it fails on any message that its scenario does not expect, and so on a call that it
// would have to end itself.
func TestSIPp(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not in PATH (Debian: sip-tester)")
	}
	const calls = 1000
	w := open(t, fmt.Sprintf("pool: {numbers: %d}\njournal: {events: 100000}", calls))
	dir := t.TempDir()
	scenario, err := os.ReadFile("../cmd/dnispool/caller.xml")
	w.must(err)
	// The scenario as shipped dials what -s says; here each call dials a number of its own.
	each := strings.ReplaceAll(string(scenario), "[service]", "[field0]")
	w.must(os.WriteFile(filepath.Join(dir, "caller.xml"), []byte(each), 0o600))
	w.must(os.WriteFile(filepath.Join(dir, "numbers.csv"), []byte("SEQUENTIAL\n"+strings.Join(w.reserveMany(calls), "\n")+"\n"), 0o600))

	cmd := exec.CommandContext(t.Context(), sipp, w.sim.SIPAddr(), "-sf", "caller.xml", "-inf", "numbers.csv", "-m", fmt.Sprint(calls),
		"-r", "300", "-l", "200", "-i", "127.0.0.1", "-nostdin", "-timeout", "60s", "-timeout_error", "-trace_err", "-error_file", "errors.log")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		errors, _ := os.ReadFile(filepath.Join(dir, "errors.log"))
		t.Fatalf("sipp: %v\n%s\n%s", err, out, errors)
	}
	w.idle()
	for kind, want := range map[journal.Kind]int{
		journal.ReserveAccepted: calls, journal.Invite: calls, journal.Bound: calls, journal.Unbound: 0, journal.Answered: calls,
		journal.ByeSent: calls, journal.ByeReceived: 0, journal.CallFailed: 0, journal.CallRejected: 0, journal.HandoffWritten: calls,
	} {
		if got := w.count(kind); got != want {
			t.Errorf("%s: want %d, got %d", kind, want, got)
		}
	}
	w.conserved()
}

// reserveMany takes n numbers over HTTP.
func (w *world) reserveMany(n int) []string {
	w.t.Helper()
	const clients = 8
	numbers := make([]string, n)
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := c; i < n; i += clients {
				status, dni, err := w.tryReserve(0, `{}`)
				if err != nil || status != 200 {
					w.t.Errorf("reserve: got %d, %v", status, err)
					return
				}
				numbers[i] = dni
			}
		})
	}
	wg.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
	return numbers
}
