// Package client is a careful integrator: for each caller it reserves a number, dials it or falls back, waits for
// the platform to end the call, asks for the handoff, and transfers the caller or finishes. It reads replies
// tolerantly, keeps to its budgets and never leaves a caller without a decision. It reports what it did as a Journey.
//
// It is a fake for scenarios and load, not an SDK, and it judges nothing: that a platform broke its contract is for
// the checks to say.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Doer sends a request, as http.Client does.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Client plays journeys. It is safe for concurrent use when its Doer, Phone and Clock are.
type Client struct {
	config Config
	http   Doer
	phone  Phone
	clock  Clock
	chance *chance
}

// chance is what is random of a client and of those made of it.
type chance struct {
	mu  sync.Mutex
	rng *rand.Rand
}

// New returns a client, or what is wrong with its config. All arguments are due.
func New(c Config, http Doer, phone Phone, clock Clock) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if http == nil || phone == nil || clock == nil {
		return nil, errors.New("client: want an HTTP client, a phone and a clock, got nil")
	}
	return &Client{config: c.full(), http: http, phone: phone, clock: clock, chance: &chance{rng: rand.New(rand.NewPCG(c.Seed, 1))}}, nil
}

// With returns a client with the same settings that sends its requests and places its calls in other ways.
func (c *Client) With(http Doer, phone Phone) *Client {
	return &Client{config: c.config, http: http, phone: phone, clock: c.clock, chance: c.chance}
}

// Run takes one caller through. It returns when the caller is with somebody, or done, or lost; or soon after ctx ends.
func (c *Client) Run(ctx context.Context, caller Caller) Journey {
	r := &run{Client: c, caller: caller}
	r.play(ctx)
	r.note("done", "%s: %s", r.Outcome, r.Reason)
	return r.Journey
}

// run is one journey under way.
type run struct {
	*Client
	Journey
	caller Caller
}

func (r *run) play(ctx context.Context) {
	body, err := r.body()
	if err != nil {
		r.fallBack(ctx, err.Error())
		return
	}
	call, why := r.connect(ctx, body)
	if r.GaveUp {
		r.end(Completed, "%s", why)
		return
	}
	if call == nil {
		r.fallBack(ctx, why)
		return
	}
	if r.converse(ctx, call) {
		r.conclude(ctx, r.ask(ctx))
	}
}

func (r *run) note(what, format string, args ...any) {
	r.Steps = append(r.Steps, Event{r.clock.Now(), what, fmt.Sprintf(format, args...)})
}

func (r *run) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func (r *run) end(o Outcome, format string, args ...any) {
	r.Outcome, r.Reason = o, fmt.Sprintf(format, args...)
}

// body makes the request of Reserve DNI and settles the shared_id.
func (r *run) body() ([]byte, error) {
	attributes := r.caller.Attributes
	if len(bytes.TrimSpace(attributes)) == 0 {
		attributes = json.RawMessage("{}")
	}
	r.SharedID = r.caller.SharedID
	var object map[string]json.RawMessage
	switch err := json.Unmarshal(attributes, &object); {
	case !json.Valid(attributes):
		return nil, fmt.Errorf("attributes: want JSON, got %v", err)
	case err != nil || object == nil: // not an object: the platform's to refuse
	case object["shared_id"] != nil:
		r.SharedID = cmp.Or(r.SharedID, text(object["shared_id"]))
	case r.SharedID != "":
		attributes = withMember(attributes, len(object), "shared_id", r.SharedID)
	}
	return fmt.Appendf(nil, `{"attributes":%s}`, attributes), nil
}

// withMember puts a member in front of an object's others, and leaves those as they are written.
func withMember(object []byte, members int, name, value string) []byte {
	quoted, _ := json.Marshal(value) // a string always can
	comma := ","
	if members == 0 {
		comma = ""
	}
	rest := bytes.TrimSpace(object)[1:]
	return fmt.Appendf(nil, `{"%s":%s%s%s`, name, quoted, comma, rest)
}

// connect reserves numbers and dials them until one answers. A nil call comes with the reason.
func (r *run) connect(ctx context.Context, body []byte) (Call, string) {
	var why string
	for range r.config.DialAttempts {
		dni, err := r.reserve(ctx, body)
		if err != nil {
			return nil, err.Error()
		}
		r.DNI = dni
		if err := r.think(ctx); err != nil {
			return nil, err.Error()
		}
		r.Dialled = true
		r.note("dial", "%s", dni)
		call, err := r.ring(ctx, r.phone.Dial, dni)
		if err == nil {
			r.CallID, r.Connected = call.ID(), true
			r.note("connected", "%s", r.CallID)
			return call, ""
		}
		r.Unused = append(r.Unused, dni)
		why = fmt.Sprintf("call: %s: %v", dni, err)
		r.note("dial", "%s: %v", dni, err)
		if r.GaveUp = errors.Is(err, ErrGaveUp); r.GaveUp || ctx.Err() != nil {
			break
		}
	}
	return nil, why
}

