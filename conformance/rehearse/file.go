package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is a path to which a line of JSON is appended for each caller, the same as a Webhook is posted. It is made when it is
// not there, and never emptied: a client reads on from where it was, as `tail -F` does.
type File string

// check says what is wrong with the path.
func (f File) check() error {
	info, err := os.Stat(filepath.Dir(string(f)))
	switch {
	case f == "":
		return errors.New(`file: want a path, got ""`)
	case err != nil:
		return fmt.Errorf("file: want a path in a directory that is there, got %q", string(f))
	case !info.IsDir():
		return fmt.Errorf("file: want a path in a directory, got %q", string(f))
	}
	return nil
}

// Stays implements Arrival.
func (File) Stays() bool { return false }

func (f File) Says() string { return "is a line of JSON at the end of " + string(f) }

// Arrive implements Arrival. A line is written at once, so that of several callers none comes between.
func (f File) Arrive(_ context.Context, c Caller) error {
	line, err := json.Marshal(c.announcement())
	if err != nil {
		return err // unreachable: text and a number
	}
	to, err := os.OpenFile(string(f), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		_, err = to.Write(append(line, '\n'))
		err = errors.Join(err, to.Close())
	}
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	return nil
}
