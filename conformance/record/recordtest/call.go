package recordtest

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
	"github.com/dnispool/dnispool/conformance/record"
	"github.com/dnispool/dnispool/sim/sipua"
)

// telling writes one call down as it goes, or tells a recorder of it: line by line, or all at once when only its end
// brings the platform's id.
type telling struct {
	*client
	op     history.Op
	change func(func(*history.Op))

	mu    sync.Mutex
	here  bool
	whole record.Call // what is told at the end
	errs  []error
}

func (c *client) told(op history.Op) *telling {
	t := &telling{client: c, op: op}
	if c.calls == nil {
		begun := op
		if c.Linked {
			begun.CallID = ""
		}
		t.change = c.begin(begun)
		return t
	}
	c.count(func(r *Result) { r.Operations++ })
	t.whole = record.Call{Number: op.Number, Project: c.project.Name, Client: c.name, Nonce: op.Nonce, SharedID: op.SharedID, Dialled: stamp()}
	t.say(record.Call{})
	return t
}

func stamp() string { return time.Now().Format(time.RFC3339Nano) }

// say tells the recorder what is new, or keeps it for the end.
func (t *telling) say(c record.Call) {
	c.CallID = t.op.CallID
	switch {
	case t.Linked:
		return
	case c.Arrived == "" && c.Ended == "":
		c = t.whole
		c.CallID = t.op.CallID
	}
	t.send(c)
}

func (t *telling) send(c record.Call) {
	line, err := json.Marshal(c)
	if err == nil {
		err = t.calls.Tell(line)
	}
	t.errs = append(t.errs, err)
}

func (t *telling) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.errs...)
}

// arrived is for the first sign of the far end, and for the answer.
func (t *telling) arrived() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.here {
		return
	}
	t.here = true
	if t.calls == nil {
		t.change(func(o *history.Op) { o.Outcome, o.Status, o.End = history.OK, 200, time.Since(t.base) })
		return
	}
	t.whole.Arrived, t.whole.Status = stamp(), 200
	t.say(record.Call{Arrived: t.whole.Arrived, Status: 200})
}

func (t *telling) refused(status int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.change(func(o *history.Op) {
			o.Outcome, o.Status, o.EndedBy, o.End = history.Refused, status, "platform", time.Since(t.base)
			o.CallID = t.op.CallID
		})
		return nil
	}
	end := record.Call{Ended: stamp(), EndedBy: "platform", Status: status}
	if t.Linked {
		t.whole.Ended, t.whole.EndedBy, t.whole.Status = end.Ended, end.EndedBy, end.Status
		t.send(t.whole)
	}
	t.say(end)
	return errors.Join(t.errs...)
}

// over is told of the BYE, before it is answered.
func (t *telling) over(e sipua.End) {
	t.mu.Lock()
	defer t.mu.Unlock()
	by := "platform"
	if e.By != sipua.Remote {
		by = "caller"
	}
	id := t.op.CallID
	for _, h := range e.Headers {
		if t.Linked && strings.EqualFold(h.Name, "X-Conversation-Id") {
			id = h.Value
		}
	}
	if t.calls == nil {
		t.change(func(o *history.Op) { o.Ended, o.EndedBy, o.Bye, o.CallID = true, by, time.Since(t.base), id })
		return
	}
	end := record.Call{Ended: stamp(), EndedBy: by}
	if t.Linked {
		t.whole.CallID, t.whole.Ended, t.whole.EndedBy = id, end.Ended, by
		t.send(t.whole)
	}
	t.say(end)
}
