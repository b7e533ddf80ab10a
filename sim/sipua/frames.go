package sipua

import (
	"bytes"
	"fmt"
	"strconv"
)

// maxMessage is the longest message that is read, in bytes.
const maxMessage = 65535

// frames cuts a stream of bytes into messages (RFC 3261 18.3).
type frames struct {
	buf         []byte
	start, used int // what is read and not taken yet
	ping        bool
	err         error // there is no way to find the next message
}

// room is where to read to.
func (f *frames) room() []byte {
	f.used, f.start = copy(f.buf, f.buf[f.start:f.used]), 0
	if len(f.buf)-f.used < 1024 {
		f.buf = append(make([]byte, 0, 2*f.used+4096), f.buf[:f.used]...)
		f.buf = f.buf[:cap(f.buf)]
	}
	return f.buf[f.used:]
}

func (f *frames) filled(n int) { f.used += n }

// skip drops the line ends before a message (RFC 3261 7.5). Two of them ask for an answer (RFC 5626 3.5.1).
func (f *frames) skip() {
	const crlf = "\r\n"
	for bytes.HasPrefix(f.buf[f.start:f.used], []byte(crlf)) {
		n := len(crlf)
		if bytes.HasPrefix(f.buf[f.start+n:f.used], []byte(crlf)) {
			n, f.ping = 2*n, true
		}
		f.start += n
	}
}

// pinged reports whether the peer has asked for a sign of life since the last time.
func (f *frames) pinged() bool {
	f.skip()
	asked := f.ping
	f.ping = false
	return asked
}

// next takes the next message; nil when it is not there yet, or cannot be found. It is valid until more is read.
func (f *frames) next() []byte {
	f.skip()
	b := f.buf[f.start:f.used]
	end := bytes.Index(b, []byte("\r\n\r\n"))
	switch {
	case f.err != nil:
		return nil
	case end < 0 && len(b) > maxMessage:
		f.err = fmt.Errorf("message: want at most %d bytes, got more", maxMessage)
		return nil
	case end < 0:
		return nil
	}
	end += 4
	said := string(headerOf(b[:end], "Content-Length", "l"))
	length, err := strconv.ParseUint(said, 10, 31)
	switch {
	case err != nil:
		f.err = fmt.Errorf("content length: want a number, got %q", cut(said))
		return nil
	case end+int(length) > maxMessage:
		f.err = fmt.Errorf("message: want at most %d bytes, got %d", maxMessage, end+int(length))
		return nil
	case len(b) < end+int(length):
		return nil
	}
	f.start += end + int(length)
	return b[:end+int(length)]
}

// headerOf finds the first value of a header, by its name or its compact form, in a message that is not parsed yet; nil when there is none.
func headerOf(message []byte, name, compact string) []byte {
	for rest := message; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 || i+1 == len(rest) || rest[i+1] == '\r' || rest[i+1] == '\n' {
			return nil
		}
		rest = rest[i+1:]
		if c := rest[0] | 0x20; c != name[0]|0x20 && c != compact[0]|0x20 {
			continue
		}
		line := rest
		if end := bytes.IndexAny(rest, "\r\n"); end >= 0 {
			line = rest[:end]
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		if key = bytes.TrimSpace(key); equalFold(key, name) || equalFold(key, compact) {
			return bytes.TrimSpace(value)
		}
	}
}

// equalFold compares a header's name, which has no letters but those of ASCII.
func equalFold(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i := range b {
		if b[i] != name[i] && b[i]|0x20 != name[i]|0x20 {
			return false
		}
	}
	return true
}
