package sipua_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// faulty is a caller whose datagrams go through rule, and the platform that it calls.
func faulty(t *testing.T, rule func(p sipua.Packet, r *rand.Rand) sipua.Fault, check func(platform, caller string, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		conn, err := n.Listen(ours)
		if err != nil {
			t.Fatal(err)
		}
		var at, from ladder
		endpoint(t, n, theirs, sipua.Config{OnCall: answer, Trace: at.note})
		e, err := sipua.Listen(t.Context(), sipua.Config{PacketConn: sipua.NewFaults(conn, 1, rule), Trace: from.note})
		if err != nil {
			t.Fatal(err)
		}
		l, err := e.Dial(t.Context(), call())
		if err == nil {
			<-l.Done()
		}
		settle()
		equal(t, "close", e.Close(), nil)
		check(at.String(), from.String(), err)
	})
}

func TestFaults(t *testing.T) {
	sent := func(p sipua.Packet, method string) bool {
		return p.Sent && strings.HasPrefix(p.Message().StartLine, method)
	}
	t.Run("INVITE three times", func(t *testing.T) {
		faulty(t, func(p sipua.Packet, _ *rand.Rand) sipua.Fault {
			if sent(p, "INVITE") {
				return sipua.Fault{Copies: 2}
			}
			return sipua.Fault{}
		}, func(platform, _ string, err error) {
			equal(t, "error", err, nil)
			equal(t, "INVITEs", strings.Count(platform, "< INVITE"), 3)
			equal(t, "BYEs", strings.Count(platform, "> BYE"), 1)
		})
	})
	t.Run("first ACK lost", func(t *testing.T) {
		lost := false
		faulty(t, func(p sipua.Packet, _ *rand.Rand) sipua.Fault {
			if sent(p, "ACK") && !lost {
				lost = true
				return sipua.Fault{Drop: true}
			}
			return sipua.Fault{}
		}, func(platform, _ string, err error) {
			equal(t, "platform", platform, "< INVITE, > 180 INVITE, > 200 INVITE, > 200 INVITE, < ACK, > BYE, < 200 BYE")
		})
	})
	t.Run("first BYE not received", func(t *testing.T) {
		lost := false
		faulty(t, func(p sipua.Packet, _ *rand.Rand) sipua.Fault {
			if !p.Sent && !lost && strings.HasSuffix(p.Message().CSeq, " BYE") {
				lost = true
				return sipua.Fault{Drop: true}
			}
			return sipua.Fault{}
		}, func(platform, caller string, err error) {
			equal(t, "platform", platform, "< INVITE, > 180 INVITE, > 200 INVITE, < ACK, > BYE, > BYE, < 200 BYE")
			equal(t, "caller", caller, "> INVITE, < 180 INVITE, < 200 INVITE, > ACK, < BYE, > 200 BYE")
		})
	})
	t.Run("late INVITE", func(t *testing.T) {
		faulty(t, func(p sipua.Packet, _ *rand.Rand) sipua.Fault {
			if sent(p, "INVITE") {
				return sipua.Fault{Delay: 300 * time.Millisecond}
			}
			return sipua.Fault{}
		}, func(platform, _ string, err error) {
			equal(t, "platform", platform, "< INVITE, > 180 INVITE, > 200 INVITE, < ACK, > BYE, < 200 BYE")
		})
	})
}

func TestFaultsAreRepeatableAndEndWithClose(t *testing.T) {
	run := func(seed uint64) (fates string) {
		synctest.Test(t, func(t *testing.T) {
			n := memnet.New(memnet.Config{})
			from, err := n.Listen(ours)
			if err != nil {
				t.Fatal(err)
			}
			p := newPeer(t, n, theirs, nil)
			f := sipua.NewFaults(from, seed, func(_ sipua.Packet, r *rand.Rand) sipua.Fault {
				fate := sipua.Fault{Drop: r.Float64() < 0.5, Delay: time.Hour}
				fates += fmt.Sprint(fate.Drop, " ")
				return fate
			})
			for range 16 {
				if _, err := f.WriteTo([]byte("OPTIONS sip:x SIP/2.0\r\n\r\n"), net.UDPAddrFromAddrPort(addrPort(theirs))); err != nil {
					t.Fatal(err)
				}
			}
			equal(t, "close", f.Close(), nil)
			time.Sleep(2 * time.Hour)
			p.want("")
		})
		return fates
	}
	equal(t, "same seed", run(1), run(1))
	equal(t, "another seed", run(1) == run(2), false)
}

// heldConn is a socket whose writes, or whose close, last until the test lets go.
type heldConn struct {
	net.PacketConn
	write, close chan struct{} // nil: not held
}

func (c *heldConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.write != nil {
		<-c.write
	}
	return c.PacketConn.WriteTo(b, to)
}

func (c *heldConn) Close() error {
	err := c.PacketConn.Close()
	if c.close != nil {
		<-c.close
	}
	return err
}

// returns reports whether f has come back by itself, and when it does after letGo.
func returns(f func() error, letGo chan struct{}) (before bool) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	synctest.Wait()
	before = len(done) > 0
	close(letGo)
	<-done
	return before
}

func TestCloseWaitsForADatagramThatIsBeingSent(t *testing.T) {
	bubble(t, func(t *testing.T, n *memnet.Network) {
		conn, err := n.Listen(ours)
		if err != nil {
			t.Fatal(err)
		}
		letGo := make(chan struct{})
		f := sipua.NewFaults(&heldConn{PacketConn: conn, write: letGo}, 1, func(sipua.Packet, *rand.Rand) sipua.Fault {
			return sipua.Fault{Delay: time.Second}
		})
		_, err = f.WriteTo([]byte("late"), net.UDPAddrFromAddrPort(addrPort(theirs)))
		equal(t, "written", err, nil)
		pass(time.Second)
		equal(t, "closed while sending", returns(f.Close, letGo), false)
	})
}
