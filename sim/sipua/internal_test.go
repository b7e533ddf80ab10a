package sipua

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestReadMessage(t *testing.T) {
	for raw, want := range map[string]string{
		"INVITE sip:x SIP/2.0\r\nCall-ID: a b\r\nCSeq:  1   INVITE \r\n\r\nCall-ID: body": "INVITE sip:x SIP/2.0|a b|1 INVITE",
		"SIP/2.0 200 OK\ni:z\ncseq: 2 BYE":                                                "SIP/2.0 200 OK|z|2 BYE",
		"garbage":                                                                         "garbage||",
		"":                                                                                "||",
	} {
		m := readMessage([]byte(raw))
		if got := fmt.Sprintf("%s|%s|%s", m.StartLine, m.CallID, m.CSeq); got != want {
			t.Errorf("%q: want %q, got %q", raw, want, got)
		}
	}
}

func TestGate(t *testing.T) {
	enter := func(g *gate, call string) time.Duration {
		start := time.Now()
		g.enter(call)
		return time.Since(start)
	}
	for _, c := range []struct {
		name string
		do   func(g *gate)
		want time.Duration // the next message of call "a" waits
	}{
		{"nothing before", func(g *gate) {}, 0},
		{"another call", func(g *gate) { g.enter("b") }, 0},
		{"one on its way", func(g *gate) { g.enter("a") }, holdBack},
		{"one that came through", func(g *gate) { g.enter("a"); g.leave("a") }, 0},
		{"another came through", func(g *gate) { g.enter("a"); g.leave("b") }, holdBack},
		{"on its way for a while", func(g *gate) { g.enter("a"); time.Sleep(holdBack / 2) }, holdBack / 2},
		{"long ago", func(g *gate) { g.enter("a"); time.Sleep(time.Second) }, 0},
		{"comes through later", func(g *gate) { g.enter("a"); time.AfterFunc(holdBack/4, func() { g.leave("a") }) }, holdBack / 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				c.do(g)
				if got := enter(g, "a"); got != c.want {
					t.Errorf("want it to wait %v, got %v", c.want, got)
				}
			})
		})
	}
}

func TestGateUnderLoad(t *testing.T) {
	g := newGate()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				call := fmt.Sprint(i, j%3)
				g.enter(call)
				g.leave(call)
			}
		})
	}
	wg.Wait()
	for _, s := range g.slots {
		if s != (slot{}) {
			t.Fatalf("want empty slots, got %+v", s)
		}
	}
}

func TestMemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memo[int]
		want := func(key string, value int, there bool) {
			t.Helper()
			if v, ok := m.get(key); v != value || ok != there {
				t.Errorf("%s: want %d %v, got %d %v", key, value, there, v, ok)
			}
		}
		want("a", 0, false)
		m.put("a", 1, time.Second)
		time.Sleep(900 * time.Millisecond)
		m.put("a", 2, time.Second) // begins anew
		time.Sleep(900 * time.Millisecond)
		want("a", 2, true)
		time.Sleep(time.Second)
		want("a", 0, false)
		m.put("b", 3, time.Second)
		if v, ok := m.take("b"); v != 3 || !ok {
			t.Errorf("take: got %d %v", v, ok)
		}
		want("b", 0, false)
		m.put("c", 4, time.Second)
		m.clear()
		want("c", 0, false)
	})
}

// Every call asks for the headers that its caller has added, and mostly there are none.
func TestHeadersThatAreNotAskedForCostNothing(t *testing.T) {
	l := &Leg{invite: sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})}
	for _, h := range []sip.Header{&sip.ViaHeader{Host: "x"}, &sip.FromHeader{}, &sip.ToHeader{}, &sip.CSeqHeader{SeqNo: 1}, &sip.ContactHeader{}} {
		l.invite.AppendHeader(h)
	}
	none := func(name string) bool { return name == "Privacy" }
	if n := testing.AllocsPerRun(100, func() { _ = l.Headers(none) }); n != 0 {
		t.Errorf("allocations: want 0, got %v", n)
	}
}
