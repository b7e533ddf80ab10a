package handoff

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// attributeName is the attribute that carries the shared_id. Source: published docs.
const attributeName = "shared_id"

// record takes the snapshot of c at the given time. A GET will see it from visibleAt on.
func (s *Store) record(c Call, at, visibleAt time.Time) Record {
	r := Record{ID: c.ID, At: at, VisibleAt: visibleAt}
	r.Data, r.empty = s.data(c.State)
	r.SharedID = s.sharedID(c)
	r.HasSharedID = r.SharedID != ""
	return r
}

// data builds the exposed object, and reports whether every key in it is null.
func (s *Store) data(state map[string]json.RawMessage) (data json.RawMessage, empty bool) {
	empty = true
	room := len("{}")
	for i, key := range s.c.StateKeys {
		room += len(s.names[i]) + max(len(state[key]), len("null")) + len(",")
	}
	data = append(make([]byte, 0, room), '{')
	for i, key := range s.c.StateKeys {
		if i > 0 {
			data = append(data, ',')
		}
		value := exposed(state[key])
		empty = empty && string(value) == "null"
		data = append(append(data, s.names[i]...), value...)
	}
	data = append(data, '}')
	if empty && s.c.Empty == NoKeys {
		return json.RawMessage("{}"), true
	}
	return data, empty
}

// exposed returns the JSON text of a state value, null when it is unset. What is not JSON is null too: it would
// break the whole reply for the sake of one key.
func exposed(value json.RawMessage) json.RawMessage {
	if !json.Valid(value) {
		return json.RawMessage("null")
	}
	return bytes.TrimSpace(value)
}

// sharedID returns the shared_id of c, "" for none: an empty one could not be asked for anyway.
func (s *Store) sharedID(c Call) string {
	fromState := func() string { return s.coerce(c.State[s.c.SharedIDStateKey]) }
	fromAttributes := func() string {
		var attributes map[string]json.RawMessage // a struct would match Shared_ID too
		if json.Unmarshal(c.Attributes, &attributes) != nil {
			return ""
		}
		return s.coerce(attributes[attributeName])
	}
	switch s.c.SharedIDSource {
	case FromNowhere:
		return ""
	case FromAttributes:
		return fromAttributes()
	case FromBoth:
		if id := fromState(); id != "" {
			return id
		}
		return fromAttributes()
	default:
		return fromState()
	}
}

// coerce turns a JSON value into a shared_id: a string as it is, an integer by number_style, anything else into none.
func (s *Store) coerce(value json.RawMessage) string {
	if !json.Valid(value) {
		return ""
	}
	value = bytes.TrimSpace(value)
	if value[0] == '"' {
		var text string
		_ = json.Unmarshal(value, &text) // it is valid
		return text
	}
	integer := string(value)
	if strings.Trim(integer, "-0123456789") != "" {
		return ""
	}
	if integer == "-0" {
		integer = "0"
	}
	if s.c.NumberStyle == Digits {
		return integer
	}
	return double(integer)
}

// double spells an integer the way the agent's language (Python) prints the double nearest to it, "" when there is none.
func double(integer string) string {
	f, err := strconv.ParseFloat(integer, 64)
	if err != nil {
		return ""
	}
	if -1e16 < f && f < 1e16 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'e', -1, 64)
}
