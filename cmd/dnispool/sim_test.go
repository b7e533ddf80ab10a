package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
)

// platform is `dnispool sim` at work, known from what it prints.
type platform struct {
	*process
	reserve, handoff struct{ url, key, body string }
	sip, control     string
}

// serve starts the simulator on free ports and reads the three commands that it gives.
func serve(t *testing.T, dir string, args ...string) *platform {
	t.Helper()
	p := &platform{process: start(t, dir, append([]string{"sim", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0", "--control", "127.0.0.1:0"}, args...)...)}
	p.readBanner(t)
	return p
}

// readBanner learns from the first lines of a simulator where it serves what.
func (p *platform) readBanner(t *testing.T) {
	t.Helper()
	p.line(t, "Ctrl-C stops it.")
	reserve := find(t, p.seen.String(), `curl -s -H 'x-api-key: (\S+)' -H 'content-type: application/json' \\\n +-d '(\S+)' \\\n +(\S+)`)
	p.reserve.key, p.reserve.body, p.reserve.url = reserve[1], reserve[2], reserve[3]
	if m := regexp.MustCompile(`\n  page +(http://\S+)\n`).FindStringSubmatch(p.seen.String()); m != nil {
		p.control = m[1]
	}
	handoff := find(t, p.seen.String(), `curl -s -H 'x-api-key: (\S+)' '(\S+)'`)
	p.handoff.key, p.handoff.url = handoff[1], handoff[2]
	p.sip = find(t, p.seen.String(), `dnispool sipp > caller.xml && sipp -sf caller.xml -m 1 -s "\$DNI" (\S+)`)[1]
}

func find(t *testing.T, text, pattern string) []string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("want %s, got %s", pattern, text)
	}
	return m
}

// ask does what curl would.
func ask(t *testing.T, method, url, key, body string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-api-key", key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("want JSON, got %d %s", res.StatusCode, b)
	}
	return res.StatusCode
}

func (p *platform) number(t *testing.T) string {
	t.Helper()
	var got struct {
		DNI string `json:"dni"`
	}
	if status := ask(t, http.MethodPost, p.reserve.url, p.reserve.key, p.reserve.body, &got); status != 200 || got.DNI == "" {
		t.Fatalf("reserve: want a number, got %d %q", status, got.DNI)
	}
	return got.DNI
}

func (p *platform) call(t *testing.T, number string) *pstn.Call {
	t.Helper()
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: p.sip})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := carrier.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := carrier.Dial(t.Context(), pstn.Dial{To: number, From: "+442079460001"})
	if err != nil || !c.Answered() {
		t.Fatalf("call: want it answered, got %v (%v)", c, err)
	}
	return c
}

// over waits for the end of a call.
func over(t *testing.T, c *pstn.Call) {
	t.Helper()
	select {
	case <-c.Ended():
	case <-time.After(10 * time.Second):
		t.Fatal("call: want it ended, got it up")
	}
	if c.EndedBy() != "platform" || c.How() != "bye" {
		t.Errorf("call: want the platform's BYE, got %s of %s", c.How(), c.EndedBy())
	}
}

// stop signals the simulator and returns what it still says.
func (p *platform) stop(t *testing.T, s os.Signal) string {
	t.Helper()
	started := time.Now()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	rest, code := p.end(t)
	if took := time.Since(started); code != 0 || took > time.Second {
		t.Errorf("%v: want 0 within a second, got %d after %s: %s", s, code, took, rest)
	}
	return rest
}

// TestSim does the three commands of the first page.
func TestSim(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	if out := p.seen.String(); !strings.Contains(out, "profile published") || !strings.Contains(out, "20 numbers") || !strings.Contains(out, p.sip+" (UDP, TCP)") {
		t.Errorf("want profile, pool and addresses, got %s", out)
	}
	over(t, p.call(t, p.number(t)))
	var state struct {
		SharedID string `json:"shared_id"`
		Data     struct {
			To string `json:"handoff_to"`
		} `json:"data"`
	}
	if status := ask(t, http.MethodGet, p.handoff.url, p.handoff.key, "", &state); status != 200 || state.SharedID != "demo-1" || state.Data.To != "billing" {
		t.Errorf("handoff: want that of demo-1, got %d %+v", status, state)
	}
	// The agent's last hook may still run when the handoff can be read.
	if rest := p.stop(t, syscall.SIGINT); !strings.Contains(rest, "stopping: 0 calls up") && !strings.Contains(rest, "stopping: 1 call up") {
		t.Errorf("want a word on stopping, got %q", rest)
	}
}

// TestSimEverywhere prints addresses that can be pasted where it listens on all of them, and takes the usual short forms.
func TestSimEverywhere(t *testing.T) {
	for _, listen := range []string{":0", "0.0.0.0:0", "localhost:0"} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			p := serve(t, t.TempDir(), "--http", listen, "--sip", listen, "--control", listen, "-q")
			out, _, _ := strings.Cut(p.seen.String(), "\n1. ")
			if all := strings.Count(out, ", and at every other address of this machine\n"); strings.Contains(out, "0.0.0.0") || (all == 2) != (listen != "localhost:0") {
				t.Errorf("want addresses that can be pasted, got %s", out)
			}
			over(t, p.call(t, p.number(t)))
			if r := dnispool(t, t.TempDir(), "ctl", "simulator", "--url", p.control); r.code != 0 || strings.Contains(r.out, "[::]") {
				t.Errorf("the control API: want it at the link that was printed, got %+v", r)
			}
			p.stop(t, syscall.SIGTERM)
		})
	}
}

