package targets_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/dnispool/dnispool/conformance/targets"
)

func TestUnreached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{io.ErrUnexpectedEOF, false},
		{syscall.ECONNRESET, false},
		{context.DeadlineExceeded, false},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, false},
		{&net.OpError{Op: "dial", Err: syscall.ENETUNREACH}, true},
		{&net.OpError{Op: "dial", Err: context.Canceled}, false},
		{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, false},
		{fmt.Errorf("get: %w", syscall.ECONNREFUSED), true},
		{fmt.Errorf("get: %w", &net.DNSError{Name: "api.uk-9.example", IsNotFound: true}), true},
		{&tls.CertificateVerificationError{Err: errors.New("x509")}, true},
	} {
		if got := targets.Unreached(c.err); got != c.want {
			t.Errorf("%v: want %v, got %v", c.err, c.want, got)
		}
	}
}
