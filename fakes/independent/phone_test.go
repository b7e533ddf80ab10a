package independent

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// world is a platform and who uses it.
type world struct {
	*testing.T
	*Platform
	client *http.Client
}

func start(t *testing.T, o Options) *world {
	t.Helper()
	p, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, Platform: p, client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		w.client.CloseIdleConnections()
	})
	return w
}

// post reserves a number for the i-th project. Of a reply that is no JSON the status is all there is.
func (w *world) post(i int, attributes string) (dni string, status int) {
	w.Helper()
	r, _ := http.NewRequest("POST", w.URL()+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":`+attributes+`}`))
	r.Header.Set("x-api-key", w.options.Projects[i].DNIKey)
	res, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	var body struct{ DNI string }
	_ = json.NewDecoder(res.Body).Decode(&body)
	_, _ = io.Copy(io.Discard, res.Body)
	return body.DNI, res.StatusCode
}

// reserved is post that must give a number.
func (w *world) reserved(attributes string) string {
	w.Helper()
	dni, status := w.post(0, attributes)
	if status != 200 || dni == "" {
		w.Fatalf("reserve: want a number, got %d %q", status, dni)
	}
	return dni
}

// handoff is a state as Get Handoff gives it.
type handoff struct {
	ID       string
	SharedID string `json:"shared_id"`
	Data     struct {
		To         string          `json:"handoff_to"`
		Nonce      string          `json:"echo_nonce"`
		Attributes json.RawMessage `json:"echo_attributes"`
		DNIS       string          `json:"echo_dnis"`
		Project    string          `json:"echo_project"`
	}
}

// get asks for a state of the i-th project with the key of the keyOf-th. An answer that breaks off has status 0.
func (w *world) get(i, keyOf int, query ...string) (h handoff, status int) {
	w.Helper()
	values := make(url.Values)
	for j := 0; j < len(query); j += 2 {
		values.Set(query[j], query[j+1])
	}
	p := w.options.Projects[i]
	r, _ := http.NewRequest("GET", w.URL()+"/v1/"+p.Account+"/"+p.ID+"/handoff_state?"+values.Encode(), nil)
	r.Header.Set("x-api-key", w.options.Projects[keyOf].HandoffKey)
	res, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return h, 0
	}
	_ = json.Unmarshal(body, &h)
	return h, res.StatusCode
}

func (w *world) state(sharedID string) handoff {
	w.Helper()
	h, _ := w.get(0, 0, "shared_id", sharedID)
	return h
}

// phone is one caller's side of one call, written out.
type phone struct {
	w      *world
	conn   net.Conn
	stream *bufio.Reader
	number string
	id     string
	to     string
}

func (w *world) phone(network, number string) *phone {
	w.Helper()
	conn, err := net.Dial(network, w.SIP())
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close() })
	p := &phone{w: w, conn: conn, number: number, id: newTag()}
	if network == "tcp" {
		p.stream = bufio.NewReader(conn)
	}
	return p
}

func (p *phone) send(method, body string, more ...string) {
	p.w.Helper()
	host := p.conn.LocalAddr().String()
	lines := []string{
		method + " sip:" + p.number + "@" + p.w.SIP() + " SIP/2.0", "Via: SIP/2.0/UDP " + host + ";branch=z9hG4bK" + p.id, "f: <sip:+12025550100@" + host + ">;tag=t" + p.id,
		"To: <sip:" + p.number + "@x>" + p.to, "i: " + p.id, "CSeq: 1 " + method, "Contact: <sip:caller@" + host + ">", fmt.Sprintf("Content-Length: %d", len(body)),
	}
	if _, err := io.WriteString(p.conn, strings.Join(append(lines, more...), "\r\n")+"\r\n\r\n"+body); err != nil {
		p.w.Fatal(err)
	}
}

func (p *phone) receive() *message {
	p.w.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // a platform that says nothing fails the test
	var m *message
	var err error
	if p.stream != nil {
		m, err = readMessage(p.stream)
	} else {
		buf := make([]byte, maxMessage)
		var n int
		if n, err = p.conn.Read(buf); err == nil {
			m, err = parseMessage(buf[:n])
		}
	}
	if err != nil {
		p.w.Fatal(err)
	}
	return m
}

// final skips to the final response, and remembers whom it is from.
func (p *phone) final() int {
	p.w.Helper()
	for {
		if m := p.receive(); m.status >= 200 {
			p.to = ";tag=" + parameter(m.get("to"), "tag")
			return m.status
		}
	}
}

// dial places a call and acknowledges the answer.
func (w *world) dial(network, number string) (*phone, int) {
	w.Helper()
	p := w.phone(network, number)
	p.send("INVITE", "")
	status := p.final()
	p.send("ACK", "")
	return p, status
}

// hungUp waits for the platform's BYE, and answers it.
func (p *phone) hungUp() {
	p.w.Helper()
	for {
		if m := p.receive(); m.method == "BYE" {
			if _, err := p.conn.Write(m.response(200, "OK", "").bytes()); err != nil {
				p.w.Fatal(err)
			}
			return
		}
	}
}

// called is a whole call, and its status.
func (w *world) called(number string) int {
	w.Helper()
	p, status := w.dial("udp", number)
	if status == 200 {
		p.hungUp()
	}
	return status
}

// eventually asks until the answer is yes.
func (w *world) eventually(yes func() bool) {
	w.Helper()
	for end := time.Now().Add(20 * time.Second); !yes(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.Fatal("want it in the end, got it never")
		}
	}
}
