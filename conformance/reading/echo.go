package reading

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// Echo is what the echo agent wrote about one call. Its texts are empty when they were null or not there.
type Echo struct {
	Nonce      string
	DNIS       string
	At         string // the number dialled, as its pool writes it
	Project    string
	ArrivedAt  string
	Bound      bool // it was given attributes
	Common     bool // its nonce is that of too many reservations to name one
	Silent     bool // it does not say whether it was given attributes without a nonce
	Attributes json.RawMessage
	Heard      *history.Op
}

// readEcho is nil when no echo agent has spoken: a state whose keys are all null may be that of a call whose agent has
// not started yet. of is the call that the state is of, if it is one of ours: mostly, the texts are those of the call.
func readEcho(data json.RawMessage, of *Call) *Echo {
	if !bytes.Contains(data, []byte(`"echo_`)) {
		return nil
	}
	var nonce, number string
	if of != nil {
		nonce, number = of.Op.Nonce, of.Op.Number
	}
	var e Echo
	said, site, all := false, false, false
	ok := members(data, func(key, value []byte) {
		switch string(key) {
		case "echo_nonce":
			e.Nonce, said = text(value, nonce), true
		case "echo_dnis":
			e.DNIS, site = text(value, number), true
		case "echo_project":
			e.Project = text(value, "")
		case "echo_arrived_at":
			e.ArrivedAt = text(value, "")
		case "echo_attributes":
			e.Attributes, all = nil, true
			if string(value) != "null" {
				e.Attributes = value
			}
		}
	})
	if !ok || !said || e.Nonce == "" && e.DNIS == "" && site {
		return nil
	}
	e.Silent = e.Nonce == "" && !all
	e.Bound = e.Nonce != "" || e.Attributes != nil
	return &e
}

// text is a JSON string's text or a number's digits, which is how a history spells a nonce; else "". It is mostly the
// one that is expected.
func text(raw []byte, expected string) string {
	switch {
	case len(raw) == 0:
		return ""
	case raw[0] == '"':
		if s := raw[1 : len(raw)-1]; bytes.IndexByte(s, '\\') < 0 {
			if string(s) == expected {
				return expected
			}
			return string(s)
		}
		var s string
		_ = json.Unmarshal(raw, &s) // what is no text is none
		return s
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return string(raw)
	}
	return ""
}

// hear takes what one reading of the call's state shows. One that shows attributes says more than one that does not.
func (c *Call) hear(e *Echo) {
	if e != nil && (c.Echo == nil || !c.Echo.Bound && e.Bound) {
		c.Echo = e
	}
}

// heard is what r says. Clients ask for a state again and again, so it is mostly what was said before.
func (c *Call) heard(r *history.Op) *Echo {
	if c != nil && c.data != nil && bytes.Equal(c.data, r.Data) {
		return c.said
	}
	e := readEcho(r.Data, c)
	if e != nil {
		e.Heard = r
	}
	if c != nil {
		c.data, c.said = r.Data, e
	}
	return e
}

// HandsOff reports whether the state that was read of c last has a handoff.
func (c *Call) HandsOff() bool { return present(c.data, "handoff_to") }

// AsksForHandoff reports whether the attributes of o ask the echo agent to leave a handoff.
func AsksForHandoff(o *history.Op) bool { return present(o.Attributes, "want_handoff_to") }

// ShowsNoHandoff reports whether a call without a handoff was answered with a state once it was over.
func (v *Reading) ShowsNoHandoff() bool { return v.showsNone() }

func (v *Reading) findNoHandoff() bool {
	return slices.ContainsFunc(v.Reads, func(r Question) bool {
		return r.Outcome == history.OK && r.Call != nil && r.From > v.Over(r.Call) && !present(r.Data, "handoff_to")
	})
}

// present reports whether an object has a member of this name that is not null.
func present(object json.RawMessage, name string) (found bool) {
	members(object, func(key, value []byte) {
		if string(key) == name {
			found = string(value) != "null"
		}
	})
	return found
}

// arrivedAt is the platform's own time of arrival; false when there is none that can be read.
func (e *Echo) arrivedAt() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, e.ArrivedAt)
	return t, err == nil
}
