package pool

import (
	"errors"
	"fmt"
	"strings"
)

// An E.164 number has at most 15 digits (ITU-T E.164); fewer than 5 are a short code.
const (
	minDigits = 5
	maxDigits = 15
)

// Canonical is the form in which two spellings of one number are equal:
//
//	e164     +, country code, national number. Understood are "+44 20 7946 0000",
//	         442079460000, 00 and 011 before it, 020 7946 0000 (by country), and ten
//	         or eleven digits when country is 1. Separators are space, tab and -./()
//	exact    s itself
//	last-N   the last N digits, or all when there are fewer
//
// 011 is also how some national numbers start (0113 is Leeds): unless country is 1
// or empty it counts as a prefix only before ten digits or more. A text that is no
// number in the format, such as "anonymous", is returned without the spaces
// around it. It allocates only when the result is not a part of s.
func Canonical(format Format, country, s string) string {
	f := form{format: format, country: country}
	if f.format == FormatExact {
		return s
	}
	s = strings.TrimSpace(s)
	if n := f.tail(); n > 0 {
		return lastDigits(s, n)
	}
	if _, ok := e164Value(s); ok {
		return s
	}
	var buf [maxRaw]byte
	country, digits, ok := f.international(s, &buf)
	if !ok {
		return s
	}
	out := make([]byte, 0, 1+maxDigits)
	out = append(append(append(out, '+'), country...), digits...)
	return string(out)
}

// maxRaw bounds the digits read from one text: 15 and room for any prefix.
const maxRaw = 32

// form is what it takes to compare numbers.
type form struct {
	format  Format
	country string
}

func (c Config) form() form { return form{format: c.Format, country: c.Country} }

// tail is N of last-N, 0 for the other formats.
func (f form) tail() int {
	switch f.format {
	case FormatLast4:
		return 4
	case FormatLast7:
		return 7
	case FormatLast10:
		return 10
	}
	return 0
}

// key is the canonical form as an integer, which is cheaper to look up than text;
// false when s cannot equal any number of a pool. All keys of one form have the
// same number of digits or no leading zero, so equal keys are equal forms.
func (f form) key(s string) (uint64, bool) {
	if v, ok := e164Value(s); ok && f.tail() == 0 {
		return v, true
	}
	if f.format == FormatExact {
		return 0, false
	}
	s = strings.TrimSpace(s)
	var buf [maxRaw]byte
	if n := f.tail(); n > 0 {
		d, _, ok := digitsOf(s, &buf)
		if !ok || len(d) < n {
			return 0, false
		}
		return value(0, d[len(d)-n:]), true
	}
	country, digits, ok := f.international(s, &buf)
	if !ok {
		return 0, false
	}
	return value(value(0, []byte(country)), digits), true
}

func value(v uint64, digits []byte) uint64 {
	for _, d := range digits {
		v = v*10 + uint64(d-'0')
	}
	return v
}

// lastDigits is the canonical form under last-N.
func lastDigits(s string, n int) string {
	var buf [maxRaw]byte
	d, _, ok := digitsOf(s, &buf)
	if !ok {
		return s
	}
	d = d[max(0, len(d)-n):]
	if tail := s[len(s)-len(d):]; tail == string(d) {
		return tail
	}
	return string(d)
}

// international splits a dialled number into a country code, which is empty when
// the digits already start with one, and the digits after it.
func (f form) international(s string, buf *[maxRaw]byte) (country string, digits []byte, ok bool) {
	d, plus, ok := digitsOf(s, buf)
	if !ok {
		return "", nil, false
	}
	switch {
	case plus:
	case hasPrefix(d, "00"):
		d = d[2:]
	case hasPrefix(d, "011") && (f.country == "1" || f.country == "" || len(d) >= 3+10):
		d = d[3:]
	case f.country == "1" && len(d) == 10 && d[0] >= '2':
		country = f.country
	case f.country == "39" && d[0] == '0':
		country = f.country // Italy: the 0 belongs to the number
	case f.country != "1" && f.country != "" && d[0] == '0':
		country, d = f.country, d[1:]
	}
	n := len(country) + len(d)
	if n < minDigits || n > maxDigits || country == "" && d[0] == '0' {
		return "", nil, false
	}
	return country, d, true
}

func hasPrefix(d []byte, p string) bool { return len(d) >= len(p) && string(d[:len(p)]) == p }

// digitsOf copies the digits of s to buf; false when s has none, too many, or a
// character that no written number has. A plus may stand before the first digit.
func digitsOf(s string, buf *[maxRaw]byte) (digits []byte, plus, ok bool) {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && n < maxRaw:
			buf[n] = c
			n++
		case c == '+' && n == 0 && !plus:
			plus = true
		case c == ' ' || c == '\t' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')':
		default:
			return nil, false, false
		}
	}
	return buf[:n], plus, n > 0
}

// numberSet is the numbers of a pool with their keys, none of which are equal.
type numberSet struct {
	numbers []string
	keys    []uint64
	index   index // the n-th number at n+1, which is its slot in a new pool
}

// index makes keys for the numbers and reports those that the format cannot tell
// apart: a call to one would reach the other's reservation.
func (f form) index(numbers []string) (numberSet, error) {
	set := numberSet{numbers: numbers, keys: make([]uint64, len(numbers)), index: newIndex(len(numbers))}
	var errs []error
	for i, n := range numbers {
		k, ok := f.key(n)
		if !ok {
			errs = append(errs, fmt.Errorf("numbers: want at least %d digits under number_format %s, got %q", f.tail(), f.format, n))
		} else if j := set.index.put(k, int32(i+1)); j != 0 {
			errs = append(errs, f.collision(numbers[j-1], n))
		}
		if len(errs) > maxProblems {
			errs[maxProblems] = errors.New("numbers: more problems not shown")
			break
		}
		set.keys[i] = k
	}
	return set, errors.Join(errs...)
}

func (f form) collision(a, b string) error {
	if a == b {
		return fmt.Errorf("numbers: want each once, got %q twice", a)
	}
	return fmt.Errorf("numbers: want numbers that number_format %s can tell apart, got %q and %q", f.format, a, b)
}
