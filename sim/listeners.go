package sim

import (
	"errors"
	"net"
	"sync"
)

// joined is several listeners as one, so that what bounds and watches connections does so over all of them.
type joined struct {
	listeners []net.Listener
	accepted  chan accepted
	closed    chan struct{}
	once      sync.Once
	wg        sync.WaitGroup
}

type accepted struct {
	conn net.Conn
	err  error
}

// join takes over the listeners. The first gives the address.
func join(listeners ...net.Listener) net.Listener {
	if len(listeners) == 1 {
		return listeners[0]
	}
	j := &joined{listeners: listeners, accepted: make(chan accepted), closed: make(chan struct{})}
	for _, l := range listeners {
		j.wg.Go(func() { j.listen(l) })
	}
	return j
}

func (j *joined) listen(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		select {
		case j.accepted <- accepted{c, err}:
		case <-j.closed:
			if err == nil {
				_ = c.Close()
			}
			return
		}
	}
}

// Accept implements net.Listener.
func (j *joined) Accept() (net.Conn, error) {
	select {
	case a := <-j.accepted:
		return a.conn, a.err
	case <-j.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (j *joined) Close() (err error) {
	j.once.Do(func() {
		close(j.closed)
		for _, l := range j.listeners {
			err = errors.Join(err, l.Close())
		}
		j.wg.Wait()
	})
	return err
}

// Addr implements net.Listener.
func (j *joined) Addr() net.Addr { return j.listeners[0].Addr() }
