package conversation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

func TestCheckEntries(t *testing.T) {
	for _, tc := range []struct{ entries, want string }{
		{"1 2 42# * D", ""},
		{"", ""},
		{"1 x", `want digits out of 0123456789*#ABCD, got "x"`},
		{"d", `want digits out of 0123456789*#ABCD, got "d"`},
		{"1 12", `want entries of which none begins another, got "1" and "12"`},
		{"42# 42#", `want entries of which none begins another, got "42#" and "42#"`},
	} {
		got := ""
		if err := conversation.CheckEntries(strings.Fields(tc.entries)); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.entries, got, tc.want)
		}
	}
	if conversation.CheckEntries([]string{""}) == nil {
		t.Error("want no entry without digits")
	}
}

// A pressed digit belongs to an entry, to the beginning of one, or to none; what it makes a mistake of is forgotten.
func TestEntries(t *testing.T) {
	for _, tc := range []struct{ pressed, belongs, due string }{
		{"1", "1", "1"},
		{"9", "-", ""},
		{"42#", "4 42 42#", "42#"},
		{"41", "4 1", "1"},
		{"442#", "4 4 42 42#", "42#"},
		{"49", "4 -", ""},
		{"11", "1 1", "1 1"},
	} {
		e := conversation.NewEntry([]string{"1", "42#"})
		var belongs, due []string
		for _, digit := range tc.pressed {
			to := e.Press(string(digit))
			if to == "" {
				to = "-"
			}
			belongs = append(belongs, to)
		}
		for e.Due() {
			due = append(due, e.Take())
		}
		if got := strings.Join(belongs, " "); got != tc.belongs {
			t.Errorf("%s belongs to %s, want %s", tc.pressed, got, tc.belongs)
		}
		if got := strings.Join(due, " "); got != tc.due {
			t.Errorf("%s: due %s, want %s", tc.pressed, got, tc.due)
		}
	}
	var nobody conversation.Entry
	if nobody.Press("1") != "" || nobody.Due() || nobody.Take() != "" {
		t.Error("want nothing waited for")
	}
}

func TestEntriesAreBounded(t *testing.T) {
	e := conversation.NewEntry([]string{"1"})
	taken := 0
	for range 1000 {
		if e.Press("1") != "" {
			taken++
		}
	}
	if taken != 100 {
		t.Errorf("want 100 entries that wait, got %d", taken)
	}
}

// What the caller presses is a turn between the others: it ends a silence, is not counted, and what it cut short did not pass.
func TestEnter(t *testing.T) {
	var turns []string
	agent := fake{
		start: starts(conversation.Reply{Listen: true}, nil),
		turn: func(in conversation.TurnInput) (conversation.Reply, error) {
			turns = append(turns, fmt.Sprint(in.Turn, " ", in.Digits))
			switch in.Digits {
			case "2":
				return conversation.Reply{Listen: true, Took: 3 * second}, nil
			case "3":
				return conversation.Reply{}, errors.New("lost")
			}
			return conversation.Reply{Hangup: true}, nil
		},
	}
	config := conversation.Default()
	config.MaxDuration = 30 * second
	c := conversation.New(config, agent, conversation.Call{}, nil)
	var got []string
	next := func(digits string, left time.Duration) {
		if digits != "" {
			c.Enter(digits, left)
		}
		s := c.Next(t.Context())
		got = append(got, strings.TrimSpace(fmt.Sprint(s.Kind, " ", s.Wait, " ", s.Detail, s.Cause)))
	}
	next("", 0)
	next("", 0)         // a silence of 10 s
	next("2", 8*second) // after 2 s of it
	next("", 0)
	next("3", 0)
	next("", 0)
	next("1", 10*second)
	next("2", 0)
	want := []string{
		"start 0s", "silence 10s 1 of 3", "turn 3s", "silence 10s 1 of 3", "turn-failed 0s turn of digits 3: lost", "silence 10s 1 of 3", "turn 0s agent", "over 0s agent",
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := []string{"0 2", "0 3", "0 1"}; !slices.Equal(turns, want) {
		t.Errorf("turns: got %q, want %q", turns, want)
	}
}
