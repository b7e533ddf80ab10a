package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// text consumes a string and reports whether anything in it is escaped.
func (s *scanner) text() (escaped bool, err error) {
	s.at++
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return escaped, nil
		case c == '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return false, err
			}
		case c < ' ':
			return false, s.wrong("no control character in a string")
		default:
			s.at++
		}
	}
	return false, s.wrong(`'"'`)
}

// key consumes a string and returns what it says: a part of the data when nothing in it is escaped.
func (s *scanner) key() ([]byte, error) {
	start := s.at
	escaped, err := s.text()
	if err != nil {
		return nil, err
	}
	raw := s.data[start:s.at]
	if !escaped {
		return raw[1 : len(raw)-1], nil
	}
	var said string
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("body: invalid JSON at offset %d: %w", start, err)
	}
	return []byte(said), nil
}

// escape consumes one escape sequence, or the two of a surrogate pair.
func (s *scanner) escape() error {
	start := s.at
	s.at++
	if s.at == len(s.data) {
		return s.wrong("an escape")
	}
	switch s.data[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		return s.unicode(start)
	default:
		return s.wrong(`an escape: one of "\/bfnrtu`)
	}
}

func (s *scanner) unicode(start int) error {
	r, err := s.hex()
	if err != nil || !utf16.IsSurrogate(r) {
		return err
	}
	if bytes.HasPrefix(s.data[s.at:], []byte(`\u`)) {
		s.at++
		low, err := s.hex()
		if err != nil {
			return err
		}
		if utf16.DecodeRune(r, low) != utf8.RuneError {
			return nil
		}
	}
	return fmt.Errorf("body: want Unicode text, got half of a surrogate pair at offset %d", start)
}

// hex consumes the u of an escape and the four digits after it.
func (s *scanner) hex() (r rune, err error) {
	s.at++
	for range 4 {
		if s.at == len(s.data) {
			return 0, s.wrong("four hexadecimal digits")
		}
		switch c := s.data[s.at]; {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, s.wrong("four hexadecimal digits")
		}
		s.at++
	}
	return r, nil
}

func (s *scanner) number() error {
	if s.data[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.data) && s.data[s.at] == '0' {
		s.at++
	} else if !s.digits() {
		return s.wrong("a value")
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		s.at++
		if !s.digits() {
			return s.wrong("a digit")
		}
	}
	if s.at < len(s.data) && s.data[s.at]|0x20 == 'e' {
		s.at++
		if s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		if !s.digits() {
			return s.wrong("a digit")
		}
	}
	return nil
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}
