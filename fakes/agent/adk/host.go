//go:build unix

package adk

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

//go:embed python/*.py
var python embed.FS

// Patience with the warm process, in real time.
const (
	answersWithin = 10 * time.Second // a fork, or the end of a call
	endsWithin    = 2 * time.Second
)

// host is the warm process.
type host struct {
	command *exec.Cmd
	said    *tail // on its standard output and standard error
	exited  chan struct{}

	mu      sync.Mutex // one question at a time
	control *line
	pids    map[int]struct{} // of calls
}

// find looks for an interpreter.
func find(interpreter string) (file string, err error) {
	if file, err = exec.LookPath(interpreter); err != nil {
		return "", fmt.Errorf("python: want %s on the PATH, to run an ADK project (3.9 or newer; %s were tested), got none", interpreter, TestedWith)
	}
	return file, nil
}

// start starts Python and asks it the first question, which is to import a project, or to read one. What the project's code left
// meanwhile is told in an error, or else returned.
func start(ctx context.Context, interpreter string, question json.RawMessage, answer any) (*host, []conversation.Note, error) {
	file, err := find(interpreter)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs, err := pair()
	if err != nil {
		return nil, nil, err
	}
	h := &host{said: newTail(), exited: make(chan struct{}), control: newLine(ours), pids: make(map[int]struct{})}
	text, err := sources()
	if err != nil {
		return nil, nil, errors.Join(err, ours.Close(), theirs.Close())
	}
	h.command = exec.Command(file, "-B", "-X", "utf8", "-c", program)
	h.command.Env = append(os.Environ(), "TZ=UTC", "PYTHONSAFEPATH=1") // as where the platform runs; nothing of the folder we are in
	h.command.Stdin, h.command.Stdout, h.command.Stderr = bytes.NewReader(text), h.said, h.said
	h.command.ExtraFiles = []*os.File{theirs}
	h.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that Ctrl-C at a terminal is ours alone
	h.command.WaitDelay = endsWithin
	err = h.command.Start()
	if err = errors.Join(err, theirs.Close()); err != nil { // or its end would not be seen
		return nil, nil, errors.Join(fmt.Errorf("python: %w", err), ours.Close())
	}
	go func() {
		defer close(h.exited)
		_ = h.command.Wait() // how it ended is in what it said
	}()
	notes, err := h.ask(ctx, question, nil, loadsWithin, answer)
	if err != nil {
		h.close()
		for _, n := range notes {
			fmt.Fprintln(h.said, n.Kind+": "+n.String())
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, nil, fmt.Errorf("project: want it read and imported within %s, got no answer%s", loadsWithin, h.said.after(": "))
		}
		return nil, nil, fmt.Errorf("python: it ended while it read or imported the project (%w)%s", err, h.said.after(": "))
	}
	return h, notes, nil
}

// program is what Python is started with.
const program = `import json, sys; sources = json.load(sys.stdin); exec(sources["boot"])`

// sources are the modules that it reads, as JSON.
func sources() ([]byte, error) {
	files, err := python.ReadDir("python")
	if err != nil {
		return nil, err
	}
	modules := make(map[string]string)
	for _, f := range files {
		text, err := python.ReadFile(path.Join("python", f.Name()))
		if err != nil {
			return nil, err
		}
		modules[strings.TrimSuffix(f.Name(), ".py")] = string(text)
	}
	return json.Marshal(modules)
}

// ask sends a question, with descriptors, and reads the answer, and what the project's code has left since it was last asked.
func (h *host) ask(ctx context.Context, question json.RawMessage, descriptors []int, within time.Duration, answer any) ([]conversation.Note, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.control.send(question, descriptors, time.Now().Add(within)); err != nil {
		return nil, err
	}
	text, notes, err := h.control.answer(ctx, time.Now().Add(within), 0)
	if err != nil {
		return notes, err
	}
	return notes, json.Unmarshal(text, answer)
}

// gone reports whether the process has ended.
func (h *host) gone() bool {
	select {
	case <-h.exited:
		return true
	default:
		return false
	}
}

// fork begins a call: a process, and the line to it.
func (h *host) fork() (*process, error) {
	ours, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, ours.Close(), theirs.Close())
	}
	var answer struct {
		PID int `json:"pid"`
	}
	_, err = h.ask(context.Background(), json.RawMessage("{}"), []int{int(theirs.Fd()), int(write.Fd())}, answersWithin, &answer)
	err = errors.Join(err, theirs.Close(), write.Close())
	if err != nil {
		h.kill() // nobody knows what it has forked
		<-h.exited
		return nil, errors.Join(fmt.Errorf("python: the warm process does not fork: %w", err), ours.Close(), read.Close())
	}
	h.mu.Lock()
	h.pids[answer.PID] = struct{}{}
	h.mu.Unlock()
	return newProcess(h, answer.PID, ours, read), nil
}

// end ends a call's process, with all that it has started, and says how it ended; "" when that is not known, or was said.
func (h *host) end(pid int) string {
	h.mu.Lock()
	_, there := h.pids[pid]
	delete(h.pids, pid)
	h.mu.Unlock()
	if !there {
		return ""
	}
	var answer struct {
		How string `json:"how"`
	}
	_, err := h.ask(context.Background(), json.RawMessage(fmt.Sprintf(`{"end":%d}`, pid)), nil, answersWithin, &answer)
	if err != nil {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // the warm process has gone, or is about to: nobody has reaped it
	}
	return answer.How
}

// kill ends the warm process and its calls at once.
func (h *host) kill() {
	_ = syscall.Kill(-h.command.Process.Pid, syscall.SIGKILL)
	h.mu.Lock()
	defer h.mu.Unlock()
	for pid := range h.pids {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	clear(h.pids)
}

// close ends the warm process, which first ends its calls; where it has gone by itself, they are ended here.
func (h *host) close() {
	h.mu.Lock()
	_ = h.control.close()
	h.mu.Unlock()
	select {
	case <-h.exited:
	case <-time.After(endsWithin):
		h.kill()
		<-h.exited
	}
	if !h.command.ProcessState.Success() {
		h.kill()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.pids) // they are gone, and their numbers may be others'
}

// pair is a socket for us, and its other end for a process of ours.
func pair() (net.Conn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	ours := os.NewFile(uintptr(fds[0]), "")
	theirs := os.NewFile(uintptr(fds[1]), "")
	c, err := net.FileConn(ours)
	if err = errors.Join(err, ours.Close()); err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return c, theirs, nil
}
