package reading

import (
	"iter"
	"strings"
)

// SameNumber reports whether two texts can be the same number, written in two of the usual ways: the digits of the
// shorter, without what is dialled before a national or international number, end the longer. It knows no country:
// zeros are dialled before numbers in most, and an 8 in Russia and its neighbours.
func SameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, y := significant(a), significant(b)
	return ends(x, y) || ends(withoutTrunk8(a, x), y) || ends(x, withoutTrunk8(b, y))
}

// significant are the digits of a number from the first that is not 0.
func significant(n string) string { return strings.TrimLeft(digits(n), "0") }

// withoutTrunk8 are digits without the 8, or 80, of a national number; "" when n is none or too few are left.
func withoutTrunk8(n, significant string) string {
	rest, ok := strings.CutPrefix(significant, "8")
	rest = strings.TrimLeft(rest, "0")
	if !ok || strings.HasPrefix(n, "+") || len(rest) < shortest {
		return ""
	}
	return rest
}

// ends reports whether the shorter of two runs of digits is four or more, and ends the longer.
func ends(x, y string) bool {
	if len(x) > len(y) {
		x, y = y, x
	}
	return len(x) >= 4 && strings.HasSuffix(y, x)
}

// digits are those of a number, as it stands by itself or in a SIP or tel URI: sip:+442079460000@gw has twelve. The (0)
// that some write in an international number is dialled in a national one only.
func digits(s string) string {
	if scheme, rest, ok := strings.Cut(s, ":"); ok && (scheme == "sip" || scheme == "sips" || scheme == "tel") {
		s = rest
	}
	if end := strings.IndexAny(s, "@;"); end >= 0 {
		s = s[:end]
	}
	if strings.HasPrefix(s, "+") {
		s = strings.Replace(s, "(0)", "", 1)
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
