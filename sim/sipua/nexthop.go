package sipua

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Symmetric says whether the requests of a call go to where its INVITE came from, instead of to its Contact.
type Symmetric string

// The choices. Over TCP the INVITE's connection is used as long as there is one, whatever is chosen.
const (
	// SymmetricAuto sends them to where the INVITE came from when the Contact cannot be right: its host is loopback, unspecified, or
	// private while the source is not, as it is behind a NAT; or it is a name that is not looked up.
	SymmetricAuto Symmetric = "auto"
	// SymmetricAlways sends them to where the INVITE came from.
	SymmetricAlways Symmetric = "always"
	// SymmetricNever sends them to the Contact, as RFC 3261 12.2.1.1 says; but for a name that is not looked up.
	SymmetricNever Symmetric = "never"
)

// UnmarshalText accepts the names of the choices.
func (s *Symmetric) UnmarshalText(text []byte) error {
	switch v := Symmetric(text); v {
	case SymmetricAuto, SymmetricAlways, SymmetricNever:
		*s = v
		return nil
	}
	return fmt.Errorf("symmetric: want auto, always or never, got %q", text)
}

// nextHop is the host:port to which a request for a URI of the peer's is sent: his Contact, or the first route.
func (l *Leg) nextHop(u sip.Uri) string {
	d, c := &l.dialog, &l.endpoint.config
	there := hostPort(u, d.transport)
	ip, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	switch {
	case err != nil && !c.LookUpNames:
		return d.peer
	case err != nil, !l.incoming, c.Symmetric == SymmetricNever:
		return there
	case sip.IsReliable(d.transport): // and the connection is gone: nobody listens on the port that it came from
		return there
	case c.Symmetric == SymmetricAlways || astray(ip, d.peer):
		return d.peer
	}
	return there
}

// astray reports whether an address that a peer gives of itself is none under which it can be reached from here.
func astray(ip netip.Addr, source string) bool {
	ip = ip.Unmap()
	from, err := netip.ParseAddrPort(source)
	switch {
	case ip.IsLoopback(), ip.IsUnspecified(), ip.IsMulticast(), ip.Is4() && (ip.As4()[0] == 0 || ip.As4()[0] == 255):
		return true
	case ip.IsPrivate(), ip.IsLinkLocalUnicast():
		return err == nil && !from.Addr().Unmap().IsPrivate() && !from.Addr().IsLinkLocalUnicast()
	}
	return false
}
