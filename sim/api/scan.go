package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// member is one key of the outermost object. value is the raw JSON text, without space around it.
type member struct{ key, value []byte }

// scanObject checks that data is one JSON object and appends its members to into. It is stricter than encoding/json:
// a key may occur once in an object however it is escaped (unless duplicates says otherwise), text must be Unicode (neither broken UTF-8 nor half of a
// surrogate pair, which other readers mend, refuse or choke on), and nesting ends at maxDepth. Numbers of any size
// are fine: they are not read, only checked.
func scanObject(data []byte, maxDepth int, duplicates Duplicates, into []member) ([]member, error) {
	var few [manyKeys][]byte
	s := scanner{data: data, maxDepth: maxDepth, duplicates: duplicates, top: into, keys: few[:0]}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("body: want UTF-8, got other bytes at offset %d", invalidUTF8(data))
	}
	s.space()
	if s.at == len(data) {
		return nil, fmt.Errorf("body: want a JSON object, got nothing")
	}
	if data[s.at] != '{' && json.Valid(data) {
		return nil, fmt.Errorf("body: want a JSON object, got %s", kindOf(data[s.at]))
	}
	if data[s.at] != '{' {
		return nil, s.wrong("an object")
	}
	if err := s.object(1); err != nil {
		return nil, err
	}
	s.space()
	if s.at < len(data) {
		return nil, s.wrong("the end")
	}
	return s.top, nil
}

func invalidUTF8(data []byte) (offset int) {
	for offset < len(data) {
		r, size := utf8.DecodeRune(data[offset:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		offset += size
	}
	return offset
}

func kindOf(first byte) string {
	switch first {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

type scanner struct {
	data       []byte
	at         int
	maxDepth   int
	duplicates Duplicates
	top        []member
	keys       [][]byte // of all open objects, outermost first
}

// wrong says what was due at the place where the scan stands.
func (s *scanner) wrong(want string) error {
	if s.at >= len(s.data) {
		return fmt.Errorf("body: invalid JSON at offset %d: want %s, got the end", s.at, want)
	}
	r, _ := utf8.DecodeRune(s.data[s.at:])
	return fmt.Errorf("body: invalid JSON at offset %d: want %s, got %q", s.at, want, r)
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next skips space and consumes c if it is there.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) value(depth int) error {
	if s.at == len(s.data) {
		return s.wrong("a value")
	}
	switch s.data[s.at] {
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case '"':
		_, err := s.text()
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) word(w string) error {
	for i := range len(w) {
		if s.at == len(s.data) || s.data[s.at] != w[i] {
			return s.wrong(w)
		}
		s.at++
	}
	return nil
}

func (s *scanner) enter(depth int) error {
	if depth > s.maxDepth {
		return fmt.Errorf("body: want at most %d levels of nesting, got more at offset %d", s.maxDepth, s.at)
	}
	s.at++
	return nil
}

func (s *scanner) array(depth int) error {
	if err := s.enter(depth); err != nil {
		return err
	}
	if s.next(']') {
		return nil
	}
	for {
		s.space()
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if s.next(']') {
			return nil
		}
		if !s.next(',') {
			return s.wrong("',' or ']'")
		}
	}
}

func (s *scanner) object(depth int) error {
	if err := s.enter(depth); err != nil {
		return err
	}
	if s.next('}') {
		return nil
	}
	seen := keySet{first: len(s.keys)}
	for {
		if err := s.member(depth, &seen); err != nil {
			return err
		}
		if s.next('}') {
			s.keys = s.keys[:seen.first]
			return nil
		}
		if !s.next(',') {
			return s.wrong("',' or '}'")
		}
	}
}

func (s *scanner) member(depth int, seen *keySet) error {
	s.space()
	if s.at == len(s.data) || s.data[s.at] != '"' {
		return s.wrong("a key")
	}
	start := s.at
	key, err := s.key()
	if err != nil {
		return err
	}
	if s.duplicates == Refuse && s.isRepeated(key, seen) {
		return fmt.Errorf("body: want each key once, got %s again at offset %d", shorten(s.data[start:s.at]), start)
	}
	if !s.next(':') {
		return s.wrong("':'")
	}
	s.space()
	start = s.at
	if err := s.value(depth + 1); err != nil {
		return err
	}
	if depth == 1 {
		s.top = append(s.top, member{key, s.data[start:s.at]})
	}
	return nil
}

// keySet is what one open object has seen: its keys on the scanner's stack, and an index once they are many, so that
// an object with a hundred thousand keys costs no more per key than one with ten.
type keySet struct {
	first int
	index map[string]struct{}
}

const manyKeys = 16

func (s *scanner) isRepeated(key []byte, seen *keySet) bool {
	own := s.keys[seen.first:]
	if seen.index == nil && len(own) < manyKeys {
		for _, k := range own {
			if bytes.Equal(k, key) {
				return true
			}
		}
		s.keys = append(s.keys, key)
		return false
	}
	if seen.index == nil {
		seen.index = make(map[string]struct{}, 2*manyKeys)
		for _, k := range own {
			seen.index[string(k)] = struct{}{}
		}
	}
	_, repeated := seen.index[string(key)]
	seen.index[string(key)] = struct{}{}
	return repeated
}

// shorten keeps a client's own text from filling the reply.
func shorten(b []byte) []byte {
	const most = 40
	if len(b) <= most {
		return b
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(b[cut]) {
		cut--
	}
	return append(bytes.Clone(b[:cut]), "…"...)
}
