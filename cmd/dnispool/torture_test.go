//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The simulator as a process, and what strangers and operating systems do to one. `make test` plays a short form,
// `make torture` a long one.
var torture = flag.Bool("torture", false, "play the long form of the torture tests")

// times is how often something is done: short, or long under -torture.
func times(short, long int) int {
	if *torture {
		return long
	}
	return short
}

// host is where the simulator serves HTTP.
func (p *platform) host(t *testing.T) string {
	t.Helper()
	return find(t, p.reserve.url, `http://([^/]+)`)[1]
}

// say opens a connection and sends text on it.
func (p *platform) say(t *testing.T, text string) net.Conn {
	t.Helper()
	return p.sayTo(t, p.host(t), text)
}

func (p *platform) sayTo(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, text) // it may have been closed already
	return c
}

// serves fails unless a number is reserved, called, and its handoff read.
func (p *platform) serves(t *testing.T) {
	t.Helper()
	over(t, p.call(t, p.number(t)))
	var state struct {
		SharedID string `json:"shared_id"`
	}
	if status := ask(t, http.MethodGet, p.handoff.url, p.handoff.key, "", &state); status != 200 || state.SharedID != "demo-1" {
		t.Errorf("handoff: want that of demo-1, got %d %+v", status, state)
	}
}

// TestTortureUnfinishedRequests: requests that are begun and not finished hold up nobody else, and a stop not for long.
func TestTortureUnfinishedRequests(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q")
	whole := "POST /v1/conversations/dni-reservation HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + p.reserve.key + "\r\nContent-Length: 1000\r\n\r\n" + strings.Repeat(" ", 999)
	rng := rand.New(rand.NewPCG(1, 1))
	for range times(100, 900) {
		p.say(t, whole[:rng.IntN(len(whole))])
	}
	p.serves(t)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, code := p.end(t); code != 0 {
		t.Errorf("SIGTERM: want 0, got %d: %s", code, rest)
	}
}

