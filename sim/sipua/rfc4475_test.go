package sipua_test

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

//go:embed testdata/rfc4475.txt
var rfc4475 string

// torments is every message of RFC 4475: what a user agent server that takes calls, and is neither registrar nor proxy, has to answer to
// it over UDP and over TCP, final responses alone. "" is nothing; "closed" says that the connection is, because nobody can know where
// the next message begins; else the connection has to go on. tolerated are the sections of RFC 3261 that it breaks and is not refused
// for; where there are some, the answer under Strict is 400. why is the reason where RFC 4475 leaves a choice, or wants something else.
var torments = []struct{ name, udp, tcp, tolerated, why string }{
	{"wsinv", "481", "481", "8.1.1.7", "its To tag names a dialog, and there is none (RFC 3261 12.2.2); its oldest hop has a branch of RFC 2543"},
	{"intmeth", "405", "405", "", ""},
	{"esc01", "200", "200", "", ""},
	{"escnull", "405", "405", "", "no registrar"},
	{"esc02", "405", "405", "", "RE%47IST%45R is another method than REGISTER"},
	{"lwsdisp", "200", "200", "", ""},
	{"longreq", "200", "200", "8.1.1.7", ""},
	{"dblreq", "405", "400 405 closed", "", "no registrar; over TCP the second message is an INVITE without Contact (RFC 3261 8.1.1.8), whose Content-Length leaves bytes that are no message"},
	{"semiuri", "200", "200", "", ""},
	{"transports", "200", "200", "", ""},
	{"mpart01", "405", "405", "", "MESSAGE is not supported"},
	{"unreason", "", "", "", "a response to nothing"},
	{"noreason", "", "", "", "a response to nothing"},
	{"badinv01", "400", "400", "", ""},
	{"clerr", "400", "400 closed", "", "over TCP the rest is waited for as long as ReadTimeout says"},
	{"ncl", "400", "400 closed", "", ""},
	{"scalar02", "400", "400", "20.22", ""},
	{"scalarlg", "", "", "", "responses are dropped, not answered"},
	{"quotbal", "400", "400", "", ""},
	{"ltgtruri", "400", "400", "8.1.1.7", ""},
	{"lwsruri", "400", "400", "", ""},
	{"lwsstart", "400", "400", "", ""},
	{"trws", "400", "400", "", ""},
	{"escruri", "400", "400", "", ""},
	{"baddate", "200", "200", "20.17", "nothing here depends on Date"},
	{"regbadct", "400", "400", "", ""},
	{"badaspec", "400", "400", "", ""},
	{"baddn", "400", "400", "", ""},
	{"badvers", "505", "505", "", ""},
	{"mismatch01", "400", "400", "", ""},
	{"mismatch02", "400", "400", "", "400 rather than 501: either is right"},
	{"bigcode", "", "", "", "responses are dropped, not answered"},
	{"badbranch", "200", "200", "8.1.1.7", ""},
	{"insuf", "400", "400", "", ""},
	{"unkscm", "416", "416", "", ""},
	{"novelsc", "416", "416", "", ""},
	{"unksm2", "405", "405", "", "no registrar: the method is looked at first (RFC 3261 8.2.1)"},
	{"bext01", "420", "420", "", ""},
	{"invut", "415", "415", "", ""},
	{"regaut01", "405", "405", "", "no registrar"},
	{"multi01", "400", "400", "", ""},
	{"mcl01", "400", "400 closed", "", ""},
	{"bcast", "", "", "", "a response to nothing"},
	{"zeromf", "200", "200", "", "OPTIONS is answered, 483 would be right too"},
	{"cparam01", "405", "405", "", "no registrar"},
	{"cparam02", "405", "405", "", "no registrar"},
	{"regescrt", "405", "405", "", "no registrar"},
	{"sdp01", "406", "406", "", ""},
	{"inv2543", "200", "400 closed", "8.1.1.7 8.1.1.6 8.1.1.8", "RFC 2543 may leave Content-Length out, which over TCP leaves the message without an end"},
}

// message is one of RFC 4475, as on the wire.
func message(t *testing.T, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(rfc4475, "=== "+name+" ")
	if !ok {
		t.Fatalf("message: want one of RFC 4475, got %q", name)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, _ := strings.Cut(rest, "=== ")
	var wire strings.Builder
	for line := range strings.Lines(text) {
		line, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `"`, `\"`) + `"`)
		if err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		wire.WriteString(line + "\r\n")
	}
	return wire.String()
}

