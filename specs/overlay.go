package specs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Rule is one line of the strict overlay: a demand that goes beyond what the platform publishes.
type Rule struct {
	Document Document       `yaml:"document"` // the document that the line tightens
	At       string         `yaml:"at"`       // JSON pointer to an object in it; "" is the whole document
	Set      map[string]any `yaml:"set"`      // members put into that object
	Because  string         `yaml:"because"`  // one sentence: why a client needs it; unique among the rules
}

// Overlay returns the rules of strict.overlay.yaml in the order of the file.
func Overlay() ([]Rule, error) {
	text, err := files.ReadFile("strict.overlay.yaml")
	if err != nil {
		return nil, err
	}
	return ParseOverlay(text)
}

// ParseOverlay reads rules in the form of strict.overlay.yaml. The error joins every rule that is
// incomplete, names no document, or repeats a reason.
func ParseOverlay(text []byte) ([]Rule, error) {
	var file struct {
		Rules []Rule `yaml:"rules"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("overlay: %w", err)
	}

	var problems []error
	reasons := map[string]bool{}
	for i, r := range file.Rules {
		if err := r.validate(); err != nil {
			problems = append(problems, fmt.Errorf("overlay: rule %d: %w", i+1, err))
		}
		if r.Because != "" && reasons[r.Because] {
			problems = append(problems, fmt.Errorf("overlay: rule %d: because: want a reason of its own, got one used before", i+1))
		}
		reasons[r.Because] = true
	}
	return file.Rules, errors.Join(problems...)
}

func (r Rule) validate() error {
	switch {
	case !slices.Contains(Documents(), r.Document):
		return fmt.Errorf("document: want one of %v, got %q", Documents(), string(r.Document))
	case r.At != "" && !strings.HasPrefix(r.At, "/"):
		return fmt.Errorf("at: want a JSON pointer, got %q", r.At)
	case len(r.Set) == 0:
		return errors.New("set: want at least one member, got none")
	case r.Because == "" || strings.ContainsAny(r.Because, "\r\n"):
		return fmt.Errorf("because: want one line, got %q", r.Because)
	}
	return nil
}
