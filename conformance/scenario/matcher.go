package scenario

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dnispool/dnispool/conformance/jsonvalue"
)

// Op is what a matcher does. Every op but Absent wants the value to be there.
type Op string

// The ops. Equal is a bare value; the others are the key of a matcher map.
const (
	Equal    Op = "equal"    // the same JSON value, numbers by value
	Exactly  Op = "exactly"  // the same, for a whole mapping
	Not      Op = "not"      // there, but not this value or not matched by this matcher
	OneOf    Op = "one_of"   // equal to an item of the list
	Matches  Op = "matches"  // e164, uuid, rfc3339, or a regular expression found in the text
	Present  Op = "present"  // there, be it null
	Absent   Op = "absent"   // not there
	Type     Op = "type"     // string, number, integer, boolean, object, array or null
	AtLeast  Op = "at_least" // a number, or more
	AtMost   Op = "at_most"  // a number, or less
	Contains Op = "contains" // the text has this part, or the list has an equal item
	Length   Op = "length"   // characters of a text, items of a list, keys of an object
)

func matcherNames() []string {
	return []string{
		string(Not), string(OneOf), string(Matches), string(Present), string(Absent), string(Type),
		string(AtLeast), string(AtMost), string(Contains), string(Length), string(Exactly),
	}
}

func typeNames() []string {
	return []string{"string", "number", "integer", "boolean", "object", "array", "null"}
}

// Matcher is one expectation of a value, as written. Bind makes it ready to use.
type Matcher struct {
	Op      Op
	Arg     Value          // what the op is given; unset for Present and Absent
	pattern *regexp.Regexp // of Matches, unless the format is named
	inner   *Matcher       // of Not with a matcher
}

// Bound is a matcher without references.
type Bound struct {
	op      Op
	arg     any
	pattern *regexp.Regexp
	inner   *Bound
}

// Bind replaces the references in the matcher's argument.
func (m Matcher) Bind(scope *Scope) (Bound, error) {
	b := Bound{op: m.Op, pattern: m.pattern}
	if m.inner != nil {
		inner, err := m.inner.Bind(scope)
		b.inner = &inner
		return b, err
	}
	arg, err := m.Arg.Resolve(scope)
	if err != nil {
		return Bound{}, err
	}
	b.arg = arg
	if _, number := arg.(json.Number); !number && (m.Op == AtLeast || m.Op == AtMost) {
		return Bound{}, fmt.Errorf("%s: want a number, got %s", m.Op, describe(arg))
	}
	return b, nil
}

// Match holds a value against the matcher. Want and got are for people: `at least 2`, `1`.
func (b Bound) Match(value any, present bool) (ok bool, want, got string) {
	value = normal(value)
	want, got = b.want(), "nothing"
	if present {
		got = describe(value)
	}
	if b.op == Absent {
		return !present, want, got
	}
	return present && b.matches(value), want, got
}

func (b Bound) want() string {
	switch b.op {
	case Not:
		if b.inner != nil {
			return "not " + b.inner.want()
		}
		return "anything but " + describe(b.arg)
	case OneOf:
		items, _ := b.arg.([]any)
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = describe(item)
		}
		return "one of " + strings.Join(texts, ", ")
	case Matches:
		if b.pattern != nil {
			return "text that matches " + b.pattern.String()
		}
		return fmt.Sprintf("text in the form %v", b.arg)
	case Present:
		return "any value"
	case Absent:
		return "nothing"
	case Type:
		return fmt.Sprintf("a value of type %v", b.arg)
	case AtLeast, AtMost:
		return strings.ReplaceAll(string(b.op), "_", " ") + " " + describe(b.arg)
	case Contains:
		return "a value that contains " + describe(b.arg)
	case Length:
		return "length " + describe(b.arg)
	case Exactly:
		return "exactly " + describe(b.arg)
	default:
		return describe(b.arg)
	}
}

func (b Bound) matches(value any) bool {
	switch b.op {
	case Not:
		if b.inner != nil {
			return !b.inner.matches(value)
		}
		return !jsonvalue.Equal(b.arg, value)
	case OneOf:
		items, _ := b.arg.([]any)
		return slices.ContainsFunc(items, func(item any) bool { return jsonvalue.Equal(item, value) })
	case Matches:
		return b.matchesText(value)
	case Present:
		return true
	case Type:
		return hasType(value, fmt.Sprint(b.arg))
	case AtLeast, AtMost:
		return b.inRange(value)
	case Contains:
		return contains(value, b.arg)
	case Length:
		n, ok := length(value)
		return ok && jsonvalue.Equal(json.Number(strconv.Itoa(n)), b.arg)
	default:
		return jsonvalue.Equal(b.arg, value)
	}
}

func (b Bound) inRange(value any) bool {
	number, ok := value.(json.Number)
	limit, _ := b.arg.(json.Number)
	if !ok {
		return false
	}
	order := jsonvalue.Compare(number, limit)
	return order == 0 || (order > 0) == (b.op == AtLeast)
}

func (b Bound) matchesText(value any) bool {
	text, ok := value.(string)
	if !ok {
		return false
	}
	if b.pattern != nil {
		return b.pattern.MatchString(text)
	}
	format := namedFormats()[fmt.Sprint(b.arg)]
	return format != nil && format(text)
}

// namedFormats are the words that matches knows.
func namedFormats() map[string]func(string) bool {
	return map[string]func(string) bool{"e164": isE164, "uuid": isUUID, "rfc3339": isRFC3339}
}

// isE164 wants a plus, a first digit that is not zero, and at most 15 digits.
func isE164(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && len(digits) >= 2 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
				return false
			}
		}
	}
	return true
}

func isRFC3339(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

func hasType(value any, name string) bool {
	switch value := value.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case json.Number:
		return name == "number" || name == "integer" && jsonvalue.Integer(value)
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	}
	return false
}

func contains(value, part any) bool {
	switch value := value.(type) {
	case string:
		text, ok := part.(string)
		return ok && strings.Contains(value, text)
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return jsonvalue.Equal(part, item) })
	}
	return false
}

func length(value any) (int, bool) {
	switch value := value.(type) {
	case string:
		return utf8.RuneCountInString(value), true
	case []any:
		return len(value), true
	case map[string]any:
		return len(value), true
	}
	return 0, false
}
