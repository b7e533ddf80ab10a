package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// serve starts the handler on loopback and returns its address. It is gone, goroutines and all, when the test ends.
func serve(t *testing.T, c Config, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, ended := NewServer(c, h), make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("server: want it closed, got %v", err)
		}
	})
	return l.Addr().String()
}

// dial opens a connection that cannot block a test for ever.
func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c.(*net.TCPConn)
}

func head(length int, more ...string) string {
	return "POST " + reserveURL + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: dni-key\r\nContent-Length: " + fmt.Sprint(length) + "\r\n" + strings.Join(more, "") + "\r\n"
}

// answer reads one response and returns status and body.
func answer(t *testing.T, r *bufio.Reader) (int, string) {
	t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("response: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("body: %v", err)
	}
	return resp.StatusCode, string(body)
}

func TestHalfSentBodyReservesNothing(t *testing.T) {
	for _, c := range []struct {
		name, sent, want string
	}{
		{"declared length", head(100) + goodBody, dniError(400, "body: ended after 32 bytes, before it was complete")},
		{"nothing of it", head(100), dniError(400, "body: ended after 0 bytes, before it was complete")},
		{"large", head(100_000) + strings.Repeat(" ", 50_000), dniError(400, "body: ended after 50000 bytes, before it was complete")},
		{"chunk", "POST " + reserveURL + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: dni-key\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + goodBody + "\r\n",
			dniError(400, "body: ended after 32 bytes, before it was complete")},
		{"bad chunk", "POST " + reserveURL + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: dni-key\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + goodBody + "\r\nzz\r\n",
			dniError(400, "body: ended after 32 bytes, before it was complete")},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &fake{}
			conn := dial(t, serve(t, Default(), New(Default(), b)))
			fmt.Fprint(conn, c.sent)
			_ = conn.CloseWrite()
			status, body := answer(t, bufio.NewReader(conn))
			if status != 400 || body != c.want {
				t.Errorf("answer: want %s\ngot %d %s", c.want, status, body)
			}
			if b.count() != 0 {
				t.Error("reserved: want nothing, got a number")
			}
		})
	}
}

func TestResetInTheMiddleReservesNothing(t *testing.T) {
	b, seen := &fake{}, make(chan Rejection, 1)
	conn := dial(t, serve(t, Default(), New(Default(), b, OnRejected(func(r Rejection) { seen <- r }))))
	fmt.Fprint(conn, head(100)+"{")
	_ = conn.SetLinger(0) // RST instead of FIN
	conn.Close()
	if r := <-seen; r.Status != 400 || r.Err == nil || b.count() != 0 {
		t.Errorf("rejection: want 400 with the reason, got %+v and %d reserved", r, b.count())
	}
}

func TestChunkedBody(t *testing.T) {
	for _, c := range []struct {
		size   int
		status int
	}{{0, 200}, {20_000, 200}, {256<<10 - len(goodBody), 200}, {256<<10 - len(goodBody) + 1, 413}, {1 << 20, 413}} {
		t.Run(fmt.Sprint(c.size), func(t *testing.T) {
			b := &fake{}
			addr := serve(t, Default(), New(Default(), b))
			r, err := http.NewRequest("POST", "http://"+addr+reserveURL, io.MultiReader(strings.NewReader(goodBody), strings.NewReader(strings.Repeat(" ", c.size))))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("x-api-key", "dni-key")
			tr := &http.Transport{}
			defer tr.CloseIdleConnections()
			resp, err := tr.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != c.status || b.count() == 1 != (c.status == 200) {
				t.Errorf("answer: want %d, got %d with %d reserved", c.status, resp.StatusCode, b.count())
			}
		})
	}
}

func TestGarbageAfterARequest(t *testing.T) {
	b := &fake{}
	conn := dial(t, serve(t, Default(), New(Default(), b)))
	fmt.Fprint(conn, head(len(goodBody))+goodBody+"\x00\x01 not http\r\n\r\n")
	r := bufio.NewReader(conn)
	if status, body := answer(t, r); status != 200 || body != `{"dni":"+441632960001"}` {
		t.Errorf("first answer: want the DNI, got %d %s", status, body)
	}
	if status, _ := answer(t, r); status != 400 {
		t.Errorf("second answer: want 400, got %d", status)
	}
	if _, err := r.ReadByte(); err == nil {
		t.Error("connection: want it closed, it is open")
	}
	if b.count() != 1 {
		t.Errorf("reserved: want 1, got %d", b.count())
	}
}

