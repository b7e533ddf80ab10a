package record

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

const (
	maxUp   = 10_000  // calls that have begun and not ended
	maxLine = 8 << 10 // bytes; with maxUp it bounds what they take

	// farthest is how far a time that is told may be from the present. A clock that is further off is no clock of this run.
	farthest = 24 * time.Hour
)

// Call is a line that says what a dialler did: one for a whole call, or several with its call_id while it goes on, each
// with what is new. Times are RFC 3339 with milliseconds or better, of a clock that agrees with the recorder's, or the
// word now. The moment now is when the recorder reads the line: a dialler sends dialled before it dials, and waits for
// the answer to the line.
type Call struct {
	CallID    string `json:"call_id,omitempty"` // the platform's id where the dialler knows it, else any
	Number    string `json:"number,omitempty"`  // to be dialled, as the reservation's reply has it
	Project   string `json:"project,omitempty"`
	Client    string `json:"client,omitempty"`
	Generator string `json:"generator,omitempty"` // whose clock the times are of, when it is another host's
	Nonce     string `json:"nonce,omitempty"`     // of the reservation that the call is for
	SharedID  string `json:"shared_id,omitempty"`
	Dialled   string `json:"dialled,omitempty"`  // before the INVITE was sent
	Arrived   string `json:"arrived,omitempty"`  // the first 18x or 2xx was there
	Ended     string `json:"ended,omitempty"`    // BYE, or the final response of a call that was refused
	EndedBy   string `json:"ended_by,omitempty"` // platform, caller or carrier
	Status    int    `json:"status,omitempty"`   // SIP; 300 and above refuse the call
}

// Calls takes lines about calls, and keeps those that are up. It is safe for concurrent use.
type Calls struct {
	log     *Log
	project string // of calls whose line names none

	mu sync.Mutex
	up map[string]*history.Op
}

// NewCalls returns a place for lines about calls. project is for those that name none.
func NewCalls(l *Log, project string) *Calls {
	return &Calls{log: l, project: project, up: make(map[string]*history.Op)}
}

// Tell records what one line says. The error says what is wrong with it; nothing of it is then recorded.
func (c *Calls) Tell(line []byte) error {
	var told Call
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&told); err != nil {
		return fmt.Errorf("call: want an object of call_id, number, project, client, generator, nonce, shared_id, dialled, arrived, ended, ended_by and status: %s", plain(err))
	}
	if d.More() {
		return errors.New("call: want one object, got more behind it")
	}
	return c.tell(told)
}

// plain says what encoding/json found, without words of Go.
func plain(err error) string {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return fmt.Sprintf("%s: got a JSON %s", mistyped.Field, mistyped.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func (c *Calls) tell(told Call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := told.Generator + "\n" + told.CallID
	known := c.up[key]
	op := history.Op{Kind: history.Call, Generator: told.Generator, CallID: told.CallID, Project: c.project, Outcome: history.Indefinite}
	if known != nil {
		op = *known
	}
	if err := c.apply(told, &op, known != nil); err != nil {
		return err
	}
	over := op.Ended || op.Outcome == history.Refused
	switch {
	case !over && told.CallID == "":
		return errors.New("call: want a call_id to speak of it again, or when it ended, got neither")
	case !over && known == nil && len(c.up) >= maxUp:
		return fmt.Errorf("call: want %d calls up at most, got one more; say when calls ended", maxUp)
	}
	if known == nil {
		op = c.log.begin(op, true)
	}
	if over {
		delete(c.up, key)
	} else {
		c.up[key] = &op
	}
	if op.End > op.Start || over || op.Outcome != history.Indefinite {
		c.log.update(&op)
	}
	return nil
}

// apply puts what a line says into the operation, which begun says was there before.
func (c *Calls) apply(told Call, op *history.Op, begun bool) error {
	texts := []struct {
		from string
		to   *string
	}{{told.Number, &op.Number}, {told.Project, &op.Project}, {told.Client, &op.Client}, {told.Nonce, &op.Nonce}, {told.SharedID, &op.SharedID}, {told.EndedBy, &op.EndedBy}}
	for _, t := range texts {
		if t.from != "" {
			*t.to = t.from
		}
	}
	dialled, errD := c.when("dialled", told.Dialled)
	arrived, errA := c.when("arrived", told.Arrived)
	ended, errE := c.when("ended", told.Ended)
	if err := errors.Join(errD, errA, errE); err != nil {
		return err
	}
	switch {
	case !begun && (op.Number == "" || told.Dialled == ""):
		return errors.New("call: want number and dialled in the first line of a call")
	case begun && told.Dialled != "":
		return fmt.Errorf("call: want dialled once, got it again of %q, which is not over", told.CallID)
	case told.Status != 0 && (told.Status < 100 || told.Status > 699):
		return fmt.Errorf("call: status: want 100 to 699, got %d", told.Status)
	case told.EndedBy != "" && told.EndedBy != "platform" && told.EndedBy != "caller" && told.EndedBy != "carrier":
		return fmt.Errorf("call: ended_by: want platform, caller or carrier, got %q", told.EndedBy)
	case told.Status >= 300 && told.Ended == "":
		return errors.New("call: want ended, when the refusal came, with a status of 300 and above")
	}
	if !begun {
		op.Start, op.End = dialled, dialled
	}
	if told.Status != 0 {
		op.Status = told.Status
	}
	if told.Arrived != "" {
		op.Outcome, op.End = history.OK, arrived
	}
	switch {
	case told.Ended == "":
	case told.Status >= 300:
		op.Outcome, op.End = history.Refused, ended
	default:
		op.Ended, op.Bye = true, ended
		if op.Outcome != history.OK { // it may have arrived at any time until then
			op.End = ended
		}
	}
	if op.End < op.Start || op.Ended && op.Bye < op.End {
		return errors.New("call: want dialled, arrived and ended in this order, got another")
	}
	return nil
}

// when is a time of a line; 0 when there is none.
func (c *Calls) when(name, s string) (time.Duration, error) {
	switch s {
	case "":
		return 0, nil
	case "now":
		return c.log.now(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, fmt.Errorf("call: %s: want now or a time as 2026-01-31T12:00:00.000Z, got %q", name, s)
	}
	if away := time.Until(t).Abs(); away > farthest {
		return 0, fmt.Errorf("call: %s: want a time within a day of the recorder's clock, got %q", name, s)
	}
	return c.log.at(t), nil
}

// Read takes lines until r ends, and hands each one's number and error, which is nil mostly, to answer.
func (c *Calls) Read(r io.Reader, answer func(line int, err error)) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4<<10), maxLine)
	for line := 1; s.Scan(); line++ {
		if text := bytes.TrimSpace(s.Bytes()); len(text) > 0 {
			answer(line, c.Tell(text))
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("calls: %w", err)
	}
	return nil
}

// Serve takes lines on each connection and answers each line with {"ok":true} or {"error":"…"}, until ctx ends.
func (c *Calls) Serve(ctx context.Context, l net.Listener) {
	var conns sync.WaitGroup
	defer conns.Wait()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conns.Go(func() {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			defer conn.Close()
			_ = c.Read(conn, func(_ int, err error) { answer(conn, err) }) // who sends too long a line is hung up on
		})
	}
}

func answer(w io.Writer, err error) {
	reply := map[string]any{"ok": true}
	if err != nil {
		reply = map[string]any{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(reply) // who does not wait for it has gone
}
