package journal

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Config bounds a journal. Strangers choose much of what it keeps, so it is bounded in bytes too.
type Config struct {
	Events int `yaml:"events" json:"events"` // how many are kept at most; older ones make room
	Bytes  int `yaml:"bytes" json:"bytes"`   // how many bytes they may take together, but that the newest is always kept; older ones make room
	Text   int `yaml:"text" json:"text"`     // the longest text of an event in bytes; the rest is cut
}

// Default returns room for an hour of calls by hand, in at most 16 MiB.
func Default() Config { return Config{Events: 10_000, Bytes: 16 << 20, Text: 1 << 10} }

// Validate returns every problem of c, joined; each begins with the setting's name in YAML.
func (c Config) Validate() error {
	var errs []error
	for _, s := range []struct {
		name       string
		got, least int
	}{{"events", c.Events, 1}, {"bytes", c.Bytes, 4 << 10}, {"text", c.Text, 64}} {
		if s.got < s.least {
			errs = append(errs, fmt.Errorf("%s: want at least %d, got %d", s.name, s.least, s.got))
		}
	}
	return errors.Join(errs...)
}

// texts are the texts of an event that somebody else may have written.
func (e *Event) texts() [7]*string {
	return [...]*string{&e.Cause, &e.Project, &e.Number, &e.Call, &e.CallID, &e.SharedID, &e.Detail}
}

// size is how many bytes e takes, if it shares no text with others.
func (e *Event) size() int {
	n := int(unsafe.Sizeof(*e))
	for _, s := range e.texts() {
		n += len(*s)
	}
	return n
}

// cut shortens every text of e that is longer than most bytes. What is left shares no memory with the whole.
func (e *Event) cut(most int) {
	for _, s := range e.texts() {
		if len(*s) > most {
			*s = shorten(*s, most)
		}
	}
}

func shorten[T string | []byte](s T, most int) string {
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.ToValidUTF8(string(s[:end]), "") + cutMark(len(s))
}

// cutMark stands for the rest of a text of so many bytes.
func cutMark(bytes int) string { return fmt.Sprintf("… (%d bytes)", bytes) }
