package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Rehearsal is how far a rehearsal of an integrator's client has come: `dnispool rehearse` serves it.
type Rehearsal struct {
	Change     uint64    `json:"change"`            // grows with everything that happens
	BaseURL    string    `json:"base_url"`          // that the client is given, as it is on the machine of the rehearsal
	SIPPeer    string    `json:"sip_peer"`          // host:port at which numbers and queues are called
	DNIKey     string    `json:"dni_key"`           // masked unless it is asked for
	HandoffKey string    `json:"handoff_key"`       // the same
	AccountID  string    `json:"account_id"`        //
	ProjectID  string    `json:"project_id"`        //
	Serves     bool      `json:"serves"`            // lessons can be begun here; else the command line has chosen them
	Playing    *Playing  `json:"playing,omitempty"` // nil between two lessons
	Verdicts   []Verdict `json:"verdicts"`          // of the lessons that are over, in order
}

// Playing is a lesson that is being played.
type Playing struct {
	Lesson       string     `json:"lesson"`
	Summary      string     `json:"summary"`
	Level        string     `json:"level"`
	Requirement  string     `json:"requirement"`
	Since        time.Time  `json:"since"`
	Budget       Duration   `json:"budget"`
	Callers      []string   `json:"callers"`              // their own numbers
	SharedIDs    []string   `json:"shared_ids,omitempty"` // that the client is asked to use for them; none: its own
	Arrival      string     `json:"arrival"`              // how the client learns of them; told: by whoever asks here
	Arrived      bool       `json:"arrived"`              // they have, as far as that is known here
	Did          string     `json:"did"`                  // the client, in words
	Expectations []Expected `json:"expectations"`
}

// Expected is one thing that a client is to have done.
type Expected struct {
	Expect string `json:"expect"` // as the lesson has it
	State  string `json:"state"`  // open, met, broken
}

// Verdict is what became of a lesson.
type Verdict struct {
	Lesson       string     `json:"lesson"`
	Summary      string     `json:"summary"`
	Level        string     `json:"level"`  // must, should, may
	Status       string     `json:"status"` // passed, failed, inconclusive, unsupported, error
	Reason       string     `json:"reason,omitempty"`
	Want         string     `json:"want,omitempty"` // of a failure
	Got          string     `json:"got,omitempty"`
	Because      string     `json:"because,omitempty"` // what to change in the client
	Took         Duration   `json:"took"`
	Expectations []Expected `json:"expectations"`
}

// Lesson is one that can be played.
type Lesson struct {
	Lesson      string   `json:"lesson"`
	Summary     string   `json:"summary"`
	Level       string   `json:"level"`
	Requirement string   `json:"requirement"`
	Source      string   `json:"source"`
	Budget      Duration `json:"budget"`
	Callers     int      `json:"callers"`
	Needs       []string `json:"needs"` // of how the client is reached, or of what can be seen of it
}

// Lessons are those of a rehearsal.
type Lessons struct {
	Lessons []Lesson `json:"lessons"`
}

// LessonRequest begins a lesson.
type LessonRequest struct {
	Lesson  string `json:"lesson"`
	Arrival string `json:"arrival,omitempty"` // told: by Arrived; self: the first reservation is the caller; empty: as the rehearsal was started, else told
}

// Rehearsal asks how far a rehearsal has come. secrets: with the keys.
func (c *Client) Rehearsal(ctx context.Context, secrets bool) (out Rehearsal, err error) {
	values := url.Values{}
	if secrets {
		values.Set("secrets", "true")
	}
	return out, c.into(ctx, query("/v1/rehearsal", values), &out)
}

// RehearsalAfter asks the same, and waits at most so long for something newer than a change.
func (c *Client) RehearsalAfter(ctx context.Context, change uint64, wait time.Duration) (out Rehearsal, err error) {
	values := url.Values{"after": {strconv.FormatUint(change, 10)}}
	put(values, "wait", string(In(wait)))
	return out, c.into(ctx, query("/v1/rehearsal", values), &out)
}

// Lessons asks which lessons there are.
func (c *Client) Lessons(ctx context.Context) (out []Lesson, err error) {
	var all Lessons
	err = c.into(ctx, "/v1/rehearsal/lessons", &all)
	return all.Lessons, err
}

// Rehearse begins a lesson, and returns when callers can arrive. While another is being played it is refused with status 409.
func (c *Client) Rehearse(ctx context.Context, r LessonRequest) (out Rehearsal, err error) {
	return out, c.do(ctx, http.MethodPost, "/v1/rehearsal", r, &out)
}

// Arrived says that the callers of the lesson have arrived at the client: whoever says it has seen to that.
func (c *Client) Arrived(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/rehearsal/arrived", nil, nil)
}

// Served says that the client is done with its callers, and need not be waited for.
func (c *Client) Served(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/rehearsal/served", nil, nil)
}

// Transfer is a client's word that it has put a caller through.
type Transfer struct {
	To string `json:"to"` // the queue, as it would be called
}

// Transferred says that the client has put a caller through to a queue, in a way that is no call to the SIP peer.
func (c *Client) Transferred(ctx context.Context, to string) error {
	return c.do(ctx, http.MethodPost, "/v1/rehearsal/transfers", Transfer{to}, nil)
}

// StopLesson has the lesson end without a verdict.
func (c *Client) StopLesson(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "/v1/rehearsal", nil, nil)
}

// verdictWait is how long one request waits for a verdict.
const verdictWait = 30 * time.Second

// Verdict waits until the lesson that is being played is over, or ctx ends, and returns the newest verdict.
func (c *Client) Verdict(ctx context.Context) (out Verdict, err error) {
	for {
		var now Rehearsal
		if err := c.into(ctx, query("/v1/rehearsal", url.Values{"over": {"true"}, "wait": {verdictWait.String()}}), &now); err != nil {
			return out, err
		}
		if now.Playing != nil {
			continue
		}
		if len(now.Verdicts) == 0 {
			return out, &Error{Status: http.StatusNotFound, Message: "verdict: want a lesson that was played, there was none"}
		}
		return now.Verdicts[len(now.Verdicts)-1], nil
	}
}
