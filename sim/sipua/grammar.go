package sipua

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// The functions of this file read header values as RFC 3261 25.1 writes them: with blanks around every separator, with names in any
// case, with quoted strings that hold anything. Each says what is wrong, or gives the value as sipgo understands it: sipgo wants no
// blanks there, and "tag" in lower case. A value that is so already is not copied.

// problem is a flaw of a value; section is that of RFC 3261.
func problem(what, section string) flaw { return flaw{what, "RFC 3261 " + section} }

// address is a name-addr or addr-spec with parameters, as in From, To and Contact.
type address struct {
	display   []byte // with its quotes
	uri       []byte
	params    []byte // from the first ";"
	bracketed bool
	sloppy    flaw // what is wrong with it and can be read all the same
}

// readAddress takes a value apart.
func readAddress(b []byte) (a address, wrong flaw) {
	rest := b
	if len(b) > 0 && b[0] == '"' {
		end := quoted(b)
		if end < 0 {
			return a, problem("a quoted string that does not end", "25.1")
		}
		a.display = b[:end]
		if rest = bytes.TrimLeft(b[end:], " \t"); len(rest) == 0 || rest[0] != '<' {
			return a, problem("a display name without <address>", "20.10")
		}
	} else if open := bytes.IndexByte(b, '<'); open >= 0 && !bytes.ContainsRune(b[:open], ';') {
		a.display, rest = bytes.TrimRight(b[:open], " \t"), b[open:]
		if bytes.ContainsAny(a.display, `,"`) {
			return a, problem("a display name that has to be quoted", "20.10")
		}
		for word := range bytes.FieldsSeq(a.display) {
			if !isToken(word) {
				a.sloppy = problem("a display name that has to be quoted", "20.10")
			}
		}
	}
	if len(rest) > 0 && rest[0] == '<' {
		a.bracketed = true
		closing := bytes.IndexByte(rest, '>')
		if closing < 0 {
			return a, problem("an address without >", "20.10")
		}
		a.uri, a.params = rest[1:closing], bytes.TrimLeft(rest[closing+1:], " \t")
	} else {
		end := bytes.IndexByte(rest, ';')
		if end < 0 {
			end = len(rest)
		}
		a.uri, a.params = bytes.TrimRight(rest[:end], " \t"), rest[end:]
		if bytes.IndexByte(a.uri, '?') >= 0 || bytes.IndexByte(a.uri, ',') >= 0 {
			return a, problem("an address with ? or , that is not in < >", "20.10")
		}
	}
	if len(a.params) > 0 && a.params[0] != ';' {
		return a, problem("something else than parameters after an address", "20.10")
	}
	for _, c := range a.uri[:max(0, bytes.IndexByte(a.uri, ':'))] {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return a, problem("a scheme that is not understood", "8.2.2.1") // sipgo wants letters alone
		}
	}
	return a, checkURI(a.uri)
}

