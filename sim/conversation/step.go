package conversation

import "time"

// Causes a call ends for. CauseCaller is the driver's to give to Finish; the
// others are the machine's.
const (
	CauseAgent       = "agent"        // the agent hung up
	CauseCaller      = "caller"       // the caller hung up
	CauseSilence     = "silence"      // the caller stayed silent too long
	CauseMaxDuration = "max-duration" // the longest call was reached
	CauseStartFailed = "start-failed" // start_function failed and start_failure is hangup
	CauseTurnFailed  = "turn-failed"  // a turn failed once too often
	CauseAgentStuck  = "agent-stuck"  // max_turns turns did not end the call
)

// Kind is what a step was, as the journal names it.
type Kind string

// Kinds of step. KindOver answers whoever asks for a step after the end.
const (
	KindStart       Kind = "start"
	KindStartFailed Kind = "start-failed"
	KindTurn        Kind = "turn"
	KindTurnFailed  Kind = "turn-failed"
	KindSilence     Kind = "silence"
	KindStuck       Kind = "stuck"
	KindOver        Kind = "over"
)

// Step is what the driver does next: let Wait pass, then hang up and call
// Finish with Cause when Hangup is set, else call Next.
type Step struct {
	Wait    time.Duration
	Hangup  bool
	Cause   string            // with Hangup: why
	Say     string            // what the agent says meanwhile
	Headers map[string]string // with Hangup: what the BYE carries besides

	// For the journal.
	Kind   Kind
	Turn   int    // of a turn or turn-failed step, from 0
	Detail string // one line for a reader, often ""
	Err    error  // what the agent did wrong in this step
	Notes  []Note // what its function left for a reader
}

// Interruptible reports whether an entry of the caller's ends the step before its time: any but the agent's last words.
func (s Step) Interruptible() bool {
	return !s.Hangup || s.Cause == CauseSilence || s.Cause == CauseMaxDuration
}

// End tells how a finished call went after its last step.
type End struct {
	Cause string
	Ran   bool          // end_function was called
	Took  time.Duration // after the call's end, when end_function returned
	Err   error         // what end_function did wrong; never fatal
	Notes []Note        // what it left for a reader
}
