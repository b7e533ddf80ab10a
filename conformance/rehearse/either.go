package rehearse

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"

	"github.com/dnispool/dnispool/sim/certificate"
)

// eitherListener accepts connections with and without TLS at one address. The certificate is signed by nobody whom a client
// knows.
type eitherListener struct {
	net.Listener
	refused func() // hears of each client that did not go on when it had seen the certificate

	made   sync.Once
	config *tls.Config
	err    error
}

// Accept implements net.Listener.
func (l *eitherListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eitherConn{Conn: conn, listener: l}, nil
}

func (l *eitherListener) certificate() (*tls.Config, error) {
	l.made.Do(func() { l.config, _, l.err = certificate.Config{}.TLS() })
	return l.config, l.err
}

// eitherConn finds out at the first read whether the client speaks TLS. It is read by one goroutine, before it is written to.
type eitherConn struct {
	net.Conn
	listener *eitherListener
	plain    io.Reader // with the first byte again; nil before the first read
	secure   *tls.Conn // nil: there is no TLS
}

// clientHello is the first byte of a connection with TLS: a record of its handshake (RFC 8446 section 5.1).
const clientHello = 0x16

// Read implements net.Conn.
func (c *eitherConn) Read(b []byte) (int, error) {
	if c.plain == nil {
		if err := c.begin(); err != nil {
			return 0, err
		}
	}
	if c.secure != nil {
		return c.secure.Read(b)
	}
	return c.plain.Read(b)
}

func (c *eitherConn) begin() error {
	first := make([]byte, 1)
	if _, err := io.ReadFull(c.Conn, first); err != nil {
		return err
	}
	c.plain = io.MultiReader(bytes.NewReader(first), c.Conn)
	if first[0] != clientHello {
		return nil
	}
	config, err := c.listener.certificate()
	if err != nil {
		return err
	}
	secure := tls.Server(&replayed{c.Conn, c.plain}, config)
	if err := secure.Handshake(); err != nil {
		c.listener.refused()
		return err
	}
	c.secure = secure
	return nil
}

// Write implements net.Conn.
func (c *eitherConn) Write(b []byte) (int, error) {
	if c.secure != nil {
		return c.secure.Write(b)
	}
	return c.Conn.Write(b)
}

// replayed is a connection some of which has been read.
type replayed struct {
	net.Conn
	from io.Reader
}

func (r *replayed) Read(b []byte) (int, error) { return r.from.Read(b) }

// connKey is the key of a request's connection in its context.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// isSecure reports whether a request came over TLS.
func isSecure(ctx context.Context) bool {
	c, ok := ctx.Value(connKey{}).(*eitherConn)
	return ok && c.secure != nil
}
