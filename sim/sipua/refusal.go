package sipua

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"net"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// statusUnsupportedScheme is that of a request for a URI that is neither sip, sips nor tel (RFC 3261 21.4.14); sipgo has no name for it.
const statusUnsupportedScheme = 416

// refusal writes the answer to a request that gets no transaction (RFC 3261 8.2.7), for what was sent is not understood: so far as
// they can be read it repeats the fields that lead the answer to its request. The reason says what is wrong (RFC 3261 21.4.1).
func (s *screen) refusal(v verdict, source string, seed maphash.Seed, product []Header) []byte {
	m := &s.message
	var out bytes.Buffer
	reason := reasonOf(v.status)
	if v.status == sip.StatusBadRequest {
		reason = v.cause.String()
	}
	fmt.Fprintf(&out, "SIP/2.0 %d %s\r\n", v.status, printable([]byte(reason)))
	first := true
	for i := range m.fields {
		f := &m.fields[i]
		if f.kind != via {
			continue
		}
		value := printable(f.value)
		if first {
			value = receivedFrom(value, source)
		}
		first = false
		fmt.Fprintf(&out, "Via: %s\r\n", value)
	}
	if f := m.get(from); f != nil {
		fmt.Fprintf(&out, "From: %s\r\n", bytes.TrimSuffix(printable(f), []byte(s.noTag)))
	}
	if f := m.get(to); f != nil {
		fmt.Fprintf(&out, "To: %s", printable(f))
		if a, wrong := readAddress(f); wrong.what != "" || !bytes.Contains(bytes.ToLower(a.params), []byte("tag")) {
			fmt.Fprintf(&out, ";tag=%x", maphash.Bytes(seed, append(bytes.Clone(m.get(callID)), m.get(via)...))) // the same for each copy of a request
		}
		out.WriteString("\r\n")
	}
	for _, h := range [...]struct {
		kind kind
		name string
	}{{callID, "Call-ID"}, {cseq, "CSeq"}} {
		if f := m.get(h.kind); f != nil {
			fmt.Fprintf(&out, "%s: %s\r\n", h.name, printable(f))
		}
	}
	if v.status == sip.StatusMethodNotAllowed {
		product = append([]Header{{"Allow", allow}}, product...)
	}
	for _, h := range product {
		fmt.Fprintf(&out, "%s: %s\r\n", h.Name, h.Value)
	}
	out.WriteString("Content-Length: 0\r\n\r\n")
	return out.Bytes()
}

// printable is a value that cannot begin a line of its own.
func printable(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, b)
}

// receivedFrom fills rport in (RFC 3581 4).
func receivedFrom(via []byte, source string) []byte {
	host, port, err := net.SplitHostPort(source)
	first, rest, more := bytes.Cut(via, []byte(","))
	hop, wrong := readHop(first)
	if err != nil || wrong.what != "" {
		return via
	}
	asked := false
	for i, p := range hop.params {
		if equalFold(p.name, "rport") && p.value == nil {
			hop.params[i].value, asked = []byte(port), true
		}
	}
	if !asked {
		return via
	}
	out := hop.write(nil)
	if _, there := hop.get("received"); !there {
		out = append(append(out, ";received="...), host...)
	}
	if more {
		out = append(append(out, ','), rest...)
	}
	return out
}

// answerAddress is where the answer to a datagram goes (RFC 3261 18.2.2, RFC 3581 4): to the port in Via, unless that asks for the
// one that it came from, or cannot be read.
func (s *screen) answerAddress(source net.Addr) net.Addr {
	from, ok := source.(*net.UDPAddr)
	first, _, _ := bytes.Cut(s.message.get(via), []byte(","))
	hop, wrong := readHop(first)
	if !ok || wrong.what != "" {
		return source
	}
	if _, asked := hop.get("rport"); asked {
		return source
	}
	to := *from
	to.Port = sip.DefaultPort("UDP")
	_, port, _ := cutPort(string(hop.sentBy))
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
		to.Port = int(n)
	}
	return &to
}

// rejection is what is told of a request that is refused.
func (s *screen) rejection(v verdict, source string) Rejection {
	return Rejection{Method: string(s.method), CallID: string(s.message.get(callID)), Dialled: dialledIn(string(s.uri)), Peer: source,
		Status: v.status, Cause: strings.ToValidUTF8(v.cause.String(), "?")}
}

func dialledIn(uri string) string {
	u, err := ParseURI(uri)
	if err != nil {
		return ""
	}
	return u.Dialled()
}
