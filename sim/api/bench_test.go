package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

const benchBody = `{"attributes":{"shared_id":"call-5f0c2a","ani":"+441632960123","customer":{"name":"Zoë Ångström","age":42,"vip":true},"previous_calls":["2026-01-02","2026-02-03"],"note":"asked for \"billing\""}}`

// freeList is the least that a pool must do.
type freeList struct {
	mu      sync.Mutex
	numbers []string
	next    int
}

func newFreeList() *freeList {
	f := &freeList{numbers: make([]string, 100_000)}
	for i := range f.numbers {
		f.numbers[i] = fmt.Sprintf("+4416329%05d", i)
	}
	return f
}

func (f *freeList) pop() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = (f.next + 1) % len(f.numbers)
	return f.numbers[f.next]
}

func (f *freeList) Reserve(_ context.Context, key string, _ json.RawMessage) (string, error) {
	if key != "k" {
		return "", ErrUnauthorized
	}
	return f.pop(), nil
}

func (f *freeList) Handoff(context.Context, string, string, string, Query) (Record, error) {
	return Record{ID: "c", Data: json.RawMessage(`{"handoff_to":"QUEUE","handoff_reason":null}`)}, nil
}

// bare is what one would write by hand in five minutes.
func bare(f *freeList) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Attributes json.RawMessage `json:"attributes"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(struct {
			DNI string `json:"dni"`
		}{f.pop()})
	})
}

// BenchmarkReserveOverHTTP sends the same requests to the handler and to a bare one, in alternating short rounds, over
// kept-alive loopback connections. vs-bare is the throughput of the handler over that of the bare one: the median of
// all pairs of rounds, so that a busy machine disturbs some pairs but not the result.
func BenchmarkReserveOverHTTP(b *testing.B) {
	const clients, perRound = 16, 40
	bareServer := startLoad(b, &http.Server{Handler: bare(newFreeList())}, clients)
	ours := startLoad(b, NewServer(Default(), New(Default(), newFreeList())), clients)
	var ratios, rates []float64
	for b.Loop() {
		var bareTime, oursTime time.Duration
		if len(ratios)%2 == 0 {
			bareTime = bareServer.round(b, perRound)
		}
		oursTime = ours.round(b, perRound)
		if len(ratios)%2 == 1 {
			bareTime = bareServer.round(b, perRound)
		}
		ratios = append(ratios, bareTime.Seconds()/oursTime.Seconds())
		rates = append(rates, clients*perRound/oursTime.Seconds())
	}
	b.ReportMetric(median(ratios), "vs-bare")
	b.ReportMetric(median(rates), "req/s")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

type load struct{ conns []*benchConn }

func startLoad(b *testing.B, s *http.Server, clients int) load {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	b.Cleanup(func() { s.Close() })
	var out load
	for range clients {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		out.conns = append(out.conns, &benchConn{c: c, r: textproto.NewReader(bufio.NewReader(c))})
	}
	return out
}

func (l load) round(b *testing.B, requests int) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, c := range l.conns {
		wg.Go(func() {
			for range requests {
				if err := c.do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// benchConn is a client that costs next to nothing, so that the servers are what is measured.
type benchConn struct {
	c net.Conn
	r *textproto.Reader
}

var benchRequest = []byte("POST /v1/conversations/dni-reservation HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: k\r\nContent-Type: application/json\r\nContent-Length: " +
	strconv.Itoa(len(benchBody)) + "\r\n\r\n" + benchBody)

func (c *benchConn) do() error {
	if _, err := c.c.Write(benchRequest); err != nil {
		return err
	}
	status, err := c.r.ReadLineBytes()
	if err != nil || !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("status: want 200, got %q (%v)", status, err)
	}
	length := 0
	for {
		line, err := c.r.ReadLineBytes()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(value))
		}
	}
	_, err = c.r.R.Discard(length)
	return err
}

// nullWriter is a response writer that costs nothing.
type nullWriter struct{ h http.Header }

func (w nullWriter) Header() http.Header         { return w.h }
func (w nullWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w nullWriter) WriteHeader(int)             {}
func (w nullWriter) Flush()                      {}

func BenchmarkHandler(b *testing.B) {
	h := New(Default(), newFreeList())
	for name, method := range map[string]string{"reserve": "POST", "handoff": "GET"} {
		b.Run(name, func(b *testing.B) {
			url := reservePath
			if method == "GET" {
				url = "/v1/acme/team/handoff_state?shared_id=call-5f0c2a"
			}
			body := bytes.NewReader([]byte(benchBody))
			r, err := http.NewRequest(method, url, io.NopCloser(body))
			if err != nil {
				b.Fatal(err)
			}
			r.ContentLength = int64(len(benchBody))
			r.Header.Set("x-api-key", "k")
			w := nullWriter{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset([]byte(benchBody))
				clear(w.h)
				h.ServeHTTP(w, r)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	data := []byte(benchBody)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var few [4]member
		if _, err := scanObject(data, 64, Refuse, few[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
