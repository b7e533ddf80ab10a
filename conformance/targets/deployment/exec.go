package deployment

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/procgroup"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/pstn"
)

// command places each call by a command of the user's own; specs/external-calls.md is the contract.
type command struct {
	words []string
	dir   string

	mu      sync.Mutex
	seen    []finding.SIPMessage
	unended []string // numbers of calls of which nobody said that they were over
	all     sync.WaitGroup
}

// Said is a line that a command says of its call.
type Said struct {
	Event  string `json:"event"`  // ringing, answered, refused or ended
	Status int    `json:"status"` // of a refusal: the SIP status, 0 when there was none
	Reason string `json:"reason"` // of a refusal or an end, in words
	By     string `json:"by"`     // of an end: platform, caller or carrier; "" where it does not know
}

// endsWithin is how long a command may take to end when it is told to hang up, and diesWithin how long once it was sent SIGTERM.
const (
	endsWithin = 5 * time.Second
	diesWithin = time.Second
)

func (l *command) dial(ctx context.Context, d targets.Dial) (targets.Call, error) {
	from := cmp.Or(d.From, world.DefaultANI)
	words := make([]string, len(l.words))
	for i, w := range l.words {
		words[i] = strings.NewReplacer("{dni}", d.To, "{from}", from).Replace(w)
	}
	words[0] = program(l.dir, words[0])
	c := &commandCall{line: l, number: d.To, settled: make(chan struct{}), ended: make(chan struct{})}
	c.cmd = exec.Command(words[0], words[1:]...)
	c.cmd.Dir, c.cmd.Stderr, c.cmd.WaitDelay = l.dir, os.Stderr, endsWithin
	procgroup.Own(c.cmd) // whoever presses Ctrl-C speaks to us, and we tell it to hang up
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("calls.exec: %w", err)
	}
	l.note("carrier", "platform", "call "+d.To)
	l.all.Go(func() { c.follow(out) })
	select {
	case <-c.settled:
		return c, nil
	case <-ctx.Done():
		_ = c.stop()
		return c, ctx.Err()
	}
}

// program is the path of a command that a file in dir names: from there when it has a slash, else it is looked for on PATH.
func program(dir, name string) string {
	if !strings.ContainsRune(name, '/') || filepath.IsAbs(name) {
		return name
	}
	path := filepath.Join(dir, name)
	if absolute, err := filepath.Abs(path); err == nil { // without a slash it would be looked for on PATH
		return absolute
	}
	return path
}

func (l *command) note(from, to, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, finding.SIPMessage{At: time.Now(), From: from, To: to, Summary: text})
}

// silent notes that a command has ended without saying what became of a call that was up.
func (l *command) silent(number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unended = append(l.unended, number)
}

// troubles names the calls that may still be up.
func (l *command) troubles() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, number := range l.unended {
		all = append(all, fmt.Sprintf("the call to %s may still be up: its command ended, or was ended, before it said that the call is over", number))
	}
	return all
}

func (l *command) transfer(context.Context, string, string) (client.Call, error) {
	return nil, errors.New("calls.exec: want calls to the platform only, got a transfer")
}

func (l *command) behave(pstn.Behaviour) error { return nil } // a scenario with a carrier of its own is not played

func (l *command) ladder() []finding.SIPMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]finding.SIPMessage(nil), l.seen...)
}

// Close waits for the commands: the stage has hung up all calls before.
func (l *command) Close() error {
	l.all.Wait()
	return nil
}

// commandCall is one call of a command.
type commandCall struct {
	line    *command
	number  string
	cmd     *exec.Cmd
	in      io.WriteCloser
	settled chan struct{} // answered or not
	ended   chan struct{}

	mu       sync.Mutex
	answered bool
	said     Said // the last that settles or ends it
	at       time.Time
}

// follow reads what the command says until it ends.
func (c *commandCall) follow(out io.Reader) {
	settle := sync.OnceFunc(func() { close(c.settled) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var s Said
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			c.line.note("carrier", "carrier", fmt.Sprintf("calls.exec: want a JSON line, got %.80q", lines.Text()))
			continue
		}
		c.line.note("platform", "carrier", strings.TrimSpace(fmt.Sprintf("%s %s %s", s.Event, s.By, s.Reason)))
		c.hear(s)
		if s.Event != "ringing" {
			settle()
		}
	}
	err := c.cmd.Wait()
	c.mu.Lock()
	if c.at.IsZero() { // it ended without a word
		c.at = time.Now()
		c.said = Said{Event: "ended", Reason: "the command ended"}
		if err != nil {
			c.said.Reason = "the command ended: " + err.Error()
		}
		if c.answered {
			c.line.silent(c.number)
			c.line.note("carrier", "carrier", c.said.Reason+"; whether the call is over, nobody said")
		}
	}
	c.mu.Unlock()
	close(c.ended)
	settle()
}

func (c *commandCall) hear(s Said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s.Event {
	case "answered":
		c.answered = true
	case "refused", "ended":
		c.said, c.at = s, time.Now()
	}
}

// stop tells the command to hang up, and ends it and what it has started when it does not.
func (c *commandCall) stop() error {
	c.line.note("carrier", "carrier", "hangup")
	_, err := io.WriteString(c.in, `{"do":"hangup"}`+"\n")
	if closing := c.in.Close(); !errors.Is(closing, os.ErrClosed) { // a command that has ended since was told all the same
		err = errors.Join(err, closing)
	}
	late := time.AfterFunc(endsWithin, func() { _ = procgroup.Terminate(c.cmd) }) // an error says that it is gone
	dead := time.AfterFunc(endsWithin+diesWithin, func() { _ = procgroup.Kill(c.cmd) })
	<-c.ended
	late.Stop()
	dead.Stop()
	return err
}

func (c *commandCall) get() (Said, bool, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said, c.answered, c.at
}

func (c *commandCall) ID() string { return "" }

func (c *commandCall) Answered() bool {
	_, answered, _ := c.get()
	return answered
}

func (c *commandCall) Status() int {
	said, answered, _ := c.get()
	if answered {
		return 200
	}
	return said.Status
}

func (c *commandCall) Reason() string {
	said, answered, _ := c.get()
	if answered {
		return "OK"
	}
	return said.Reason
}

// Press implements targets.Call. Scenarios with digits are not played over a command.
func (c *commandCall) Press(context.Context, string, string) (int, error) {
	return 0, errors.New("digits: want calls.trunk in the target file: a command has no way to press them")
}

func (c *commandCall) Hangup(context.Context) (int, error) {
	select {
	case <-c.ended:
		return 200, nil
	default:
		return 200, c.stop()
	}
}

func (c *commandCall) Ended() <-chan struct{} { return c.ended }

func (c *commandCall) End() targets.CallEnd {
	said, answered, at := c.get()
	e := targets.CallEnd{By: said.By, How: "bye", Cause: said.Reason, Headers: map[string]string{}, At: at}
	if !answered {
		e.By, e.How = cmp.Or(said.By, pstn.ByPlatform), "reject"
	}
	return e
}
