//go:build unix

package adk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// maxLine bounds, in bytes, what is read of an answer.
const maxLine = 8 << 20

var errTooLong = fmt.Errorf("reply: want %d bytes at most, got more", maxLine)

// line carries messages of a line each to a process and back.
type line struct {
	conn net.Conn
	read *bufio.Reader
}

func newLine(c net.Conn) *line { return &line{conn: c, read: bufio.NewReaderSize(c, 4<<10)} }

// send writes a message, with descriptors of which the far end gets copies.
func (l *line) send(message []byte, descriptors []int, by time.Time) error {
	if err := l.conn.SetWriteDeadline(by); err != nil {
		return err
	}
	message = slices.Concat(message, []byte("\n"))
	if len(descriptors) > 0 {
		n, _, err := l.conn.(*net.UnixConn).WriteMsgUnix(message, syscall.UnixRights(descriptors...), nil)
		if err != nil {
			return err
		}
		message = message[n:]
	}
	_, err := l.conn.Write(message)
	return err
}

// receive reads a message that comes by then, or so soon after ctx has ended.
func (l *line) receive(ctx context.Context, by time.Time, grace time.Duration) (message []byte, err error) {
	if err := l.conn.SetReadDeadline(by); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = l.conn.SetReadDeadline(time.Now().Add(grace)) })()
	for {
		part, err := l.read.ReadSlice('\n')
		message = append(message, part...)
		switch {
		case err == nil:
			return message, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(message) > maxLine:
			return nil, errTooLong
		}
	}
}

// noteBegins is how a message begins that is a note and no answer.
var noteBegins = []byte(`{"note": `)

// answer reads the notes up to the answer of a question, and the answer. What came is returned with an error too.
func (l *line) answer(ctx context.Context, by time.Time, grace time.Duration) (answer []byte, notes []conversation.Note, err error) {
	for {
		message, err := l.receive(ctx, by, grace)
		if err != nil || !bytes.HasPrefix(message, noteBegins) {
			return message, notes, err
		}
		var m struct {
			Note conversation.Note `json:"note"`
		}
		if err := json.Unmarshal(message, &m); err != nil {
			return nil, notes, fmt.Errorf("note: %w", err)
		}
		notes = append(notes, m.Note)
	}
}

func (l *line) close() error { return l.conn.Close() }
