// Package remote lets a rehearsal be led through the control API: a test runner in any language begins a lesson, tells its client of
// the callers, says so here, and reads the verdict; a page follows it.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Rehearsal implements control.Rehearsal. Make it with New, give Progress to the rehearsal's options, and Set that.
type Rehearsal struct {
	lessons []*rehearse.Lesson
	begun   chan begun

	mu      sync.Mutex
	of      *rehearse.Rehearsal
	now     client.Rehearsal
	changed chan struct{}
	by      *told  // how the callers of the lesson arrive; nil: not by whoever asks here
	stop    func() // ends the lesson; nil when that is not to be done here
	states  []client.Expected
}

// begun is a lesson that somebody has asked for.
type begun struct {
	lesson  *rehearse.Lesson
	arrival rehearse.Arrival
	ctx     context.Context
	end     func()
}

// New is a rehearsal of these lessons that has not begun.
func New(lessons []*rehearse.Lesson) *Rehearsal {
	return &Rehearsal{lessons: lessons, begun: make(chan begun, 1), changed: make(chan struct{}), now: client.Rehearsal{Change: 1, Verdicts: []client.Verdict{}}}
}

// Set says which rehearsal plays the lessons. serves: whoever asks here begins them, and Play plays them.
func (s *Rehearsal) Set(of *rehearse.Rehearsal, serves bool) {
	c := of.Surroundings()
	s.change(func() {
		s.of = of
		s.now.BaseURL, s.now.SIPPeer, s.now.DNIKey, s.now.HandoffKey = c.BaseURL, c.SIP, c.DNIKey, c.HandoffKey
		s.now.AccountID, s.now.ProjectID, s.now.Serves = c.Account, c.Project, serves
	})
}

// change does something, and tells everybody who waits.
func (s *Rehearsal) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.notify()
}

// notify tells everybody who waits that something has changed. The caller holds mu.
func (s *Rehearsal) notify() {
	s.now.Change++
	close(s.changed)
	s.changed = make(chan struct{})
}

// State implements control.Rehearsal.
func (s *Rehearsal) State() (client.Rehearsal, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now
	now.Verdicts = slices.Clone(now.Verdicts)
	if now.Playing != nil {
		playing := *now.Playing
		now.Playing = &playing
	}
	return now, s.changed
}

// Lessons implements control.Rehearsal.
func (s *Rehearsal) Lessons() []client.Lesson {
	out := make([]client.Lesson, len(s.lessons))
	for i, l := range s.lessons {
		out[i] = client.Lesson{
			Lesson: l.ID, Summary: l.Summary, Level: l.Level, Requirement: l.Requirement, Source: l.Source, Budget: client.In(l.Budget), Callers: l.Callers, Needs: []string{},
		}
		for _, n := range l.Needs() {
			out[i].Needs = append(out[i].Needs, string(n))
		}
	}
	return out
}

// The ways in which callers can arrive whose lesson is begun here.
const (
	byTold = "told" // by Arrived
	bySelf = rehearse.Self
)

// Begin implements control.Rehearsal.
func (s *Rehearsal) Begin(r client.LessonRequest) error {
	l, err := s.find(r.Lesson)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	b := begun{lesson: l, ctx: ctx, end: end}
	var by *told
	switch how := s.of.Arrival(l); {
	case r.Arrival == bySelf:
	case r.Arrival == byTold || r.Arrival == "" && how == nil:
		by = newTold()
		b.arrival = by
	case r.Arrival == "":
		b.arrival = how
	default:
		end()
		return &client.Error{Status: http.StatusBadRequest, Message: fmt.Sprintf("arrival: want told, self or none, got %.50q", r.Arrival)}
	}
	if err := s.open(opening(l, b.arrival), by, end); err != nil {
		end()
		return err
	}
	s.begun <- b
	return nil
}

// open has a lesson played next, unless there is another, or lessons are chosen elsewhere.
func (s *Rehearsal) open(p *client.Playing, by *told, stop func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.now.Serves:
		return errors.New("lesson: want a rehearsal that serves them, the command line of this one has chosen its own: start it with --serve")
	case s.now.Playing != nil:
		return fmt.Errorf("lesson: want one at a time, %s is being played", s.now.Playing.Lesson)
	}
	s.now.Playing, s.by, s.stop = p, by, stop
	s.notify()
	return nil
}

func (s *Rehearsal) find(id string) (*rehearse.Lesson, error) {
	var known []string
	for _, l := range s.lessons {
		if l.ID == id {
			return l, nil
		}
		known = append(known, l.ID)
	}
	return nil, &client.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("lesson: want one of those that there are, got %.80q", id), DidYouMean: strictyaml.Suggest(id, known)}
}

