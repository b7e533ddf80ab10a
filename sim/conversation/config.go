package conversation

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Config says how the platform treats a call where its documentation is
// silent. The zero value is not useful: start from Default.
type Config struct {
	// ID is how the conversation's id looks. The documentation shows several forms.
	ID IDForm `yaml:"id"`
	// StartTimeout is the call time start_function may take. Unspecified for
	// start_function; 10s is the documented default of other functions.
	StartTimeout time.Duration `yaml:"start_timeout"`
	// StartFailure says what follows a start_function that fails or times out.
	// Unspecified: the documentation says "unexpected state".
	StartFailure Failure `yaml:"start_failure"`
	// FunctionTimeout is the call time that a function may take which an ADK
	// project's agent calls in a turn (docs, delay control: 10s).
	FunctionTimeout time.Duration `yaml:"function_timeout"`
	// TurnFailure says what follows a turn that fails. Unspecified.
	TurnFailure Failure `yaml:"turn_failure"`
	// MaxTurnFailures failed turns in a row end the call in any case. Unspecified.
	MaxTurnFailures int `yaml:"max_turn_failures"`
	// SilenceTimeout is how long one silent turn of the caller lasts (ADK).
	SilenceTimeout time.Duration `yaml:"silence_timeout"`
	// MaxSilence silent turns in a row end the call (ADK: max_silence_count).
	MaxSilence int `yaml:"max_silence"`
	// MaxDuration is the longest call, from the start to BYE. Unspecified.
	MaxDuration time.Duration `yaml:"max_duration"`
	// MaxTurns bounds the turns of a call, so that an agent that neither ends
	// the call nor lets time pass cannot spin. Not a rule of the platform.
	MaxTurns int `yaml:"max_turns"`
	// EndHook says whether end_function runs after the call.
	EndHook EndHook `yaml:"end_hook"`
	// EndTimeout is the time end_function may take. Unspecified.
	EndTimeout time.Duration `yaml:"end_timeout"`
	// MissingAttributes is what start_function gets on an unbound call.
	// The published snippet expects a dictionary, the ADK allows None.
	MissingAttributes MissingAttributes `yaml:"missing_attributes"`
	// AttributesIn is where attributes can be read. One page of the
	// documentation says in start_function only, another one reads them later.
	AttributesIn AttributesIn `yaml:"attributes_in"`
	// AttributeNumbers is what becomes of the numbers in attributes.
	// Unspecified; by the ADK's changelog they come back as doubles.
	AttributeNumbers AttributeNumbers `yaml:"attribute_numbers"`
	// FailedWrites is what becomes of what a function has written to its state
	// before it failed. Unspecified; in Python they are made in place.
	FailedWrites FailedWrites `yaml:"failed_writes"`
	// MissingIndex is what conv.state["key"] does for a missing key. Two pages
	// of the documentation disagree; the ADK stub raises KeyError.
	MissingIndex MissingIndex `yaml:"missing_index"`
}

// Default is the documented behaviour, with the likelier reading where the
// documentation is silent.
func Default() Config {
	return Config{
		ID:                IDUUID,
		StartTimeout:      10 * time.Second,
		StartFailure:      Continue,
		FunctionTimeout:   10 * time.Second,
		TurnFailure:       Continue,
		MaxTurnFailures:   3,
		SilenceTimeout:    10 * time.Second,
		MaxSilence:        3,
		MaxDuration:       60 * time.Minute,
		MaxTurns:          1000,
		EndHook:           EndHookRun,
		EndTimeout:        10 * time.Second,
		MissingAttributes: AttributesNone,
		AttributesIn:      InStart,
		AttributeNumbers:  AsSent,
		FailedWrites:      DropWrites,
		MissingIndex:      IndexError,
	}
}

// Validate reports every setting that is out of range.
func (c Config) Validate() error {
	return errors.Join(
		positive("start_timeout", c.StartTimeout),
		positive("function_timeout", c.FunctionTimeout),
		positive("silence_timeout", c.SilenceTimeout),
		positive("max_duration", c.MaxDuration),
		positive("end_timeout", c.EndTimeout),
		atLeastOne("max_turn_failures", c.MaxTurnFailures),
		atLeastOne("max_silence", c.MaxSilence),
		atLeastOne("max_turns", c.MaxTurns),
		strictyaml.Among("id", c.ID, idForms()...),
		strictyaml.Among("start_failure", c.StartFailure, failures()...),
		strictyaml.Among("turn_failure", c.TurnFailure, failures()...),
		strictyaml.Among("end_hook", c.EndHook, endHooks()...),
		strictyaml.Among("missing_attributes", c.MissingAttributes, missingAttributes()...),
		strictyaml.Among("attributes_in", c.AttributesIn, attributesIn()...),
		strictyaml.Among("attribute_numbers", c.AttributeNumbers, attributeNumbers()...),
		strictyaml.Among("failed_writes", c.FailedWrites, failedWrites()...),
		strictyaml.Among("missing_index", c.MissingIndex, missingIndexes()...),
	)
}

