package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

const jsonType = "application/json"

// body is a JSON text decoded strictly: one value, nothing after it, UTF-8 throughout.
type body struct {
	value    any      // numbers are json.Number
	repeated []string // pointers of members that were named before in the same object
	err      error    // why there is no value
}

func decode(text []byte) body {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return body{err: errors.New("want a JSON value, got an empty body")}
	case !utf8.Valid(text):
		return body{err: errors.New("want JSON in UTF-8, got other bytes")}
	}
	if !json.Valid(text) {
		var whole json.RawMessage
		return body{err: syntaxError(json.Unmarshal(text, &whole))}
	}
	var value any
	if err := numbers(text).Decode(&value); err != nil {
		return body{err: syntaxError(err)}
	}
	if colons(text) == members(value) {
		return body{value: value}
	}
	w := walker{tokens: numbers(text)}
	value, err := w.value()
	return body{value: value, repeated: w.repeated, err: err}
}

// numbers decodes without rounding: an integer of any size stays what it was.
func numbers(text []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d
}

// colons counts the members that a valid JSON text names, repeated ones too.
func colons(text []byte) int {
	n := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case ':':
			n++
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return n
}

// members counts the members that are left after decoding. Fewer than colons means that one was overwritten.
func members(value any) int {
	n := 0
	switch v := value.(type) {
	case map[string]any:
		n = len(v)
		for _, child := range v {
			n += members(child)
		}
	case []any:
		for _, child := range v {
			n += members(child)
		}
	}
	return n
}

// syntaxError names the place and quotes at most one character.
func syntaxError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("want one JSON value, got a fault at byte %d: %s", syntax.Offset, syntax.Error())
	}
	return errors.New("want one JSON value, got something else")
}

// walker builds the value that encoding/json would, and notes the members that it would silently overwrite.
type walker struct {
	tokens   *json.Decoder
	path     []string // names and positions that lead to the value being read
	repeated []string
}

func (w *walker) value() (any, error) {
	token, err := w.tokens.Token()
	if err != nil {
		return nil, syntaxError(err)
	}
	switch token {
	case json.Delim('{'):
		return w.object()
	case json.Delim('['):
		return w.array()
	}
	return token, nil
}

func (w *walker) object() (any, error) {
	object := map[string]any{}
	for w.tokens.More() {
		token, err := w.tokens.Token()
		if err != nil {
			return nil, syntaxError(err)
		}
		name, _ := token.(string)
		value, err := w.child(name)
		if err != nil {
			return nil, err
		}
		if _, seen := object[name]; seen {
			w.repeated = append(w.repeated, pointer(append(w.path, name)))
		}
		object[name] = value
	}
	return object, w.close()
}

func (w *walker) array() (any, error) {
	array := []any{}
	for w.tokens.More() {
		value, err := w.child(strconv.Itoa(len(array)))
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	return array, w.close()
}

func (w *walker) child(name string) (any, error) {
	w.path = append(w.path, name)
	defer func() { w.path = w.path[:len(w.path)-1] }()
	return w.value()
}

func (w *walker) close() error {
	if _, err := w.tokens.Token(); err != nil {
		return syntaxError(err)
	}
	return nil
}

// pointer joins names into a JSON pointer.
func pointer(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("/" + escape(name))
	}
	return b.String()
}

// escape makes name a token of a JSON pointer, cut short so that a report stays readable.
func escape(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(short(name), "~", "~0"), "/", "~1")
}

// short bounds text that came over the wire.
func short(text string) string {
	const limit = 80
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit]) + "…"
}

// mediaType is the type that the header declares, lower case, without parameters; "" when absent or malformed.
func mediaType(h http.Header) string {
	declared, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return declared
}
