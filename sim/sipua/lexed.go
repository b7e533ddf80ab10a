package sipua

import "bytes"

// lexed is a message cut into lines: the start line, the header fields, and what follows them. Nothing is understood yet. Its slices
// point into the message, but for values that were folded over several lines. It can be used again for the next message.
type lexed struct {
	start  []byte
	fields []field
	head   int    // bytes up to and with the empty line
	body   []byte // all that follows
	flaw   flaw   // why this is not what RFC 3261 7 calls a message, if it is not
}

// field is one header field. Its name is as it was sent, its value without blanks around it.
type field struct {
	kind  kind
	name  []byte
	value []byte
	own   bool // value was folded, and is a copy
}

// kind is the header of a field, whichever way its name is written.
type kind uint8

const (
	unknown kind = iota
	via
	from
	to
	callID
	cseq
	maxForwards
	contentLength
	contentType
	contact
	route
	recordRoute
	date
	internal // a field of ours, which nobody else may send
)

// internalName carries to the dialogs what has been found on the way in. It never leaves the process, and what comes in with it loses it.
const internalName = "dnispool-tolerated"

var kinds = map[string]kind{
	"via": via, "v": via, "from": from, "f": from, "to": to, "t": to, "call-id": callID, "i": callID, "cseq": cseq,
	"max-forwards": maxForwards, "content-length": contentLength, "l": contentLength, "content-type": contentType, "c": contentType,
	"contact": contact, "m": contact, "route": route, "record-route": recordRoute, "date": date, internalName: internal,
}

// flaw is something that RFC 3261, or another document that is named, does not allow.
type flaw struct {
	what    string // in a few words; empty: there is none
	section string // as in "RFC 3261 7.3.1"
}

func (f flaw) String() string { return f.what + " (" + f.section + ")" }

// kindOf is the kind of a field name.
func kindOf(name []byte) kind {
	var lower [len(internalName)]byte
	if len(name) > len(lower) {
		return unknown
	}
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return kinds[string(lower[:len(name)])]
}

// read cuts a message. What is wrong with its lines does not stop it: who is refused wants to be answered.
func (m *lexed) read(message []byte) {
	*m = lexed{fields: m.fields[:0]}
	rest := message
	for first := true; ; first = false {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			m.found("no empty line after the header fields", "RFC 3261 7")
			end = len(rest) - 1
		}
		line := rest[:end+1]
		rest = rest[end+1:]
		text, ended := bytes.CutSuffix(line, []byte("\r\n"))
		if !ended {
			m.found("a line that does not end in CRLF", "RFC 3261 7")
			text = bytes.TrimRight(text, "\r\n")
		}
		switch {
		case first:
			m.start = text
		case len(text) > 0:
			m.line(text)
		}
		if len(rest) == 0 && m.flaw.what == "" && len(text) > 0 {
			m.found("no empty line after the header fields", "RFC 3261 7")
		}
		if !first && len(text) == 0 || len(rest) == 0 {
			break
		}
	}
	m.head = len(message) - len(rest)
	m.body = rest
}

// found notes the first flaw.
func (m *lexed) found(what, section string) {
	if m.flaw.what == "" {
		m.flaw = flaw{what, section}
	}
}

// line adds a field, or continues the one before.
func (m *lexed) line(text []byte) {
	if text[0] == ' ' || text[0] == '\t' {
		if len(m.fields) == 0 {
			m.found("a header field that begins with a blank", "RFC 3261 7.3.1")
			return
		}
		last := &m.fields[len(m.fields)-1]
		if !last.own {
			last.value, last.own = append(make([]byte, 0, len(last.value)+2*len(text)), last.value...), true
		}
		if last.value = append(last.value, ' '); len(last.value) == 1 {
			last.value = last.value[1:]
		}
		last.value = append(last.value, bytes.TrimSpace(text)...)
		return
	}
	name, value, ok := bytes.Cut(text, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || !isToken(name) {
		m.found("a header line that is no name: value", "RFC 3261 7.3.1")
		return
	}
	m.fields = append(m.fields, field{kind: kindOf(name), name: name, value: bytes.Trim(value, " \t")})
}

// get is the first value of a header, nil when there is none.
func (m *lexed) get(k kind) []byte {
	for i := range m.fields {
		if m.fields[i].kind == k {
			return m.fields[i].value
		}
	}
	return nil
}

// count is how many fields of a header there are.
func (m *lexed) count(k kind) int {
	n := 0
	for i := range m.fields {
		if m.fields[i].kind == k {
			n++
		}
	}
	return n
}

// isToken is the token of RFC 3261 25.1.
func isToken(b []byte) bool {
	for _, c := range b {
		if !tokenBytes[c] {
			return false
		}
	}
	return len(b) > 0
}

var tokenBytes = func() (set [256]bool) {
	for c := range set {
		set[c] = !notToken(rune(c))
	}
	return set
}()

// number reads digits; false when it is no number, or above most.
func number(b []byte, most uint64) (n uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + uint64(c-'0'); n > most {
			return 0, false
		}
	}
	return n, len(b) > 0
}
