package sipua

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Directions of a stream (RFC 3264), as the side that wrote the description sees it.
const (
	SendRecv = "sendrecv"
	SendOnly = "sendonly"
	RecvOnly = "recvonly"
	Inactive = "inactive"
)

// DiscardPort is the port of a stream that carries nothing: port 0 would say that there is no stream.
const DiscardPort = 9

// SDP is what is needed of a session description: the stream an answer would take, else the first audio one.
type SDP struct {
	Host      string // "" when there is no c= line
	Port      int    // 0: the stream is off
	Direction string // with the old way to hold (c=0.0.0.0) read as what it means
	PCMU      int    // payload type of PCMU, -1 when it is not listed
	PCMA      int    // likewise
	Streams   int    // number of m= lines

	session, version uint64 // of the o= line
	media            []stream
	chosen           int // index in media, -1 when there is no audio
}

// stream is one m= line with what belongs to it.
type stream struct {
	kind, proto, formats string
	port                 int
	host, direction      string
	pcmu, pcma           int
}

// usable reports whether the stream is one that we take: PCMU, and PCMA where a-law is spoken too.
func (s stream) usable(alaw bool) bool {
	return s.kind == "audio" && s.proto == "RTP/AVP" && s.port > 0 && (s.pcmu >= 0 || alaw && s.pcma >= 0)
}

// ParseSDP reads a session description. Lines may come in any order that keeps the attributes of a stream behind its m= line.
func ParseSDP(b []byte) (SDP, error) {
	s := SDP{PCMU: -1, PCMA: -1, chosen: -1}
	session := stream{direction: SendRecv} // what streams inherit that do not say otherwise
	here := &session
	n := 0
	for line := range bytes.Lines(b) {
		n++
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok || len(key) != 1 {
			return SDP{}, fmt.Errorf("sdp: line %d: want x=value, got %q", n, text)
		}
		switch key {
		case "o":
			s.parseOrigin(value)
		case "m":
			m, err := parseMedia(value)
			if err != nil {
				return SDP{}, fmt.Errorf("sdp: line %d: %w", n, err)
			}
			s.media = append(s.media, m)
			here = &s.media[len(s.media)-1]
		case "c":
			here.host = parseConnection(value)
		case "a":
			here.parseAttribute(value)
		}
	}
	if n == 0 {
		return SDP{}, fmt.Errorf("sdp: want a session description, got nothing")
	}
	s.choose(session)
	return s, nil
}

func (s *SDP) parseOrigin(v string) {
	if f := strings.Fields(v); len(f) >= 3 {
		s.session, _ = strconv.ParseUint(f[1], 10, 64)
		s.version, _ = strconv.ParseUint(f[2], 10, 64)
	}
}

func parseMedia(v string) (stream, error) {
	f := strings.Fields(v)
	if len(f) < 4 {
		return stream{}, fmt.Errorf("want m=kind port proto formats, got %q", v)
	}
	digits, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return stream{}, fmt.Errorf("want a port from 0 to 65535, got %q", f[1])
	}
	m := stream{kind: f[0], port: int(port), proto: f[2], formats: strings.Join(f[3:], " "), pcmu: -1, pcma: -1}
	for _, pt := range f[3:] {
		switch pt {
		case "0":
			m.pcmu = 0
		case "8":
			m.pcma = 8
		}
	}
	return m, nil
}

// parseAttribute takes a direction, or PCMU and PCMA under payload types other than their own 0 and 8.
func (m *stream) parseAttribute(attribute string) {
	switch attribute {
	case SendRecv, SendOnly, RecvOnly, Inactive:
		m.direction = attribute
		return
	}
	v, ok := strings.CutPrefix(attribute, "rtpmap:")
	if !ok {
		return
	}
	pt, codec, _ := strings.Cut(v, " ")
	name, rate, _ := strings.Cut(strings.TrimSpace(codec), "/")
	of := map[string]*int{"PCMU": &m.pcmu, "PCMA": &m.pcma}[strings.ToUpper(name)]
	if of == nil || *of >= 0 || rate != "8000" && rate != "8000/1" {
		return
	}
	if n, err := strconv.ParseUint(pt, 10, 7); err == nil && slices.Contains(strings.Fields(m.formats), pt) {
		*of = int(n)
	}
}

