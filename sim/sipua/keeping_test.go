package sipua_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// Requests that may come again take no more room than they may: a call above it is refused and forgotten, anything else
// is answered and forgotten, a call that is up can still be ended, and room is there again when transactions are over.
func TestKeptRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 200 << 10
		n := memnet.New(memnet.Config{})
		var rejected []sipua.Rejection
		ended := make(map[string]bool)
		e := endpoint(t, n, ours, sipua.Config{
			MaxBytes:   most,
			OnCall:     func(l *sipua.Leg) { answer(l); <-l.Done(); ended[l.CallID()] = true },
			OnRejected: func(r sipua.Rejection) { rejected = append(rejected, r) },
		})
		p := newPeer(t, n, theirs, caller)
		final := func(callID string) (m msg) {
			t.Helper()
			time.Sleep(100 * time.Millisecond) // the way there and back
			synctest.Wait()
			for _, got := range p.received() {
				if got.get("call-id") == callID && got.code >= 200 {
					m = got
				}
			}
			return m
		}
		p.send(req{method: "INVITE", branch: "up", callID: "up", fromTag: "up"})
		up := final("up")
		pad := "X-Pad: " + strings.Repeat("x", 30<<10)
		for i := range 20 {
			id := fmt.Sprint("o", i)
			p.send(req{method: "OPTIONS", branch: id, callID: id, head: []string{pad}})
			if got := final(id); got.code != 200 {
				t.Errorf("%s: want 200, got %d", id, got.code)
			}
			if got := e.Kept(); got > most {
				t.Errorf("%s: want at most %d bytes kept, got %d", id, most, got)
			}
		}
		p.send(req{method: "INVITE", branch: "late", callID: "late", fromTag: "late", head: []string{pad}})
		if got := final("late"); got.code != 503 || got.get("retry-after") == "" {
			t.Errorf("call: want 503 with Retry-After, got %v", got)
		}
		if want := "requests that may come again take too much room"; len(rejected) != 1 || rejected[0].Status != 503 || rejected[0].CallID != "late" || rejected[0].Cause != want {
			t.Errorf("want the refusal told, got %+v", rejected)
		}
		p.send(req{method: "BYE", branch: "bye", callID: "up", fromTag: "up", toTag: up.tag("to"), cseq: "2", head: []string{pad}})
		if got := final("up"); got.code != 200 || got.method != "BYE" || !ended["up"] {
			t.Errorf("BYE: want 200 and the call ended, got %v, %v", got, ended)
		}

		time.Sleep(40 * time.Second)
		if got := e.Kept(); got != 0 {
			t.Errorf("want nothing kept, got %d bytes", got)
		}
		p.send(req{method: "INVITE", branch: "later", callID: "later", fromTag: "later", head: []string{pad}})
		later := final("later")
		if later.code != 200 {
			t.Errorf("want room for a call again, got %v", later)
		}
		p.send(req{method: "BYE", branch: "bye2", callID: "later", fromTag: "later", toTag: later.tag("to"), cseq: "2"})
		final("later")
	})
}
