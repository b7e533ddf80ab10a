package conversation

import (
	"fmt"
	"slices"
	"strings"
)

// Digits are what a caller can press (RFC 4733 3.2).
const Digits = "0123456789*#ABCD"

// Keypad is an agent that waits for what its caller presses. Each of its entries, as 1 or 42#, brings a turn of its own, with the
// entry as TurnInput.Digits; CheckEntries has nothing against them.
type Keypad interface {
	Agent
	Entries() []string
}

// CheckEntries says what is wrong with what an agent waits for. One entry must not begin another: nobody could tell when the
// caller is done.
func CheckEntries(entries []string) error {
	for i, e := range entries {
		if e == "" || strings.Trim(e, Digits) != "" {
			return fmt.Errorf("want digits out of %s, got %q", Digits, e)
		}
		for _, other := range entries[:i] {
			if strings.HasPrefix(e, other) || strings.HasPrefix(other, e) {
				return fmt.Errorf("want entries of which none begins another, got %q and %q", other, e)
			}
		}
	}
	return nil
}

// Entry puts digits together to what an agent waits for. The zero value waits for nothing.
type Entry struct {
	waited  []string
	pressed string   // the beginning of an entry
	due     []string // entries that the agent has not been told of
}

// NewEntry waits for these.
func NewEntry(waited []string) Entry { return Entry{waited: waited} }

// maxDue bounds how many entries a caller can press ahead of the agent.
const maxDue = 100

// Press adds a digit, and returns what it belongs to: an entry or its beginning; "" where the agent waits for nothing like it.
func (e *Entry) Press(digit string) string {
	if len(e.due) == maxDue {
		return ""
	}
	begins := func(pressed string) bool {
		return slices.ContainsFunc(e.waited, func(w string) bool { return strings.HasPrefix(w, pressed) })
	}
	pressed := e.pressed + digit
	e.pressed = ""
	if !begins(pressed) {
		pressed = digit // what was pressed before was a mistake
	}
	switch {
	case slices.Contains(e.waited, pressed):
		e.due = append(e.due, pressed)
	case begins(pressed):
		e.pressed = pressed
	default:
		return ""
	}
	return pressed
}

// Due reports whether there is an entry that the agent has not been told of.
func (e *Entry) Due() bool { return len(e.due) > 0 }

// Take returns the oldest entry that is due; "" for none.
func (e *Entry) Take() string {
	if len(e.due) == 0 {
		return ""
	}
	first := e.due[0]
	e.due = e.due[1:]
	return first
}
