package conversation_test

import (
	"encoding"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func TestDefaultIsValid(t *testing.T) {
	if err := conversation.Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateReportsEverything(t *testing.T) {
	want := `start_timeout: want more than 0s, got 0s
function_timeout: want more than 0s, got 0s
silence_timeout: want more than 0s, got 0s
max_duration: want more than 0s, got -1s
end_timeout: want more than 0s, got 0s
max_turn_failures: want 1 or more, got 0
max_silence: want 1 or more, got 0
max_turns: want 1 or more, got 0
id: want uuid, call-sid, conv or call-id, got ""
start_failure: want continue or hangup, got ""
turn_failure: want continue or hangup, got "retry"
end_hook: want run or skip, got ""
missing_attributes: want none or empty, got ""
attributes_in: want start-function or throughout, got ""
attribute_numbers: want as-sent or doubles, got ""
failed_writes: want drop or keep, got ""
missing_index: want error or none, got ""`
	c := conversation.Config{MaxDuration: -second, TurnFailure: "retry"}
	if got := text(c.Validate()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWords(t *testing.T) {
	var c conversation.Config
	cases := []struct {
		into encoding.TextUnmarshaler
		word string
		err  string
	}{
		{&c.StartFailure, "hangup", ""},
		{&c.TurnFailure, "Continue", `want continue or hangup, got "Continue"`},
		{&c.EndHook, "skip", ""},
		{&c.MissingAttributes, "empty", ""},
		{&c.MissingIndex, "null", `want error or none, got "null"`},
	}
	for _, tc := range cases {
		if got := text(tc.into.UnmarshalText([]byte(tc.word))); got != tc.err {
			t.Errorf("%T %q: got %q, want %q", tc.into, tc.word, got, tc.err)
		}
	}
	want := conversation.Config{StartFailure: "hangup", EndHook: "skip", MissingAttributes: "empty"}
	if c != want {
		t.Errorf("config: got %+v, want %+v", c, want)
	}
}

// A start from the zero configuration is a mistake, but must end as well.
func TestZeroConfigEnds(t *testing.T) {
	c := conversation.New(conversation.Config{}, fake{}, conversation.Call{}, nil)
	if got := drive(t, c, 3); len(got) != 1 || got[0] != "start 0s -> max-duration" {
		t.Errorf("got %q", got)
	}
}

func TestConfigFromYAML(t *testing.T) {
	root, problems := strictyaml.Parse("c.yaml", []byte(`
id: call-sid
start_timeout: 1s
start_failure: hangup
function_timeout: 8s
turn_failure: hangup
max_turn_failures: 2
silence_timeout: 3s
max_silence: 4
max_duration: 5m
max_turns: 6
end_hook: skip
end_timeout: 7s
missing_attributes: empty
attributes_in: throughout
attribute_numbers: doubles
failed_writes: keep
missing_index: none
`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	got := conversation.Default()
	if err := strictyaml.Decode("c.yaml", root, &got).Err(); err != nil {
		t.Fatal(err)
	}
	want := conversation.Config{
		ID: "call-sid", StartTimeout: 1 * second, StartFailure: "hangup", FunctionTimeout: 8 * second, TurnFailure: "hangup", MaxTurnFailures: 2,
		SilenceTimeout: 3 * second, MaxSilence: 4, MaxDuration: 5 * time.Minute, MaxTurns: 6,
		EndHook: "skip", EndTimeout: 7 * second, MissingAttributes: "empty", MissingIndex: "none",
		AttributesIn: "throughout", AttributeNumbers: "doubles", FailedWrites: "keep",
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
