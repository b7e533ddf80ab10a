package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/reading"
)

// files are what is kept of one scenario.
type files struct {
	name    string // their path without the end; "": none are written
	history *os.File
	redact  func(string) string // may be nil
}

// redacting writes whole lines, without the secrets that a platform has repeated in them.
type redacting struct {
	to     io.Writer
	redact func(string) string
	begun  []byte // of a line
}

// hiding returns a writer that hides what redact does, and what writes the line that was begun last.
func hiding(to io.Writer, redact func(string) string) (w io.Writer, end func() error) {
	if redact == nil {
		return to, func() error { return nil }
	}
	r := &redacting{to: to, redact: redact}
	return r, r.end
}

func (r *redacting) Write(p []byte) (int, error) {
	r.begun = append(r.begun, p...)
	whole := bytes.LastIndexByte(r.begun, '\n') + 1
	if whole == 0 {
		return len(p), nil
	}
	_, err := io.WriteString(r.to, r.redact(string(r.begun[:whole])))
	r.begun = append(r.begun[:0], r.begun[whole:]...)
	return len(p), err
}

func (r *redacting) end() error {
	_, err := io.WriteString(r.to, r.redact(string(r.begun)))
	r.begun = nil
	return err
}

// open begins the scenario's history. What an earlier run has left of the scenario goes.
func (p *player) open() error {
	p.history = new(history.Recorder)
	if p.options.Out == "" {
		return nil
	}
	facts, err := json.Marshal(p.facts())
	if err != nil {
		return err
	}
	f := files{name: filepath.Join(p.options.Out, filepath.FromSlash(p.scenario.ID)), redact: p.options.Redact}
	if err := os.Remove(f.picture()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("history: %w", err)
	}
	err = InDir(filepath.Dir(f.name), func() (err error) {
		f.history, err = os.Create(f.name + ".jsonl")
		return err
	})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	p.files = f
	out, _ := hiding(f.history, f.redact) // a history is written by lines
	w, err := history.NewWriter(out, history.Header{Base: p.base, Source: fmt.Sprintf("%s seed %d", p.scenario.ID, p.options.Seed), Facts: facts})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	p.history = history.NewRecorder(w, f.history.Name())
	return nil
}

// vanishing bounds how long another run may take to remove a directory.
const vanishing = 2 * time.Second

// InDir makes dir and calls do, which makes a file in it. It tries again while another run is just removing the
// directory because it was empty: the system then says for a moment that it is there and that it is not.
func InDir(dir string, do func() error) error {
	for until := time.Now().Add(vanishing); ; time.Sleep(time.Millisecond) {
		err := os.MkdirAll(dir, 0o755)
		if err == nil {
			err = do()
		}
		raced := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist)
		if !raced || time.Now().After(until) {
			return err
		}
	}
}

func (f files) picture() string { return f.name + ".html" }

// facts is what is known of each project's pool.
func (p *player) facts() map[string]reading.Facts {
	out := make(map[string]reading.Facts)
	for _, name := range p.stage.Projects() {
		out[name] = p.stage.Facts(name)
	}
	return out
}

// keepPicture writes what drawing draws to the picture's file.
func (f files) keepPicture(drawing func(io.Writer) error) error {
	file, err := os.Create(f.picture())
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	out, end := hiding(file, f.redact)
	return errors.Join(drawing(out), end(), file.Close())
}

// tidy closes the history. Of a scenario that has passed nothing stays; of any other the result says where it is.
func (p *player) tidy(r *finding.Result) {
	f := p.files
	if f.name == "" {
		return
	}
	if err := errors.Join(p.history.Flush(), f.history.Close()); err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the history is not complete: %v", err))
	}
	names := []string{f.history.Name(), f.picture()}
	if r.Verdict() != finding.Passed || p.options.KeepAll {
		for _, name := range names {
			if _, err := os.Stat(name); err == nil {
				r.Kept = append(r.Kept, name)
			}
		}
		return
	}
	for _, name := range names {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.Warnings = append(r.Warnings, err.Error())
		}
	}
	// The directories below Out as well, when nothing else is in them.
	for dir := filepath.Dir(f.name); dir != filepath.Clean(p.options.Out) && os.Remove(dir) == nil; dir = filepath.Dir(dir) {
	}
}
