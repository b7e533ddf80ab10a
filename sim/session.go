package sim

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/sipua"
)

// session is one call: what its conversation leaves in the pool, the handoff records and the journal.
// It implements telephony.Session.
type session struct {
	platform *platform
	project  *project
	pool     Pool                  // the one that the call arrived at: a restart leaves it behind
	resident conversation.Resident // who keeps something for the call; nil: nobody
	arrival  pool.Arrival
	call     conversation.Call
	callID   string // of the SIP dialog, as the journal keeps it
	watched  CallWitness

	mu       sync.Mutex // guards what follows, and keeps the journal in its order; never held while the agent works
	answered bool
	cause    string // of the end; empty while the call is up
	last     bool   // the agent hangs up, whatever is pressed
	entry    conversation.Entry

	talking sync.Mutex // guards the two below
	talk    *conversation.Conversation
	until   time.Time // the end of the last step
	written sync.Once // the handoff state of the end
}

func (s *session) note(e journal.Event) {
	e.Project, e.Number, e.Call, e.CallID, e.Lease = s.project.Name, s.call.DNIS, s.call.ID, s.callID, uint64(s.arrival.Lease)
	s.platform.note(e)
}

// Bound implements telephony.Session.
func (s *session) Bound() bool { return s.call.Bound }

// Answered implements telephony.Session.
func (s *session) Answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != "" { // the caller gave up in this moment
		return
	}
	s.answered = true
	s.watched.Answered(s.platform.clock.Now())
	s.note(journal.Event{Kind: journal.Answered})
	s.project.mu.Lock()
	defer s.project.mu.Unlock()
	s.pool.Answer(s.platform.now(), s.arrival.Call)
	s.platform.expect(s.project)
}

// Begin implements telephony.Session.
func (s *session) Begin(ctx context.Context) conversation.Step { return s.step(ctx, s.talk.Begin) }

// Next implements telephony.Session.
func (s *session) Next(ctx context.Context) conversation.Step {
	return s.step(ctx, func(ctx context.Context) conversation.Step {
		s.mu.Lock()
		digits := s.entry.Take()
		s.mu.Unlock()
		if digits != "" {
			s.talk.Enter(digits, s.until.Sub(s.platform.clock.Now()))
		}
		return s.talk.Next(ctx)
	})
}

// Pressed implements telephony.Session.
func (s *session) Pressed(digit string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != "" {
		return false
	}
	e := journal.Event{Kind: journal.DTMF, Cause: "not waited for", Detail: digit}
	if !s.last {
		if entry := s.entry.Press(digit); entry != "" {
			e.Cause, e.Detail = "", entry
		}
	}
	s.note(e)
	return !s.last && s.entry.Due()
}

// Due implements telephony.Session.
func (s *session) Due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entry.Due()
}

// step runs the agent, unless the call is over, and shows what can be read of the call while it is up.
func (s *session) step(ctx context.Context, run func(context.Context) conversation.Step) conversation.Step {
	s.talking.Lock()
	defer s.talking.Unlock()
	if cause, _ := s.end(); cause != "" {
		return conversation.Step{Kind: conversation.KindOver, Hangup: true, Cause: cause}
	}
	began := s.platform.clock.Now()
	s.talk.At(began)
	step := run(ctx)
	now := s.platform.clock.Now()
	step.Wait -= min(step.Wait, now.Sub(began)) // what the agent has worked is over
	s.until = now.Add(step.Wait)
	if !step.Interruptible() {
		s.mu.Lock()
		s.last = true
		s.mu.Unlock()
	}
	s.watched.Step(now, step, s.talk.State())
	s.noteAgent(step.Notes)
	s.note(journal.Event{Kind: stepKind(step.Kind), Cause: step.Cause, Detail: cmp.Or(step.Detail, step.Say)})
	if s.project.Handoff.MidCallRead != handoff.Current {
		return step
	}
	left := s.left("")
	s.project.mu.Lock()
	s.project.records.Live(s.platform.clock.Now(), left)
	s.project.mu.Unlock()
	return step
}

// end says why the call is over, "" while it is up, and whether it ever was up.
func (s *session) end() (cause string, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause, s.answered && s.cause != sipua.HowCancel // whose 200 came too late
}

// left is what the call leaves behind as of now. The caller holds talking.
func (s *session) left(cause string) handoff.Call {
	return handoff.Call{ID: s.call.ID, State: s.talk.State(), Attributes: s.arrival.Attributes, Abandoned: cause == conversation.CauseCaller}
}

