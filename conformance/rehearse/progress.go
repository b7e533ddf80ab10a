package rehearse

import (
	"slices"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
)

// State is how far an expectation has come.
type State string

// The states. What is open or met may still become broken, and nothing that is broken becomes anything else.
const (
	Open   State = "open"
	Met    State = "met"
	Broken State = "broken"
)

// Progress is how far a lesson has come.
type Progress struct {
	Lesson  *Lesson
	Begun   time.Time
	Callers []string // their own numbers
	Did     string   // the client, in words
	States  []State  // of the lesson's expectations, in their order
}

// NothingYet is what a client has done at the beginning of a lesson.
const NothingYet = "has done nothing yet"

// tell tells whoever wants to know how far the lesson has come.
func (p *play) tell(v *view) {
	if p.options.Progress == nil {
		return
	}
	now := p.progress(v, v.states(Open))
	if len(v.requests) == 0 && len(v.calls) == 0 && v.refusals == 0 {
		now.Did = NothingYet
	}
	p.options.Progress(now)
}

// conclude tells how the expectations have turned out.
func (p *play) conclude(v *view, status finding.Status) {
	if p.options.Progress == nil {
		return
	}
	states := v.states(Broken)
	if status != finding.Passed && status != finding.Failed {
		states = slices.Repeat([]State{Open}, len(states))
	}
	p.options.Progress(p.progress(v, states))
}

// states are those of the lesson's expectations. What is neither met nor lost for good is as otherwise says, and so is all of a
// client that has done nothing, of whom nothing holds yet.
func (v *view) states(otherwise State) []State {
	out := make([]State, len(v.lesson.Expect))
	asked := v.asked()
	for i, e := range v.lesson.Expect {
		out[i] = otherwise
		if !asked {
			continue
		}
		switch j := e.rule.judge(v); {
		case j.unseen != "":
			out[i] = Open
		case j.met:
			out[i] = Met
		case j.final:
			out[i] = Broken
		}
	}
	return out
}

func (p *play) progress(v *view, states []State) Progress {
	return Progress{Lesson: v.lesson, Begun: p.begun, Callers: v.lesson.Numbers(), Did: v.story(), States: states}
}