func parseConnection(v string) string {
	f := strings.Fields(v)
	if len(f) < 3 {
		return ""
	}
	host, _, _ := strings.Cut(f[2], "/")
	return host
}

// choose picks the stream that an answer would take and fills the public fields from it.
func (s *SDP) choose(session stream) {
	s.Streams = len(s.media)
	live := session
	for i, m := range s.media {
		if m.usable(false) {
			s.chosen = i
			break
		}
		if m.kind == "audio" && s.chosen < 0 {
			s.chosen = i
		}
	}
	if s.chosen >= 0 {
		live = s.media[s.chosen]
		s.PCMU, s.PCMA = live.pcmu, live.pcma
	}
	s.Port, s.Host = live.port, cmp.Or(live.host, session.host)
	s.Direction = cmp.Or(live.direction, session.direction)
	if s.Host == "0.0.0.0" || s.Host == "::" { // hold before RFC 3264: there is nowhere to send to
		switch s.Direction {
		case SendRecv:
			s.Direction = SendOnly
		case RecvOnly:
			s.Direction = Inactive
		}
	}
}

// mirror is the direction that answers one (RFC 3264 6.1).
func mirror(direction string) string {
	switch direction {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	}
	return direction
}

// OfferSDP offers PCMU at host and port.
func OfferSDP(host string, port int) []byte {
	return offer(host, port, 1, 1, false)
}

// offer offers PCMU, and with alaw PCMA after it.
func offer(host string, port int, session, version uint64, alaw bool) []byte {
	line := codecLine(port, 0, "PCMU")
	if alaw {
		line = fmt.Sprintf("m=audio %d RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n", port)
	}
	return describe(host, session, version, []string{line}, 0, SendRecv)
}

// AnswerSDP answers an offer with PCMU at host and port: the mirrored hold direction, port 0 for every other stream.
// ErrNoCodec when no audio stream has PCMU; a call is then refused with 488.
func AnswerSDP(offer []byte, host string, port int) ([]byte, error) {
	return answer(offer, host, port, 1, 1, false)
}

// answer takes PCMU, or with alaw PCMA where that is missing.
func answer(offer []byte, host string, port int, session, version uint64, alaw bool) ([]byte, error) {
	o, err := ParseSDP(offer)
	if err != nil {
		return nil, err
	}
	if o.chosen < 0 || !o.media[o.chosen].usable(alaw) {
		return nil, ErrNoCodec
	}
	lines := make([]string, len(o.media))
	for i, m := range o.media {
		lines[i] = "m=" + m.kind + " 0 " + m.proto + " " + m.formats + "\r\n"
	}
	if lines[o.chosen] = codecLine(port, o.PCMU, "PCMU"); o.PCMU < 0 {
		lines[o.chosen] = codecLine(port, o.PCMA, "PCMA")
	}
	return describe(host, session, version, lines, o.chosen, mirror(o.Direction)), nil
}

func codecLine(port, pt int, codec string) string {
	return fmt.Sprintf("m=audio %d RTP/AVP %d\r\na=rtpmap:%d %s/8000\r\na=ptime:20\r\n", port, pt, pt, codec)
}

// describe writes a description; direction goes to the stream at index live.
func describe(host string, session, version uint64, media []string, live int, direction string) []byte {
	family := "IP4"
	if strings.Contains(host, ":") {
		family = "IP6"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n", session, version, family, host, family, host)
	for i, m := range media {
		b.WriteString(m)
		if i == live {
			fmt.Fprintf(&b, "a=%s\r\n", direction)
		}
	}
	return b.Bytes()
}