func TestPipelinedRequests(t *testing.T) {
	b := &fake{}
	conn := dial(t, serve(t, Default(), New(Default(), b)))
	bad := "{"
	fmt.Fprint(conn, head(len(goodBody))+goodBody+head(len(bad))+bad+head(len(goodBody))+goodBody)
	r := bufio.NewReader(conn)
	for _, want := range []int{200, 400, 200} {
		if status, _ := answer(t, r); status != want {
			t.Errorf("answer: want %d, got %d", want, status)
		}
	}
}

func TestHugeHeader(t *testing.T) {
	b := &fake{}
	c := Default()
	c.MaxHeader = 4 << 10
	addr := serve(t, c, New(c, b))
	for size, want := range map[int]int{1 << 10: 200, 64 << 10: 431} {
		conn := dial(t, addr)
		fmt.Fprint(conn, head(len(goodBody), "X-Junk: "+strings.Repeat("j", size)+"\r\n")+goodBody)
		if status, _ := answer(t, bufio.NewReader(conn)); status != want {
			t.Errorf("header of %d bytes: want %d, got %d", size, want, status)
		}
	}
	if b.count() != 1 {
		t.Errorf("reserved: want 1, got %d", b.count())
	}
}

func TestOversizeHangsUp(t *testing.T) {
	conn := dial(t, serve(t, Default(), New(Default(), &fake{})))
	fmt.Fprint(conn, head(1<<30))
	r := bufio.NewReader(conn)
	if status, _ := answer(t, r); status != 413 {
		t.Errorf("answer: want 413 without the body, got %d", status)
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("connection: want it closed, got %v", err)
	}
}

func TestHEADHasNoBody(t *testing.T) {
	conn := dial(t, serve(t, Default(), New(Default(), &fake{})))
	fmt.Fprint(conn, "HEAD "+handoffURL+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	all, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 405 ") || !strings.HasSuffix(string(all), "\r\n\r\n") {
		t.Errorf("answer: want 405 without a body, got %q (%v)", all, err)
	}
}

func TestCancelledRequestReservesNothing(t *testing.T) {
	b := &fake{}
	var seen Rejection
	h := New(Default(), b, fixedID(), OnRejected(func(r Rejection) { seen = r }))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("client left"))
	w := ask{"POST", reserveURL, goodBody, []string{"x-api-key: dni-key"}}.send(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(ctx))
	}))
	answers(t, w, 400, dniError(400, "request: cancelled by the client, nothing was changed"))
	if b.count() != 0 || seen.Err == nil || seen.Err.Error() != "client left" {
		t.Errorf("want nothing reserved and the cause, got %d and %+v", b.count(), seen)
	}
}

func TestBackendThatNoticesTheCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := &fake{reserve: func(ctx context.Context) (string, error) {
		cancel()
		return "", fmt.Errorf("pool: %w", ctx.Err())
	}}
	var seen Rejection
	h := New(Default(), b, fixedID(), OnRejected(func(r Rejection) { seen = r }))
	w := reserveAsk(goodBody).send(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(ctx))
	}))
	answers(t, w, 400, dniError(400, "request: cancelled by the client, nothing was changed"))
	if seen.Asked || !errors.Is(seen.Err, context.Canceled) {
		t.Errorf("rejection: want the cancellation, not a refusal, got %+v", seen)
	}
}

func TestClientGoneBeforeItsReplyIsReported(t *testing.T) {
	inside, undelivered := make(chan *net.TCPConn), make(chan Undelivered, 1)
	b := &fake{reserve: func(ctx context.Context) (string, error) {
		conn := <-inside
		_ = conn.SetLinger(0)
		conn.Close()
		<-ctx.Done() // the server has noticed
		return "+441632960009", nil
	}}
	h := New(Default(), b, fixedID(), OnUndelivered(func(u Undelivered) { undelivered <- u }))
	conn := dial(t, serve(t, Default(), h))
	fmt.Fprint(conn, head(len(goodBody))+goodBody)
	inside <- conn
	got := <-undelivered // whether the write notices the reset is the kernel's affair
	if got.CorrelationID != "id-1" || got.DNI != "+441632960009" || got.Err == nil {
		t.Errorf("undelivered: got %+v", got)
	}
}

// leavingWriter is a client that closes its connection once it has its reply.
type leavingWriter struct {
	http.ResponseWriter
	leave func()
}

func (w leavingWriter) FlushError() error {
	w.leave()
	return nil
}

func TestClientThatClosesOnceItHasItsReplyIsNotReported(t *testing.T) {
	for _, c := range []struct {
		name           string
		before, during func(leave func())
		want           error
	}{
		{"closes after the reply", func(func()) {}, func(leave func()) { leave() }, nil},
		{"closes before the reply", func(leave func()) { leave() }, func(func()) {}, ErrClosedEarly},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			b := &fake{reserve: func(context.Context) (string, error) { c.before(leave); return "+441632960009", nil }}
			var got error
			h := New(Default(), b, OnUndelivered(func(u Undelivered) { got = u.Err }))
			reserveAsk(goodBody).send(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(leavingWriter{w, func() { c.during(leave) }}, r.WithContext(ctx))
			}))
			if !errors.Is(got, c.want) {
				t.Errorf("undelivered: want %v, got %v", c.want, got)
			}
		})
	}
}

