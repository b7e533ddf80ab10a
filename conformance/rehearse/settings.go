package rehearse

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Settings are those of a rehearsal, as its file has them. specs/rehearse.schema.json describes it.
type Settings struct {
	Version  string        `yaml:"rehearse"`
	HTTP     string        `yaml:"http"`    // host:port that the client is given; port 0 takes a free one
	SIP      string        `yaml:"sip"`     // host:port
	Control  string        `yaml:"control"` // host:port; "off": none is served
	Arrival  Arrives       `yaml:"arrival"`
	Client   Client        `yaml:"client"`
	QuietFor time.Duration `yaml:"quiet_for"`
	WaitFor  time.Duration `yaml:"wait_for"` // for whoever starts a caller
	Lessons  string        `yaml:"lessons"`  // a directory or a file; empty: those that are bundled
}

// DefaultSettings are those of a rehearsal that is told nothing.
func DefaultSettings() Settings {
	return Settings{
		Version: Version, HTTP: "127.0.0.1:8080", SIP: "127.0.0.1:5060", Control: "127.0.0.1:8081", Client: Client{Queue: DefaultQueue}, QuietFor: DefaultQuiet, WaitFor: DefaultWait,
	}
}

// ReadSettings reads a file over the defaults. The error lists everything that is wrong with it, with its place.
func ReadSettings(path string) (Settings, error) {
	s := DefaultSettings()
	data, err := os.ReadFile(path)
	if err != nil {
		if pathErr, ok := errors.AsType[*os.PathError](err); ok {
			err = pathErr.Err
		}
		return s, fmt.Errorf("config %s: %w", path, err)
	}
	root, problems := strictyaml.Parse(path, data)
	if root == nil {
		return s, problems.Err()
	}
	s.Version = ""
	problems = append(problems, strictyaml.Decode(path, root, &s)...)
	if len(problems) == 0 && s.Version != Version {
		problems = append(problems, strictyaml.At(path, strictyaml.Lookup(root, "rehearse"), "rehearse: want %s, got %q", Version, s.Version))
	}
	for key, d := range map[string]time.Duration{"quiet_for": s.QuietFor, "wait_for": s.WaitFor} {
		if n := strictyaml.Lookup(root, key); n != nil && d <= 0 {
			problems = append(problems, strictyaml.At(path, n, "%s: want more than 0, got %s", key, d))
		}
	}
	problems.Sort()
	return s, problems.Err()
}

// Own reads lessons of a user's: every file of a directory, or one file. The error lists every problem with its place.
func Own(path string) ([]*Lesson, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("lessons: want a directory or a file that is there, got %q", path)
	}
	if info.IsDir() {
		return Load(os.DirFS(path), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	l, problems := Parse(path, data)
	if l == nil {
		return nil, problems.Err()
	}
	l.named(path, &problems)
	return []*Lesson{l}, problems.Err()
}

// IsFile reports whether an argument names a file of a lesson rather than an id.
func IsFile(pattern string) bool {
	_, err := os.Stat(pattern)
	return strings.HasSuffix(pattern, extension) && err == nil
}
