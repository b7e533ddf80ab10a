//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dnispool/dnispool/sim"
)

// rawSIP is a UDP socket of somebody who sends SIP as he likes.
type rawSIP struct {
	net.Conn
	t *testing.T
}

func (p *platform) stranger(t *testing.T) rawSIP {
	t.Helper()
	c, err := net.Dial("udp", p.sip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return rawSIP{c, t}
}

// request is one that anybody could send. id makes it a transaction and a call of its own.
func (s rawSIP) request(method, number, id, more string) string {
	return fmt.Sprintf("%[1]s sip:%[2]s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %[3]s;branch=z9hG4bK%[4]s\r\nMax-Forwards: 70\r\nFrom: <sip:+442079460001@x>;tag=%[4]s\r\n"+
		"To: <sip:%[2]s@x>\r\nCall-ID: %[4]s\r\nCSeq: 1 %[1]s\r\nContact: <sip:a@%[3]s>\r\n%[5]sContent-Length: 0\r\n\r\n", method, number, s.LocalAddr(), id, more)
}

func (s rawSIP) say(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s, text); err != nil {
		s.t.Fatal(err)
	}
}

// hear reads messages up to one that begins so and has this Call-ID.
func (s rawSIP) hear(begin, callID string) {
	s.t.Helper()
	if err := s.listen(begin, callID, 20*time.Second); err != nil {
		s.t.Fatalf("%s: want %q, got %v", callID, begin, err)
	}
}

func (s rawSIP) listen(begin, callID string, limit time.Duration) error {
	if err := s.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	for buf := make([]byte, 1<<16); ; {
		n, err := s.Read(buf)
		if err != nil {
			return err
		}
		if text := string(buf[:n]); strings.HasPrefix(text, begin) && strings.Contains(text, "\r\nCall-ID: "+callID+"\r\n") {
			return nil
		}
	}
}

// ask sends a request until it is answered so, as UDP wants it (RFC 3261 17.1): a flood's own answers can push others out.
func (s rawSIP) ask(request, begin, callID string) {
	s.t.Helper()
	for range 40 {
		s.say(request)
		if s.listen(begin, callID, 500*time.Millisecond) == nil {
			return
		}
	}
	s.t.Fatalf("%s: want %q, got nothing", callID, begin)
}

// pace is how many datagrams go out at once: what a socket holds whose reader has little of the machine.
const pace = 20

// flood sends n requests, and waits after each few until an OPTIONS behind them is answered, so that all are read.
func (s rawSIP) flood(n int, request func(i int) string) {
	s.t.Helper()
	for i := range n {
		s.say(request(i))
		if i%pace == pace-1 || i == n-1 {
			id := fmt.Sprint("behind-", i)
			s.ask(s.request("OPTIONS", "x", id, ""), "SIP/2.0 200", id)
		}
	}
}

// most is the most memory that the process has had resident, in MiB; false where the system does not tell.
func (p *platform) most(t *testing.T) (mib int, ok bool) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	kib := 0
	if _, err := fmt.Sscan(find(t, string(status), `VmHWM:\s+(\d+) kB`)[1], &kib); err != nil {
		t.Fatal(err)
	}
	return kib >> 10, true
}

// TestTortureFloodOfOneCall: however often an INVITE comes, it is one call, and others are served meanwhile.
func TestTortureFloodOfOneCall(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "--set", "log.buffer=16777216")
	s := p.stranger(t)
	number := p.number(t)
	invite := s.request("INVITE", number, "once", "")
	s.flood(times(1000, 50_000), func(int) string { return invite })
	p.serves(t)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	out, _ := p.end(t)
	if got := strings.Count(out, "msg=bound "); got != 2 {
		t.Errorf("want the call bound, and the one after it, got %d", got)
	}
}

// TestTortureFloodOfCalls: of many calls that come at once each is answered or refused, and then others are served.
func TestTortureFloodOfCalls(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--set", "sip.max_calls=50", "--set", "sip.max_bytes=67108864")
	s := p.stranger(t)
	number := p.number(t)
	s.flood(times(2000, 100_000), func(i int) string {
		if i%2 == 0 {
			return s.request("INVITE", "+15550100", fmt.Sprint("unknown-", i), "")
		}
		return s.request("INVITE", number, fmt.Sprint("known-", i), "")
	})
	s.ask(s.request("INVITE", number, "full", ""), "SIP/2.0 503", "full")
	if mib, ok := p.most(t); ok && mib > 300 {
		t.Errorf("memory: want 64 MiB of calls and some of ours, got %d MiB", mib)
	}
}

