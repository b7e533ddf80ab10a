package recordtest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/fakes/independent"
	"github.com/dnispool/dnispool/sim/sipua"
)

// client does one thing after the other.
type client struct {
	*host
	name    string
	project independent.Project
	foreign independent.Project // another one, or the same when there is none
	chance  *rand.Rand
	http    *http.Client

	lastNumber, lastID, lastSharedID string
}

func newClient(h *host, i int) *client {
	projects := h.platform.Projects()
	return &client{
		host: h, name: fmt.Sprintf("client %d", i+1), project: projects[i%len(projects)], foreign: projects[(i+1)%len(projects)],
		chance: rand.New(rand.NewPCG(h.Seed, uint64(i))), http: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second},
	}
}

func (c *client) happens(share int) bool { return c.chance.IntN(100) < share }

// journey is what a client does for one caller.
func (c *client) journey(ctx context.Context, n int) error {
	if c.lastNumber != "" && c.happens(c.Stray) {
		return c.stray(ctx)
	}
	nonce, sharedID := fmt.Sprintf("n%d", n), fmt.Sprintf("s%d", n)
	if c.lastSharedID != "" && c.happens(c.SameID) {
		sharedID = c.lastSharedID
	}
	number, err := c.reserve(ctx, nonce, sharedID)
	switch {
	case err != nil:
		return err
	case number == "":
		return pause(ctx, 25*time.Millisecond) // others have the numbers
	case c.happens(c.Abandon):
		return nil
	case c.happens(c.Late):
		if err := pause(ctx, c.Platform.Window+lateTimer+50*time.Millisecond); err != nil {
			return err
		}
	}
	if err := pause(ctx, time.Duration(c.chance.Float64()*float64(c.Think))); err != nil {
		return err
	}
	up, err := c.call(ctx, number, nonce, sharedID)
	if err != nil || !up {
		return err
	}
	c.lastNumber, c.lastSharedID = number, sharedID
	return c.ask(ctx, sharedID)
}

// stray calls a number that the client has used up, and looks whether that changed what is known of its last call.
func (c *client) stray(ctx context.Context) error {
	if _, err := c.call(ctx, c.lastNumber, "", ""); err != nil {
		return err
	}
	if err := pause(ctx, c.Platform.Visible+20*time.Millisecond); err != nil {
		return err
	}
	_, _, err := c.get(ctx, c.project, url.Values{"shared_id": {c.lastSharedID}})
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin writes down that something begins, unless somebody else does. What it returns changes it.
func (c *client) begin(op history.Op) func(func(*history.Op)) {
	c.count(func(r *Result) { r.Operations++ })
	if c.recorder == nil {
		return func(func(*history.Op)) {}
	}
	op.Generator, op.Client, op.Project = c.host.name, c.name, cmp.Or(op.Project, c.project.Name)
	op.Outcome, op.Start = history.Indefinite, time.Since(c.base)
	op.End = op.Start
	handle := c.recorder.Begin(op)
	return func(change func(*history.Op)) { c.recorder.Update(handle, change) }
}

// send makes one request. An answer that did not come whole is nil, and has status 0 when nothing of it came.
func (c *client) send(ctx context.Context, method, path, key, body string) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("x-api-key", key)
	r.Header.Set("X-Client", c.name)
	res, err := c.http.Do(r)
	if err != nil {
		return 0, nil, ctx.Err()
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, nil, ctx.Err()
	}
	return res.StatusCode, answer, nil
}

// outcome is what a status means, and what came with it.
func outcome(status int, answer []byte) history.Outcome {
	switch {
	case answer == nil:
		return history.Indefinite
	case status == 200:
		return history.OK
	case status == 404:
		return history.Refused
	case status >= 500:
		return history.Indefinite
	}
	return history.Rejected
}

func (c *client) reserve(ctx context.Context, nonce, sharedID string) (number string, err error) {
	talk := c.Talk.Seconds() * c.chance.Float64()
	attributes := fmt.Sprintf(`{"nonce":%q,"shared_id":%q,"want_handoff_to":"queue of %s","want_talk":%.4f,"account":9007199254740993}`, nonce, sharedID, nonce, talk)
	end := c.begin(history.Op{Kind: history.Reserve, Nonce: nonce, SharedID: sharedID, Attributes: json.RawMessage(attributes)})
	status, answer, err := c.send(ctx, "POST", "/v1/conversations/dni-reservation", c.project.DNIKey, `{"attributes":`+attributes+`}`)
	if err != nil {
		return "", err
	}
	var body struct{ DNI string }
	_ = json.Unmarshal(answer, &body) // a page has no number
	end(func(o *history.Op) {
		o.Outcome, o.Status, o.End = outcome(status, answer), status, time.Since(c.base)
		if o.Outcome == history.OK {
			o.Number = body.DNI
		}
	})
	c.count(func(r *Result) {
		if body.DNI != "" {
			r.Numbers++
		} else {
			r.Refused++
		}
	})
	return body.DNI, nil
}

