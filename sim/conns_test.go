package sim_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/journal"
)

// buffer is a log that can be read while it is written.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// raw opens a connection on which a test says what it likes.
func (w *world) raw() net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", w.sim.HTTPAddr())
	w.must(err)
	w.t.Cleanup(func() { _ = c.Close() })
	w.must(c.SetDeadline(time.Now().Add(limit)))
	return c
}

// Every refusal is in the journal with its reason, and in the log once, whoever it was that refused.
func TestEveryRefusalIsInTheJournalAndInTheLogOnce(t *testing.T) {
	leavesNothing(t)
	const post = "POST " + reservePath + " HTTP/1.1\r\nHost: x\r\nX-Api-Key: demo-dni-key-acme\r\n"
	for _, c := range []struct{ name, request, answer, cause, detail string }{
		{"no HTTP", "hello\r\n\r\n", "400", "request: 400 Bad Request", "400 to 127.0.0.1:"},
		{"TLS", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\r\n\r\n", "400", "request: 400 Bad Request", "400 to 127.0.0.1:"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "400", "request: 400 Bad Request: missing required Host header", "400 to 127.0.0.1:"},
		{"a version that there is not", "GET / HTTP/7.0\r\nHost: x\r\n\r\n", "505", "request: 505 HTTP Version Not Supported: unsupported protocol version", "505 to 127.0.0.1:"},
		{"a long header", "GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 100_000) + "\r\n\r\n", "431", "request: 431 Request Header Fields Too Large", "431 to 127.0.0.1:"},
		{"an expectation", post + "Expect: wonders\r\nContent-Length: 2\r\n\r\n{}", "417", "request: 417 Expectation Failed", "417 to 127.0.0.1:"},
		{"a coding", post + "Transfer-Encoding: wonderful\r\n\r\n", "501", "request: Unsupported transfer encoding", "501 to 127.0.0.1:"},
		{"every path", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "404", "no such path", "404 OPTIONS *"},
		{"no path", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "404", "no such path", "404 GET /nowhere"},
		{"a method", "GET " + reservePath + " HTTP/1.1\r\nHost: x\r\n\r\n", "405", "method: want POST, got GET", "405 GET " + reservePath},
		{"no key", "POST " + reservePath + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "401", "key: want one in the x-api-key header, got none", "401 POST " + reservePath},
		{"no JSON", post + "Content-Length: 1\r\n\r\n{", "400", "body: invalid JSON at offset 1: want a key, got the end", "400 POST " + reservePath},
		{"a large body", post + "Content-Length: 300000\r\n\r\n", "413", "body: want at most 262144 bytes, got more", "413 POST " + reservePath},
		{"half a header", "POST /v1/conv\x00END", "400", "request: ended after 13 bytes, before its header was complete", "400 to 127.0.0.1:"},
		{"a slow header", "POST /v1/conv", "400", "request: want its header within http.read_timeout, got 13 bytes", "400 to 127.0.0.1:"},
		{"a slow body", post + "Content-Length: 10\r\n\r\n{", "408", "body: want it within 100ms", "408 POST " + reservePath},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log, timeout := &buffer{}, "30s"
			if strings.Contains(c.name, "slow") {
				timeout = "100ms"
			}
			w := openBeside(t, "http: {read_timeout: "+timeout+"}", sim.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			conn := w.raw()
			said, end := strings.CutSuffix(c.request, "\x00END")
			_, err := io.WriteString(conn, said)
			w.must(err)
			if end {
				w.must(conn.(*net.TCPConn).CloseWrite())
			}
			reply, _ := bufio.NewReader(conn).ReadString('\n') // a reset comes where the request was not read to its end
			if _, status, _ := strings.Cut(reply, " "); !strings.HasPrefix(status, c.answer) {
				t.Errorf("answer: want %q, got %q", c.answer, reply)
			}
			w.until("rejection", func() bool { return w.count(journal.RequestRejected) > 0 })
			w.must(conn.Close())
			w.must(w.shut(limit))
			var got []journal.Event
			for _, e := range w.sim.Journal().Events() {
				if e.Kind == journal.RequestRejected {
					got = append(got, e)
				}
			}
			if len(got) != 1 || got[0].Cause != c.cause || !strings.HasPrefix(got[0].Detail, c.detail) {
				t.Errorf("journal: want one rejection %q (%s…), got %+v", c.cause, c.detail, got)
			}
			if got := strings.Count(log.String(), "level=WARN"); got != 1 {
				t.Errorf("log: want one warning, got %s", log)
			}
		})
	}
}

// What was answered well leaves no refusal behind, however its connection goes on.
func TestServedConnectionsAreNotReported(t *testing.T) {
	w := open(t, "http: {read_timeout: 100ms, idle_timeout: 10ms}")
	for range 20 {
		conn := w.raw()
		r := bufio.NewReader(conn)
		for range 2 {
			_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Length: 17\r\n\r\n{\"attributes\":{}}", reservePath, w.project(0).DNIKey)
			w.must(err)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				break // it was idle for too long
			}
			_, err = io.Copy(io.Discard, res.Body)
			w.must(err)
		}
		_, _ = io.Copy(io.Discard, r) // the end of idle_timeout
	}
	w.must(w.shut(limit))
	if n := w.count(journal.RequestRejected); n != 0 {
		t.Errorf("want no refusal, got %d: %+v", n, w.sim.Journal().Events())
	}
}

// One connection more than there may be closes the one that has been idle longest, and a busy one is left alone.
func TestMaxConnections(t *testing.T) {
	w := open(t, "http: {max_connections: 2}")
	busy := w.raw()
	_, err := io.WriteString(busy, "POST "+reservePath+" HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+w.project(0).DNIKey+"\r\nContent-Length: 17\r\n\r\n")
	w.must(err)
	idle := w.raw()
	read := func(c net.Conn) string {
		line, _ := bufio.NewReader(c).ReadString('\n')
		return strings.TrimSpace(line)
	}
	_, err = io.WriteString(idle, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
	w.must(err)
	if got := read(idle); got != "HTTP/1.1 404 Not Found" {
		t.Fatalf("want an answer, got %q", got)
	}
	third := w.raw()
	_, err = io.WriteString(third, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
	w.must(err)
	if got := read(third); got != "HTTP/1.1 404 Not Found" {
		t.Errorf("third: want an answer, got %q", got)
	}
	if _, err := io.Copy(io.Discard, idle); err != nil {
		t.Errorf("idle: want it closed, got %v", err)
	}
	_, err = io.WriteString(busy, `{"attributes":{}}`)
	w.must(err)
	if got := read(busy); got != "HTTP/1.1 200 OK" {
		t.Errorf("busy: want its answer, got %q", got)
	}
}
