package history

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// decoder reads operations, a line each.
type decoder struct {
	texts texts
	raws  raws
	given given // of the line that was read last
}

func newDecoder() *decoder { return &decoder{texts: newTexts(), raws: newRaws()} }

// decode reads one operation, as strict does and with its errors, several times as fast where the line is in the form
// that people and programs usually give it.
func (d *decoder) decode(line []byte, o *Op) error {
	*o, d.given = Op{}, given{}
	if d.usual(line, o) {
		return nil
	}
	*o = Op{}
	keys, err := strict(line, o)
	d.given = given{start: keys["start_ns"], end: keys["end_ns"], bye: keys["bye_ns"]}
	return err
}

// usual reads an object that is valid, whose keys are spelled as ours, and whose values are of their types. It gives up
// on everything else, which strict knows how to take or to refuse, and then leaves anything in o.
func (d *decoder) usual(line []byte, o *Op) bool {
	c := cursor{data: line}
	if !c.take('{') {
		return false
	}
	for {
		key, _, ok := c.quoted()
		if !ok || !c.take(':') || !d.member(&c, key, o) {
			return false
		}
		if c.take('}') {
			return c.atEnd()
		}
		if !c.take(',') {
			return false
		}
	}
}

// member reads the value of a member of o. key is in its quotes, as are the texts below: what is escaped in a key is
// not a usual key.
func (d *decoder) member(c *cursor, key []byte, o *Op) bool {
	switch string(key) {
	case `"id"`:
		return integer(c, &o.ID)
	case `"generator"`:
		return d.text(c, &o.Generator)
	case `"client"`:
		return d.text(c, &o.Client)
	case `"step"`:
		return d.text(c, &o.Step)
	case `"kind"`:
		return d.text(c, (*string)(&o.Kind))
	case `"outcome"`:
		return d.text(c, (*string)(&o.Outcome))
	case `"start_ns"`:
		d.given.start = true
		return integer(c, &o.Start)
	case `"sent_ns"`:
		return integer(c, &o.Sent)
	case `"end_ns"`:
		d.given.end = true
		return integer(c, &o.End)
	case `"project"`:
		return d.text(c, &o.Project)
	case `"drain"`:
		return c.boolean(&o.Drain)
	case `"status"`:
		return integer(c, &o.Status)
	case `"number"`:
		return d.text(c, &o.Number)
	case `"nonce"`:
		return d.text(c, &o.Nonce)
	case `"shared_id"`:
		return d.text(c, &o.SharedID)
	case `"attributes"`:
		return d.raw(c, &o.Attributes)
	case `"call_id"`:
		return d.text(c, &o.CallID)
	case `"ended"`:
		return c.boolean(&o.Ended)
	case `"ended_by"`:
		return d.text(c, &o.EndedBy)
	case `"bye_ns"`:
		d.given.bye = true
		return integer(c, &o.Bye)
	case `"asked_id"`:
		return d.text(c, &o.AskedID)
	case `"asked_shared_id"`:
		return d.text(c, &o.AskedSharedID)
	case `"got_id"`:
		return d.text(c, &o.GotID)
	case `"got_shared_id"`:
		return d.text(c, &o.GotSharedID)
	case `"data"`:
		return d.raw(c, &o.Data)
	}
	return false
}

// text reads a string. What is escaped, or no UTF-8, encoding/json makes of it what it does.
func (d *decoder) text(c *cursor, into *string) bool {
	s, plain, ok := c.quoted()
	if !ok {
		return false
	}
	inner := s[1 : len(s)-1]
	if !plain && (bytes.IndexByte(inner, '\\') >= 0 || !utf8.Valid(inner)) {
		var unquoted string
		if err := json.Unmarshal(s, &unquoted); err != nil {
			return false
		}
		inner = []byte(unquoted)
	}
	*into = d.texts.of(inner)
	return true
}

// raw reads any value but null, and keeps it as it is written.
func (d *decoder) raw(c *cursor, into *json.RawMessage) bool {
	c.space()
	from := c.at
	if !c.value(0) || c.data[from] == 'n' {
		return false
	}
	*into = d.raws.of(c.data[from:c.at])
	return true
}

// integer reads a whole number of less than 19 digits, which no int64 is too small for.
func integer[N int | time.Duration](c *cursor, into *N) bool {
	c.space()
	i, n := c.at, int64(0)
	negative := i < len(c.data) && c.data[i] == '-'
	if negative {
		i++
	}
	first := i
	for ; i < len(c.data) && c.data[i]-'0' <= 9; i++ {
		if i-first == 18 {
			return false
		}
		n = 10*n + int64(c.data[i]-'0')
	}
	if i == first || c.data[first] == '0' && i > first+1 {
		return false
	}
	if c.at = i; negative {
		n = -n
	}
	*into = N(n)
	return int64(*into) == n // an int may be a small one
}