// TestSimEndsItsCalls with BYE, however it is told to stop.
func TestSimEndsItsCalls(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			dir := write(t, map[string]string{"sim.yaml": "agent: {echo: {talk: forever}}\n"})
			p := serve(t, dir, "--config", "sim.yaml", "-q")
			c := p.call(t, p.number(t))
			if rest := p.stop(t, s); rest != "stopping: 1 call up\n" {
				t.Errorf("want a word on stopping and no log, got %q", rest)
			}
			over(t, c)
		})
	}
}

// TestSimTwiceInterrupted stops at once, though a call's far end does not answer the BYE.
func TestSimTwiceInterrupted(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"sim.yaml": "agent: {echo: {talk: forever}}\n"})
	p := serve(t, dir, "--config", "sim.yaml", "-q")
	deaf(t, p.sip, p.number(t))
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.line(t, "stopping: 1 call up")
	started := time.Now()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	p.end(t)
	if took := time.Since(started); took > time.Second {
		t.Errorf("want an end at once, got it after %s", took)
	}
	if w := p.ProcessState.Sys().(syscall.WaitStatus); !w.Signaled() || w.Signal() != syscall.SIGINT {
		t.Errorf("want it ended by the second signal, got %v", p.ProcessState)
	}
}

// deaf places a call by hand, acknowledges it, and then answers nothing.
func deaf(t *testing.T, platform, number string) {
	t.Helper()
	c, err := net.Dial("udp", platform)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	send := func(method, to, branch string) {
		_, err := fmt.Fprintf(c, "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:+442079460001@%s>;tag=a\r\nTo: %s\r\n"+
			"Call-ID: deaf@%s\r\nCSeq: 1 %s\r\nContact: <sip:caller@%s>\r\nContent-Length: 0\r\n\r\n",
			method, number, platform, c.LocalAddr(), branch, c.LocalAddr(), to, c.LocalAddr(), method, c.LocalAddr())
		if err != nil {
			t.Fatal(err)
		}
	}
	send("INVITE", "<sip:"+number+"@"+platform+">", "1")
	for buf := make([]byte, 4096); ; {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(buf[:n]), "SIP/2.0 200") {
			send("ACK", find(t, string(buf[:n]), `(?m)^To: (\S+)`)[1], "2")
			return
		}
	}
}

// TestSimRefuses settings and places that it cannot have.
func TestSimRefuses(t *testing.T) {
	dir := write(t, map[string]string{
		"typo.yaml":  "pool:\n  windo: 60s\n",
		"two.yaml":   "pool: {window: 0s}\nsip:\n  max_calls: 0\n",
		"agent.yaml": "agent: {echo: {talk: 5}}\n",
	})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	busy, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	for _, c := range []struct{ args, err string }{
		{"--config typo.yaml", "typo.yaml:2:3: unknown key \"windo\" in pool (did you mean \"window\"?)\n"},
		{"--config two.yaml", "two.yaml:1:16: pool.window: want more than 0s, got 0s\ntwo.yaml:3:14: sip.max_calls: want at least 1, got 0\n"},
		{"--config agent.yaml --http 127.0.0.1:0 --sip 127.0.0.1:0 --control 127.0.0.1:0", "project acme: agent: agent.yaml:1:22: talk: want a duration like 20s, or forever, got 5\n"},
		{"-q --http 127.0.0.1:0 --sip 127.0.0.1:0 --control " + taken.Addr().String(), "control: listen tcp " + taken.Addr().String() + ": bind: address already in use; --control 127.0.0.1:0 picks a free port, --control off serves none\n"},
		{"--control somewhere", "--control: want an IP address or localhost, and a port, like 127.0.0.1:8080, got \"somewhere\"\n"},
		{"--control 127.0.0.1:8080", "--control: want another port than http.listen, got 8080 for both\n"},
		{"--config nosuch.yaml", "nosuch.yaml: no such file or directory\n"},
		{"--set pool.windo=3s", "--set pool.windo: no such setting (did you mean \"pool.window\"?)\n"},
		{"--profile publisht", "--profile: want one of gateway, published, release-on-arrival, strict-spec, got \"publisht\" (did you mean \"published\"?)\n"},
		{"--http nowhere", "--http: want an IP address or localhost, and a port, like 127.0.0.1:8080, got \"nowhere\"\n"},
		{"--log-format xml", "log-format: want text or json, got \"xml\"\n"},
		{"extra", "sim: want flags only, got \"extra\"\n"},
		{"--control 127.0.0.1:0 --sip 127.0.0.1:0 --http " + taken.Addr().String(), "http: listen tcp " + taken.Addr().String() + ": bind: address already in use\n"},
		{"--control 127.0.0.1:0 --http 127.0.0.1:0 --sip " + busy.LocalAddr().String(), "sip: listen udp " + busy.LocalAddr().String() + ": bind: address already in use\n"},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			r := dnispool(t, dir, append([]string{"sim"}, strings.Fields(c.args)...)...)
			if want := (ran{2, "", c.err}); r != want {
				t.Errorf("want %+v, got %+v", want, r)
			}
		})
	}
}

// TestSimLogsJSON one event a line.
func TestSimLogsJSON(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "--log-format", "json")
	over(t, p.call(t, p.number(t)))
	rest := p.stop(t, syscall.SIGTERM)
	var messages []string
	for l := range strings.Lines(p.seen.String() + rest) { // which of the streams comes first is nobody's affair
		var event struct {
			Msg string `json:"msg"`
		}
		if json.Unmarshal([]byte(l), &event) == nil && event.Msg != "" {
			messages = append(messages, event.Msg)
		}
	}
	if len(messages) == 0 || messages[0] != "started" {
		t.Errorf("want an event started first, got %q", messages)
	}
}
