package hostport_test

import (
	"net/netip"
	"testing"

	"github.com/dnispool/dnispool/sim/hostport"
)

func TestListen(t *testing.T) {
	for s, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "0.0.0.0:0": "0.0.0.0:0", "[::1]:5060": "[::1]:5060", "[::]:5060": "[::]:5060",
		":8080": "0.0.0.0:8080", ":0": "0.0.0.0:0", "localhost:8080": "127.0.0.1:8080", "localhost:0": "127.0.0.1:0",
	} {
		if got, err := hostport.Listen(s); err != nil || got.String() != want {
			t.Errorf("%s: want %s, got %s (%v)", s, want, got, err)
		}
	}
	for _, s := range []string{"", ":", "8080", "localhost", "localhost:", "127.0.0.1", "127.0.0.1:65536", ":65536", "127.0.0.1:http", "example.com:80", "LOCALHOST:80", "::1:80", "-1:80"} {
		want := "want an IP address or localhost, and a port, like 127.0.0.1:8080, got \"" + s + "\""
		if got, err := hostport.Listen(s); err == nil || err.Error() != want {
			t.Errorf("%q: want %s, got %s (%v)", s, want, got, err)
		}
	}
}

func TestReach(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:8080": "127.0.0.1:8080", "[::]:8080": "127.0.0.1:8080", "127.0.0.1:80": "127.0.0.1:80", "192.0.2.1:5060": "192.0.2.1:5060", "nowhere": "nowhere",
	} {
		if got := hostport.Reach(addr); got != want {
			t.Errorf("%s: want %s, got %s", addr, want, got)
		}
		if got := hostport.Everywhere(addr); got != (addr != want) {
			t.Errorf("%s: everywhere: got %v", addr, got)
		}
	}
}

func FuzzListen(f *testing.F) {
	for _, s := range []string{"127.0.0.1:8080", ":0", "localhost:1", "[::1%lo]:5", "::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := hostport.Listen(s)
		if err != nil {
			return
		}
		if again, err := netip.ParseAddrPort(at.String()); err != nil || again != at {
			t.Errorf("%q: want what it is read as read again, got %s (%v)", s, again, err)
		}
		if reach, err := hostport.Listen(hostport.Reach(at.String())); err != nil || reach.Addr().IsUnspecified() || reach.Port() != at.Port() {
			t.Errorf("%q: want a place to reach it, got %s (%v)", s, reach, err)
		}
	})
}
