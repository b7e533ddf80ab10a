package linebuf

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// JSON writes JSON to w with every character that is not printed escaped: encoding/json leaves those above 0x7e as they
// are, among them what a terminal takes for a command (U+009B) and what turns the rest of a line around (U+202E).
func JSON(w io.Writer) io.Writer { return escaping{w} }

type escaping struct{ to io.Writer }

// Write takes whole characters. It returns len(p) when what became of them was written.
func (e escaping) Write(p []byte) (int, error) {
	if !bytes.ContainsFunc(p, hidden) {
		return e.to.Write(p)
	}
	out := make([]byte, 0, len(p)+64)
	for rest := p; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case !hidden(r):
			out = append(out, rest[:size]...)
		case r > 0xffff:
			high, low := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		rest = rest[size:]
	}
	if _, err := e.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hidden reports whether a character is not to be printed. The end of a line is no part of a text.
func hidden(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) }
