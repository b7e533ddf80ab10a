package independent

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxMessage bounds a SIP message, in bytes.
const maxMessage = 64 << 10

// header is one line of a message; its name is in lower case and long.
type header struct{ name, value string }

// message is a SIP request, or a response when status is not 0.
type message struct {
	method, uri string
	status      int
	reason      string
	headers     []header
	body        []byte
}

// short are the compact names of headers.
var short = map[string]string{"i": "call-id", "m": "contact", "f": "from", "t": "to", "v": "via", "c": "content-type", "l": "content-length"}

// written are the names that are not written with a capital after each hyphen alone.
var written = map[string]string{"call-id": "Call-ID", "cseq": "CSeq"}

// parseMessage reads a message whose body is all that follows the empty line.
func parseMessage(text []byte) (*message, error) {
	head, body, found := bytes.Cut(text, []byte("\r\n\r\n"))
	if !found {
		return nil, errors.New("message: want an empty line behind the headers")
	}
	lines := strings.Split(string(head), "\r\n")
	for _, line := range lines {
		if strings.ContainsAny(line, "\r\n\x00") {
			return nil, fmt.Errorf("message: want lines that end in CR LF, got %.40q", line)
		}
	}
	m := &message{body: body}
	if err := m.startLine(lines[0]); err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(m.headers) > 0 { // folded
			m.headers[len(m.headers)-1].value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, found := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !found || name == "" {
			return nil, fmt.Errorf("message: want name: value, got %.40q", line)
		}
		if long, ok := short[name]; ok {
			name = long
		}
		m.headers = append(m.headers, header{name, strings.TrimSpace(value)})
	}
	if n, err := m.length(); err != nil {
		return nil, err
	} else if n >= 0 && n <= len(body) {
		m.body = body[:n]
	}
	return m, nil
}

func (m *message) startLine(line string) error {
	fields := strings.SplitN(line, " ", 3)
	if len(fields) == 3 && fields[0] == "SIP/2.0" {
		status, err := strconv.Atoi(fields[1])
		if err != nil || status < 100 || status > 699 {
			return fmt.Errorf("message: status: want 100 to 699, got %.40q", fields[1])
		}
		m.status, m.reason = status, fields[2]
		return nil
	}
	if len(fields) != 3 || fields[2] != "SIP/2.0" || fields[0] == "" || fields[1] == "" {
		return fmt.Errorf("message: want a line of SIP/2.0, got %.40q", line)
	}
	m.method, m.uri = fields[0], fields[1]
	return nil
}

// length is the Content-Length; -1 when there is none.
func (m *message) length() (int, error) {
	value := m.get("content-length")
	if value == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxMessage {
		return 0, fmt.Errorf("message: Content-Length: want 0 to %d, got %.40q", maxMessage, value)
	}
	return n, nil
}

func (m *message) get(name string) string {
	for _, h := range m.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

func (m *message) all(name string) (values []string) {
	for _, h := range m.headers {
		if h.name == name {
			values = append(values, h.value)
		}
	}
	return values
}

func (m *message) add(name, value string) { m.headers = append(m.headers, header{name, value}) }

// bytes is the message as it is sent.
func (m *message) bytes() []byte {
	var b bytes.Buffer
	if m.status != 0 {
		fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", m.status, m.reason)
	} else {
		fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", m.method, m.uri)
	}
	for _, h := range m.headers {
		if h.name != "content-length" {
			fmt.Fprintf(&b, "%s: %s\r\n", spelled(h.name), h.value)
		}
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(m.body))
	b.Write(m.body)
	return b.Bytes()
}

func spelled(name string) string {
	if s, ok := written[name]; ok {
		return s
	}
	parts := strings.Split(name, "-")
	for i, p := range parts {
		if p != "" {
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

// response answers a request with the headers that find the way back; toTag is added where the request has none.
func (m *message) response(status int, reason, toTag string) *message {
	r := &message{status: status, reason: reason}
	for _, h := range m.headers {
		switch h.name {
		case "to":
			if toTag != "" && parameter(h.value, "tag") == "" {
				h.value += ";tag=" + toTag
			}
			r.headers = append(r.headers, h)
		case "via", "from", "call-id", "cseq":
			r.headers = append(r.headers, h)
		case "record-route":
			if status > 100 && status < 300 {
				r.headers = append(r.headers, h)
			}
		}
	}
	return r
}

// cseq is the number and the method of CSeq.
func (m *message) cseq() (number, method string) {
	fields := strings.Fields(m.get("cseq"))
	if len(fields) != 2 {
		return "", ""
	}
	return fields[0], fields[1]
}

// uriOf is the URI of a header such as From, without display name, angle brackets and the header's parameters.
func uriOf(value string) string {
	if _, rest, found := strings.Cut(value, "<"); found {
		uri, _, _ := strings.Cut(rest, ">")
		return uri
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// parameter is a parameter of a header behind its URI, as in ;tag=x.
func parameter(value, name string) string {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	for _, p := range strings.Split(value, ";")[1:] {
		key, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// userOf is the number that a sip: or tel: URI is about.
func userOf(uri string) string {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found {
		return ""
	}
	if !strings.EqualFold(scheme, "tel") {
		user, _, found := strings.Cut(rest, "@")
		if !found {
			return ""
		}
		rest = user
	}
	rest, _, _ = strings.Cut(rest, ";")
	rest, _, _ = strings.Cut(rest, ":") // a password
	return strings.ReplaceAll(strings.ReplaceAll(rest, "%2B", "+"), "%2b", "+")
}

// hostOf is the host:port of a sip: URI.
func hostOf(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, ':'); i < 0 || strings.HasSuffix(rest, "]") {
		rest += ":5060"
	}
	return rest
}
