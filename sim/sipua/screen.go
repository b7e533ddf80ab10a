package sipua

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"
)

// screen stands between the sockets and sipgo. sipgo drops a request that it cannot read, or closes the connection that it came by,
// and reads some that are right as something else. A screen answers what is wrong, and writes what is right in the one way in which
// sipgo understands it. Each read loop has one of its own.
type screen struct {
	strict  bool
	noTag   string // stands in From for the tag that a caller of RFC 2543 does not give: sipgo needs one
	message lexed
	version []byte // of the start line
	method  []byte // of a request, nil of a response
	uri     []byte
	out     []byte

	rewrite   bool
	tolerated []flaw
}

// verdict says what becomes of a message.
type verdict struct {
	pass   []byte // to sipgo; valid until the screen looks at the next message
	status int    // of the answer to a request that is refused; 0: none, it is dropped without one
	cause  flaw
}

// look judges one message. whole is false when it came over a stream that is not understood any more, or ended inside of it.
func (s *screen) look(message []byte) verdict {
	s.rewrite, s.tolerated, s.method = false, s.tolerated[:0], nil
	m := &s.message
	if begun := bytes.TrimLeft(message, "\r\n"); len(begun) < len(message) && len(begun) > 0 { // of a datagram: frames leaves them out
		s.tolerate("line ends before a request in a datagram", "7.5")
		message = begun
	}
	m.read(message)
	status, cause := s.startLine()
	if cause.what == "" {
		status, cause = s.headers()
	}
	if cause.what == "" && s.method != nil {
		status, cause = s.request()
	}
	switch {
	case cause.what == "" && s.strict && len(s.tolerated) > 0 && !s.isACK():
		return verdict{status: sip.StatusBadRequest, cause: s.tolerated[0]}
	case cause.what == "":
		return verdict{pass: s.written(message)}
	case s.method == nil || s.isACK():
		return verdict{cause: cause}
	}
	return verdict{status: status, cause: cause}
}

func (s *screen) isACK() bool { return string(s.method) == "ACK" }

// tolerate notes what is wrong and does no harm. Only requests are asked about it.
func (s *screen) tolerate(what, section string) {
	s.tolerated = append(s.tolerated, problem(what, section))
}

// startLine reads the first line. A line without SIP/ is no message, and its sender is not answered.
func (s *screen) startLine() (int, flaw) {
	start := s.message.start
	if len(start) > 4 && equalFold(start[:4], "SIP/") {
		version, rest, _ := bytes.Cut(start, []byte(" "))
		code, _, _ := bytes.Cut(rest, []byte(" "))
		if n, ok := number(code, 699); !equalFold(version, "SIP/2.0") || !ok || n < 100 {
			return 0, problem("a status line that is not SIP/2.0 status reason", "7.2")
		}
		s.version, s.rewrite = version, string(version) != "SIP/2.0" || bytes.Count(start, []byte(" ")) < 2
		return 0, flaw{}
	}
	method, rest, _ := bytes.Cut(start, []byte(" "))
	if uri, version, _ := bytes.Cut(rest, []byte(" ")); string(version) == "SIP/2.0" && isToken(method) && len(uri) > 0 && bytes.IndexByte(uri, '\t') < 0 {
		s.method, s.uri, s.version = method, uri, version // nearly all
		return 0, flaw{}
	}
	words := bytes.Fields(start)
	if len(words) < 2 || !isToken(words[0]) || len(words[len(words)-1]) < 4 || !equalFold(words[len(words)-1][:4], "SIP/") {
		return 0, problem("no SIP message", "7.1")
	}
	s.method, s.version = words[0], words[len(words)-1]
	if len(words) != 3 || len(start) != len(words[0])+len(words[1])+len(words[2])+2 || bytes.Count(start, []byte(" ")) != 2 {
		return sip.StatusBadRequest, problem("a request line that is not method, URI and version with one blank between", "7.1")
	}
	s.uri = words[1]
	if !equalFold(s.version, "SIP/2.0") {
		return sip.StatusVersionNotSupported, problem("version "+cut(string(s.version)), "21.5.6")
	}
	s.rewrite = string(s.version) != "SIP/2.0"
	return 0, flaw{}
}

// once are the headers of which a message has one at most (RFC 3261 7.3.1). Two of them are read by each hop as it likes.
var once = [...]struct {
	kind kind
	name string
	due  bool
}{
	{from, "From", true}, {to, "To", true}, {callID, "Call-ID", true}, {cseq, "CSeq", true},
	{contentLength, "Content-Length", false}, {maxForwards, "Max-Forwards", false}, {contentType, "Content-Type", false},
}