// TestTortureDescriptors: with 64 descriptors, and twice as many connections that say nothing on both ports, everybody
// else is served, calls over TCP too.
func TestTortureDescriptors(t *testing.T) {
	t.Parallel()
	p := fewDescriptors(t)
	for range times(2, 20) {
		for range 128 {
			p.say(t, "")
			p.sayTo(t, p.sip, "")
		}
		p.serves(t)
		c := p.sayTo(t, p.sip, "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\n"+
			"To: <sip:x@x>\r\nCall-ID: descriptors\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "SIP/2.0 200 OK\r\n" {
			t.Errorf("OPTIONS over TCP: want 200, got %q, %v", line, err)
		}
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, code := p.end(t); code != 0 {
		t.Errorf("SIGTERM: want 0, got %d: %s", code, rest)
	}
}

// TestTortureDescriptorsOfCalls: nor do calls take them all, each of which comes over a connection of its own.
func TestTortureDescriptorsOfCalls(t *testing.T) {
	t.Parallel()
	p := fewDescriptors(t)
	for i := range 80 {
		c := p.sayTo(t, p.sip, fmt.Sprintf("INVITE sip:+442079460000@%[1]s SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%[2]d\r\nMax-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\n"+
			"To: <sip:x@x>\r\nCall-ID: call%[2]d\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:9;transport=tcp>\r\nContent-Length: 0\r\n\r\n", p.sip, i))
		_, _ = bufio.NewReader(c).ReadString('\n') // an answer, or that it is one too many
	}
	p.serves(t)
}

// fewDescriptors is a simulator that may have 64 files and sockets open.
func fewDescriptors(t *testing.T) *platform {
	t.Helper()
	c := command(t, t.TempDir(), "sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "", "-q")
	c.Args = append([]string{"sh", "-c", `ulimit -n 64 && exec "$0" "$@"`, binary}, c.Args[1:]...)
	c.Path = "/bin/sh"
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	p := &platform{process: &process{Cmd: c, out: bufio.NewReader(out)}}
	p.readBanner(t)
	return p
}

// TestTortureKilled: after kill -9 with a call up and a request under way, the next process serves on the same ports.
func TestTortureKilled(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"sim.yaml": "agent: {echo: {talk: forever}}\n"})
	p := serve(t, dir, "--config", "sim.yaml", "-q")
	for range times(2, 20) {
		deaf(t, p.sip, p.number(t))
		p.say(t, "POST /v1/conversations/dni-reservation HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+p.reserve.key+"\r\nContent-Length: 1000\r\n\r\n{")
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait()
		p = serve(t, dir, "--http", p.host(t), "--sip", p.sip, "-q")
		p.serves(t)
	}
}

// TestTortureStopped: a process that was stopped goes on where it was. A request that came meanwhile is answered, and
// what ended meanwhile is told.
func TestTortureStopped(t *testing.T) {
	t.Parallel()
	const window = 300 * time.Millisecond
	p := serve(t, t.TempDir(), "--set", "pool.window="+window.String(), "--set", "pool.numbers=1")
	for range times(2, 20) {
		p.number(t)
		ends := time.Now().Add(window)
		if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		c := p.say(t, "GET /v1/acme-uk/acme-support/handoff_state?id=x HTTP/1.1\r\nHost: x\r\nX-Api-Key: "+p.handoff.key+"\r\n\r\n")
		time.Sleep(time.Until(ends)) // nothing happens meanwhile that could be awaited
		if err := p.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "HTTP/1.1 404 Not Found\r\n" {
			t.Errorf("want an answer, got %q, %v", line, err)
		}
		p.until(t, "msg=expired ")
	}
}

// until reads the output up to a line that contains text.
func (p *platform) until(t *testing.T, text string) {
	t.Helper()
	for {
		l, err := p.out.ReadString('\n')
		if strings.Contains(l, text) {
			return
		}
		if err != nil {
			t.Fatalf("want a line with %q, got %v", text, err)
		}
	}
}

// TestTortureTerminatedUnderLoad: every reply that is begun is finished, and every number that was told was taken.
func TestTortureTerminatedUnderLoad(t *testing.T) {
	t.Parallel()
	for range times(2, 20) {
		p := serve(t, t.TempDir(), "-q", "--set", "pool.numbers=1000000")
		told, mu := make(map[string]bool), sync.Mutex{}
		enough := make(chan struct{})
		var clients sync.WaitGroup
		for range 8 {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			clients.Go(func() {
				defer client.CloseIdleConnections()
				for {
					r, _ := http.NewRequest(http.MethodPost, p.reserve.url, strings.NewReader(p.reserve.body))
					r.Header.Set("x-api-key", p.reserve.key)
					res, err := client.Do(r)
					if err != nil {
						return // it is gone
					}
					var got struct {
						DNI string `json:"dni"`
					}
					err = json.NewDecoder(res.Body).Decode(&got)
					_ = res.Body.Close()
					mu.Lock()
					if err != nil || res.StatusCode != 200 || told[got.DNI] {
						t.Errorf("want a number of its own, got %d %+v, %v", res.StatusCode, got, err)
					}
					told[got.DNI] = true
					if len(told) == 500 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		p.stop(t, syscall.SIGTERM)
		clients.Wait()
	}
}

// TestTortureBytes sends what is almost HTTP. Nothing of it is the platform's fault, so none is answered with a 500.
func TestTortureBytes(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--set", "pool.numbers=100000")
	requests := []string{
		"POST /v1/conversations/dni-reservation HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + p.reserve.key + "\r\nContent-Type: application/json\r\nContent-Length: 31\r\nConnection: close\r\n\r\n{\"attributes\":{\"shared_id\":1}}\n",
		"GET /v1/acme-uk/acme-support/handoff_state?shared_id=a%20b&id=c HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + p.handoff.key + "\r\nX-PolyAI-Correlation-Id: abc\r\nConnection: close\r\n\r\n",
		"POST /v1/conversations/dni-reservation HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + p.reserve.key + "\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n11\r\n{\"attributes\":{}}\r\n0\r\n\r\n",
	}
	rng := rand.New(rand.NewPCG(2, 2))
	statuses := make(map[string]int)
	for i := range times(600, 60_000) {
		text := []byte(requests[i%len(requests)])
		for range rng.IntN(4) {
			text = mutate(rng, text)
		}
		c := p.say(t, string(text))
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Log(err)
		}
		line, _ := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		status := fmt.Sprintf("%.12s", line)
		statuses[status]++
		if strings.HasPrefix(status, "HTTP/1.1 500") || strings.HasPrefix(status, "HTTP/1.0 500") {
			t.Errorf("want no 500, got it for %q", text)
		}
	}
	t.Log(statuses)
	p.serves(t)
}

// mutate changes one thing about a text.
func mutate(rng *rand.Rand, text []byte) []byte {
	at := rng.IntN(len(text))
	switch rng.IntN(4) {
	case 0: // another byte
		text[at] = byte(rng.IntN(256))
	case 1: // one byte less
		text = append(text[:at], text[at+1:]...)
	case 2: // a part twice
		part := bytes.Clone(text[at:min(len(text), at+1+rng.IntN(40))])
		text = append(text[:at], append(part, text[at:]...)...)
	case 3: // a few strange bytes more
		strange := []string{"\x00", "\r\n", "\n", "\xff\xfe", "%00", "\u202e", "\x1b[2J", ": ", "0", "-1", "{", "\""}
		text = append(text[:at], append([]byte(strange[rng.IntN(len(strange))]), text[at:]...)...)
	}
	if len(text) == 0 {
		return []byte{'x'}
	}
	return text
}
