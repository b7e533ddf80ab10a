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
	p := &process{host: h, pid: pid, line: newLine(c), output: output, said: new(tail), read: make(chan struct{})}
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

// ask has a function run. After an error the process is of no more use.
func (p *process) ask(ctx context.Context, question json.RawMessage, limit time.Duration) (r reply, err error) {
	by := time.Now().Add(limit + beyondLimit)
	if err := p.line.send(question, nil, by); err != nil {
		return r, p.ended(err, limit)
	}
	text, err := p.line.receive(ctx, by, beyondCall)
	switch {
	case err != nil && ctx.Err() != nil:
		return r, fmt.Errorf("it was ended, for its call is over: %w", context.Cause(ctx))
	case err != nil:
		return r, p.ended(err, limit)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("reply: %w", err)
	}
	return r, nil
}

// ended says why there is no answer.
func (p *process) ended(err error, limit time.Duration) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: want %s at most, and it had not returned when it was ended", conversation.ErrTimeout, limit)
	}
	if errors.Is(err, errTooLong) {
		return err
	}
	how := p.stop()
	select {
	case <-p.read:
	case <-time.After(endsWithin): // somebody else holds its output open
	}
	if how == "" {
		how = err.Error()
	}
	return fmt.Errorf("its process ended: %s%s", how, p.said.after(": "))
}

// stop ends the process and all that it has started, and says how it ended.
func (p *process) stop() string {
	how := p.host.end(p.pid)
	_ = p.line.close()
	_ = p.output.SetReadDeadline(time.Now().Add(endsWithin)) // for the last words
	return how
}
