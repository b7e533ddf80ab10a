package sipua

import (
	"bytes"
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// maxMessage is the longest message that is read, in bytes.
const maxMessage = 65535

// frames cuts a stream of bytes into messages (RFC 3261 18.3).
type frames struct {
	buf         []byte
	start, used int // what is read and not taken yet
	head        int // length of the first message's header, with the empty line; 0 as long as it is not there
	length      int // and of its body
	ping        bool
	lost        *verdict // why there is no way to find the next message; what is left begins with the one that has no end
	message     lexed    // to read the header with
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

// skip drops the line ends before a message (RFC 3261 7.5), halves of them too: a body that is longer than was said leaves some. Two
// whole ones ask for an answer (RFC 5626 3.5.1).
func (f *frames) skip() {
	const crlf = "\r\n"
	for f.head == 0 && f.lost == nil {
		b := f.buf[f.start:f.used]
		switch {
		case bytes.HasPrefix(b, []byte(crlf+crlf)):
			f.start, f.ping = f.start+4, true
		case bytes.HasPrefix(b, []byte(crlf)):
			f.start += 2
		case len(b) > 0 && b[0] == '\n', len(b) > 1 && b[0] == '\r':
			f.start++
		default:
			return
		}
	}
}

// pinged reports whether the peer has asked for a sign of life since the last time.
func (f *frames) pinged() bool {
	f.skip()
	asked := f.ping
	f.ping = false
	return asked
}

// begun is what there is of a message that has not ended yet.
func (f *frames) begun() []byte {
	f.skip()
	return f.buf[f.start:f.used]
}

// next takes the next message; nil when it is not there yet, or cannot be found. It is valid until more is read.
func (f *frames) next() []byte {
	f.skip()
	b := f.buf[f.start:f.used]
	if f.head == 0 && f.lost == nil {
		f.measure(b)
	}
	if f.lost != nil || f.head == 0 || len(b) < f.head+f.length {
		return nil
	}
	whole := b[:f.head+f.length]
	f.start += len(whole)
	f.head, f.length = 0, 0
	return whole
}

// measure finds out how long the message is.
func (f *frames) measure(b []byte) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > maxMessage {
			f.lost = &tooLong
		}
		return
	}
	head := b[:end+4]
	f.message.read(head)
	said := f.message.get(contentLength)
	length, ok := number(said, 1<<31-1)
	lose := func(what, section string) {
		f.lost = &verdict{status: sip.StatusBadRequest, cause: problem(what, section)}
	}
	switch n := f.message.count(contentLength); {
	case n == 0:
		lose("no Content-Length over a stream", "20.14")
	case n > 1:
		lose(fmt.Sprintf("%d Content-Length", n), "7.3.1")
	case !ok:
		lose("a Content-Length that is no number", "20.14")
	case len(head)+int(length) > maxMessage:
		f.lost = &tooLong
	default:
		f.head, f.length = len(head), int(length)
	}
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
