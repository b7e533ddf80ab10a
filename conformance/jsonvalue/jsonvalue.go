// Package jsonvalue compares JSON by value: numbers of any size count by what they are worth, 1 equals 1.0 and 2^53 does
// not equal 2^53+1, and the order of an object's keys does not count. Values are those of encoding/json with UseNumber:
// nil, bool, string, json.Number, []any and map[string]any.
package jsonvalue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Equal reports whether two values are the same.
func Equal(a, b any) bool {
	_, same := differ("", a, b)
	return same
}

// Difference returns where two JSON texts first differ, as in "/customer/age", "/" for the whole. same reports that they
// do not. A text that is no JSON differs from every other.
func Difference(a, b json.RawMessage) (where string, same bool) {
	if bytes.Equal(a, b) {
		return "", true
	}
	va, errA := decode(a)
	vb, errB := decode(b)
	if errA != nil || errB != nil {
		return "/", false
	}
	if where, same = differ("", va, vb); same {
		return "", true
	}
	return cmp.Or(where, "/"), false
}

func decode(raw json.RawMessage) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// differ returns the first place below at where a and b differ.
func differ(at string, a, b any) (where string, same bool) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return differInObjects(at, a, b)
		}
		return at, false
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return at, false
		}
		for i := range a {
			if where, same := differ(fmt.Sprintf("%s/%d", at, i), a[i], b[i]); !same {
				return where, false
			}
		}
		return "", true
	case json.Number:
		n, ok := b.(json.Number)
		return at, ok && (a == n || Compare(a, n) == 0)
	}
	switch b.(type) {
	case map[string]any, []any: // cannot be compared by ==
		return at, false
	}
	return at, a == b
}

func differInObjects(at string, a, b map[string]any) (where string, same bool) {
	for _, k := range slices.Sorted(maps.Keys(a)) {
		here := at + "/" + k
		other, there := b[k]
		if !there {
			return here, false
		}
		if where, same := differ(here, a[k], other); !same {
			return where, false
		}
	}
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if _, there := a[k]; !there {
			return at + "/" + k, false
		}
	}
	return "", true
}

// Compare orders two JSON numbers of any size. It never expands an exponent, so 1e999999999 costs nothing.
func Compare(a, b json.Number) int {
	x, y := parse(a.String()), parse(b.String())
	if x.sign != y.sign {
		return cmp.Compare(x.sign, y.sign)
	}
	magnitude := x.point.Cmp(&y.point)
	if magnitude == 0 {
		magnitude = strings.Compare(x.digits, y.digits)
	}
	return magnitude * x.sign
}

// Sign is -1, 0 or 1.
func Sign(n json.Number) int { return parse(n.String()).sign }

// Integer reports whether n has no fraction.
func Integer(n json.Number) bool {
	d := parse(n.String())
	return d.point.Cmp(big.NewInt(int64(len(d.digits)))) >= 0
}

// decimal is sign * 0.digits * 10^point, digits without zeros at either end.
type decimal struct {
	sign   int // -1, 0, 1
	digits string
	point  big.Int
}

func parse(s string) decimal {
	var d decimal
	s, negative := strings.CutPrefix(s, "-")
	mantissa, exponent := s, "0"
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], strings.TrimPrefix(s[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.point.SetString(exponent, 10)
	d.point.Add(&d.point, big.NewInt(int64(len(whole))))
	all := whole + fraction
	d.digits = strings.TrimLeft(all, "0")
	d.point.Sub(&d.point, big.NewInt(int64(len(all)-len(d.digits))))
	d.digits = strings.TrimRight(d.digits, "0")
	switch {
	case d.digits == "":
		return decimal{}
	case negative:
		d.sign = -1
	default:
		d.sign = 1
	}
	return d
}
