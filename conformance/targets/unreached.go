package targets

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
)

// Unreached reports whether a request was certainly never sent: its host has no address, takes no connection, or shows a
// certificate that is not its own. Nothing is known about the target then, and nothing has happened there.
func Unreached(err error) bool {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" && !op.Timeout() && !errors.Is(err, context.Canceled) // which may be the client's own impatience
}
