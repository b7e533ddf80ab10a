package scenario

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// equal compares two normal values exactly: types must agree, numbers count by value, so
// 1 equals 1.0 and 2^53 does not equal 2^53+1.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && compareNumbers(a, b) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	default:
		switch b.(type) {
		case []any, map[string]any:
			return false
		}
		return a == b
	}
}

// compareNumbers orders two JSON numbers of any size. It never expands an exponent, so
// 1e999999999 costs nothing.
func compareNumbers(a, b json.Number) int {
	x, y := parseDecimal(a.String()), parseDecimal(b.String())
	if x.sign != y.sign {
		return cmp.Compare(x.sign, y.sign)
	}
	magnitude := x.point.Cmp(&y.point)
	if magnitude == 0 {
		magnitude = strings.Compare(x.digits, y.digits)
	}
	return magnitude * x.sign
}

// decimal is sign * 0.digits * 10^point, digits without zeros at either end.
type decimal struct {
	sign   int // -1, 0, 1
	digits string
	point  big.Int
}

func parseDecimal(s string) decimal {
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
