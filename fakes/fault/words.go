package fault

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/fakes/wire"
)

// When says what a fault hits; it is part of each.
type When struct {
	Project     string   `yaml:"project"`     // by its name; empty: any
	After       int      `yaml:"after"`       // so many that match pass first
	Times       int      `yaml:"times"`       // then so many are hit and the rest is clean; 0: no end
	Probability *float64 `yaml:"probability"` // of each being hit; nil: certain
}

func (w When) when() When { return w }

func (w When) validate() error {
	var errs []error
	if w.After < 0 || w.Times < 0 {
		errs = append(errs, fmt.Errorf("after, times: want 0 or more, got %d and %d", w.After, w.Times))
	}
	if p := w.Probability; p != nil && !(*p >= 0 && *p <= 1) {
		errs = append(errs, fmt.Errorf("probability: want 0 to 1, got %v", *p))
	}
	return errors.Join(errs...)
}

// Call is what happens to calls that reach the platform, whoever places them and over whatever transport.
type Call struct {
	When
	Number     string     `yaml:"number"`      // dialled, as the pool has it; empty: any
	Refuse     int        `yaml:"refuse"`      // with this SIP status; 486 is busy
	EarlyMedia bool       `yaml:"early_media"` // it is told 183 with a session description instead of 180
	NoAnswer   bool       `yaml:"no_answer"`   // it rings until its caller gives up
	LateAnswer wire.Delay `yaml:"late_answer"` // it rings so much longer
	NoBye      bool       `yaml:"no_bye"`      // the platform's BYE is never sent
	LateBye    wire.Delay `yaml:"late_bye"`    // it is sent so much later

	// The two below are of each INVITE on its way, those that are sent again included, and no part of a fault with others.
	LoseInvites      bool `yaml:"lose_invites"`      // it never arrives
	DuplicateInvites bool `yaml:"duplicate_invites"` // it arrives twice
}

// onTheWay reports whether the fault is of INVITEs and not of calls.
func (f Call) onTheWay() bool { return f.LoseInvites || f.DuplicateInvites }

// String names what happens.
func (f Call) String() string {
	return cmp.Or(f.toCall(), said(part{f.LoseInvites, "lose_invites"}, part{f.DuplicateInvites, "duplicate_invites"}))
}

func (f Call) toCall() string {
	return said(part{f.Refuse != 0, fmt.Sprintf("refuse: %d", f.Refuse)}, part{f.EarlyMedia, "early_media"}, part{f.NoAnswer, "no_answer"},
		part{f.LateAnswer != (wire.Delay{}), "late_answer: " + f.LateAnswer.String()}, part{f.NoBye, "no_bye"},
		part{f.LateBye != (wire.Delay{}), "late_bye: " + f.LateBye.String()})
}

func (f Call) validate() error {
	err := f.When.validate()
	if f.Refuse != 0 && (f.Refuse < 300 || f.Refuse > 699) {
		err = errors.Join(err, fmt.Errorf("refuse: want a SIP status from 300 to 699, got %d", f.Refuse))
	}
	if also := f.toCall(); f.LoseInvites && f.DuplicateInvites || f.onTheWay() && also != "" {
		err = errors.Join(err, fmt.Errorf("fault: want lose_invites or duplicate_invites alone, got it with %s", cmp.Or(also, "the other")))
	}
	return errors.Join(err, something(f.String()), f.LateAnswer.Validate(), f.LateBye.Validate())
}

// Agent is what happens to the functions of an agent.
type Agent struct {
	When
	Function string     `yaml:"function"` // start, turn or end; empty: any
	Crash    bool       `yaml:"crash"`    // it raises
	Slow     wire.Delay `yaml:"slow"`     // it takes so much longer, in the call's time
}

// String names what happens.
func (f Agent) String() string {
	return said(part{f.Crash, "crash"}, part{f.Slow != (wire.Delay{}), "slow: " + f.Slow.String()})
}

func (f Agent) validate() error {
	err := f.When.validate()
	if !slices.Contains([]string{"", "start", "turn", "end"}, f.Function) {
		err = errors.Join(err, fmt.Errorf("function: want start, turn or end, got %q", f.Function))
	}
	return errors.Join(err, something(f.String()), f.Slow.Validate())
}

// Handoff is what happens to questions for a handoff state that is there.
type Handoff struct {
	When
	Late     wire.Delay `yaml:"late"`      // it is not found until so long after the call's end
	Never    bool       `yaml:"never"`     // it is not found
	Null     bool       `yaml:"null_data"` // its data is null
	Flapping bool       `yaml:"flapping"`  // it is found every second time
}

// String names what happens.
func (f Handoff) String() string {
	return said(part{f.Late != (wire.Delay{}), "late: " + f.Late.String()}, part{f.Never, "never"}, part{f.Null, "null_data"}, part{f.Flapping, "flapping"})
}

func (f Handoff) validate() error {
	return errors.Join(f.When.validate(), something(f.String()), f.Late.Validate())
}

// part is one thing that may happen, and its name.
type part struct {
	is   bool
	text string
}

func said(parts ...part) string {
	var out []string
	for _, p := range parts {
		if p.is {
			out = append(out, p.text)
		}
	}
	return strings.Join(out, ", ")
}

func something(happens string) error {
	if happens == "" {
		return errors.New("fault: want something to happen, got nothing")
	}
	return nil
}
