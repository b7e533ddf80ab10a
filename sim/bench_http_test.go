//go:build unix

package sim_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
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

// ServeHTTP is what one would write by hand in five minutes.
func (f *freeList) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
}

// serveFreeList serves a freeList until the benchmark ends, and gives its address.
func serveFreeList(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: newFreeList()}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }()
	b.Cleanup(func() { _ = server.Close(); <-served })
	return l.Addr().String()
}

// BenchmarkReserve sends the same requests, over kept-alive loopback connections, to a whole platform (key, strict
// scan, pool, expiry of what nobody calls, journal) and to a bare handler, in alternating short rounds. vs-bare is the
// throughput of the platform over that of the bare one: the median of all pairs of rounds, so that a busy machine
// disturbs some pairs but not the result, and vs-bare-q1 and vs-bare-q3 are the quartiles. cpu-vs-bare is the same of the process's
// CPU time, its clients included, which others on the machine disturb less. To stay above 0.94. The platform is alone, or watched: with
// control API and journal, an open page, and a reader of its events who has stopped.
func BenchmarkReserve(b *testing.B) {
	const config = "pool: {numbers: 200000, window: 1s}"
	b.Run("alone", func(b *testing.B) { reserveBesideBare(b, open(b, config)) })
	b.Run("watched", func(b *testing.B) {
		w, link := openWatched(b, config)
		watch(b, link)
		reserveBesideBare(b, w)
	})
}

func reserveBesideBare(b *testing.B, w *world) {
	const connections, perRound = 16, 40
	bare, ours := newLoad(b, serveFreeList(b), "k", benchBody, connections), newLoad(b, w.sim.HTTPAddr(), w.project(0).DNIKey, benchBody, connections)
	round := func(l clients) (took, cpu float64) {
		before := processCPU(b)
		took = l.round(b, perRound).Seconds()
		return took, (processCPU(b) - before).Seconds()
	}
	var ratios, ofCPU, rates []float64
	for b.Loop() {
		var bareTook, bareCPU float64
		first := len(ratios)%2 == 0
		if first {
			bareTook, bareCPU = round(bare)
		}
		took, cpu := round(ours)
		if !first {
			bareTook, bareCPU = round(bare)
		}
		ratios, ofCPU = append(ratios, bareTook/took), append(ofCPU, bareCPU/cpu)
		rates = append(rates, connections*perRound/took)
	}
	reportSpread(b, "vs-bare", ratios)
	reportSpread(b, "cpu-vs-bare", ofCPU)
	b.ReportMetric(median(rates), "req/s")
}

// reportSpread reports the median of a ratio that was measured over and over, and its quartiles.
func reportSpread(b *testing.B, name string, ratios []float64) {
	b.ReportMetric(median(ratios), name)
	b.ReportMetric(ratios[len(ratios)/4], name+"-q1")
	b.ReportMetric(ratios[len(ratios)*3/4], name+"-q3")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// clients are callers of the API that cost next to nothing, so that the servers are what is measured.
type clients []*benchConn

type benchConn struct {
	c       net.Conn
	r       *textproto.Reader
	request []byte
}

func newLoad(b *testing.B, addr, key, body string, n int) clients {
	request := []byte("POST " + reservePath + " HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: " + key + "\r\nContent-Type: application/json\r\nContent-Length: " +
		strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	var out clients
	for range n {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		out = append(out, &benchConn{c: c, r: textproto.NewReader(bufio.NewReader(c)), request: request})
	}
	return out
}

func (l clients) round(b *testing.B, requests int) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, c := range l {
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

func (c *benchConn) do() error {
	if _, err := c.c.Write(c.request); err != nil {
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
