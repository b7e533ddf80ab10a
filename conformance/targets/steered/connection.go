package steered

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// heldOpen is a connection to the platform that keeps virtual time still from the moment its client leaves it to the
// moment the platform has seen that: a request that was given up is acted on in the moment in which it was sent, or not
// at all, however busy the machine is.
type heldOpen struct {
	net.Conn
	clock Clock
	once  sync.Once
}

// heldAtMost bounds, in real time, how long the platform may take to see that its client is gone.
const heldAtMost = 2 * time.Second

// dialHeldOpen is for a transport.
func dialHeldOpen(k Clock) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &heldOpen{Conn: c, clock: k}, nil
	}
}

// Close ends the client's side at once. The rest follows when the platform has ended its own.
func (c *heldOpen) Close() (err error) {
	c.once.Do(func() {
		half, ok := c.Conn.(interface{ CloseWrite() error })
		if !ok || half.CloseWrite() != nil {
			err = c.Conn.Close()
			return
		}
		release := c.clock.Hold()
		go func() {
			defer release()
			_ = c.Conn.SetReadDeadline(time.Now().Add(heldAtMost))
			_, _ = io.Copy(io.Discard, c.Conn)
			_ = c.Conn.Close()
		}()
	})
	return err
}