// TestTortureLongRequests: SIP requests of 60 KB take no more memory than they may, however many come.
func TestTortureLongRequests(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q", "--set", "sip.max_bytes=16777216")
	s := p.stranger(t)
	pad := "X-Pad: " + strings.Repeat("x", 60_000) + "\r\n"
	s.flood(times(2000, 40_000), func(i int) string { return s.request("OPTIONS", "x", fmt.Sprint("long-", i), pad) })
	mib, ok := p.most(t)
	if ok && mib > 300 {
		t.Errorf("memory: want 16 MiB of requests and some of ours, got %d MiB", mib)
	}
	t.Logf("with sip.max_bytes of 16 MiB the process took %d MiB at most", mib)
	s.ask(s.request("INVITE", p.number(t), "late", ""), "SIP/2.0 503", "late")
}

// TestTortureUnfinishedSIP: requests that are begun and not finished hold up nobody else, and a stop not for long.
func TestTortureUnfinishedSIP(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir(), "-q")
	whole := p.stranger(t).request("INVITE", "+442079460000", "half", "Content-Type: application/sdp\r\n")
	whole = strings.Replace(whole, "Content-Length: 0", "Content-Length: 1000", 1) + strings.Repeat(" ", 999)
	rng := rand.New(rand.NewPCG(3, 3))
	for range times(60, 600) {
		c, err := net.Dial("tcp", p.sip)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = io.WriteString(c, whole[:rng.IntN(len(whole))]) // it may have been closed already
	}
	p.serves(t)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if rest, code := p.end(t); code != 0 {
		t.Errorf("SIGTERM: want 0, got %d: %s", code, rest)
	}
}

// TestTortureTerminatedInCalls: a stop refuses the call that rings, ends the one that is up, waits for the one whose far
// end says nothing no longer than it says, and says that there was one. Neither this
// nor a request to the control API that does not end is a failure.
func TestTortureTerminatedInCalls(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"sim.yaml": "agent: {echo: {talk: forever}}\nsip: {answer_after: 1s}\n"})
	for range times(1, 10) {
		p := serve(t, dir, "--config", "sim.yaml", "-q")
		up := p.call(t, p.number(t))
		deaf(t, p.sip, p.number(t))
		s := p.stranger(t)
		s.say(s.request("INVITE", p.number(t), "ringing", ""))
		s.hear("SIP/2.0 180", "ringing")
		half, err := net.Dial("tcp", strings.TrimPrefix(p.control, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = half.Close() })
		if _, err := io.WriteString(half, "POST /v1/advance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		s.hear("SIP/2.0 503", "ringing")
		over(t, up)
		rest, code := p.end(t)
		took := time.Since(started)
		t.Logf("stopped in %v with a call up, one that rings and one whose far end is mute", took.Round(time.Millisecond))
		if code != 0 || !strings.Contains(rest, "msg=\"stopped without an answer of the far end\" calls=1\n") || took > sim.ShutdownGrace+2*time.Second {
			t.Errorf("want 0 after %v, and the call that was left, got %d after %v: %s", sim.ShutdownGrace, code, took, rest)
		}
	}
}

// strange are texts that a reader of a log, a terminal or a JSON document could take for something else.
var strange = []string{
	"a\nmsg=forged level=ERROR", "\x1b[2J\x1b[31mred", "\r\rover", "\"}, {\"forged\": true", "\u202eback", "\u2028line", "\x00", "\x7f\u0085", "\xff\xfe", `\u000a`, "a=b c=\"d\"", "%0a%1b[2J", "😀",
	strings.Repeat("long ", 2000),
}

// TestTortureStrangersText puts such texts wherever a stranger's is echoed, logged or kept. Every line of the log is one
// that the platform wrote, in both of its forms, and every body is JSON.
func TestTortureStrangersText(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"text", "json"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			p := serve(t, t.TempDir(), "--set", "pool.numbers=100000", "--set", "sip.max_calls=100000", "--set", "log.buffer=67108864", "--log-format", form)
			s := p.stranger(t)
			rng := rand.New(rand.NewPCG(4, 4))
			for i := range times(len(strange), 100*len(strange)) {
				p.strangeHTTP(t, strange[i%len(strange)])
				p.strangeSIP(t, s, i, strange[i%len(strange)], rng)
			}
			p.serves(t)
			if err := p.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			rest, _ := p.end(t) // some of the calls have a far end that says nothing
			lines := 0
			for l := range strings.Lines(rest) {
				if strings.HasPrefix(l, "stopping: ") {
					continue
				}
				lines++
				if err := wellFormed(form, strings.TrimSuffix(l, "\n")); err != nil {
					t.Errorf("%v: %.300q", err, l)
				}
			}
			if lines < 10*len(strange) {
				t.Errorf("want a log, got %d lines", lines)
			}
			if strings.Contains(rest, "panic") || strings.Contains(rest, "msg=output-dropped") {
				t.Errorf("want no panic and nothing dropped, got %.2000s", rest[max(0, strings.Index(rest, "panic")-200):])
			}
		})
	}
}

