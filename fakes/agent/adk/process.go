//go:build unix

package adk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// process is that of one call.
type process struct {
	host   *host
	pid    int
	line   *line
	output *os.File // what it writes past Python's own streams
	said   *tail
	read   chan struct{} // closed when there is nothing more of it
}

func newProcess(h *host, pid int, c net.Conn, output *os.File) *process {
	p := &process{host: h, pid: pid, line: newLine(c), output: output, said: newTail(), read: make(chan struct{})}
	go func() {
		defer close(p.read)
		p.said.readFrom(output)
	}()
	return p
}

// graces of a function in real time: beyond its limit, since the process may have to wait for a processor, and beyond the end of
// its context, which is that of its call or of the platform.
const (
	beyondLimit = 500 * time.Millisecond
	beyondCall  = 2 * time.Second
)

// ask has a function run, and says what it left for a reader whatever came of it. After an error the process is of no more use.
func (p *process) ask(ctx context.Context, question json.RawMessage, limit time.Duration) (r reply, err error) {
	by := time.Now().Add(limit + beyondLimit)
	if err := p.line.send(question, nil, by); err != nil {
		err = p.ended(err, limit)
		return reply{Notes: p.last()}, err
	}
	text, notes, err := p.line.answer(ctx, by, beyondCall)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	switch {
	case err == nil && r.Marked:
		r.Notes = append(notes, p.said.untilMark()...)
		return r, nil
	case err == nil:
		r.Notes = append(notes, p.said.take()...)
		return r, nil
	case ctx.Err() != nil:
		err = fmt.Errorf("it was ended, for its call is over: %w", context.Cause(ctx))
	default:
		err = p.ended(err, limit)
	}
	return reply{Notes: append(notes, p.last()...)}, err
}

// ended says why there is no answer.
func (p *process) ended(err error, limit time.Duration) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: want %s at most, and it had not returned when it was ended", conversation.ErrTimeout, limit)
	}
	if errors.Is(err, errTooLong) {
		return err
	}
	if how := p.stop(); how != "" {
		err = errors.New(how)
	}
	return fmt.Errorf("its process ended: %w", err)
}

// last ends the process, and returns what it had written past Python's own streams.
func (p *process) last() []conversation.Note {
	p.stop()
	select {
	case <-p.read:
	case <-time.After(endsWithin): // somebody else holds its output open
	}
	return p.said.take()
}

// stop ends the process and all that it has started, and says how it ended.
func (p *process) stop() string {
	how := p.host.end(p.pid)
	_ = p.line.close()
	_ = p.output.SetReadDeadline(time.Now().Add(endsWithin)) // for the last words
	return how
}