// ring places a call, and gives it up when nobody has answered in the time for that.
func (r *run) ring(ctx context.Context, place func(ctx context.Context, to, from string) (Call, error), to string) (Call, error) {
	if r.config.RingTimeout > 0 {
		var answered context.CancelFunc
		ctx, answered = context.WithTimeout(ctx, r.config.RingTimeout)
		defer answered()
	}
	return place(ctx, to, r.caller.ANI)
}

// think waits until the caller is ready to be dialled for, or leaves.
func (r *run) think(ctx context.Context) error {
	if r.caller.Think > 0 {
		r.note("think", "%v", r.caller.Think)
		if err := r.clock.Sleep(ctx, r.caller.Think); err != nil {
			return err
		}
	}
	if r.GaveUp = r.caller.Leaves; r.GaveUp {
		r.Unused = append(r.Unused, r.DNI)
		return ErrGaveUp
	}
	return nil
}

// converse waits for the end of the call. It returns false when there is no caller left to ask a handoff for.
func (r *run) converse(ctx context.Context, call Call) bool {
	var enough <-chan struct{}
	if r.caller.HangUpAfter > 0 {
		var stop func()
		enough, stop = r.after(ctx, r.caller.HangUpAfter)
		defer stop()
	}
	select {
	case <-call.Ended():
	case <-enough:
		r.hangup(call)
		r.note("ended", "by caller")
		r.end(Completed, "the caller hung up")
		return false
	case <-ctx.Done():
		r.hangup(call)
		r.end(Failed, "journey: %v during the call", context.Cause(ctx))
		return false
	}
	r.note("ended", "by %s", call.EndedBy())
	if call.EndedBy() == "caller" {
		r.end(Completed, "the caller hung up")
		return false
	}
	return true
}

// after returns a channel that is closed when d has passed on the clock.
func (r *run) after(ctx context.Context, d time.Duration) (passed <-chan struct{}, stop func()) {
	ctx, stop = context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		if r.clock.Sleep(ctx, d) == nil {
			close(done)
		}
	}()
	return done, stop
}

// hangup ends a call of ours, also when the journey's context is over.
func (r *run) hangup(call Call) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = call.Hangup(ctx)
}

// fallBack sends the caller to the fallback queue.
func (r *run) fallBack(ctx context.Context, why string) {
	if ctx.Err() != nil {
		r.end(Failed, "journey: %v; %s", context.Cause(ctx), why)
		return
	}
	if r.config.Fallback == "" {
		r.end(Failed, "%s; there is no fallback queue", why)
		return
	}
	if err := r.route(ctx, "fallback", r.config.Fallback); err != nil {
		r.end(Failed, "%s; fallback: %v", why, err)
		return
	}
	r.end(Fallback, "%s", why)
}

// conclude does what the handoff asks for.
func (r *run) conclude(ctx context.Context, a answer) {
	r.Record = a.record
	queue := a.queue
	switch {
	case a.record == None:
		r.end(Completed, "%s", a.why)
		return
	case a.record != Handoff:
		r.FailOpen = true
		queue = r.config.DefaultQueue
		if queue == "" || r.config.OnMissing == Complete {
			r.end(Completed, "%s; taken for a completed call", a.why)
			return
		}
	}
	err := r.route(ctx, "transfer", queue)
	if spare := r.config.DefaultQueue; err != nil && spare != "" && spare != queue && ctx.Err() == nil {
		a.why = fmt.Sprintf("%s; transfer: %v", a.why, err)
		err = r.route(ctx, "transfer", spare)
	}
	if err != nil {
		r.end(Failed, "%s; transfer: %v", a.why, err)
		return
	}
	r.end(Transferred, "%s", a.why)
}

// route calls a queue. Once somebody has answered, what they say to each other is not our concern, and the leg ends.
func (r *run) route(ctx context.Context, what, queue string) error {
	destination, mapped := r.config.Queues[queue]
	if !mapped {
		destination = queue
	}
	r.Queue, r.Destination = queue, destination
	r.note(what, "%s", destination)
	call, err := r.ring(ctx, r.phone.Transfer, destination)
	if err != nil {
		r.note(what, "%s: %v", destination, err)
		return fmt.Errorf("%s: %w", destination, err)
	}
	r.hangup(call)
	return nil
}
