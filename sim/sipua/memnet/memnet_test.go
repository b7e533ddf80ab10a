package memnet_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

const (
	a = "10.0.0.1:5060"
	b = "10.0.0.2:5060"
)

// run sends count datagrams, a millisecond apart, and lists what arrived: "0@1ms 1@2ms".
func run(t *testing.T, c memnet.Config, count int) (got []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(c)
		from, to := listen(t, n, a), listen(t, n, b)
		start := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 100)
			for {
				k, peer, err := to.ReadFrom(buf)
				if err != nil {
					return
				}
				if peer.String() != a {
					t.Errorf("from: want %s, got %s", a, peer)
				}
				got = append(got, fmt.Sprintf("%s@%v", buf[:k], time.Since(start)))
			}
		}()
		for i := range count {
			if _, err := from.WriteTo(fmt.Append(nil, i), to.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if c.Jitter == 0 && i%2 == 1 {
				continue // two in one instant
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		_ = to.Close()
		<-done
		_ = from.Close()
	})
	return got
}

func listen(t *testing.T, n *memnet.Network, addr string) net.PacketConn {
	t.Helper()
	c, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDeliversInOrder(t *testing.T) {
	want := "0@1ms 1@2ms 2@2.001ms 3@3ms 4@3.001ms"
	if got := strings.Join(run(t, memnet.Config{}, 5), " "); got != want {
		t.Errorf("want %s, got %s", want, got)
	}
	if got := strings.Join(run(t, memnet.Config{Delay: time.Second}, 1), " "); got != "0@1s" {
		t.Errorf("want 0@1s, got %s", got)
	}
}

func TestLossCopiesAndReorderingFollowTheSeed(t *testing.T) {
	c := memnet.Config{Seed: 1, Loss: 0.3, Duplicate: 0.3, Jitter: 10 * time.Millisecond}
	one := run(t, c, 200)
	if again := run(t, c, 200); strings.Join(one, " ") != strings.Join(again, " ") {
		t.Error("same seed: want the same, got something else")
	}
	c.Seed = 2
	if other := run(t, c, 200); strings.Join(one, " ") == strings.Join(other, " ") {
		t.Error("another seed: want something else, got the same")
	}
	copies, swaps, last := map[string]int{}, 0, -1
	for _, s := range one {
		var i int
		_, _ = fmt.Sscan(strings.Replace(s, "@", " ", 1), &i)
		if i < last {
			swaps++
		}
		last = i
		copies[fmt.Sprint(i)]++
	}
	lost, twice := 200-len(copies), len(one)-len(copies)
	if lost < 40 || lost > 80 || twice < 25 || twice > 60 || swaps < 20 {
		t.Errorf("want about 60 lost, 42 twice and many swapped, got %d, %d, %d", lost, twice, swaps)
	}
	if got := run(t, memnet.Config{Loss: 1}, 10); len(got) != 0 {
		t.Errorf("all lost: got %v", got)
	}
	if got := run(t, memnet.Config{Duplicate: 1}, 10); len(got) != 20 {
		t.Errorf("all twice: want 20, got %d", len(got))
	}
}

func TestListen(t *testing.T) {
	n := memnet.New(memnet.Config{})
	one, free, other := listen(t, n, a), listen(t, n, "10.0.0.1:0"), listen(t, n, "10.0.0.1:0")
	if free.LocalAddr().String() == other.LocalAddr().String() {
		t.Errorf("port 0: want two ports, got %s twice", free.LocalAddr())
	}
	for addr, want := range map[string]string{
		a:         "memnet: 10.0.0.1:5060 is taken",
		"nowhere": `memnet: want ip:port, got "nowhere"`,
	} {
		if _, err := n.Listen(addr); err == nil || err.Error() != want {
			t.Errorf("%s: want %q, got %v", addr, want, err)
		}
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	listen(t, n, a)
}

func TestConnErrors(t *testing.T) {
	n := memnet.New(memnet.Config{})
	c := listen(t, n, a)
	if _, err := c.WriteTo(nil, &net.TCPAddr{}); err == nil || err.Error() != "memnet: want a *net.UDPAddr, got *net.TCPAddr" {
		t.Errorf("address: got %v", err)
	}
	if _, err := c.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(10, 9, 9, 9), Port: 1}); err != nil {
		t.Errorf("nobody there: want no error, got %v", err)
	}
	for _, err := range []error{c.SetDeadline(time.Now()), c.SetReadDeadline(time.Now().Add(time.Hour)), c.SetWriteDeadline(time.Now())} {
		if !errors.Is(err, os.ErrNoDeadline) {
			t.Errorf("deadline: want ErrNoDeadline, got %v", err)
		}
	}
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, _, err := c.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: want ErrClosed, got %v", err)
	}
	if _, err := c.WriteTo(nil, c.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: want ErrClosed, got %v", err)
	}
}