// Release implements telephony.Session.
func (s *session) Release(cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != "" {
		return
	}
	s.cause = cause
	s.platform.ends.Delete(s.call.ID)
	s.watched.Over(s.platform.clock.Now(), cause, s.answered)
	if kind := endKind(cause, s.answered); kind != journal.ByeSent { // which is noted when it has been
		s.note(journal.Event{Kind: kind, Cause: cause})
	}
	s.project.mu.Lock()
	defer s.project.mu.Unlock()
	s.pool.Hangup(s.platform.now(), s.arrival.Call)
	s.platform.expect(s.project)
}

// Hangup implements telephony.Session: a client that has seen the BYE finds the number free and the state written.
func (s *session) Hangup(cause string) {
	s.Release(cause)
	s.written.Do(s.write)
}

// ByeLeft implements telephony.Session.
func (s *session) ByeLeft() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != "" && endKind(s.cause, s.answered) == journal.ByeSent { // else it follows from what is noted of the call's end
		s.note(journal.Event{Kind: journal.ByeSent, Cause: s.cause})
	}
}

// ByeLost implements telephony.Session.
func (s *session) ByeLost(cause, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if endKind(s.cause, s.answered) != journal.ByeSent {
		return // the call's end is in the journal
	}
	s.note(journal.Event{Kind: endKind(cause, true), Cause: cause, Detail: detail})
}

// write keeps the handoff state of the call's end.
func (s *session) write() {
	cause, answered := s.end()
	if !answered {
		return
	}
	s.talking.Lock()
	left := s.left(cause)
	s.talking.Unlock()
	s.project.mu.Lock()
	r, kept := s.project.records.Put(s.platform.clock.Now(), left)
	s.project.mu.Unlock()
	s.watched.Left(s.platform.clock.Now(), left.State, r.SharedID, r.Data)
	if !kept {
		s.note(journal.Event{Kind: journal.HandoffDropped, Cause: "the caller hung up first"})
		return
	}
	s.note(journal.Event{Kind: journal.HandoffWritten, SharedID: r.SharedID, Detail: s.platform.journal.Text(r.Data)})
}

// Finish implements telephony.Session: end_function may still write what the Handoff API exposes.
func (s *session) Finish(ctx context.Context) {
	s.written.Do(s.write)
	cause, answered := s.end()
	if s.resident != nil {
		defer s.resident.Over(s.call.ID)
	}
	if !answered {
		return
	}
	s.talking.Lock()
	defer s.talking.Unlock()
	before := s.talk.State()
	s.talk.At(s.platform.clock.Now())
	after := s.talk.Finish(ctx, cause)
	end := s.talk.End()
	if !end.Ran {
		return
	}
	s.noteAgent(end.Notes)
	if end.Err != nil {
		s.note(journal.Event{Kind: journal.EndHookFailed, Detail: end.Err.Error()})
	} else {
		s.note(journal.Event{Kind: journal.EndHook, Detail: "took " + end.Took.String()})
	}
	if s.project.Handoff.Snapshot != handoff.EndFunction || sameState(before, after) {
		return
	}
	left := s.left(cause)
	s.project.mu.Lock()
	r, revised := s.project.records.Revise(s.platform.clock.Now().Add(end.Took), left)
	s.project.mu.Unlock()
	if revised {
		s.watched.Left(s.platform.clock.Now(), left.State, r.SharedID, r.Data)
		s.note(journal.Event{Kind: journal.HandoffRevised, SharedID: r.SharedID, Detail: s.platform.journal.Text(r.Data)})
	}
}

// noteAgent writes what a function of the agent has left for a reader.
func (s *session) noteAgent(notes []conversation.Note) {
	for _, n := range notes {
		s.note(journal.Event{Kind: journal.AgentNote, Cause: n.Kind, Detail: n.String()})
	}
}

// sameState reports whether a function has written nothing new.
func sameState(before, after conversation.State) bool {
	return maps.EqualFunc(before, after, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// endKind is how the journal names the end of a call.
func endKind(cause string, answered bool) journal.Kind {
	switch cause {
	case conversation.CauseCaller:
		return journal.ByeReceived
	case sipua.HowCancel:
		return journal.Cancelled
	case sipua.HowTimeout, sipua.HowError:
		return journal.CallFailed
	}
	if !answered {
		return journal.CallRejected
	}
	return journal.ByeSent
}

// stepKind is how the journal names a step of the conversation.
func stepKind(k conversation.Kind) journal.Kind {
	if k == conversation.KindStuck {
		return journal.TurnFailed
	}
	return journal.Kind(k)
}
