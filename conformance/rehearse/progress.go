package rehearse

import (
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

// tell tells whoever wants to know how far the lesson has come.
func (p *play) tell() {
	if p.options.Progress == nil {
		return
	}
	v := p.view()
	states := make([]State, len(v.lesson.Expect))
	for i, e := range v.lesson.Expect {
		states[i] = Open
		if !v.asked() {
			continue // of a client that has done nothing nothing holds yet
		}
		switch j := e.rule.judge(v); {
		case j.met:
			states[i] = Met
		case j.final:
			states[i] = Broken
		}
	}
	p.options.Progress(p.progress(v, states))
}

// conclude tells how the expectations have turned out.
func (p *play) conclude(v *view, status finding.Status) {
	if p.options.Progress == nil {
		return
	}
	states := make([]State, len(v.lesson.Expect))
	for i, e := range v.lesson.Expect {
		states[i] = Broken
		switch {
		case status != finding.Passed && status != finding.Failed:
			states[i] = Open
		case len(v.of(Reserve)) > 0 && e.rule.judge(v).met:
			states[i] = Met
		}
	}
	p.options.Progress(p.progress(v, states))
}

func (p *play) progress(v *view, states []State) Progress {
	out := Progress{Lesson: v.lesson, Begun: p.begun, Did: v.story(), States: states}
	for n := range v.lesson.Callers {
		out.Callers = append(out.Callers, ani(n+1))
	}
	return out
}
