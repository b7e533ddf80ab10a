package measure

// Context is whose attributes a call was given, by what its agent says.
type Context int

// The contexts.
const (
	Untold Context = iota // the agent did not say, or nobody asked
	Own
	None
	Foreign
)

// Caller is what became of one caller, once all is over.
type Caller struct {
	Lease    *Lease // nil: no number was given
	Status   int    // of the last try to reserve; 0: no reply
	Stopped  bool   // the run cut the caller off
	NoCalls  bool   // the number was not to be called
	Left     bool   // before dialling
	Dialled  bool
	Asks     bool   // the call ended so that the handoff is asked for
	Record   string // what the handoff was: handoff, none, missing, unreadable; "": not asked
	Context  Context
	FailOpen bool
}

// Done takes in a caller who is done.
func (r *Run) Done(c Caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := &r.counts
	if c.FailOpen {
		n.FailOpen++
		r.now.Violations++
	}
	if c.Lease == nil {
		r.without(c)
		return
	}
	n.Reserved++
	switch {
	case c.Dialled:
	case c.NoCalls:
		n.NotCalled++
	case c.Left:
		n.Left++
	default:
		n.Cut++
	}
	if !c.Asks {
		return
	}
	switch c.Record {
	case "handoff", "none":
		n.Read++
		r.context(c.Context)
		if c.Context == None || c.Context == Foreign {
			c.Lease.use.Wrong++
		}
	case "missing":
		n.Missing++
	case "unreadable":
		n.Unreadable++
	default:
		n.NotAsked++
	}
}

// without counts a caller who got no number.
func (r *Run) without(c Caller) {
	switch {
	case c.Status == 404:
		r.counts.Refused++
	case c.Stopped:
		r.counts.Stopped++
	case c.Status == 0:
		r.counts.NoReply++
	default:
		r.counts.Failed++
	}
}

func (r *Run) context(c Context) {
	switch c {
	case Own:
		r.counts.Own++
	case None:
		r.counts.None++
		r.now.Violations++
	case Foreign:
		r.counts.Foreign++
		r.now.Violations++
	default:
		r.counts.Untold++
	}
}
