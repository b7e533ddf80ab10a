package sipua_test

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// What is counted for a request that may come again is about what it takes: else the bound would be one of their number.
func TestKeptBytesAreWhatIsTaken(t *testing.T) {
	const requests = 1000
	taken := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools are empty after the second
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for _, method := range []string{"INVITE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", OnCall: func(l *sipua.Leg) { _ = l.Reject(486, "") }})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			conn, err := net.Dial("udp", e.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			p := &peer{addr: conn.LocalAddr().String()}
			ask := func(id string) {
				t.Helper()
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				if _, err := fmt.Fprint(conn, p.text(req{method: method, branch: id, callID: id, fromTag: id})); err != nil {
					t.Fatal(err)
				}
				for buf := make([]byte, 65535); ; {
					n, err := conn.Read(buf)
					if err != nil {
						t.Fatal(err)
					}
					if text := string(buf[:n]); strings.Contains(text, "Call-ID: "+id+"\r\n") && !strings.HasPrefix(text, "SIP/2.0 1") {
						return
					}
				}
			}
			for i := range 100 { // what is made once
				ask(fmt.Sprint("first", i))
			}
			heap, counted := taken(), e.Kept()
			for i := range requests {
				ask(fmt.Sprint("next", i))
			}
			took, said := (taken()-heap)/requests, (e.Kept()-counted)/requests
			if said < took*7/10 || said > took*15/10 {
				t.Errorf("want about the %d bytes that each takes, got %d", took, said)
			}
		})
	}
}

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
