package sipua_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

const (
	ours   = "10.0.0.1:5060"
	theirs = "10.0.0.2:5060"
)

// msg is a SIP message as the test's own few lines of parser read it: what we send is not judged by the parser that we use.
type msg struct {
	start, method string // method of a request, else of the CSeq
	code          int    // 0: a request
	head          map[string][]string
	body, from    string // from: host:port it came from
	at            time.Time
}

func parse(raw []byte) msg {
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := msg{start: lines[0], head: map[string][]string{}, body: body, at: time.Now()}
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		k = strings.ToLower(k)
		m.head[k] = append(m.head[k], strings.TrimSpace(v))
	}
	if _, err := fmt.Sscanf(m.start, "SIP/2.0 %d", &m.code); err != nil {
		m.method, _, _ = strings.Cut(m.start, " ")
	} else {
		_, m.method, _ = strings.Cut(m.get("cseq"), " ")
	}
	return m
}

func (m msg) get(name string) string {
	if v := m.head[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (m msg) tag(name string) string {
	_, t, _ := strings.Cut(m.get(name), ";tag=")
	t, _, _ = strings.Cut(t, ";")
	return t
}

func (m msg) seq() string { n, _, _ := strings.Cut(m.get("cseq"), " "); return n }

func (m msg) branch() string {
	_, b, _ := strings.Cut(m.get("via"), "branch=")
	b, _, _ = strings.Cut(b, ";")
	return b
}

// short is "180" or "BYE", as ladders in tests are written.
func (m msg) short() string {
	if m.code > 0 {
		return fmt.Sprint(m.code)
	}
	return m.method
}

// peer is a hand-driven SIP side.
type peer struct {
	t    *testing.T
	conn net.PacketConn
	addr string

	mu  sync.Mutex
	log []msg
	wg  sync.WaitGroup
}

func newPeer(t *testing.T, n *memnet.Network, addr string, on func(p *peer, m msg)) *peer {
	t.Helper()
	conn, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	return servePeer(t, conn, on)
}

func servePeer(t *testing.T, conn net.PacketConn, on func(p *peer, m msg)) *peer {
	p := &peer{t: t, conn: conn, addr: conn.LocalAddr().String()}
	p.wg.Go(func() {
		b := make([]byte, 65536)
		for {
			k, from, err := p.conn.ReadFrom(b)
			if err != nil {
				return
			}
			m := parse(b[:k])
			m.from = from.String()
			p.mu.Lock()
			p.log = append(p.log, m)
			p.mu.Unlock()
			if on != nil {
				on(p, m)
			}
		}
	})
	t.Cleanup(p.close)
	return p
}

func (p *peer) close() {
	_ = p.conn.Close()
	p.wg.Wait()
}

// got lists what was received: "100 180 200".
func (p *peer) got() string {
	var s []string
	for _, m := range p.received() {
		s = append(s, m.short())
	}
	return strings.Join(s, " ")
}

func (p *peer) received() []msg {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]msg(nil), p.log...)
}

func (p *peer) last(short string) msg {
	p.t.Helper()
	all := p.received()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].short() == short {
			return all[i]
		}
	}
	p.t.Fatalf("want a %s, got %q", short, p.got())
	return msg{}
}

func (p *peer) raw(to, text string) {
	a, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		p.t.Error(err)
		return
	}
	if _, err := p.conn.WriteTo([]byte(text), a); err != nil {
		p.t.Error(err)
	}
}

// req is a request that a peer sends; zero fields take the usual value of the call "cid1".
type req struct {
	method, uri, branch, fromTag, toTag, callID, cseq, contact, via, body string
	head                                                                  []string
}

func (p *peer) text(r req) string {
	via := cmp.Or(r.via, fmt.Sprintf("SIP/2.0/UDP %s;branch=z9hG4bK%s", p.addr, cmp.Or(r.branch, r.method)))
	to := "<sip:7001@x>"
	if r.toTag != "" {
		to += ";tag=" + r.toTag
	}
	lines := append([]string{
		fmt.Sprintf("%s %s SIP/2.0", r.method, cmp.Or(r.uri, "sip:7001@10.0.0.1")),
		"Via: " + via, "From: <sip:c@x>;tag=" + cmp.Or(r.fromTag, "f1"), "To: " + to, "Call-ID: " + cmp.Or(r.callID, "cid1"),
		"CSeq: " + cmp.Or(r.cseq, "1") + " " + r.method, "Max-Forwards: 70",
		"Contact: " + cmp.Or(r.contact, "<sip:c@"+p.addr+">")}, r.head...)
	if r.body != "" && !strings.Contains(strings.Join(r.head, "\n"), "Content-Type:") {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(r.body)))
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + r.body
}

func (p *peer) send(r req) { p.raw(ours, p.text(r)) }

// reply answers a request; extra are whole header lines.
func (p *peer) reply(m msg, code int, tag, body string, extra ...string) {
	lines := []string{fmt.Sprintf("SIP/2.0 %d X", code)}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range m.head[strings.ToLower(name)] {
			if name == "To" && tag != "" && !strings.Contains(v, ";tag=") {
				v += ";tag=" + tag
			}
			lines = append(lines, name+": "+v)
		}
	}
	lines = append(lines, "Contact: <sip:b@"+p.addr+">")
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(append(lines, extra...), fmt.Sprintf("Content-Length: %d", len(body)))
	p.raw(m.from, strings.Join(lines, "\r\n")+"\r\n\r\n"+body)
}

// sdp is a description as a carrier writes it.
func sdp(attribute string) string {
	s := "v=0\r\no=- 7 7 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
	if attribute != "" {
		s += "a=" + attribute + "\r\n"
	}
	return s
}

// endpoint listens on the network at addr; it is closed with the test, and must then have no leg left.
func endpoint(t *testing.T, n *memnet.Network, addr string, c sipua.Config) *sipua.Endpoint {
	t.Helper()
	conn, err := n.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	c.PacketConn = conn
	e, err := sipua.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if got := e.Active(); got != 0 && !t.Failed() {
			t.Errorf("legs left: want 0, got %d", got)
		}
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// bubble runs f in virtual time.
func bubble(t *testing.T, f func(t *testing.T, n *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, memnet.New(memnet.Config{})) })
}

// settle lets every SIP timer run out; in virtual time that costs nothing.
func settle() { pass(5 * time.Minute) }

// pass lets virtual time pass, and what happens in it happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// answer takes the call and ends it after a second, as the platform does.
func answer(l *sipua.Leg) {
	_ = l.Provisional(180, "", nil)
	if l.Answer(context.Background(), nil) != nil {
		return
	}
	select {
	case <-l.Done():
	case <-time.After(time.Second):
		_ = l.Bye(context.Background(), sipua.Header{Name: "X-Outcome", Value: "ok"})
	}
}

func call() sipua.Dial {
	return sipua.Dial{Target: theirs, To: "sip:+442071838750@carrier.example", From: `"Alice" <sip:+15550100@carrier.example>`}
}

func (p *peer) want(ladder string) {
	p.t.Helper()
	equal(p.t, "messages", p.got(), ladder)
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if b, ok := got.([]byte); ok && b == nil {
		got = nil
	}
	if got != want {
		t.Errorf("%s: want %v, got %v", what, want, got)
	}
}

// short is "local bye 200".
func short(e sipua.End) string { return fmt.Sprintf("%s %s %d", e.By, e.How, e.Status) }

func header(hs []sipua.Header, name string) string {
	for _, h := range hs {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