func positive(name string, d time.Duration) error {
	if d > 0 {
		return nil
	}
	return fmt.Errorf("%s: want more than 0s, got %s", name, d)
}

func atLeastOne(name string, n int) error {
	if n >= 1 {
		return nil
	}
	return fmt.Errorf("%s: want 1 or more, got %d", name, n)
}

// Failure is what the platform does when a function of the agent fails.
type Failure string

// Continue carries on with the call, Hangup ends it.
const (
	Continue Failure = "continue"
	Hangup   Failure = "hangup"
)

// EndHook is whether end_function runs.
type EndHook string

// EndHookRun runs end_function once after the call, EndHookSkip never.
const (
	EndHookRun  EndHook = "run"
	EndHookSkip EndHook = "skip"
)

// MissingAttributes is what start_function gets when there are no attributes.
type MissingAttributes string

// AttributesNone is Python's None, AttributesEmpty an empty object.
const (
	AttributesNone  MissingAttributes = "none"
	AttributesEmpty MissingAttributes = "empty"
)

// AttributesIn is where attributes can be read.
type AttributesIn string

// InStart is start_function alone, Throughout every function of the call.
const (
	InStart    AttributesIn = "start-function"
	Throughout AttributesIn = "throughout"
)

// AttributeNumbers is what becomes of the numbers in attributes.
type AttributeNumbers string

// AsSent leaves them as they are; with Doubles 2 becomes 2.0, and what a double cannot hold is rounded.
const (
	AsSent  AttributeNumbers = "as-sent"
	Doubles AttributeNumbers = "doubles"
)

// FailedWrites is what becomes of what a failed function has written.
type FailedWrites string

// DropWrites leaves the state as it was before the function, KeepWrites as it was when it failed.
const (
	DropWrites FailedWrites = "drop"
	KeepWrites FailedWrites = "keep"
)

// MissingIndex is what index access to a missing state key does.
type MissingIndex string

// IndexError fails with KeyError, IndexNone gives null.
const (
	IndexError MissingIndex = "error"
	IndexNone  MissingIndex = "none"
)

// Lookup reads like conv.state["key"] under this setting.
func (m MissingIndex) Lookup(s State, key string) (json.RawMessage, error) {
	if m == IndexNone {
		return s.Attr(key), nil
	}
	return s.Index(key)
}

func failures() []Failure { return []Failure{Continue, Hangup} }
func endHooks() []EndHook { return []EndHook{EndHookRun, EndHookSkip} }
func missingAttributes() []MissingAttributes {
	return []MissingAttributes{AttributesNone, AttributesEmpty}
}
func missingIndexes() []MissingIndex       { return []MissingIndex{IndexError, IndexNone} }
func attributesIn() []AttributesIn         { return []AttributesIn{InStart, Throughout} }
func attributeNumbers() []AttributeNumbers { return []AttributeNumbers{AsSent, Doubles} }
func failedWrites() []FailedWrites         { return []FailedWrites{DropWrites, KeepWrites} }

var (
	_ encoding.TextUnmarshaler = (*Failure)(nil)
	_ encoding.TextUnmarshaler = (*EndHook)(nil)
	_ encoding.TextUnmarshaler = (*MissingAttributes)(nil)
	_ encoding.TextUnmarshaler = (*AttributesIn)(nil)
	_ encoding.TextUnmarshaler = (*AttributeNumbers)(nil)
	_ encoding.TextUnmarshaler = (*FailedWrites)(nil)
	_ encoding.TextUnmarshaler = (*MissingIndex)(nil)
)

// UnmarshalText accepts the words of Failure.
func (f *Failure) UnmarshalText(b []byte) error { return strictyaml.Pick("", f, b, failures()...) }

// UnmarshalText accepts the words of EndHook.
func (h *EndHook) UnmarshalText(b []byte) error { return strictyaml.Pick("", h, b, endHooks()...) }

// UnmarshalText accepts the words of MissingAttributes.
func (m *MissingAttributes) UnmarshalText(b []byte) error {
	return strictyaml.Pick("", m, b, missingAttributes()...)
}

// UnmarshalText accepts the words of AttributesIn.
func (a *AttributesIn) UnmarshalText(b []byte) error {
	return strictyaml.Pick("", a, b, attributesIn()...)
}

// UnmarshalText accepts the words of AttributeNumbers.
func (n *AttributeNumbers) UnmarshalText(b []byte) error {
	return strictyaml.Pick("", n, b, attributeNumbers()...)
}

// UnmarshalText accepts the words of FailedWrites.
func (w *FailedWrites) UnmarshalText(b []byte) error {
	return strictyaml.Pick("", w, b, failedWrites()...)
}

// UnmarshalText accepts the words of MissingIndex.
func (m *MissingIndex) UnmarshalText(b []byte) error {
	return strictyaml.Pick("", m, b, missingIndexes()...)
}