// call places a call, and another one beside it sometimes, and waits for the platform to end it.
func (c *client) call(ctx context.Context, number, nonce, sharedID string) (up bool, err error) {
	first, err := c.dial(ctx, number, nonce, sharedID)
	if err != nil || first == nil {
		return false, err
	}
	if c.happens(c.Twice) {
		if err := c.callAgain(ctx, number, sharedID, first); err != nil {
			return false, err
		}
	}
	select {
	case <-first:
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.count(func(r *Result) { r.Calls++ })
	return true, err
}

// callAgain places a second call to the number while the first is up, and asks what the first that is over has left.
func (c *client) callAgain(ctx context.Context, number, sharedID string, first <-chan struct{}) error {
	if err := pause(ctx, time.Duration(c.chance.Float64()*float64(c.Talk)/2)); err != nil {
		return err
	}
	second, err := c.dial(ctx, number, "", "")
	if err != nil || second == nil {
		return err
	}
	select {
	case <-first:
	case <-second:
	}
	if sharedID != "" && c.happens(c.Again) {
		if err := pause(ctx, c.Platform.Visible); err != nil {
			return err
		}
		if _, _, err := c.get(ctx, c.project, url.Values{"shared_id": {sharedID}}); err != nil {
			return err
		}
	}
	<-second
	return nil
}

// dial returns a channel that is closed when the call is over; nil when it was refused.
func (c *client) dial(ctx context.Context, number, nonce, sharedID string) (over <-chan struct{}, err error) {
	dialled := number
	if c.happens(c.Bare) {
		dialled = strings.TrimPrefix(number, "+")
	}
	t := c.told(history.Op{Kind: history.Call, Number: number, Nonce: nonce, SharedID: sharedID, CallID: fmt.Sprintf("%x-%x@caller", c.chance.Uint64(), c.Seed)})
	leg, err := c.line.Dial(ctx, sipua.Dial{
		Target: c.platform.SIP(), To: "sip:" + dialled + "@" + c.platform.SIP(), From: "sip:+12025550100@" + c.line.Addr(), CallID: t.op.CallID,
		OnProgress: func(code int, _ string) {
			if code > 100 {
				t.arrived()
			}
		},
	})
	if refusal := new(sipua.StatusError); errors.As(err, &refusal) && ctx.Err() == nil {
		return nil, t.refused(refusal.Code)
	}
	if err != nil {
		return nil, err
	}
	t.arrived()
	done := make(chan struct{})
	leg.OnEnd(func(e sipua.End) {
		t.over(e)
		close(done)
	})
	return done, t.err()
}

// ask asks for the state until it is there, or must be.
func (c *client) ask(ctx context.Context, sharedID string) error {
	over := time.Now()
	for {
		if c.foreign.Name != c.project.Name && c.happens(c.Foreign) {
			if _, _, err := c.get(ctx, c.foreign, url.Values{"shared_id": {sharedID}}); err != nil {
				return err
			}
		}
		query := url.Values{"shared_id": {sharedID}}
		if c.lastID != "" && c.happens(c.Both) {
			query.Set("id", c.lastID)
		}
		status, id, err := c.get(ctx, c.project, query)
		switch {
		case err != nil:
			return err
		case status == 200:
			c.lastID = id
			c.count(func(r *Result) { r.States++ })
			return c.askAgain(ctx, sharedID)
		case time.Since(over) > c.Platform.Visible+2*lateBye+100*time.Millisecond:
			c.count(func(r *Result) { r.Lost++ })
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (c *client) askAgain(ctx context.Context, sharedID string) error {
	if !c.happens(c.Again) {
		return nil
	}
	for range 2 {
		if err := pause(ctx, lateBye+50*time.Millisecond); err != nil {
			return err
		}
		if _, _, err := c.get(ctx, c.project, url.Values{"shared_id": {sharedID}}); err != nil {
			return err
		}
	}
	return nil
}

// get asks for a state of the client's project, with the key of a project that may be another one.
func (c *client) get(ctx context.Context, by independent.Project, query url.Values) (status int, id string, err error) {
	end := c.begin(history.Op{Kind: history.Handoff, Project: by.Name, AskedSharedID: query.Get("shared_id"), AskedID: query.Get("id")})
	status, answer, err := c.send(ctx, "GET", "/v1/"+c.project.Account+"/"+c.project.ID+"/handoff_state?"+query.Encode(), by.HandoffKey, "")
	if err != nil {
		return 0, "", err
	}
	var body struct {
		ID       string          `json:"id"`
		SharedID string          `json:"shared_id"`
		Data     json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(answer, &body) // a page has no state
	end(func(o *history.Op) {
		o.Outcome, o.Status, o.End = outcome(status, answer), status, time.Since(c.base)
		if o.Outcome == history.OK {
			o.GotID, o.GotSharedID, o.Data = body.ID, body.SharedID, body.Data
		}
	})
	if answer == nil { // a client asks again
		status = 0
	}
	return status, body.ID, nil
}
