package pool

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxNumbers bounds a pool, so that a mistyped range is an error and not an
// exhausted machine.
const maxNumbers = 10_000_000

// maxProblems bounds how many bad or colliding numbers one error lists.
const maxProblems = 10

// Numbers says which numbers a pool owns: either how many to generate, or a list
// whose items are E.164 numbers and ranges such as "+442079460000..+442079460019".
// In YAML it is an integer or a list of quoted strings.
type Numbers struct {
	// Count of numbers to generate. Used when List is empty.
	Count int
	// Offset skips that many generated numbers, so that pools do not overlap.
	Offset int
	// List of numbers and ranges, in the order that selection goes by.
	List []string
}

// Count is n generated numbers that no subscriber has: up to 1,000 come from
// +442079460000.. (Ofcom keeps 020 7946 0000-0999 for drama), more from
// +99910000000.. (country code 999 is not assigned).
func Count(n int) Numbers { return Numbers{Count: n} }

// List is these numbers and ranges.
func List(items ...string) Numbers { return Numbers{List: items} }

// At skips the first offset generated numbers. Give each of several pools the sum
// of the counts before it, and none shares a number. A list is not changed.
func (n Numbers) At(offset int) Numbers {
	n.Offset = offset
	return n
}

// Spelled is the same numbers as a list, which does not depend on an offset.
func (n Numbers) Spelled() Numbers {
	spans, err := n.generated()
	if len(n.List) > 0 || err != nil || len(spans) == 0 {
		return n
	}
	return List(fmt.Sprintf("+%d..+%d", spans[0].first, spans[0].last))
}

// Expand returns every number in order, in E.164. It reports each item that is
// neither a number nor a range, and more than 10,000,000 numbers.
func (n Numbers) Expand() ([]string, error) {
	spans, err := n.spans()
	if err != nil {
		return nil, err
	}
	total := uint64(0)
	for _, s := range spans {
		total += s.count()
		if total > maxNumbers {
			return nil, fmt.Errorf("numbers: want at most %d, got more", maxNumbers)
		}
	}
	out := make([]string, 0, total)
	for _, s := range spans {
		out = s.appendTo(out)
	}
	return out, nil
}

func (n Numbers) spans() ([]span, error) {
	if len(n.List) == 0 {
		return n.generated()
	}
	spans := make([]span, 0, len(n.List))
	var errs []error
	for _, item := range n.List {
		s, err := parseSpan(item)
		if err != nil && len(errs) == maxProblems {
			return nil, errors.Join(append(errs, errors.New("numbers: more problems not shown"))...)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		spans = append(spans, s)
	}
	return spans, errors.Join(errs...)
}

func (n Numbers) generated() ([]span, error) {
	if n.Count < 0 || n.Count > maxNumbers {
		return nil, fmt.Errorf("numbers: want a count of 0 to %d, got %d", maxNumbers, n.Count)
	}
	if n.Offset < 0 || n.Offset > maxNumbers {
		return nil, fmt.Errorf("numbers: want an offset of 0 to %d, got %d", maxNumbers, n.Offset)
	}
	if n.Count == 0 {
		return nil, nil
	}
	first := uint64(99910000000)
	if n.Offset+n.Count <= 1000 {
		first = 442079460000
	}
	first += uint64(n.Offset)
	return []span{{first: first, last: first + uint64(n.Count) - 1}}, nil
}

// MarshalYAML writes the count or the list.
func (n Numbers) MarshalYAML() (any, error) { return n.plain(), nil }

// MarshalJSON writes the count or the list.
func (n Numbers) MarshalJSON() ([]byte, error) { return json.Marshal(n.plain()) }

func (n Numbers) plain() any {
	if len(n.List) == 0 {
		return n.Count
	}
	return n.List
}

// span is a run of consecutive numbers of one length, by their digits.
type span struct{ first, last uint64 }

func (s span) count() uint64 { return s.last - s.first + 1 }

// appendTo cuts all numbers out of one string: a million of them cost two
// allocations instead of a million.
func (s span) appendTo(out []string) []string {
	if s.first == s.last {
		return append(out, "+"+strconv.FormatUint(s.first, 10))
	}
	width := len(strconv.FormatUint(s.last, 10)) + 1
	text := make([]byte, 0, int(s.count())*width)
	for v := s.first; v <= s.last; v++ {
		text = strconv.AppendUint(append(text, '+'), v, 10)
	}
	for all := string(text); all != ""; all = all[width:] {
		out = append(out, all[:width])
	}
	return out
}

// parseSpan reads a number or a range.
func parseSpan(item string) (span, error) {
	from, to, isRange := strings.Cut(item, "..")
	if !isRange {
		to = from
	}
	first, ok1 := e164Value(from)
	last, ok2 := e164Value(to)
	if !ok1 || !ok2 {
		return span{}, fmt.Errorf("numbers: want E.164 like +442079460000 or a range like +442079460000..+442079460019, got %q", item)
	}
	if len(from) != len(to) || first > last {
		return span{}, fmt.Errorf("numbers: want a range that ascends within one length, got %q", item)
	}
	return span{first, last}, nil
}

// e164Value is the digits of s as a number; false unless s is E.164: a plus and 5
// to 15 digits of which the first is not 0.
func e164Value(s string) (uint64, bool) {
	if len(s) < 1+minDigits || len(s) > 1+maxDigits || s[0] != '+' || s[1] == '0' {
		return 0, false
	}
	v := uint64(0)
	for i := 1; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + uint64(d)
	}
	return v, true
}
