package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dnispool/dnispool/conformance/check"
	"github.com/dnispool/dnispool/conformance/check/linear"
	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/history"
)

// shelf is where the files of one scenario lie.
type shelf struct {
	name    string // their path without the end; "": none are written
	history *os.File
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
	s := shelf{name: filepath.Join(p.options.Out, filepath.FromSlash(p.scenario.ID))}
	if err := os.Remove(s.picture()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("history: %w", err)
	}
	err = InDir(filepath.Dir(s.name), func() (err error) {
		s.history, err = os.Create(s.name + ".jsonl")
		return err
	})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	p.shelf = s
	w, err := history.NewWriter(s.history, history.Header{Base: p.base, Source: fmt.Sprintf("%s seed %d", p.scenario.ID, p.options.Seed), Facts: facts})
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	p.history = history.NewRecorder(w, s.history.Name())
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

func (s shelf) picture() string { return s.name + ".html" }

// facts is what is known of each project's pool.
func (p *player) facts() map[string]check.Facts {
	out := make(map[string]check.Facts)
	for _, name := range p.stage.Projects() {
		out[name] = p.stage.Facts(name)
	}
	return out
}

// draw keeps the picture of what no order explains, if there is such a thing.
func (p *player) draw(searched map[string]linear.Result) error {
	if p.shelf.name == "" {
		return nil
	}
	if err := linear.SaveHTML(p.shelf.picture(), searched); !errors.Is(err, linear.ErrNothingToDraw) {
		return err
	}
	return nil
}

// tidy closes the history. Of a scenario that has passed nothing stays; of any other the result says where it is.
func (p *player) tidy(r *finding.Result) {
	s := p.shelf
	if s.name == "" {
		return
	}
	if err := errors.Join(p.history.Flush(), s.history.Close()); err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the history is not complete: %v", err))
	}
	files := []string{s.history.Name(), s.picture()}
	if r.Verdict() != finding.Passed || p.options.KeepAll {
		for _, name := range files {
			if _, err := os.Stat(name); err == nil {
				r.Kept = append(r.Kept, name)
			}
		}
		return
	}
	for _, name := range files {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.Warnings = append(r.Warnings, err.Error())
		}
	}
	// The directories below Out as well, when nothing else is in them.
	for dir := filepath.Dir(s.name); dir != filepath.Clean(p.options.Out) && os.Remove(dir) == nil; dir = filepath.Dir(dir) {
	}
}
