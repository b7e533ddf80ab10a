package sipua

import (
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
	Raw       string // as on the wire; a message received over TCP is as the parser wrote it down again
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
	m := readMessage(string(raw))
	m.Sent, m.Peer = sent, peer
	t.mu.Lock()
	defer t.mu.Unlock()
	m.At = time.Now()
	t.sink(m)
}

// readMessage reads the few lines that a ladder shows. It takes anything, also what no parser would. What it returns is cut out
// of the text, without a copy: every message of every call comes by.
func readMessage(raw string) Message {
	m := Message{Raw: raw}
	for line := range strings.Lines(raw) {
		line = strings.TrimRight(line, "\r\n")
		if m.StartLine == "" {
			m.StartLine = line
			continue
		}
		if line == "" {
			break
		}
		if c := line[0] | 0x20; c != 'c' && c != 'i' && c != ' ' && c != '\t' {
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, "call-id"), strings.EqualFold(name, "i"):
			m.CallID = strings.TrimSpace(value)
		case strings.EqualFold(name, "cseq"):
			m.CSeq = oneBlank(strings.TrimSpace(value))
		}
	}
	return m
}

// oneBlank has one blank where s has any white space.
func oneBlank(s string) string {
	if strings.ContainsAny(s, "\t") || strings.Contains(s, "  ") {
		return strings.Join(strings.Fields(s), " ")
	}
	return s
}