// brokenWriter fails at the moment it is told to.
type brokenWriter struct {
	http.ResponseWriter
	write, flush error
}

func (w brokenWriter) Write(b []byte) (int, error) { return len(b), w.write }
func (w brokenWriter) FlushError() error           { return w.flush }

func TestUndeliveredWrites(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, c := range []struct {
		name         string
		write, flush error
		reported     bool
	}{
		{"delivered", nil, nil, false}, {"write fails", broken, nil, true}, {"flush fails", nil, broken, true}, {"cannot flush", nil, http.ErrNotSupported, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			reported := false
			h := New(Default(), &fake{}, OnUndelivered(func(u Undelivered) { reported = u.DNI == "+441632960001" && u.Err == broken }))
			reserveAsk(goodBody).send(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(brokenWriter{w, c.write, c.flush}, r)
			}))
			if reported != c.reported {
				t.Errorf("reported: want %v, got %v", c.reported, reported)
			}
		})
	}
}

func TestConcurrentClients(t *testing.T) {
	const clients, each = 16, 25
	c := Default()
	c.RateLimit, c.RateBurst = 1, clients*each*2
	b := &fake{}
	addr := serve(t, c, New(c, b))
	tr := &http.Transport{MaxIdleConnsPerHost: clients}
	defer tr.CloseIdleConnections()
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			for i := range each {
				id := fmt.Sprintf("c%d-%d", n, i)
				r, _ := http.NewRequest("POST", "http://"+addr+reserveURL, strings.NewReader(`{"attributes":{"id":"`+id+`"}}`))
				r.Header.Set("x-api-key", "dni-key")
				r.Header.Set("X-PolyAI-Correlation-Id", id)
				resp, err := tr.RoundTrip(r)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if got := resp.Header.Get("X-PolyAI-Correlation-Id"); got != id || resp.StatusCode != 200 {
					t.Errorf("answer: want 200 with %s, got %d with %s", id, resp.StatusCode, got)
				}
			}
		})
	}
	wg.Wait()
	for i, attributes := range b.reserved {
		if want := `{"id":"` + b.ids[i] + `"}`; attributes != want {
			t.Errorf("attributes: want %s, got %s", want, attributes)
		}
	}
	if len(b.reserved) != clients*each {
		t.Errorf("reserved: want %d, got %d", clients*each, len(b.reserved))
	}
}

// pipeListener hands out one end of in-memory pipes, so that a server can live in virtual time.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// The bubble fails the test when a goroutine is still there at its end, so this is the leak test too.
func TestSlowClientsInVirtualTime(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		after      time.Duration
		want       string
	}{
		{"body never ends", head(100) + "{", 30 * time.Second, "HTTP/1.1 408 Request Timeout\r\n"},
		{"header never ends", "POST / HTTP/1.1\r\n", 30 * time.Second, ""},
		{"nothing comes", "", 30 * time.Second, ""},
		{"idle afterwards", head(len(goodBody)) + goodBody, 2 * time.Minute, "HTTP/1.1 200 OK\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &fake{}
				l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
				s := NewServer(Default(), New(Default(), b))
				go func() { _ = s.Serve(l) }()
				client, server := net.Pipe()
				l.conns <- server
				start := time.Now()
				go func() { fmt.Fprint(client, c.sent) }()
				all, _ := io.ReadAll(client)
				if got := time.Since(start); got != c.after {
					t.Errorf("closed: want after %v, got %v", c.after, got)
				}
				if !strings.HasPrefix(string(all), c.want) || c.want == "" && len(all) > 0 {
					t.Errorf("answer: want %q, got %q", c.want, all)
				}
				if reserved := b.count(); reserved == 1 != (c.want == "HTTP/1.1 200 OK\r\n") {
					t.Errorf("reserved: got %d", reserved)
				}
				client.Close()
				s.Close()
			})
		})
	}
}

func TestNothingOutlivesTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		s := NewServer(Default(), New(Default(), &fake{}))
		go func() { _ = s.Serve(l) }()
		sent := head(len(goodBody)) + goodBody
		for end := len(sent); end > 0; end -= 7 { // in full, then cut anywhere
			client, server := net.Pipe()
			l.conns <- server
			fmt.Fprint(client, sent[:end])
			synctest.Wait()
			client.Close()
		}
		s.Close()
	})
}
