package strictyaml

import (
	"bytes"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"
)

// JSON writes a YAML value as compact JSON text. It keeps the order of keys and the digits
// of every number. It refuses what JSON cannot say (.inf, .nan, keys that are not text),
// numbers in another notation than JSON's (0442, 0x1F, +44…) and the words yes, no, on and
// off, which are booleans to some readers and text to others.
func JSON(file string, n *yaml.Node) (json.RawMessage, Problems) {
	w := jsonWriter{file: file}
	w.value(n, 1)
	if len(w.ps) > 0 {
		return nil, w.ps
	}
	return w.buf.Bytes(), nil
}

type jsonWriter struct {
	file string
	buf  bytes.Buffer
	ps   Problems
}

func (w *jsonWriter) value(n *yaml.Node, depth int) {
	switch {
	case n == nil:
		w.buf.WriteString("null")
	case depth > maxDepth:
		w.problem(n, "value: want at most %d levels, got more", maxDepth)
	case n.Kind == yaml.MappingNode:
		w.object(n, depth)
	case n.Kind == yaml.SequenceNode:
		w.array(n, depth)
	case n.Kind == yaml.ScalarNode:
		w.scalar(n)
	default:
		w.problem(n, "value: want a JSON value, got %s", Got(n))
	}
}

func (w *jsonWriter) object(n *yaml.Node, depth int) {
	separator := byte('{')
	for key, value := range Pairs(n) {
		w.buf.WriteByte(separator)
		separator = ','
		if isText(key) && !looksBool(key) {
			w.text(key.Value)
		} else {
			w.problem(key, "key: want text, got %s; %s", Got(key), quoteIt(key))
		}
		w.buf.WriteByte(':')
		w.value(value, depth+1)
	}
	if separator == '{' {
		w.buf.WriteByte('{')
	}
	w.buf.WriteByte('}')
}

func (w *jsonWriter) array(n *yaml.Node, depth int) {
	w.buf.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		w.value(item, depth+1)
	}
	w.buf.WriteByte(']')
}

func (w *jsonWriter) scalar(n *yaml.Node) {
	switch {
	case looksBool(n):
		w.problem(n, "value: %s is a boolean to some readers of YAML and text to others; write true or false, or %s", n.Value, quoteIt(n))
	case isText(n):
		w.text(n.Value)
	case IsNull(n):
		w.buf.WriteString("null")
	case isBool(n):
		w.buf.WriteString(strings.ToLower(n.Value))
	case numberText.MatchString(n.Value):
		w.buf.WriteString(n.Value)
	default:
		w.problem(n, "value: want a number as JSON writes it, got %s; %s if it is text", clip(n.Value), quoteIt(n))
	}
}

func (w *jsonWriter) text(s string) {
	w.buf.Write(quote(s))
}

func (w *jsonWriter) problem(n *yaml.Node, format string, args ...any) {
	w.ps = append(w.ps, At(w.file, n, format, args...))
}

// quote writes s as a JSON string, < and & as they are.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func quoteIt(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return "write text"
	}
	return "quote it: " + string(quote(clip(n.Value)))
}
