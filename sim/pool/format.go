package pool

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/sim/dialplan"
)

// An E.164 number has at most 15 digits (ITU-T E.164); fewer than 5 are a short code.
const (
	minDigits = 5
	maxDigits = 15
)

// maxRaw bounds the digits read from one text: 15 and room for any prefix.
const maxRaw = 32

// form is what it takes to compare numbers. A dialled text may be read in two ways, and the one that the pool has is
// meant: 911234567 is an Indian number in E.164 without its plus, and a Spanish one as Spain dials it.
//
//	e164     +, country code, national number, as in "+44 20 7946 0000" and 442079460000, with 00 or 011 before it;
//	         or as it is dialled in the pool's country. Separators are space, tab and -./()
//	exact    the text itself
//	last-N   its last N digits, whatever is dialled before them, such as 9#
type form struct {
	format Format
	plan   dialplan.Plan
}

// form assumes that the country is one, which Validate reports.
func (c Config) form() form {
	plan, _ := dialplan.Of(c.Country)
	return form{format: c.Format, plan: plan}
}

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

// key is the first reading of a text as an integer, which is cheaper to look up than text; false when there is none. All
// keys of one form have the same number of digits or no leading zero, so equal keys are equal numbers.
func (f form) key(s string) (uint64, bool) {
	if v, ok := e164Value(s); ok && f.tail() == 0 {
		return v, true
	}
	if f.format == FormatExact {
		return 0, false
	}
	var buf [maxRaw]byte
	if n := f.tail(); n > 0 {
		d := lastDigits(s, n, &buf)
		return value(0, d), len(d) == n
	}
	d, ok := international(s, &buf)
	return value(0, d), ok
}

// national is the second reading: the text as it is dialled in the pool's country. It is asked for when the pool has not
// the first, because it takes some 20 µs.
func (f form) national(s string) (uint64, bool) {
	if f.format != FormatE164 {
		return 0, false
	}
	var buf [maxRaw]byte
	d, plus, ok := digitsOf(s, &buf)
	if !ok {
		return 0, false
	}
	dialled := string(d)
	if plus {
		dialled = "+" + dialled
	}
	number, ok := f.plan.E164(dialled)
	if !ok {
		return 0, false
	}
	return e164Value(number)
}

// same reports whether two texts can be the same number, or are the same text but for the blanks around it.
func (f form) same(a, b string) bool {
	if a == b {
		return true
	}
	if f.format == FormatExact {
		return false
	}
	if strings.TrimSpace(a) == strings.TrimSpace(b) {
		return true
	}
	if n := f.tail(); n > 0 {
		var x, y [maxRaw]byte
		d := lastDigits(a, n, &x)
		return len(d) > 0 && string(d) == string(lastDigits(b, n, &y))
	}
	for _, x := range f.readings(a) {
		if x != 0 && slices.Contains(f.readings(b), x) {
			return true
		}
	}
	return false
}

// readings are both of a text, each 0 when there is none.
func (f form) readings(s string) []uint64 {
	first, _ := f.key(s)
	second, _ := f.national(s)
	return []uint64{first, second}
}

func value(v uint64, digits []byte) uint64 {
	for _, d := range digits {
		v = v*10 + uint64(d-'0')
	}
	return v
}

// lastDigits copies the last n digits of s to buf, or all when there are fewer; none when s has a character that nobody
// can dial.
func lastDigits(s string, n int, buf *[maxRaw]byte) []byte {
	at := maxRaw
	for i := len(s) - 1; i >= 0; i-- {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if maxRaw-at < n {
				at--
				buf[at] = c
			}
		case isSeparator(c), c == '+', c == '*', c == '#':
		default:
			return nil
		}
	}
	return buf[at:]
}

// international are the digits of a number that is written with its country code, which 00 or 011 may stand before.
func international(s string, buf *[maxRaw]byte) (digits []byte, ok bool) {
	d, plus, ok := digitsOf(s, buf)
	switch {
	case !ok || plus:
	case hasPrefix(d, "00"):
		d = d[2:]
	case hasPrefix(d, "011"):
		d = d[3:]
	}
	if !ok || len(d) < minDigits || len(d) > maxDigits || d[0] == '0' {
		return nil, false
	}
	return d, true
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
		case isSeparator(c):
		default:
			return nil, false, false
		}
	}
	return buf[:n], plus, n > 0
}

// isSeparator reports whether a character may stand between digits, or around them, and means nothing.
func isSeparator(c byte) bool { return strings.IndexByte(" \t\r\n-./()", c) >= 0 }

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
