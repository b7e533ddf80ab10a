package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// strict reads an object into the struct that into points to, and returns the keys that it has. Its errors speak of the
// keys: one that is not known, a value that is not of its type. A line that ends before its object does is
// io.ErrUnexpectedEOF.
func strict(line []byte, into any) (given map[string]bool, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	first, err := d.Token()
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, fmt.Errorf("want an object in JSON: %w", err)
	case first != json.Delim('{'):
		return nil, fmt.Errorf("want an object, got %s", clip(bytes.TrimSpace(line)))
	}
	given = make(map[string]bool)
	v := reflect.ValueOf(into).Elem()
	fields := fieldsOf(v.Type())
	var wrong error
	for d.More() {
		key, value, err := member(d)
		if err != nil {
			return given, err
		}
		given[key] = true
		i, known := fields[key]
		switch {
		case wrong != nil: // the first is said, unless the line is no JSON at all
		case !known:
			wrong = unknownKey(key, slices.Sorted(maps.Keys(fields)))
		default:
			wrong = set(v.Field(i), key, value)
		}
	}
	if _, err := d.Token(); err != nil {
		return given, syntax(err)
	}
	if rest, _ := io.ReadAll(d.Buffered()); len(bytes.TrimSpace(rest)) > 0 {
		return given, fmt.Errorf("want one object, got more behind it: %s", clip(bytes.TrimSpace(rest)))
	}
	return given, wrong
}

func member(d *json.Decoder) (key string, value json.RawMessage, err error) {
	t, err := d.Token()
	if err == nil {
		key, _ = t.(string) // an object has no other keys
		err = d.Decode(&value)
	}
	return key, value, syntax(err)
}

func syntax(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err == nil || errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return fmt.Errorf("want an object in JSON: %w", err)
}

func unknownKey(key string, known []string) error {
	if hint := strictyaml.Suggest(key, known); hint != "" {
		return fmt.Errorf("unknown key %q (did you mean %q?)", key, hint)
	}
	return fmt.Errorf("unknown key %q", key)
}

// fieldsOf finds the fields of a struct by the keys that they have in JSON.
func fieldsOf(t reflect.Type) map[string]int {
	fields := make(map[string]int)
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); key != "-" {
			fields[key] = i
		}
	}
	return fields
}

// set sets a field to the value of its key.
func set(field reflect.Value, key string, value json.RawMessage) error {
	into := field.Addr().Interface()
	if n, ok := whole(value); ok && field.CanInt() {
		field.SetInt(n)
		return nil
	}
	_, anything := into.(*json.RawMessage)
	if anything {
		value = bytes.Clone(value)
	}
	if err := json.Unmarshal(value, into); err != nil || string(value) == "null" && !anything {
		return fmt.Errorf("%s: want %s, got %s", key, kindOf(into), clip(value))
	}
	return nil
}

// whole reads a number without a fraction however it is written: some languages have no other numbers than 5.0 or 5e9.
func whole(value []byte) (int64, bool) {
	const exact = 1 << 53
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || value[0] != '-' && (value[0] < '0' || value[0] > '9') || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, false
	}
	return int64(f), true
}

func kindOf(field any) string {
	switch field.(type) {
	case *time.Duration:
		return "a whole number of nanoseconds"
	case *time.Time:
		return `a time like "2026-01-01T00:00:00Z"`
	case *bool:
		return "true or false"
	case *int:
		return "a whole number"
	}
	return "text"
}

func clip(value []byte) string {
	const limit = 60
	if len(value) <= limit {
		return string(value)
	}
	return strings.ToValidUTF8(string(value[:limit]), "") + "…"
}

// given says which keys that every operation needs a line has; the others are seen by their values.
type given struct{ start, end, bye bool }

// validate refuses what no client can have seen, and settles what the status decides.
func validate(o *Op, g given) error {
	switch {
	case o.ID < 1:
		return fmt.Errorf("id: want 1 or more, got %d", o.ID)
	case !g.start:
		return fmt.Errorf("start_ns: want when it began, in nanoseconds since the base, got nothing")
	case !g.end:
		return fmt.Errorf("end_ns: want when it was over, in nanoseconds since the base, got nothing")
	case o.End < o.Start:
		return fmt.Errorf("end_ns: want start_ns (%s) or later, got %s", o.Start, o.End)
	case o.Sent != 0 && (o.Sent < o.Start || o.Sent > o.End):
		return fmt.Errorf("sent_ns: want between start_ns and end_ns, got %s", o.Sent)
	case o.Ended && !g.bye:
		return fmt.Errorf("ended: want bye_ns with it, the time of the end; leave ended out where that is not known")
	case g.bye && o.Bye < o.Start:
		return fmt.Errorf("bye_ns: want start_ns (%s) or later, got %s", o.Start, o.Bye)
	}
	if err := strictyaml.Among("kind", o.Kind, Reserve, Call, Handoff, Restart); err != nil {
		return err
	}
	if err := strictyaml.Among("outcome", o.Outcome, OK, Refused, Rejected, Indefinite, Open); err != nil {
		return err
	}
	if o.EndedBy != "" {
		if err := strictyaml.Among("ended_by", o.EndedBy, "platform", "caller", "carrier", "network", "desk"); err != nil {
			return err
		}
	}
	return settle(o)
}
