package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// frame is one run of one function: what it sees and what it answers. Its
// state includes the writes of the run so far.
type frame struct {
	call       conversation.Call
	attributes json.RawMessage // None outside of start_function, unless they can be read throughout
	state      conversation.State
	missing    conversation.MissingIndex
	reply      conversation.Reply
}

// errReturn ends a function early without a failure.
var errReturn = errors.New("return")

// op is one operation of a function.
type op interface{ run(*frame) error }

// run gives the reply. With a failure the reply still says the time it took.
func (f *frame) run(ops []op) (conversation.Reply, error) {
	if err := f.each(ops); err != nil && err != errReturn {
		return f.reply, err
	}
	return f.reply, nil
}

func (f *frame) each(ops []op) error {
	for _, o := range ops {
		if err := o.run(f); err != nil {
			return err
		}
	}
	return nil
}

type setOp []assignment

type assignment struct {
	key   string
	value value
}

func (o setOp) run(f *frame) error {
	for _, a := range o {
		v, err := a.value.read(f)
		if err != nil {
			return err
		}
		f.write(a.key, v)
	}
	return nil
}

func (f *frame) write(key string, v json.RawMessage) {
	if f.reply.Set == nil {
		f.reply.Set = map[string]json.RawMessage{}
	}
	f.reply.Set[key] = v
	f.state[key] = v
}

// countOp adds 1 to the integer under a state key, so that a scenario can see how often a function ran. A key that is
// missing or null counts from 0.
type countOp string

func (o countOp) run(f *frame) error {
	key := string(o)
	n := new(big.Int)
	if raw := f.state[key]; !none(raw) {
		if _, ok := n.SetString(string(bytes.TrimSpace(raw)), 10); !ok {
			return fmt.Errorf("TypeError: count %s: want an integer, got %s", key, pythonType(raw))
		}
	}
	f.write(key, json.RawMessage(n.Add(n, big.NewInt(1)).String()))
	return nil
}

type sleepOp time.Duration

func (o sleepOp) run(f *frame) error {
	d := time.Duration(o)
	if f.reply.Took > conversation.Forever-d {
		d = conversation.Forever - f.reply.Took
	}
	f.reply.Took += d
	return nil
}

type crashOp string

func (o crashOp) run(*frame) error { return errors.New(string(o)) }

// hangupOp ends the call, with headers for the BYE.
type hangupOp struct{ headers map[string]string }

func (o hangupOp) run(f *frame) error {
	f.reply.Hangup, f.reply.Headers = true, o.headers
	return errReturn
}

type whenOp struct {
	condition condition
	do, other []op
}

func (o whenOp) run(f *frame) error {
	if o.condition.holds(f) {
		return f.each(o.do)
	}
	return f.each(o.other)
}

// value is a literal or a reference.
type value struct {
	kind    string // a word of references, "literal" for a literal
	name    string // state key, header or field of the call
	path    []string
	literal json.RawMessage
}

func (v value) read(f *frame) (json.RawMessage, error) {
	switch v.kind {
	case "literal":
		return v.literal, nil
	case "state_index":
		return f.missing.Lookup(f.state, v.name)
	case "attribute_get":
		return get(f.attributes, v.path)
	}
	found, ok := v.find(f)
	if !ok {
		return null, nil
	}
	return found, nil
}

// find reads what may be absent: attribute, state, header and call.
func (v value) find(f *frame) (json.RawMessage, bool) {
	switch v.kind {
	case "attribute":
		return follow(f.attributes, v.path)
	case "state":
		found, ok := f.state[v.name]
		return found, ok
	case "header":
		found, ok := f.call.Headers[v.name]
		return quote(found), ok
	default: // call
		found := field(f.call, v.name)
		return found, !none(found)
	}
}

// get is a chain of .get(name) as Python runs it: a missing key gives None,
// and None has no .get.
func get(raw json.RawMessage, path []string) (json.RawMessage, error) {
	for _, name := range path {
		if t := pythonType(raw); t != "dict" {
			return nil, fmt.Errorf("AttributeError: '%s' object has no attribute 'get'", t)
		}
		next, ok := object(raw)[name]
		if !ok {
			next = null
		}
		raw = next
	}
	return raw, nil
}

// condition is what when tests: a subject and one test, or unbound.
type condition struct {
	subject value
	present *bool
	equals  []json.RawMessage // any of them
	unbound *bool
}

func (c condition) holds(f *frame) bool {
	if c.unbound != nil {
		return *c.unbound != f.call.Bound
	}
	found, ok := c.subject.find(f)
	if c.present != nil {
		return *c.present == ok
	}
	if !ok {
		found = null
	}
	for _, want := range c.equals {
		if equal(found, want) {
			return true
		}
	}
	return false
}
