package conversation_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

func TestEndHook(t *testing.T) {
	late := conversation.Reply{Set: sets("late", "1"), Took: 2 * second, Hangup: true}
	bad := conversation.Reply{Set: sets("late", "1", "bad", "nope")}
	cases := []struct {
		name   string
		config func(*conversation.Config)
		end    func(conversation.EndInput) (conversation.Reply, error)
		want   conversation.End
		err    string
		state  []string
	}{
		{
			name:  "writes",
			end:   ends(late, nil),
			want:  conversation.End{Cause: "agent", Ran: true, Took: 2 * second},
			state: []string{"late", "1"},
		},
		{
			name:   "skipped",
			config: func(c *conversation.Config) { c.EndHook = conversation.EndHookSkip },
			end:    ends(late, nil),
			want:   conversation.End{Cause: "agent"},
		},
		{
			name: "fails",
			end:  ends(late, errors.New("boom")),
			want: conversation.End{Cause: "agent", Ran: true, Took: 2 * second},
			err:  "end_function: boom",
		},
		{
			name: "panics",
			end:  func(conversation.EndInput) (conversation.Reply, error) { panic("ouch") },
			want: conversation.End{Cause: "agent", Ran: true},
			err:  "end_function: panic: ouch",
		},
		{
			name:   "times out",
			config: func(c *conversation.Config) { c.EndTimeout = second },
			end:    ends(late, nil),
			want:   conversation.End{Cause: "agent", Ran: true, Took: second},
			err:    "end_function: timeout: want 1s at most, took 2s",
		},
		{
			name:  "writes something that is not JSON",
			end:   ends(bad, nil),
			want:  conversation.End{Cause: "agent", Ran: true},
			err:   `end_function: state "bad": want JSON, got "nope"`,
			state: []string{"late", "1"},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			config := conversation.Default()
			if tc.config != nil {
				tc.config(&config)
			}
			c := conversation.New(config, fake{turn: turns(), end: tc.end}, conversation.Call{}, nil)
			drive(t, c, 10)
			wantState(t, "before", c.State())
			wantState(t, "after", c.Finish(t.Context(), ""), tc.state...)

			got := c.End()
			if msg := text(got.Err); msg != tc.err {
				t.Errorf("error: got %q, want %q", msg, tc.err)
			}
			if recorded := len(c.Errors()) == 1; recorded != (tc.err != "") {
				t.Errorf("errors: got %v, want %q", c.Errors(), tc.err)
			}
			got.Err = nil
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("end: got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestFinishCountsOnce(t *testing.T) {
	var causes []string
	agent := fake{end: func(in conversation.EndInput) (conversation.Reply, error) {
		causes = append(causes, in.Cause)
		return conversation.Reply{Set: sets("n", fmt.Sprint(len(causes)))}, nil
	}}
	c := conversation.New(conversation.Default(), agent, conversation.Call{}, nil)
	c.Begin(t.Context())
	c.Finish(t.Context(), conversation.CauseCaller)
	again := c.Finish(t.Context(), conversation.CauseAgent)

	wantState(t, "second finish", again, "n", "1")
	if fmt.Sprint(causes) != "[caller]" || c.End().Cause != "caller" {
		t.Errorf("causes: got %v and %q, want caller once", causes, c.End().Cause)
	}
}

func TestFinishBeforeBegin(t *testing.T) {
	agent := fake{
		start: func(conversation.StartInput) (conversation.Reply, error) { panic("start_function ran") },
		end:   func(conversation.EndInput) (conversation.Reply, error) { panic("end_function ran") },
	}
	c := conversation.New(conversation.Default(), agent, conversation.Call{}, nil)
	c.Finish(t.Context(), conversation.CauseCaller)
	if step := c.Begin(t.Context()); line(step) != "over 0s -> caller" {
		t.Errorf("step: got %q, want over", line(step))
	}
	if len(c.Errors()) != 0 || c.End().Ran {
		t.Errorf("want no function called, got %v, %+v", c.Errors(), c.End())
	}
}

func TestEndHookRunsAfterAFailedStart(t *testing.T) {
	config := conversation.Default()
	config.StartFailure = conversation.Hangup
	agent := fake{
		start: starts(conversation.Reply{}, errors.New("boom")),
		end:   ends(conversation.Reply{Set: sets("late", "1")}, nil),
	}
	c := conversation.New(config, agent, conversation.Call{}, nil)
	step := c.Begin(t.Context())
	wantState(t, "after end", c.Finish(t.Context(), step.Cause), "late", "1")
}

func TestErrorsAreBounded(t *testing.T) {
	bad := conversation.Reply{Set: sets("x", "{"), Took: time.Millisecond}
	c := conversation.New(conversation.Default(), fake{turn: always(bad, nil)}, conversation.Call{}, nil)
	drive(t, c, 500)
	errs := c.Errors()
	if len(errs) != 100 || errs[99].Error() != `state "x": want JSON, got "{"` {
		t.Errorf("errors: got %d, want the first 100", len(errs))
	}
}

func TestState(t *testing.T) {
	s := conversation.State(sets("here", `"x"`, "null", "null"))
	if got := string(s.Attr("here")); got != `"x"` {
		t.Errorf("Attr(here): got %s", got)
	}
	if got := string(s.Attr("gone")); got != "null" {
		t.Errorf("Attr(gone): got %s, want null", got)
	}
	if got, err := s.Index("null"); string(got) != "null" || err != nil {
		t.Errorf("Index(null): got %s, %v", got, err)
	}
	_, err := s.Index("gone")
	if !errors.Is(err, conversation.KeyError("gone")) || err.Error() != "KeyError: 'gone'" {
		t.Errorf("Index(gone): got %v", err)
	}
	if got, err := conversation.IndexNone.Lookup(s, "gone"); string(got) != "null" || err != nil {
		t.Errorf("none: got %s, %v", got, err)
	}
	if _, err := conversation.IndexError.Lookup(s, "gone"); text(err) != "KeyError: 'gone'" {
		t.Errorf("error: got %v", err)
	}
	if clone := conversation.State(nil).Clone(); clone == nil {
		t.Error("clone of nil: want a map that can be written")
	}
}
