package check

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

const noEcho = "no handoff state of a call carries echo_nonce: the agent does not echo, or nobody asked"

// echo is what the echo agent wrote about one call. Its texts are empty when they were null or not there.
type echo struct {
	Nonce      string
	DNIS       string
	Project    string
	ArrivedAt  string
	Bound      bool // it was given attributes
	Attributes json.RawMessage
	read       *history.Op
}

// readEcho is nil when no echo agent has spoken: a state whose keys are all null may be that of a call whose agent has
// not started yet.
func readEcho(data json.RawMessage) *echo {
	if !bytes.Contains(data, []byte(`"echo_`)) {
		return nil
	}
	var keys struct {
		Nonce      json.RawMessage `json:"echo_nonce"`
		DNIS       json.RawMessage `json:"echo_dnis"`
		Project    json.RawMessage `json:"echo_project"`
		ArrivedAt  json.RawMessage `json:"echo_arrived_at"`
		Attributes json.RawMessage `json:"echo_attributes"`
	}
	if json.Unmarshal(data, &keys) != nil || keys.Nonce == nil {
		return nil
	}
	e := &echo{Nonce: text(keys.Nonce), DNIS: text(keys.DNIS), Project: text(keys.Project), ArrivedAt: text(keys.ArrivedAt)}
	if e.Nonce == "" && e.DNIS == "" {
		return nil
	}
	if len(keys.Attributes) > 0 && string(keys.Attributes) != "null" {
		e.Attributes = keys.Attributes
	}
	e.Bound = e.Nonce != "" || e.Attributes != nil
	return e
}

// text is a JSON string's text or a number's digits, which is how a history spells a nonce; else "".
func text(raw json.RawMessage) string {
	switch {
	case len(raw) == 0:
		return ""
	case raw[0] == '"':
		if s := raw[1 : len(raw)-1]; bytes.IndexByte(s, '\\') < 0 {
			return string(s)
		}
		var s string
		_ = json.Unmarshal(raw, &s) // it was part of a text that could be read
		return s
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return string(raw)
	}
	return ""
}

// hear takes what one reading of the call's state shows. One that shows attributes says more than one that does not.
func (c *call) hear(e *echo) {
	if e != nil && (c.echo == nil || !c.echo.Bound && e.Bound) {
		c.echo = e
	}
}

// arrivedAt is the platform's own time of arrival; false when there is none that can be read.
func (e *echo) arrivedAt() (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, e.ArrivedAt)
	return t, err == nil
}

// asDialled tells that two texts can be the same number, written in two of the usual ways: the digits of the shorter,
// without what is dialled before a national or international number, end the longer.
func asDialled(a, b string) bool {
	x, y := strings.TrimLeft(digits(a), "0"), strings.TrimLeft(digits(b), "0")
	if len(x) > len(y) {
		x, y = y, x
	}
	return a == b || len(x) >= 4 && strings.HasSuffix(y, x)
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
