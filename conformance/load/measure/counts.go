package measure

import (
	"reflect"
	"slices"
)

// Counts are what became of every caller of a run, the warm-up included.
type Counts struct {
	Scheduled int `json:"scheduled"` // callers who were due
	Dropped   int `json:"dropped"`   // of these, not begun: too many were under way
	Begun     int `json:"begun"`

	Reserved int `json:"reserved"` // callers who were given a number
	Refused  int `json:"refused"`  // 404 at last
	Failed   int `json:"failed"`   // another reply at last
	NoReply  int `json:"no_reply"` // no reply at last
	Stopped  int `json:"stopped"`  // cut off by the end of the run before their reservation was decided

	NotCalled int `json:"not_called"` // given a number that was not to be called
	Left      int `json:"left"`       // gone before dialling
	Cut       int `json:"cut"`        // cut off before dialling
	Dialled   int `json:"dialled"`

	Answered    int `json:"answered"`
	GaveUp      int `json:"gave_up"`      // the caller, before an answer
	CallRefused int `json:"call_refused"` // by the platform or the carrier
	CallFailed  int `json:"call_failed"`  // could not be placed, or was cut off

	ByPlatform int `json:"ended_by_platform"`
	ByCaller   int `json:"ended_by_caller"`
	ByOthers   int `json:"ended_by_others"` // the carrier, or a connection that broke
	StillUp    int `json:"still_up"`        // when the run was cut off

	Read       int `json:"handoff_read"`
	Missing    int `json:"handoff_missing"` // 404 to the end
	Unreadable int `json:"handoff_unreadable"`
	NotAsked   int `json:"handoff_not_asked"` // cut off before

	Own     int `json:"context_own"`
	None    int `json:"context_none"`
	Foreign int `json:"context_foreign"`
	Untold  int `json:"context_untold"` // the agent did not say what it was given

	Retries      int `json:"retries"`
	Polls        int `json:"polls"`
	FirstPolls   int `json:"first_polls"`   // after a call
	FirstMissing int `json:"first_missing"` // of these, answered with 404
	Late         int `json:"late"`          // calls that arrived when the shortest window was over; without the warm-up's
	Twice        int `json:"given_twice"`   // numbers that were given while somebody certainly held them
	FailOpen     int `json:"fail_open"`     // callers of whom nobody can know whether they needed a human
}

// and is the counts of both.
func (c Counts) and(d Counts) Counts {
	into, from := reflect.ValueOf(&c).Elem(), reflect.ValueOf(d)
	for i := range into.NumField() { // all are counts
		into.Field(i).SetInt(into.Field(i).Int() + from.Field(i).Int())
	}
	return c
}

// Row is one line of the ledger: of so many, so many became each of the parts. What is left over must be 0.
type Row struct {
	Of       string `json:"of"`
	Total    int    `json:"total"`
	Parts    []Part `json:"parts"`
	Residual int    `json:"residual"`
}

// Part is a number with its name.
type Part struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Ledger accounts for every caller from the schedule to the handoff. Each row takes apart one part of a row before.
func (c Counts) Ledger() []Row {
	return []Row{
		row("scheduled", c.Scheduled, Part{"begun", c.Begun}, Part{"dropped by the generator", c.Dropped}),
		row("begun", c.Begun, Part{"given a number", c.Reserved}, Part{"refused (404)", c.Refused}, Part{"another status", c.Failed}, Part{"no reply", c.NoReply}, Part{"cut off", c.Stopped}),
		row("given a number", c.Reserved, Part{"dialled", c.Dialled}, Part{"left before dialling", c.Left}, Part{"not to be called", c.NotCalled}, Part{"cut off", c.Cut}),
		row("dialled", c.Dialled, Part{"answered", c.Answered}, Part{"given up by the caller", c.GaveUp}, Part{"refused", c.CallRefused}, Part{"failed", c.CallFailed}),
		row("answered", c.Answered, Part{"ended by the platform", c.ByPlatform}, Part{"by the caller", c.ByCaller}, Part{"by the network", c.ByOthers}, Part{"still up", c.StillUp}),
		row("asked for a handoff", c.ByPlatform+c.ByOthers, Part{"read", c.Read}, Part{"404 to the end", c.Missing}, Part{"unreadable", c.Unreadable}, Part{"cut off", c.NotAsked}),
		row("read", c.Read, Part{"own context", c.Own}, Part{"none", c.None}, Part{"another's", c.Foreign}, Part{"not told", c.Untold}),
	}
}

func row(of string, total int, parts ...Part) Row {
	r := Row{Of: of, Total: total, Residual: total}
	for _, p := range parts {
		r.Residual -= p.Count
	}
	r.Parts = slices.DeleteFunc(parts, func(p Part) bool { return p.Count == 0 && p != parts[0] })
	return r
}

// Balanced reports whether every row of a ledger adds up.
func Balanced(rows []Row) bool {
	return !slices.ContainsFunc(rows, func(r Row) bool { return r.Residual != 0 })
}