func TestRFC4475IsWhole(t *testing.T) {
	equal(t, "messages", strings.Count(rfc4475, "\n=== "), 49)
	equal(t, "rows", len(torments), 49)
	for _, c := range torments {
		m := message(t, c.name)
		head, body, _ := strings.Cut(m, "\r\n\r\n")
		equal(t, c.name+": lines", strings.Contains(strings.ReplaceAll(head, "\r\n", ""), "\n"), false)
		if c.name == "longreq" || c.name == "esc01" {
			equal(t, c.name+": body", len(body), 150)
		}
	}
}

// told collects what an Endpoint tells of what it tolerates and refuses.
type told struct {
	mu        sync.Mutex
	tolerated []string
	rejected  int
}

func (w *told) config(strict bool) sipua.Config {
	return sipua.Config{
		Strict: strict, OnCall: func(l *sipua.Leg) { _ = l.Answer(context.Background(), nil) }, ReadTimeout: 200 * time.Millisecond,
		OnTolerated: func(g sipua.Tolerance) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if section := strings.TrimPrefix(g.Section, "RFC 3261 "); !slices.Contains(w.tolerated, section) {
				w.tolerated = append(w.tolerated, section)
			}
		},
		OnRejected: func(sipua.Rejection) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.rejected++
		},
	}
}

// check holds what was told against a row's answers.
func (w *told) check(t *testing.T, answers, tolerated string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	refused := 0
	for a := range strings.FieldsSeq(answers) {
		if a[0] >= '3' && a[0] <= '6' {
			refused++
		}
	}
	equal(t, "told of refusals", w.rejected, refused)
	if answers != "200" {
		tolerated = "" // what is refused is not tolerated
	}
	equal(t, "told of tolerance", strings.Join(w.tolerated, " "), tolerated)
}

// strictly is the answer under Strict.
func strictly(answer, tolerated string) string {
	if tolerated != "" && (answer == "200" || answer == "481") {
		return "400"
	}
	return answer
}

func TestRFC4475OverUDP(t *testing.T) {
	for _, c := range torments {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s strict=%v", c.name, strict), func(t *testing.T) {
				bubble(t, func(t *testing.T, n *memnet.Network) {
					var w told
					e := endpoint(t, n, ours, w.config(strict))
					var peers []*peer
					for _, port := range []string{"5060", "5050"} { // those of their Vias
						peers = append(peers, newPeer(t, n, "10.0.0.2:"+port, nil))
					}
					peers[0].raw(ours, message(t, c.name))
					pass(300 * time.Millisecond)
					var got []string
					for _, p := range peers {
						for _, m := range p.received() {
							if !strings.HasPrefix(m.short(), "1") {
								got = append(got, m.short())
							}
						}
					}
					want := c.udp
					if strict {
						want = strictly(want, c.tolerated)
					}
					equal(t, "answers", strings.Join(got, " "), want)
					w.check(t, want, c.tolerated)
					peers[0].raw(ours, peers[0].text(req{method: "OPTIONS", callID: "alive"}))
					pass(time.Second)
					equal(t, "alive", slices.ContainsFunc(peers[0].received(), func(m msg) bool { return m.get("call-id") == "alive" }), true)
					_ = e.Close()
				})
			})
		}
	}
}

func TestRFC4475OverTCP(t *testing.T) {
	for _, c := range torments {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s strict=%v", c.name, strict), func(t *testing.T) {
				t.Parallel()
				var w told
				config := w.config(strict)
				config.TCP = true
				e := loopback(t, config)
				s := dialStream(t, e.Addr())
				if _, err := s.Write([]byte(message(t, c.name))); err != nil {
					t.Fatal(err)
				}
				want := c.tcp
				if strict {
					want = strictly(want, c.tolerated)
				}
				got := s.answers(len(strings.Fields(strings.TrimSuffix(want, "closed"))))
				equal(t, "answers", got, want)
				w.check(t, want, c.tolerated)
			})
		}
	}
}

// answers are n final responses, and those that come until a request behind them is answered, or the connection ends.
func (s *stream) answers(n int) string {
	var got []string
	for asked := false; ; {
		if len(got) == n && !asked {
			asked = true
			probe := (&peer{addr: s.LocalAddr().String()}).text(req{method: "OPTIONS", callID: "alive"})
			_, _ = s.Write([]byte(probe)) // an error is seen below
		}
		m, err := s.read()
		switch {
		case err != nil:
			slices.Sort(got) // two requests are answered in any order
			return strings.Join(append(got, "closed"), " ")
		case m.get("call-id") == "alive":
			slices.Sort(got)
			return strings.Join(got, " ")
		case !strings.HasPrefix(m.short(), "1"):
			got = append(got, m.short())
		}
	}
}
