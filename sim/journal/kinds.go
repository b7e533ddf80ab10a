package journal

// Kind says what happened. A kind is part of the public face of the journal: scenarios and reports name it.
type Kind string

// What the HTTP edge did.
const (
	ReserveAccepted  Kind = "reserve-accepted"  // a DNI was handed out
	ReserveRefused   Kind = "reserve-refused"   // a good request, but no DNI was free
	RequestRejected  Kind = "request-rejected"  // answered with an error before anything changed; Cause says why
	ReplyUndelivered Kind = "reply-undelivered" // a DNI was taken, and its reply could not be written; Cause says why
	ClientClosed     Kind = "client-closed"     // a DNI was taken, and its client had closed before the reply was written: it may never read it
	HandoffRead      Kind = "handoff-read"      // a GET found a record
	HandoffMissed    Kind = "handoff-missed"    // a GET found none
)

// What happened to a lease or to the pool.
const (
	Bound    Kind = "bound"    // an arrival took the attributes of a live lease
	Unbound  Kind = "unbound"  // an arrival found no live lease
	Released Kind = "released" // the number left its lease; Cause is the release rule that fired
	Expired  Kind = "expired"  // nobody called within the window
	Freed    Kind = "freed"    // the cool-down is over, the number can be handed out again
	Resized  Kind = "resized"  // the numbers of a pool were changed
)

// What happened on a SIP dialog.
const (
	Invite       Kind = "invite"        // an INVITE reached the platform
	CallRejected Kind = "call-rejected" // the platform refused it with a SIP status; Cause says why
	Tolerated    Kind = "tolerated"     // a request was accepted against its RFC; Cause says what was wrong, Detail begins with the section
	Answered     Kind = "answered"      // 200 was sent and acknowledged
	Cancelled    Kind = "cancelled"     // the caller gave up before the answer
	ByeSent      Kind = "bye-sent"      // the platform ended the call, and its BYE has left
	ByeReceived  Kind = "bye-received"  // the caller ended the call
	CallFailed   Kind = "call-failed"   // the dialog broke: no ACK, no transport
)

// What the agent did in a conversation.
const (
	Start         Kind = "start"           // start_function returned
	StartFailed   Kind = "start-failed"    // start_function raised or timed out; Cause says which
	Turn          Kind = "turn"            // one turn was taken
	TurnFailed    Kind = "turn-failed"     // a function raised during a turn
	Silence       Kind = "silence"         // the caller said nothing for a whole turn
	DTMF          Kind = "dtmf"            // the caller pressed a digit; Detail has it, and those before it that it belongs to
	EndHook       Kind = "end-hook"        // end_function returned
	AgentNote     Kind = "agent-note"      // a function logged or printed something, or wanted what is not here; Cause is its kind
	EndHookFailed Kind = "end-hook-failed" // end_function raised; the platform goes on
)

// What happened to handoff state.
const (
	HandoffWritten Kind = "handoff-written" // the state of an ended call was kept
	HandoffRevised Kind = "handoff-revised" // end_function changed what is exposed
	HandoffDropped Kind = "handoff-dropped" // a call ended and nothing was kept; Cause says why
	HandoffEvicted Kind = "handoff-evicted" // a state made room for newer ones before its time; Cause is the limit that was reached
)

// What happened to the simulator itself.
const (
	Started   Kind = "started"
	Stopped   Kind = "stopped"
	Restarted Kind = "restarted" // the store was started again; Cause says what became of the leases
	Advanced  Kind = "advanced"  // virtual time was moved; Detail says by how much
	FaultHit  Kind = "fault-hit" // a fault was put on something; Cause says what it does, Detail to what
)

// Kinds lists every kind, in the order of the flow.
func Kinds() []Kind {
	return []Kind{
		ReserveAccepted, ReserveRefused, RequestRejected, ReplyUndelivered, ClientClosed, HandoffRead, HandoffMissed,
		Bound, Unbound, Released, Expired, Freed, Resized,
		Invite, CallRejected, Tolerated, Answered, Cancelled, ByeSent, ByeReceived, CallFailed,
		Start, StartFailed, Turn, TurnFailed, Silence, DTMF, AgentNote, EndHook, EndHookFailed,
		HandoffWritten, HandoffRevised, HandoffDropped, HandoffEvicted,
		Started, Stopped, Restarted, Advanced, FaultHit,
	}
}

// Trouble reports whether an operator wants to notice this kind among the others.
func (k Kind) Trouble() bool {
	switch k {
	case ReserveRefused, RequestRejected, ReplyUndelivered, ClientClosed, CallRejected, CallFailed,
		StartFailed, TurnFailed, EndHookFailed, HandoffDropped, HandoffEvicted:
		return true
	}
	return false
}