// opening is a lesson that is about to be played.
func opening(l *rehearse.Lesson, by rehearse.Arrival) *client.Playing {
	p := &client.Playing{
		Lesson: l.ID, Summary: l.Summary, Level: l.Level, Requirement: l.Requirement, Since: time.Now(), Budget: client.In(l.Budget), Callers: l.Numbers(), Arrival: bySelf,
		SharedIDs: l.SharedIDs(), Did: rehearse.NothingYet, Expectations: []client.Expected{},
	}
	if by != nil {
		p.Arrival = by.Says()
		_, isTold := by.(*told)
		p.Arrived = !isTold
	}
	for _, e := range l.Expect {
		p.Expectations = append(p.Expectations, client.Expected{Expect: e.String(), State: string(rehearse.Open)})
	}
	return p
}

// Arrived implements control.Rehearsal.
func (s *Rehearsal) Arrived() error {
	by, err := s.telling()
	if err != nil {
		return err
	}
	by.arrive()
	s.change(func() {
		if s.now.Playing != nil {
			s.now.Playing.Arrived = true
		}
	})
	return nil
}

// Served implements control.Rehearsal. It is no mistake to say so of a lesson that has been judged meanwhile.
func (s *Rehearsal) Served() error {
	if now, _ := s.State(); now.Playing == nil && len(now.Verdicts) > 0 {
		return nil
	}
	by, err := s.telling()
	if err != nil {
		return err
	}
	by.arrive()
	by.serve()
	return nil
}

// telling is how the callers of the lesson arrive who are told of here.
func (s *Rehearsal) telling() (*told, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.now.Playing == nil:
		return nil, errors.New("lesson: want one that is being played, there is none")
	case s.by == nil:
		return nil, fmt.Errorf("arrival: want a lesson whose callers are told of here, those of %s come another way: each %s", s.now.Playing.Lesson, s.now.Playing.Arrival)
	}
	return s.by, nil
}

// Transferred implements control.Rehearsal.
func (s *Rehearsal) Transferred(to string) error { return s.of.Transferred(to) }

// Stop implements control.Rehearsal.
func (s *Rehearsal) Stop() error {
	s.mu.Lock()
	stop := s.stop
	s.mu.Unlock()
	if stop == nil {
		return errors.New("lesson: want one that was begun here and is being played, there is none")
	}
	stop()
	return nil
}

// Play plays the lessons that are begun here, until ctx ends, and returns what became of them. listen may be nil.
func (s *Rehearsal) Play(ctx context.Context, listen rehearse.Listener) (results []finding.Result) {
	for {
		select {
		case <-ctx.Done():
			return results
		case b := <-s.begun:
			if listen != nil {
				listen.Started(b.lesson)
			}
			release := context.AfterFunc(ctx, b.end)
			res := s.of.PlayBy(b.ctx, b.lesson, b.arrival)
			release()
			b.end()
			s.Finished(res)
			if listen != nil {
				listen.Finished(res)
			}
			if !res.Stopped() {
				results = append(results, res)
			}
		}
	}
}

// Started implements rehearse.Listener, for a rehearsal whose lessons the command line has chosen.
func (s *Rehearsal) Started(l *rehearse.Lesson) {
	s.change(func() { s.now.Playing, s.by, s.stop = opening(l, s.of.Arrival(l)), nil, nil })
}

// Progress is what the options of the rehearsal want to be told.
func (s *Rehearsal) Progress(p rehearse.Progress) {
	s.change(func() {
		s.states = make([]client.Expected, len(p.States))
		for i, e := range p.Lesson.Expect {
			s.states[i] = client.Expected{Expect: e.String(), State: string(p.States[i])}
		}
		if s.now.Playing != nil {
			s.now.Playing.Did, s.now.Playing.Callers, s.now.Playing.Expectations = p.Did, p.Callers, s.states
		}
	})
}

// Finished implements rehearse.Listener.
func (s *Rehearsal) Finished(res finding.Result) {
	s.change(func() {
		states := s.states
		if states == nil { // it was not played
			states = []client.Expected{}
		}
		s.now.Playing, s.by, s.stop, s.states = nil, nil, nil, nil
		if res.Stopped() {
			return
		}
		v := client.Verdict{
			Lesson: res.ID, Summary: res.Summary, Level: res.Level, Status: string(res.Status), Reason: res.Reason, Took: client.Duration(res.Duration.Round(time.Millisecond).String()), Expectations: states,
		}
		if len(res.Failures) > 0 {
			f := res.Failures[0]
			v.Want, v.Got, v.Because = f.Want, f.Got, f.Because
		}
		s.now.Verdicts = append(s.now.Verdicts, v)
	})
}
