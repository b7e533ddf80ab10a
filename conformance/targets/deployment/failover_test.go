package deployment_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/sim/sipua"
)

// mute is a host that takes every datagram and says nothing, and counts the INVITEs.
func mute(t *testing.T) (at string, invites *atomic.Int32) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	invites = new(atomic.Int32)
	go func() {
		packet := make([]byte, 65536)
		for {
			n, _, err := c.ReadFrom(packet)
			if err != nil {
				return
			}
			if strings.HasPrefix(string(packet[:n]), "INVITE ") {
				invites.Add(1)
			}
		}
	}()
	return c.LocalAddr().String(), invites
}

// TestFailover: a host that does not answer costs a run a few seconds once, for it stays with the host that took its last call.
func TestFailover(t *testing.T) {
	t.Parallel()
	silent, invites := mute(t)
	h := listenAs(t, map[string]func(*hosts, *sipua.Leg){"b": outOfService, "c": answers})
	d := target(t, "http://127.0.0.1:1", h.named(fmt.Sprintf("calls: {trunk: {host: '%s', others: ['{b}', '{c}']}}\n", silent)))
	for n, want := range []string{"b, c", "b, c, c"} {
		sent := invites.Load()
		call, err := stage(t, d).Dial(t.Context(), targets.Dial{To: "+12025550100"})
		if err != nil {
			t.Fatal(err)
		}
		if came, _ := h.seen(); !call.Answered() || came != want {
			t.Errorf("call %d: want it answered, after calls at %s, got %d %s, %s", n, want, call.Status(), call.Reason(), came)
		}
		if n > 0 && invites.Load() != sent {
			t.Errorf("call %d: want none sent to the host that does not answer, got %d", n, invites.Load()-sent)
		}
		if _, err := call.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestNothingComes: a caller who gives up at a host that says nothing is told so, and not that the call rang.
func TestNothingComes(t *testing.T) {
	t.Parallel()
	silent, _ := mute(t)
	s := stage(t, target(t, "http://127.0.0.1:1", fmt.Sprintf("calls: {trunk: {host: '%s'}}\n", silent)))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if call, _ := s.Dial(ctx, targets.Dial{To: "+12025550100"}); !strings.HasSuffix(call.Reason(), "and nothing at all came from "+silent) {
		t.Errorf("want it said, got %d %s", call.Status(), call.Reason())
	}
}