var logLine = regexp.MustCompile(`^time=\S+ level=(INFO|WARN|DEBUG) msg=("[^"\\]*"|[a-z-]+) `)

// wellFormed reports what is wrong with a line of the log.
func wellFormed(form, line string) error {
	if !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) || strings.ContainsAny(line, "\u2028\u2029\u202e") {
		return fmt.Errorf("want printable text")
	}
	if form == "text" {
		if !logLine.MatchString(line) {
			return fmt.Errorf("want time, level and message")
		}
		return nil
	}
	var event struct{ Time, Level, Msg string }
	if err := json.Unmarshal([]byte(line), &event); err != nil || event.Time == "" || event.Level == "" || event.Level == "ERROR" || event.Msg == "" || strings.Contains(event.Msg, "forged") {
		return fmt.Errorf("want an event, got %+v (%v)", event, err)
	}
	return nil
}

// strangeHTTP puts a text into each place of a request where it can stand.
func (p *platform) strangeHTTP(t *testing.T, text string) {
	t.Helper()
	attributes, err := json.Marshal(map[string]any{"attributes": map[string]string{"shared_id": text, "nonce": text, "want_handoff_to": text, text: text}})
	if err != nil {
		t.Fatal(err)
	}
	escaped := percent(text)
	reserve, asking, host := "/v1/conversations/dni-reservation", "/v1/acme-uk/acme-support/handoff_state?", p.host(t)
	for _, r := range []struct{ method, path, key, body string }{
		{"POST", reserve, p.reserve.key, string(attributes)},
		{"POST", reserve, p.reserve.key, text},
		{"POST", reserve, p.reserve.key, `{"attributes":{},"` + text + `":1}`},
		{"POST", reserve, header(text), "{}"},
		{"GET", asking + "shared_id=" + escaped, p.handoff.key, ""},
		{"GET", asking + "id=" + escaped, p.handoff.key, ""},
		{"GET", "/v1/" + escaped + "/acme-support/handoff_state?id=x", p.handoff.key, ""},
		{"GET", "/" + escaped, p.handoff.key, ""},
		{"X" + token(text), reserve, p.reserve.key, ""},
	} {
		c := p.say(t, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Api-Key: %s\r\nX-PolyAI-Correlation-Id: %s\r\nUser-Agent: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			r.method, r.path, host, r.key, header(text), header(text), len(r.body), r.body))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%s %.100q: want an answer, got %v", r.method, r.path, err)
			continue
		}
		body, err := io.ReadAll(res.Body)
		_ = c.Close()
		if err != nil || res.Header.Get("Content-Type") == "application/json" && !json.Valid(body) || res.StatusCode >= 500 {
			t.Errorf("%s %.100q: want JSON and no fault of the platform's, got %d %.200q (%v)", r.method, r.path, res.StatusCode, body, err)
		}
		for name, values := range res.Header {
			if strings.ContainsFunc(strings.Join(values, ""), func(r rune) bool { return r < ' ' }) {
				t.Errorf("%s %.100q: want a plain header, got %s: %q", r.method, r.path, name, values)
			}
		}
	}
}

// strangeSIP puts a text into a header each of a call, of a call of no number, and of a request that is refused. What is
// no SIP any more by it may be left without an answer.
func (p *platform) strangeSIP(t *testing.T, s rawSIP, i int, text string, rng *rand.Rand) {
	t.Helper()
	text = header(text)
	number := p.number(t)
	places := []string{"+442079460001@x", "Call-ID: ", "To: ", "Contact: ", "X-Note: ", "P-Asserted-Identity: ", "User-Agent: ", "Require: "}
	more := "X-Note: x\r\nP-Asserted-Identity: <sip:+442079460009@x>\r\nUser-Agent: x\r\n"
	for n, place := range places {
		method := []string{"INVITE", "OPTIONS", "BYE", "INVITE"}[rng.IntN(4)]
		request := s.request(method, number, fmt.Sprintf("t%d-%d", i, n), more)
		if place == "Require: " {
			request = strings.Replace(request, "Max-Forwards", "Require: "+text+"\r\nMax-Forwards", 1)
		} else {
			request = strings.Replace(request, place, place+text, 1)
		}
		if len(request) < 60_000 {
			s.say(request)
		}
		s.say(s.request("INVITE", percent(text), fmt.Sprintf("u%d-%d", i, n), ""))
	}
}

// header is a text without what would end a header.
func header(text string) string {
	return strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(text)
}

// token is a text's letters and digits.
func token(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, text)
}

// percent is a text with every byte escaped.
func percent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
