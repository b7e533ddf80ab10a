package agent

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/sim/conversation"
)

var null = json.RawMessage("null")

// none reports whether raw is Python's None: null, or nothing at all.
func none(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || bytes.Equal(raw, null)
}

// quote writes text as JSON, with < and & as they are.
func quote(text string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return bytes.TrimSpace(b.Bytes())
}

// field is one thing a function knows about its call; a withheld ANI is null.
func field(call conversation.Call, name string) json.RawMessage {
	switch name {
	case "id":
		return quote(call.ID)
	case "account":
		return quote(call.Account)
	case "project":
		return quote(call.Project)
	case "dnis":
		return quote(call.DNIS)
	case "arrived_at":
		return quote(call.ArrivedAt.UTC().Format(arrivedFormat))
	case "ani":
		if call.ANI != "" {
			return quote(call.ANI)
		}
	}
	return null
}

// object is a JSON object by member, nil for anything else. The text of the
// members is untouched, so numbers of any size survive.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	return members
}

// follow goes down a path of names and, in arrays, numbers from 0.
func follow(raw json.RawMessage, path []string) (json.RawMessage, bool) {
	for _, name := range path {
		next, ok := object(raw)[name]
		if !ok {
			next, ok = element(raw, name)
		}
		if !ok {
			return nil, false
		}
		raw = next
	}
	return raw, true
}

func element(raw json.RawMessage, name string) (json.RawMessage, bool) {
	var list []json.RawMessage
	i, err := strconv.ParseUint(name, 10, 31)
	if err != nil || json.Unmarshal(raw, &list) != nil || int(i) >= len(list) {
		return nil, false
	}
	return list[i], true
}

// pythonType names the type that json.loads would give, for error texts.
func pythonType(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	switch {
	case none(raw):
		return "NoneType"
	case raw[0] == '{':
		return "dict"
	case raw[0] == '[':
		return "list"
	case raw[0] == '"':
		return "str"
	case raw[0] == 't', raw[0] == 'f':
		return "bool"
	case bytes.ContainsAny(raw, ".eE"):
		return "float"
	}
	return "int"
}

// equal compares two JSON values: numbers by value, objects in any order.
func equal(a, b json.RawMessage) bool {
	x, okX := decode(a)
	y, okY := decode(b)
	return okX && okY && same(x, y)
}

func decode(raw json.RawMessage) (value any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&value)
	return value, err == nil
}

func same(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || decimalOf(a) == decimalOf(b))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !same(value, other) {
				return false
			}
		}
		return true
	}
	return a == b
}

// decimal is a number in one form only, exact at any size: 2, 2.0 and 20e-1
// are all 2 times ten to the power of 0. Floats would merge large integers.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func decimalOf(n json.Number) decimal {
	var d decimal
	text, negative := strings.CutPrefix(strings.ToLower(string(n)), "-")
	mantissa, exponent, scaled := strings.Cut(text, "e")
	if scaled {
		e, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			return decimal{digits: text, negative: negative} // beyond any use: equal as text only
		}
		d.exponent = int(e)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	digits := strings.TrimRight(all, "0")
	d.exponent += len(all) - len(digits) - len(fraction)
	d.digits = strings.TrimLeft(digits, "0")
	if d.digits == "" {
		return decimal{}
	}
	d.negative = negative
	return d
}