// quoted is the length of the quoted string at the beginning of b; -1 when it does not end.
func quoted(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// checkURI looks at what has to be right before anything can be done with a URI.
func checkURI(u []byte) flaw {
	colon := bytes.IndexByte(u, ':')
	if colon < 1 || colon+1 == len(u) || u[0]|0x20 < 'a' || u[0]|0x20 > 'z' || slices.ContainsFunc(u[:colon], func(c byte) bool { return notScheme(rune(c)) }) {
		return problem("an address without a scheme", "19.1.1")
	}
	for _, c := range u {
		if c == ' ' || c == '\t' || c == '<' || c == '>' || c == '"' {
			return problem("a blank, quote or bracket in a URI", "19.1.1")
		}
	}
	if scheme := u[:colon]; !equalFold(scheme, "sip") && !equalFold(scheme, "sips") {
		return flaw{}
	}
	host := bytes.TrimPrefix(u[colon+1:], []byte("//"))
	if at := bytes.LastIndexByte(host, '@'); at >= 0 { // a user part may have ; and ?, but none has @
		host = host[at+1:]
	}
	for i, c := range host {
		if c == ';' || c == '?' {
			host = host[:i]
			break
		}
	}
	return checkHostPort(host)
}

func checkHostPort(b []byte) flaw {
	host, port, has := bytes.Cut(b, []byte(":"))
	if len(b) > 0 && b[0] == '[' {
		closing := bytes.IndexByte(b, ']')
		if closing < 0 || closing > 41 {
			return problem("an IPv6 address without ]", "25.1")
		}
		host = b[1:closing]
		port, has = bytes.CutPrefix(b[closing+1:], []byte(":"))
		if !has && closing+1 < len(b) {
			return problem("something else than a port after an IPv6 address", "25.1")
		}
	}
	for _, c := range host {
		if !tokenBytes[c] && c != ':' && c < utf8.RuneSelf {
			return problem("a host that is none", "25.1")
		}
	}
	if len(host) == 0 {
		return problem("an address without a host", "19.1.1")
	}
	if _, ok := number(port, 65535); has && !ok {
		return problem("a port that is none", "25.1")
	}
	return flaw{}
}

// plainParams reports whether parameters are as sipgo reads them: all but a few are, and cost no more than this look.
func plainParams(b []byte) bool {
	for i, c := range b {
		switch {
		case c == ' ', c == '\t', c == '"', c >= 'A' && c <= 'Z' && (i == 0 || b[i-1] == ';'):
			return false
		case (c == ';' || c == '=') && (i+1 == len(b) || b[i+1] == ';' || b[i+1] == '='):
			return false
		}
	}
	return bytes.Count(b, []byte(";tag=")) < 2
}

// param is one parameter. value is nil when it has none.
type param struct{ name, value []byte }

// readParams takes ;name=value;… apart.
func readParams(b []byte) (out []param, wrong flaw) {
	for len(b) > 0 {
		end, inQuotes := 1, false
		for ; end < len(b) && (inQuotes || b[end] != ';'); end++ {
			switch {
			case b[end] == '"':
				inQuotes = !inQuotes
			case b[end] == '\\' && inQuotes:
				end++
			}
		}
		if inQuotes {
			return nil, problem("a quoted string that does not end", "25.1")
		}
		end = min(end, len(b))
		name, value, has := bytes.Cut(b[1:end], []byte("="))
		b = b[end:]
		p := param{name: bytes.Trim(name, " \t")}
		if has {
			p.value = bytes.Trim(value, " \t")
		}
		switch {
		case !isToken(p.name):
			return nil, problem("a parameter without a name", "25.1")
		case has && len(p.value) == 0:
			return nil, problem("a parameter without a value", "25.1")
		case bytes.ContainsAny(p.value, " \t") && p.value[0] != '"':
			return nil, problem("a blank inside a parameter", "25.1")
		}
		out = append(out, p)
	}
	return out, flaw{}
}

// writeParams writes parameters as sipgo reads them. The names that it compares are in lower case and come first: it would take what
// stands in another one's quotes for them.
func writeParams(out []byte, ps []param) []byte {
	for _, ours := range []bool{true, false} {
		for _, p := range ps {
			name := bytes.ToLower(p.name)
			if ours != isCompared(name) {
				continue
			}
			if !ours {
				name = p.name
			}
			out = append(append(out, ';'), name...)
			if p.value != nil {
				out = append(append(out, '='), p.value...)
			}
		}
	}
	return out
}

func isCompared(name []byte) bool {
	switch string(name) {
	case "tag", "branch", "rport", "received", "lr":
		return true
	}
	return false
}

// namedOnce reports whether no parameter of that name comes twice.
func namedOnce(ps []param, name string) bool {
	n := 0
	for _, p := range ps {
		if equalFold(p.name, name) {
			n++
		}
	}
	return n < 2
}

// eachValue calls f for each value of a comma list, until it returns false.
func eachValue(b []byte, f func(value []byte) bool) {
	from, inQuotes, inBrackets := 0, false, false
	for i := 0; i <= len(b); i++ {
		switch {
		case i == len(b), b[i] == ',' && !inQuotes && !inBrackets:
			if !f(bytes.Trim(b[from:i], " \t")) {
				return
			}
			from = i + 1
		case b[i] == '\\' && inQuotes:
			i = min(i+1, len(b)-1)
		case b[i] == '"' && !inBrackets:
			inQuotes = !inQuotes
		case b[i] == '<' && !inQuotes:
			inBrackets = true
		case b[i] == '>' && !inQuotes:
			inBrackets = false
		}
	}
}

// hop is one value of Via.
type hop struct {
	transport, sentBy []byte
	params            []param
}

// readHop takes SIP/2.0/UDP host:port;branch=… apart.
func readHop(b []byte) (h hop, wrong flaw) {
	end := bytes.IndexByte(b, ';')
	if end < 0 {
		end = len(b)
	}
	parts := bytes.SplitN(b[:end], []byte("/"), 3)
	if len(parts) != 3 || !equalFold(bytes.Trim(parts[0], " \t"), "SIP") || string(bytes.Trim(parts[1], " \t")) != "2.0" {
		return h, problem("a Via that is not SIP/2.0/transport host", "20.42")
	}
	rest := bytes.Trim(parts[2], " \t")
	blank := bytes.IndexAny(rest, " \t")
	if blank < 0 || !isToken(rest[:blank]) {
		return h, problem("a Via that is not SIP/2.0/transport host", "20.42")
	}
	h.transport, h.sentBy = rest[:blank], bytes.Trim(rest[blank:], " \t")
	if bytes.ContainsAny(h.sentBy, " \t") { // which may be around the colon
		parts := bytes.Split(h.sentBy, []byte(":"))
		for i := range parts {
			parts[i] = bytes.Trim(parts[i], " \t")
		}
		h.sentBy = bytes.Join(parts, []byte(":"))
	}
	if wrong = checkHostPort(h.sentBy); wrong.what != "" {
		return h, wrong
	}
	h.params, wrong = readParams(b[end:])
	if wrong.what == "" && !(namedOnce(h.params, "branch") && namedOnce(h.params, "rport") && namedOnce(h.params, "received")) {
		wrong = problem("a Via with a parameter twice", "7.3.1")
	}
	return h, wrong
}

// plainHop reports whether a Via is one value that is right and as sipgo reads it, and gives its branch. Nearly all are; to take them
// apart would cost a call more than all the rest that is looked at.
func plainHop(b []byte) (branch []byte, ok bool) {
	rest, ok := bytes.CutPrefix(b, []byte("SIP/2.0/"))
	blank := bytes.IndexByte(rest, ' ')
	if !ok || blank < 0 || !isToken(rest[:blank]) {
		return nil, false
	}
	sentBy := rest[blank+1:]
	var params []byte
	if end := bytes.IndexByte(sentBy, ';'); end >= 0 {
		sentBy, params = sentBy[:end], sentBy[end:]
	}
	if !plainParams(params) || bytes.IndexByte(params, ',') >= 0 || checkHostPort(sentBy).what != "" {
		return nil, false
	}
	for rest := params; len(rest) > 0; {
		end := bytes.IndexByte(rest[1:], ';') + 1
		if end == 0 {
			end = len(rest)
		}
		name, value, _ := bytes.Cut(rest[1:end], []byte("="))
		rest = rest[end:]
		if !isToken(name) {
			return nil, false
		}
		if string(name) == "branch" {
			if branch != nil {
				return nil, false
			}
			branch = value
		}
	}
	return branch, bytes.Count(params, []byte(";rport")) < 2 && bytes.Count(params, []byte(";received")) < 2
}

// get is the value of a parameter.
func (h hop) get(name string) (value []byte, ok bool) {
	for _, p := range h.params {
		if equalFold(p.name, name) {
			return p.value, true
		}
	}
	return nil, false
}

// write writes a hop as sipgo reads it.
func (h hop) write(out []byte) []byte {
	out = append(append(out, "SIP/2.0/"...), h.transport...)
	out = append(append(out, ' '), h.sentBy...)
	return writeParams(out, h.params)
}
