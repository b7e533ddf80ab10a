package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Event is one thing that happened inside.
type Event struct {
	Seq      uint64    `json:"seq"` // without gaps
	At       time.Time `json:"at"`  // by the simulator's clock
	Kind     string    `json:"kind"`
	Cause    string    `json:"cause,omitempty"`
	Project  string    `json:"project,omitempty"`
	Number   string    `json:"number,omitempty"`
	Lease    uint64    `json:"lease,omitempty"`
	Call     string    `json:"call,omitempty"`    // the conversation
	CallID   string    `json:"call_id,omitempty"` // of the SIP dialog
	SharedID string    `json:"shared_id,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

// JournalQuery says which events are wanted. The zero value is all that are kept.
type JournalQuery struct {
	Kinds                                   []string // any of these; none: all
	Project, Number, Call, CallID, SharedID string
	Text                                    string        // that one of an event's texts has in it, in any case
	Since, Until                            time.Time     // zero: no bound; by the simulator's clock
	After                                   uint64        // only those with a larger number
	Now                                     bool          // only those from now on; After is not looked at
	Newest                                  bool          // newest first, without Wait
	Skip                                    int           // with Newest
	Limit                                   int           // 0: 1000
	Wait                                    time.Duration // how long the first one is waited for, at most a minute, in real time
}

// Journal is the reply that lists events, oldest first.
type Journal struct {
	Events  []Event `json:"events"`
	Next    uint64  `json:"next"`            // give it as after to go on
	Total   int     `json:"total,omitempty"` // of JournalQuery.Newest: how many are wanted, shown or not
	Dropped uint64  `json:"dropped"`         // events before the first that is kept
}

// Journal lists events, or waits for one.
func (c *Client) Journal(ctx context.Context, q JournalQuery) (out Journal, err error) {
	values := q.values()
	if q.Newest {
		values.Set("newest", "true")
	}
	putInt(values, "skip", q.Skip)
	putInt(values, "limit", q.Limit)
	if q.Wait > 0 {
		values.Set("wait", q.Wait.String())
	}
	return out, c.into(ctx, query("/v1/journal", values), &out)
}

// ErrNone is returned when what was waited for has not happened.
var ErrNone = errors.New("journal: no such event within the wait")

// Next waits for the next event that q wants and returns it: with q.After the first after that one, else the first from
// now on.
func (c *Client) Next(ctx context.Context, q JournalQuery) (Event, error) {
	q.Limit, q.Now = 1, q.After == 0
	got, err := c.Journal(ctx, q)
	if err != nil {
		return Event{}, err
	}
	if len(got.Events) == 0 {
		return Event{}, fmt.Errorf("%w of %v", ErrNone, q.Wait)
	}
	return got.Events[0], nil
}

func (q JournalQuery) values() url.Values {
	values := url.Values{}
	put(values, "kind", strings.Join(q.Kinds, ","))
	put(values, "project", q.Project)
	put(values, "number", q.Number)
	put(values, "call", q.Call)
	put(values, "call_id", q.CallID)
	put(values, "shared_id", q.SharedID)
	put(values, "text", q.Text)
	if !q.Since.IsZero() {
		values.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		values.Set("until", q.Until.Format(time.RFC3339Nano))
	}
	switch {
	case q.Now:
		values.Set("after", "now")
	case q.After > 0:
		values.Set("after", strconv.FormatUint(q.After, 10))
	}
	return values
}

// Dropped is how many events a stream has skipped, because its reader was too slow.
type Dropped struct {
	Count uint64 `json:"count"`
}

// Follow calls see with every event that q wants, as they happen, until ctx ends or see returns an error, which it then
// returns. dropped, when it is not nil, is told how many events were skipped because they came faster than they were read.
func (c *Client) Follow(ctx context.Context, q JournalQuery, see func(Event) error, dropped func(Dropped)) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+query("/v1/events", q.values()), nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/event-stream")
	res, err := c.send(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 16<<20)
	kind := ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			kind = value
		case "data":
			if err := told(kind, []byte(value), see, dropped); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return lines.Err()
}

func told(kind string, data []byte, see func(Event) error, dropped func(Dropped)) error {
	if kind == "dropped" {
		var d Dropped
		err := json.Unmarshal(data, &d)
		if err == nil && dropped != nil {
			dropped(d)
		}
		return err
	}
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		return err
	}
	return see(e)
}
