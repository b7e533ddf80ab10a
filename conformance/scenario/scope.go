package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Scope holds the values that references name. It is not safe for concurrent use, but
// children of one scope may be used by one goroutine each while the parent is left alone.
type Scope struct {
	parent *Scope
	values map[string]any
}

// NewScope returns an empty scope.
func NewScope() *Scope { return &Scope{values: map[string]any{}} }

// Child returns a scope that sees this one and keeps what it is told to itself: one for
// each client of concurrently.
func (s *Scope) Child() *Scope { return &Scope{parent: s, values: map[string]any{}} }

// Set names a value, for example the result of a step as a map[string]any by field.
// Anything that encoding/json can write is fine; header maps want lower-case names.
func (s *Scope) Set(name string, value any) { s.values[name] = normal(value) }

// Lookup finds a value by its dotted path, for example "lease.body.dni".
func (s *Scope) Lookup(path string) (any, error) {
	return s.lookup(&Ref{Path: strings.Split(path, ".")})
}

func (s *Scope) lookup(ref *Ref) (any, error) {
	root, ok := s.root(ref.Path[0])
	if !ok {
		return nil, &ReferenceError{ref.Name(), ref.Pos, "no result of that name"}
	}
	value, reason := descend(root, ref.Path[1:], ref.Path[0])
	if reason != "" {
		return nil, &ReferenceError{ref.Name(), ref.Pos, reason}
	}
	return value, nil
}

func (s *Scope) root(name string) (any, bool) {
	for ; s != nil; s = s.parent {
		if value, ok := s.values[name]; ok {
			return value, true
		}
	}
	return nil, false
}

// descend follows path from value, which is called at. The reason is "" when it is found,
// else it says what was there instead.
func descend(value any, path []string, at string) (found any, reason string) {
	for _, name := range path {
		switch parent := value.(type) {
		case map[string]any:
			child, ok := parent[name]
			if !ok {
				return nil, "nothing: " + at + " " + has(parent)
			}
			value = child
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(parent) {
				return nil, fmt.Sprintf("nothing: %s is a list of %d", at, len(parent))
			}
			value = parent[i]
		default:
			return nil, "nothing: " + at + " is " + describe(value)
		}
		at += "." + name
	}
	return value, ""
}

func has(fields map[string]any) string {
	if len(fields) == 0 {
		return "is empty"
	}
	names := slices.Sorted(maps.Keys(fields))
	if len(names) > 12 {
		names = append(names[:12], "…")
	}
	return clip("has " + strings.Join(names, ", "))
}

// normal turns a Go value into the JSON-like form that everything here works on.
func normal(value any) any {
	switch v := value.(type) {
	case nil, bool, string, json.Number:
		return v
	case int:
		return json.Number(strconv.Itoa(v))
	case map[string]any:
		fields := make(map[string]any, len(v))
		for key, item := range v {
			fields[key] = normal(item)
		}
		return fields
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = normal(item)
		}
		return items
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	decoded, err := decodeJSON(raw)
	if err != nil {
		return fmt.Sprint(value)
	}
	return decoded
}

// describe writes a value for a message: JSON, cut when long.
func describe(value any) string { return clip(string(marshal(value))) }

func clip(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
