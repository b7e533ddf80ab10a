package sim

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"syscall"
	"testing"
)

// exhausted is a listener that finds no descriptor left, once.
type exhausted struct {
	net.Listener
	found bool
}

func (l *exhausted) Accept() (net.Conn, error) {
	if !l.found {
		l.found = true
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// Once there are descriptors again, the next connection is served like any other.
func TestConnectionAfterTheDescriptorsWereExhausted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cs := watch(&exhausted{Listener: l}, 10, func(refusal) {})
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }),
		ErrorLog: log.New(io.Discard, "", 0)}
	cs.attach(s)
	served := make(chan error, 1)
	go func() { served <- s.Serve(cs) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := io.ReadAll(c); err != nil || len(reply) == 0 {
		t.Errorf("want a reply, got %q, %v", reply, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if n := cs.open(); n != 0 {
		t.Errorf("connections: want none left, got %d", n)
	}
}
