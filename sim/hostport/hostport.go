// Package hostport reads where a simulator is told to listen, and says where what listens there can be reached.
package hostport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Listen reads an IP address and a port. The host localhost is 127.0.0.1, and no host, as in :8080, is every
// address of the machine, as package net and most servers have it. Other names are refused: what a name leads to can
// change, and a simulator must not be found on an interface that nobody has named.
func Listen(s string) (netip.AddrPort, error) {
	full := s
	if strings.HasPrefix(s, ":") {
		full = "0.0.0.0" + s
	}
	if port, found := strings.CutPrefix(s, "localhost:"); found {
		full = "127.0.0.1:" + port
	}
	at, err := netip.ParseAddrPort(full)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("want an IP address or localhost, and a port, like 127.0.0.1:8080, got %q", s)
	}
	return at, nil
}

// Reach returns the host:port at which a program on the same machine reaches what listens on addr: an address that
// stands for every address of the machine is written as 127.0.0.1, so that what is printed can be pasted. That of IPv6
// is too: package net listens for both kinds on either (net.Listen), and shows [::] for 0.0.0.0.
func Reach(addr string) string {
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().IsUnspecified() {
		return addr
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port()).String()
}

// Everywhere reports whether what listens on addr can be reached at every address of the machine.
func Everywhere(addr string) bool {
	at, err := netip.ParseAddrPort(addr)
	return err == nil && at.Addr().IsUnspecified()
}

// Facing is the IP address of this machine from which a host:port is reached. No packet is sent for it.
func Facing(ctx context.Context, hostport string) (string, error) {
	c, err := new(net.Dialer).DialContext(ctx, "udp", hostport)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	address, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return "", errors.New("want an IP address, got none")
	}
	return address.IP.String(), nil
}