// headers judges the fields of any message, and puts them into the form that sipgo reads.
func (s *screen) headers() (int, flaw) {
	const bad = sip.StatusBadRequest
	m := &s.message
	if m.flaw.what != "" {
		return bad, m.flaw
	}
	if c := controlIn(m); c >= 0 {
		return bad, problem(fmt.Sprintf("a control character, %#02x, in the header", c), "25.1")
	}
	for _, h := range once {
		n := m.count(h.kind)
		if n > 1 {
			return bad, problem(fmt.Sprintf("%d %s", n, h.name), "7.3.1")
		}
		if n == 0 && h.due && s.method != nil {
			return bad, problem("no "+h.name, "8.1.1")
		}
	}
	if m.count(via) == 0 && s.method != nil {
		return bad, problem("no Via", "8.1.1")
	}
	first := true
	for i := range m.fields {
		f := &m.fields[i]
		var wrong flaw
		switch f.kind {
		case via:
			wrong = s.via(f, first)
			first = false
		case from, to:
			wrong = s.party(f)
		case contact, route, recordRoute:
			wrong = s.addresses(f)
		case callID:
			if len(f.value) == 0 || bytes.ContainsAny(f.value, " \t") {
				wrong = problem("a Call-ID that is no word", "20.8")
			}
		case cseq:
			wrong = s.cseq(f)
		case maxForwards:
			if n, ok := number(f.value, 1<<31); !ok {
				wrong = problem("a Max-Forwards that is no number", "20.22")
			} else if n > 255 {
				s.tolerate("a Max-Forwards above 255", "20.22")
			}
		case internal:
			s.rewrite = true
		}
		if wrong.what != "" {
			wrong.what = wrong.what + " in " + cut(string(f.name))
			return bad, wrong
		}
	}
	return s.length()
}

// controlIn is the first control character that stands outside of a quoted pair; -1 when there is none.
func controlIn(m *lexed) int {
	found := controlInText(m.start)
	for i := 0; found < 0 && i < len(m.fields); i++ {
		found = controlInText(m.fields[i].value)
	}
	return found
}

func controlInText(b []byte) int {
	for i, c := range b {
		if (c < ' ' && c != '\t' || c == 0x7f) && (i == 0 || b[i-1] != '\\') {
			return int(c)
		}
	}
	return -1
}

// length compares what Content-Length says with what there is.
func (s *screen) length() (int, flaw) {
	m := &s.message
	if m.count(contentLength) == 0 {
		return 0, flaw{}
	}
	n, ok := number(m.get(contentLength), 1<<31)
	switch {
	case !ok:
		return sip.StatusBadRequest, problem("a Content-Length that is no number", "20.14")
	case n > uint64(len(m.body)):
		return sip.StatusBadRequest, problem(fmt.Sprintf("a body of %d bytes under a Content-Length of %d", len(m.body), n), "18.3")
	}
	m.body = m.body[:n]
	return 0, flaw{}
}

func (s *screen) via(f *field, top bool) (wrong flaw) {
	if branch, ok := plainHop(f.value); ok && !(top && s.isOldBranch(branch)) {
		return flaw{}
	}
	var out []byte
	eachValue(f.value, func(v []byte) bool {
		var h hop
		if h, wrong = readHop(v); wrong.what != "" {
			return false
		}
		if branch, _ := h.get("branch"); top && s.isOldBranch(branch) {
			s.tolerate("a branch that is not z9hG4bK and more", "8.1.1.7")
		}
		top = false
		if len(out) > 0 {
			out = append(out, ", "...)
		}
		out = h.write(out)
		return true
	})
	if wrong.what == "" && !bytes.Equal(out, f.value) {
		f.value, s.rewrite = out, true
	}
	return wrong
}

// isOldBranch reports whether a branch is none of RFC 3261.
func (s *screen) isOldBranch(branch []byte) bool {
	const cookie = sip.RFC3261BranchMagicCookie
	return len(branch) <= len(cookie) || string(branch[:len(cookie)]) != cookie
}

// party judges From and To.
func (s *screen) party(f *field) flaw {
	a, wrong := readAddress(f.value)
	if wrong.what != "" {
		return wrong
	}
	s.sloppy(a)
	tagged := bytes.Contains(a.params, []byte(";tag="))
	if !plainParams(a.params) {
		ps, wrong := readParams(a.params)
		if wrong.what == "" && !namedOnce(ps, "tag") {
			wrong = problem("two tags", "7.3.1")
		}
		if wrong.what != "" {
			return wrong
		}
		tagged = false
		for _, p := range ps {
			tagged = tagged || equalFold(p.name, "tag") && p.value != nil
		}
		s.put(f, a, writeParams(nil, ps))
	}
	if f.kind == from && !tagged && s.method != nil {
		f.value, s.rewrite = append(bytes.Clone(f.value), s.noTag...), true
	}
	return flaw{}
}

