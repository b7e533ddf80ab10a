package sipua

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// request is a request that is right; change replaces a part of it.
func request(change ...string) string {
	return strings.NewReplacer(change...).Replace(strings.Join([]string{
		"INVITE sip:+442079460000@10.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1", "Max-Forwards: 70",
		"From: <sip:a@x>;tag=f1", "To: <sip:b@x>", "Call-ID: c1", "CSeq: 7 INVITE", "Contact: <sip:a@10.0.0.2>", "Content-Length: 0", "", "",
	}, "\r\n"))
}

func TestScreen(t *testing.T) {
	const tag = ";tag=none-1"
	for _, c := range []struct {
		name, message string
		want          string // as sipgo is to read it, "same", or the status and cause of the refusal
	}{
		{"right", request(), "same"},
		{"folded", request("From: ", "From:\r\n "), "same"},
		{"line ends before it", "\r\n\r\n" + request(), request("\r\n\r\n", "\r\n"+internalName+": RFC 3261 7.5 line ends before a request in a datagram\r\n\r\n")},
		{"blanks around a tag", request(";tag=f1", " ; tag = f1"), request()},
		{"TAG", request(";tag=f1", ";TAG=f1"), request()},
		{"no tag", request(";tag=f1", ""), request(";tag=f1", tag)},
		{"a tag without value", request(";tag=f1", ";tag="), "400 a parameter without a value in From (RFC 3261 25.1)"},
		{"two tags", request(";tag=f1", ";tag=f1;tag=f2"), "400 two tags in From (RFC 3261 7.3.1)"},
		{"two tags, two ways", request(";tag=f1", ";tag=f1;Tag=f2"), "400 two tags in From (RFC 3261 7.3.1)"},
		{"a tag in quotes", request(";tag=f1", `;x=";tag=f2";tag=f1`), request(";tag=f1", `;tag=f1;x=";tag=f2"`)},
		{"a bare address", request("<sip:a@x>;tag", "sip:a@x ; tag"), request()},
		{"two blanks in CSeq", request("7 INVITE", "7  INVITE"), request()},
		{"a tab in CSeq", request("7 INVITE", "7\tINVITE"), request()},
		{"zeros in CSeq", request("7 INVITE", "0007 INVITE"), "same"},
		{"CSeq too high", request("7 INVITE", "2147483648 INVITE"), "400 a CSeq that is no number below 2^31 in CSeq (RFC 3261 8.1.1.5)"},
		{"another method", request("7 INVITE", "7 BYE"), "400 another method in CSeq (RFC 3261 8.1.1.5)"},
		{"another case", request("7 INVITE", "7 invite"), "400 another method in CSeq (RFC 3261 8.1.1.5)"},
		{"lower case", request("INVITE", "invite"), "405 method invite (RFC 3261 7.1)"},
		{"mixed case", request("INVITE", "InVITE"), "405 method InVITE (RFC 3261 7.1)"},
		{"version in lower case", request(" SIP/2.0\r", " sip/2.0\r"), request()},
		{"another version", request(" SIP/2.0\r", " SIP/3.0\r"), "505 version SIP/3.0 (RFC 3261 21.5.6)"},
		{"blanks in Via", request("SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1", "SIP / 2.0 / UDP  10.0.0.2 : 5070 ; BRANCH = z9hG4bK1 ; rport"),
			request("10.0.0.2;branch=z9hG4bK1", "10.0.0.2:5070;branch=z9hG4bK1;rport")},
		{"two Vias in one", request("z9hG4bK1", "z9hG4bK1 , SIP/2.0/TCP [::1]:5060;branch=z9hG4bK2"), request("z9hG4bK1", "z9hG4bK1, SIP/2.0/TCP [::1]:5060;branch=z9hG4bK2")},
		{"two branches", request("z9hG4bK1", "z9hG4bK1;branch=z9hG4bK2"), "400 a Via with a parameter twice in Via (RFC 3261 7.3.1)"},
		{"no host in Via", request("10.0.0.2;branch", ";branch"), "400 a Via that is not SIP/2.0/transport host in Via (RFC 3261 20.42)"},
		{"two Call-IDs", request("CSeq", "i: c2\r\nCSeq"), "400 2 Call-ID (RFC 3261 7.3.1)"},
		{"two Froms", request("CSeq", "f: <sip:a@x>;tag=f1\r\nCSeq"), "400 2 From (RFC 3261 7.3.1)"},
		{"two CSeqs", request("CSeq", "CSEQ : 7 INVITE\r\nCSeq"), "400 2 CSeq (RFC 3261 7.3.1)"},
		{"two lengths", request("CSeq", "l: 0\r\nCSeq"), "400 2 Content-Length (RFC 3261 7.3.1)"},
		{"a bare LF", request("\r\nCSeq", "\nCSeq"), "400 a line that does not end in CRLF (RFC 3261 7)"},
		{"a bare LF in a value", request("Call-ID: c1", "Call-ID: c1\nX-A: b"), "400 a line that does not end in CRLF (RFC 3261 7)"},
		{"a bare CR", request("Call-ID: c1", "Call-ID: c1\rX-A: b"), "400 a control character, 0x0d, in the header (RFC 3261 25.1)"},
		{"NUL", request("Call-ID: c1", "X-A: a\x00b\r\nCall-ID: c1"), "400 a control character, 0x00, in the header (RFC 3261 25.1)"},
		{"NUL in quotes", request("<sip:a@x>", "\"\\\x00\" <sip:a@x>"), "same"},
		{"no colon", request("Call-ID", "Nonsense\r\nCall-ID"), "400 a header line that is no name: value (RFC 3261 7.3.1)"},
		{"no end", strings.TrimSuffix(request(), "\r\n"), "400 no empty line after the header fields (RFC 3261 7)"},
		{"no end of a line", strings.TrimSuffix(request(), "0\r\n\r\n"), "400 no empty line after the header fields (RFC 3261 7)"},
		{"a body cut short", request("Length: 0", "Length: 5") + "v=0", "400 a body of 3 bytes under a Content-Length of 5 (RFC 3261 18.3)"},
		{"bytes behind the body", request("Length: 0", "Length: 3\r\nc: a/b") + "v=0junk", request("Length: 0", "Length: 3\r\nc: a/b") + "v=0"},
		{"no Max-Forwards", request("Max-Forwards: 70\r\n", ""), request("Max-Forwards: 70\r\n", "", "0\r\n\r\n", "0\r\ndnispool-tolerated: RFC 3261 8.1.1.6 no Max-Forwards\r\n\r\n")},
		{"ours, forged", request("Call-ID", "Dnispool-Tolerated: RFC 3261 1 lies\r\nCall-ID"), request()},
		{"an unquoted name", request("<sip:a@x>", "Bob (home) <sip:a@x>"), request("<sip:a@x>", "Bob (home) <sip:a@x>", "0\r\n\r\n", "0\r\ndnispool-tolerated: RFC 3261 20.10 a display name that has to be quoted\r\n\r\n")},
		{"Latin-1", request("<sip:a@x>", "\"Ren\xe9\" <sip:a@x>"), request("<sip:a@x>", "\"Ren\xe9\" <sip:a@x>", "0\r\n\r\n", "0\r\ndnispool-tolerated: RFC 3261 7 text that is not UTF-8\r\n\r\n")},
		{"an unknown scheme", request("sip:+442079460000@10.0.0.1", "mailto:a@x"), "416 scheme mailto (RFC 3261 8.2.2.1)"},
		{"tel", request("sip:+442079460000@10.0.0.1", "tel:+442079460000"), "same"},
		{"a port that is none", request("@10.0.0.1", "@10.0.0.1:99999"), "400 a port that is none in the request line (RFC 3261 25.1)"},
		{"keep-alive", "\r\n\r\n", "dropped"},
		{"garbage", "hello\r\n\r\n", "dropped"},
		{"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "dropped"},
		{"a response", "SIP/2.0 200 OK\r\nTo: <sip:a@x> ; tag = t\r\n\r\n", "SIP/2.0 200 OK\r\nTo: <sip:a@x>;tag=t\r\n\r\n"},
		{"a response that is wrong", "SIP/2.0 200 OK\r\nTo: nobody\r\n\r\n", "dropped"},
		{"a response without reason", "SIP/2.0 200\r\n\r\n", "SIP/2.0 200 \r\n\r\n"},
		{"an ACK that is wrong", request("INVITE", "ACK", "Call-ID: c1", "Call-ID: "), "dropped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &screen{noTag: tag}
			v := s.look([]byte(c.message))
			got := string(v.pass)
			switch {
			case v.pass == nil && v.status == 0:
				got = "dropped"
			case v.pass == nil:
				got = fmt.Sprint(v.status, " ", v.cause)
			}
			want := c.want
			if want == "same" {
				want = c.message
			}
			if got != want {
				t.Errorf("want %q\n got %q", want, got)
			}
		})
	}
}

