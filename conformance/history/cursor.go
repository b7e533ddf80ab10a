package history

import (
	"bytes"
	"unicode/utf8"
)

// cursor reads JSON from a line, byte by byte. What it accepts is valid JSON; it may give up on JSON that is valid too.
type cursor struct {
	data []byte
	at   int
}

// deepest is how many objects and arrays the cursor follows into each other.
const deepest = 64

func (c *cursor) space() {
	for c.at < len(c.data) {
		switch c.data[c.at] {
		case ' ', '\t', '\r', '\n':
			c.at++
		default:
			return
		}
	}
}

// take steps over b, which may stand behind space.
func (c *cursor) take(b byte) bool {
	if c.at < len(c.data) && c.data[c.at] != b {
		c.space()
	}
	if c.at < len(c.data) && c.data[c.at] == b {
		c.at++
		return true
	}
	return false
}

func (c *cursor) atEnd() bool {
	c.space()
	return c.at == len(c.data)
}

// quoted steps over a string and returns it with its quotes. It is plain when it is ASCII and nothing in it is escaped;
// what is escaped is valid.
func (c *cursor) quoted() (s []byte, plain, ok bool) {
	if !c.take('"') {
		return nil, false, false
	}
	from := c.at - 1
	plain = true
	for i := c.at; i < len(c.data); i++ {
		switch b := c.data[i]; {
		case b == '"':
			c.at = i + 1
			return c.data[from:c.at], plain, true
		case b == '\\':
			n := escape(c.data[i:])
			if n == 0 {
				return nil, false, false
			}
			i, plain = i+n-1, false
		case b < 0x20:
			return nil, false, false
		case b >= utf8.RuneSelf:
			plain = false
		}
	}
	return nil, false, false
}

// escape returns how many bytes of s, which begins with a backslash, are one escape; 0 when it is none.
func escape(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(s) < 6 {
			return 0
		}
		for _, b := range s[2:6] {
			if b-'0' > 9 && (b|0x20)-'a' > 5 {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (c *cursor) boolean(into *bool) bool {
	c.space()
	switch {
	case c.word("true"):
		*into = true
	case c.word("false"):
		*into = false
	default:
		return false
	}
	return true
}

func (c *cursor) word(w string) bool {
	if !bytes.HasPrefix(c.data[c.at:], []byte(w)) {
		return false
	}
	c.at += len(w)
	return true
}

// value steps over any value that is depth values deep.
func (c *cursor) value(depth int) bool {
	if c.space(); c.at == len(c.data) || depth > deepest {
		return false
	}
	switch c.data[c.at] {
	case '"':
		_, _, ok := c.quoted()
		return ok
	case '{':
		return c.list('}', func() bool {
			_, _, ok := c.quoted()
			return ok && c.take(':') && c.value(depth+1)
		})
	case '[':
		return c.list(']', func() bool { return c.value(depth + 1) })
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// list steps over an object or an array, to its end.
func (c *cursor) list(end byte, element func() bool) bool {
	c.at++
	if c.take(end) {
		return true
	}
	for element() {
		if c.take(end) {
			return true
		}
		if !c.take(',') {
			return false
		}
	}
	return false
}

func (c *cursor) number() bool {
	c.sign("-")
	whole := c.at
	if n := c.digits(); n == 0 || n > 1 && c.data[whole] == '0' {
		return false
	}
	if c.sign(".") && c.digits() == 0 {
		return false
	}
	if c.sign("eE") {
		c.sign("+-")
		return c.digits() > 0
	}
	return true
}

// sign steps over one byte that is in set.
func (c *cursor) sign(set string) bool {
	if c.at < len(c.data) && bytes.IndexByte([]byte(set), c.data[c.at]) >= 0 {
		c.at++
		return true
	}
	return false
}

func (c *cursor) digits() (n int) {
	for c.at < len(c.data) && c.data[c.at]-'0' <= 9 {
		c.at, n = c.at+1, n+1
	}
	return n
}
