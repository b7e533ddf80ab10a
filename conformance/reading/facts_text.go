package reading

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Text is a JSON text within a file: where its first character stands, in lines and characters from 1.
type Text struct {
	File         string
	Line, Column int
	JSON         []byte
}

// FileText is a file that is one JSON text.
func FileText(name string, text []byte) Text { return Text{name, 1, 1, text} }

// place is file:line:column of the character at a byte of the text.
func (t Text) place(at int) string {
	before := t.JSON[:min(at, len(t.JSON))]
	line, column := t.Line, t.Column
	if n := bytes.Count(before, []byte{'\n'}); n > 0 {
		line, column = line+n, 1
		before = before[bytes.LastIndexByte(before, '\n')+1:]
	}
	return fmt.Sprintf("%s:%d:%d", t.File, line, column+utf8.RuneCount(before))
}

func (t Text) errorf(at int, format string, args ...any) error {
	return fmt.Errorf("%s: %w", t.place(at), fmt.Errorf(format, args...))
}

// member is a member of an object: where its name and its value begin, and where the value ends.
type member struct {
	name          string
	at, from, end int
}

func (m member) value(t Text) []byte { return t.JSON[m.from:m.end] }

// members parts the object at [from, end) of the text, which is JSON. what is what it is an object of.
func (t Text) members(from, end int, what string) (out []member, problems []error) {
	text := t.JSON[from:end]
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, []error{t.errorf(from+next(text, 0), "want an object of %s, got %s", what, bytes.TrimSpace(text))}
	}
	seen := make(map[string]bool)
	for d.More() {
		m := member{at: from + next(text, int(d.InputOffset()))}
		key, _ := d.Token()
		m.name, _ = key.(string) // an object has no other keys
		m.from = from + next(text, int(d.InputOffset()))
		if err := d.Decode(new(json.RawMessage)); err != nil {
			return out, append(problems, t.errorf(m.at, "want an object of %s: %w", what, err))
		}
		m.end = from + int(d.InputOffset())
		if seen[m.name] {
			problems = append(problems, t.errorf(m.at, "want %q once, got it twice", m.name))
		}
		seen[m.name] = true
		out = append(out, m)
	}
	return out, problems
}

// next is where the next name or value begins.
func next(text []byte, at int) int {
	for at < len(text) && bytes.IndexByte([]byte(" \t\r\n,:"), text[at]) >= 0 {
		at++
	}
	return at
}