// What is told can be read again, and no sender can make it up.
func TestToleratedIn(t *testing.T) {
	s := &screen{}
	v := s.look([]byte(request("Max-Forwards: 70", internalName+": RFC 3261 0 lies", "z9hG4bK1", "old")))
	m, err := sip.NewParser(parsers()).ParseSIP(v.pass)
	if err != nil {
		t.Fatal(err)
	}
	want := []flaw{{"a branch that is not z9hG4bK and more", "RFC 3261 8.1.1.7"}, {"no Max-Forwards", "RFC 3261 8.1.1.6"}}
	r := m.(*sip.Request)
	if got := toleratedIn(r); !slices.Equal(got, want) || r.GetHeader(internalName) != nil {
		t.Errorf("want %v and no header left, got %v, %v", want, got, r.GetHeader(internalName))
	}
}

// Whatever a screen passes on, sipgo can read: a request with all that a transaction needs, and one Call-ID, tag and CSeq in it. And
// whatever it refuses is answered with a message, in which nothing of the stranger's begins a line.
func FuzzScreen(f *testing.F) {
	f.Add([]byte(request()))
	f.Add([]byte(request("From: ", "f\t:\r\n ", ";tag", " ; x=\"\\\"<,>\" ;TAG ", "7 I", "0007 \t I")))
	f.Add([]byte(request("10.0.0.2;", "[::1] : 5060 ;a=\"b\";", "z9hG4bK1", "z9hG4bK1,SIP/2.0/TCP x;branch=1", "Max-Forwards: 70\r\n", "")))
	f.Add([]byte("SIP/2.0 200\r\nv: SIP/2.0/UDP x;branch=z9hG4bK2\r\nRecord-Route: <sip:a;lr>, <sip:b>\r\nr: x\r\nc:\r\nl:1\r\n\r\nab"))
	parser, seed := sip.NewParser(parsers()), maphash.MakeSeed()
	f.Fuzz(func(t *testing.T, message []byte) {
		s := &screen{noTag: ";tag=none-1"}
		kept := bytes.Clone(message)
		v := s.look(message)
		if !bytes.Equal(message, kept) {
			t.Fatalf("the message was changed: want %q, got %q", kept, message)
		}
		if v.pass == nil {
			if v.status != 0 {
				answer := s.refusal(v, "10.0.0.2:5060", seed, nil)
				if _, err := parser.ParseSIP(answer); err != nil && s.message.count(via) > 0 && s.via(&field{value: s.message.get(via)}, true).what == "" {
					t.Errorf("answer: %v: %q to %q", err, answer, message)
				}
				if n, head := bytes.Count(answer, []byte("\n")), bytes.Count(answer, []byte("\r\n")); n != head || bytes.Count(answer, []byte("\r\n\r\n")) != 1 {
					t.Errorf("answer: want whole lines, got %q", answer)
				}
			}
			return
		}
		m, err := parser.ParseSIP(v.pass)
		if err != nil {
			t.Fatalf("%v: %q of %q", err, v.pass, message)
		}
		if again := (&screen{noTag: ";tag=none-1"}).look(bytes.Clone(v.pass)); again.pass == nil {
			t.Errorf("passed, but not again: %s: %q", again.cause, v.pass)
		}
		r, ok := m.(*sip.Request)
		if !ok {
			return
		}
		if !complete(r) || !r.From().Params.Has("tag") || r.CSeq().MethodName != r.Method || len(r.GetHeaders("Call-ID")) != 1 {
			t.Errorf("want Via, From with a tag, To, Call-ID and CSeq, got %q of %q", v.pass, message)
		}
		if _, err := sip.ServerTxKeyMake(r); err != nil {
			t.Errorf("no transaction: %v: %q", err, v.pass)
		}
	})
}
