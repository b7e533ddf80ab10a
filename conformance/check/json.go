package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sameJSON says where two JSON texts differ: numbers by value, order of keys aside.
func sameJSON(a, b json.RawMessage) (where string, same bool) {
	if bytes.Equal(a, b) {
		return "", true
	}
	va, errA := decode(a)
	vb, errB := decode(b)
	if errA != nil || errB != nil {
		return "/", false
	}
	where, same = differ("", va, vb)
	if where == "" {
		where = "/"
	}
	return where, same
}

func decode(raw json.RawMessage) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func differ(at string, a, b any) (string, bool) {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return at, false
		}
		for _, k := range slices.Sorted(maps.Keys(a)) {
			other, there := b[k]
			if !there {
				return at + "/" + k, false
			}
			if where, same := differ(at+"/"+k, a[k], other); !same {
				return where, false
			}
		}
		for _, k := range slices.Sorted(maps.Keys(b)) {
			if _, there := a[k]; !there {
				return at + "/" + k, false
			}
		}
		return "", true
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
		return at, ok && (a == n || decimal(string(a)) == decimal(string(n)))
	}
	return at, a == b
}

// decimal spells a JSON number so that equal values have equal texts, at any size: its digits without zeros at either
// end, and the power of ten by which they are to be multiplied.
func decimal(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return "0"
	}
	exponent, err := strconv.ParseInt(power, 10, 64)
	if power != "" && err != nil { // beyond all use
		return s
	}
	return sign + trimmed + "e" + strconv.FormatInt(exponent-int64(len(fraction))+int64(len(digits)-len(trimmed)), 10)
}

// members calls visit with each member of a JSON object and reports whether data is one. It copies nothing, looks at
// the outermost level only, and takes on trust what is inside the values: a history is read once for validity, and
// once for each check that needs to.
func members(data []byte, visit func(key, value []byte)) bool {
	i := space(data, 0)
	if i == len(data) || data[i] != '{' {
		return false
	}
	i = space(data, i+1)
	if i < len(data) && data[i] == '}' {
		return true
	}
	for i < len(data) && data[i] == '"' {
		end := value(data, i)
		colon := space(data, end)
		if colon >= len(data) || data[colon] != ':' {
			return false
		}
		from := space(data, colon+1)
		to := value(data, from)
		if to == from {
			return false
		}
		visit(data[i+1:end-1], data[from:to:to])
		i = space(data, to)
		if i < len(data) && data[i] == '}' {
			return true
		}
		if i >= len(data) || data[i] != ',' {
			return false
		}
		i = space(data, i+1)
	}
	return false
}

func space(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// value returns where the value that begins at i ends, or i when none does.
func value(data []byte, i int) int {
	depth := 0
	for j := i; j < len(data); j++ {
		switch c := data[j]; c {
		case '"':
			end := quoted(data, j)
			if end == j {
				return i
			}
			if j = end - 1; depth == 0 {
				return end
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return j + 1
			}
			if depth < 0 { // of the object around a plain value
				return j
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return j
			}
		}
	}
	return i
}

// quoted returns where the string that begins at i ends, or i when it does not.
func quoted(data []byte, i int) int {
	for j := i + 1; j < len(data); j++ {
		switch data[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return i
}
