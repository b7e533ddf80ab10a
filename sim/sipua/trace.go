package sipua

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// Message is one SIP message as it was sent or received; retransmissions are there too.
type Message struct {
	At        time.Time
	Sent      bool
	Peer      string // host:port
	CallID    string
	StartLine string
	CSeq      string // "1 INVITE"
	Raw       []byte // as on the wire; a message received over TCP is as the parser wrote it down again
}

// tracer hands messages to Config.Trace one at a time. A nil tracer does nothing.
type tracer struct {
	mu   sync.Mutex
	sink func(Message)
}

func newTracer(sink func(Message)) *tracer {
	if sink == nil {
		return nil
	}
	return &tracer{sink: sink}
}

func (t *tracer) message(sent bool, peer string, raw []byte) {
	if t == nil {
		return
	}
	m := readMessage(bytes.Clone(raw))
	m.Sent, m.Peer = sent, peer
	t.mu.Lock()
	defer t.mu.Unlock()
	m.At = time.Now()
	t.sink(m)
}

// readMessage reads the few lines that a ladder shows. It takes anything, also what no parser would.
func readMessage(raw []byte) Message {
	m := Message{Raw: raw}
	for line := range bytes.Lines(raw) { // without a copy of a line that is not shown: every message of every call comes by
		line = bytes.TrimRight(line, "\r\n")
		if m.StartLine == "" {
			m.StartLine = string(line)
			continue
		}
		if len(line) == 0 {
			break
		}
		if c := line[0] | 0x20; c != 'c' && c != 'i' && c != ' ' && c != '\t' {
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch name = bytes.TrimSpace(name); {
		case bytes.EqualFold(name, []byte("call-id")), bytes.EqualFold(name, []byte("i")):
			m.CallID = string(bytes.TrimSpace(value))
		case bytes.EqualFold(name, []byte("cseq")):
			m.CSeq = strings.Join(strings.Fields(string(value)), " ")
		}
	}
	return m
}