// addresses judges Contact, Route and Record-Route.
func (s *screen) addresses(f *field) (wrong flaw) {
	if f.kind == contact && string(f.value) == "*" {
		return flaw{}
	}
	values := 0
	eachValue(f.value, func(v []byte) bool {
		var a address
		if a, wrong = readAddress(v); wrong.what != "" {
			return false
		}
		s.sloppy(a)
		if values++; values > 1 && f.kind == contact && string(s.method) == "INVITE" {
			s.tolerate("more than one Contact in an INVITE", "8.1.1.8")
		}
		if !plainParams(a.params) {
			_, wrong = readParams(a.params)
		}
		return wrong.what == ""
	})
	return wrong
}

func (s *screen) sloppy(a address) {
	if a.sloppy.what != "" {
		s.tolerated = append(s.tolerated, a.sloppy)
	}
}

// put writes a value anew.
func (s *screen) put(f *field, a address, params []byte) {
	var out []byte
	if len(a.display) > 0 {
		out = append(append(out, a.display...), ' ')
	}
	out = append(append(append(out, '<'), a.uri...), '>')
	f.value, s.rewrite = append(out, params...), true
}

func (s *screen) cseq(f *field) flaw {
	blank := bytes.IndexAny(f.value, " \t")
	if blank < 0 {
		return problem("a CSeq that is not number and method", "20.16")
	}
	n, method := f.value[:blank], bytes.TrimLeft(f.value[blank:], " \t")
	switch _, ok := number(n, 1<<31-1); {
	case !ok:
		return problem("a CSeq that is no number below 2^31", "8.1.1.5")
	case !isToken(method):
		return problem("a CSeq that is not number and method", "20.16")
	case s.method != nil && !bytes.Equal(method, s.method):
		return problem("another method", "8.1.1.5")
	}
	if len(f.value) != len(n)+1+len(method) || f.value[blank] != ' ' {
		f.value, s.rewrite = append(append(append([]byte(nil), n...), ' '), method...), true
	}
	return flaw{}
}

// request judges what only a request has.
func (s *screen) request() (int, flaw) {
	const bad = sip.StatusBadRequest
	m := &s.message
	wrong := checkURI(s.uri)
	scheme, rest, _ := bytes.Cut(s.uri, []byte(":"))
	switch isSIP := equalFold(scheme, "sip") || equalFold(scheme, "sips"); {
	case wrong.what != "":
		wrong.what += " in the request line"
		return bad, wrong
	case !isSIP && !equalFold(scheme, "tel"):
		return statusUnsupportedScheme, problem("scheme "+cut(string(scheme)), "8.2.2.1")
	case isSIP && bytes.IndexByte(rest[bytes.LastIndexByte(rest, '@')+1:], '?') >= 0:
		return bad, problem("headers in the URI of the request line", "19.1.1")
	case bytes.ContainsFunc(s.method, func(r rune) bool { return r >= 'a' && r <= 'z' }):
		return sip.StatusMethodNotAllowed, problem("method "+cut(string(s.method)), "7.1") // methods have a case; sipgo does not know
	}
	s.manners()
	if string(s.method) == "INVITE" && m.count(contact) == 0 && !s.isRFC2543() {
		return bad, problem("no Contact", "8.1.1.8")
	}
	return 0, flaw{}
}

// manners notes what a request should have, or have in another form, and can be handled without.
func (s *screen) manners() {
	m := &s.message
	if m.count(maxForwards) == 0 {
		s.tolerate("no Max-Forwards", "8.1.1.6")
	}
	if string(s.method) == "INVITE" {
		switch n := m.count(contact); {
		case n == 0:
			s.tolerate("no Contact", "8.1.1.8")
		case n > 1:
			s.tolerate("more than one Contact in an INVITE", "8.1.1.8")
		}
	}
	if len(m.body) > 0 && m.count(contentType) == 0 {
		s.tolerate("a body without Content-Type", "20.15")
	}
	if d := m.get(date); d != nil && !bytes.HasSuffix(d, []byte("GMT")) {
		s.tolerate("a Date that is not in GMT", "20.17")
	}
	for i := range m.fields {
		if !utf8.Valid(m.fields[i].value) {
			s.tolerate("text that is not UTF-8", "7")
			break
		}
	}
}

// isRFC2543 reports whether a request is by the older rules: those let a call be without Contact.
func (s *screen) isRFC2543() bool {
	for _, f := range s.tolerated {
		if f.section == "RFC 3261 8.1.1.7" {
			return true
		}
	}
	return false
}
