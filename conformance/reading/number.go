package reading

import (
	"iter"
	"strings"
)

// SameNumber reports whether two texts can be the same number, written in two of the usual ways: the digits of the
// shorter, without what is dialled before a national or international number, end the longer.
func SameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, y := strings.TrimLeft(digits(a), "0"), strings.TrimLeft(digits(b), "0")
	if len(x) > len(y) {
		x, y = y, x
	}
	return len(x) >= 4 && strings.HasSuffix(y, x)
}

// digits are those of a number, as it stands by itself or in a SIP or tel URI: sip:+442079460000@gw has twelve.
func digits(s string) string {
	if scheme, rest, ok := strings.Cut(s, ":"); ok && (scheme == "sip" || scheme == "sips" || scheme == "tel") {
		s = rest
	}
	if end := strings.IndexAny(s, "@;"); end >= 0 {
		s = s[:end]
	}
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// spelling writes every number in the one way in which the pool does, so that numbers can be compared as texts. A text
// that is no number, or one of no pool, stays as it is.
type spelling struct {
	byDigits map[string]string
	memo     map[string]string
	written  map[operation]string // the numbers of reservations that were given in another form
}

// operation names one operation of a history.
type operation struct {
	generator string
	id        int
}

// newSpelling takes the numbers that pools have, however written. One in E.164 gives the others its form.
func newSpelling(numbers iter.Seq[string]) spelling {
	s := spelling{byDigits: make(map[string]string), memo: make(map[string]string), written: make(map[operation]string)}
	seen := make(map[string]bool)
	for n := range numbers {
		if n == "" || seen[n] {
			continue
		}
		seen[n] = true
		d := international(n)
		if first, ok := s.byDigits[d]; d != "" && (!ok || first[0] != '+' && n[0] == '+') {
			s.byDigits[d] = n
		}
	}
	return s
}

// international are a number's digits without the 00 that some dial before them.
func international(n string) string { return strings.TrimPrefix(digits(n), "00") }

func (s spelling) of(n string) string {
	if n == "" {
		return ""
	}
	known, ok := s.memo[n]
	if !ok {
		known = s.find(n)
		s.memo[n] = known
	}
	return known
}

// shortest is how many digits a national number has, at least, to be told from others.
const shortest = 7

// find looks for the number's digits, and then for the only number of a pool that they end.
func (s spelling) find(n string) string {
	d := international(n)
	if known, ok := s.byDigits[d]; ok {
		return known
	}
	if n[0] == '+' || len(d) < shortest {
		return n
	}
	found := ""
	for _, known := range s.byDigits {
		if SameNumber(n, known) {
			if found != "" {
				return n
			}
			found = known
		}
	}
	if found == "" {
		return n
	}
	return found
}
