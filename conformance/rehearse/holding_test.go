package rehearse_test

import (
	"context"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/phone"
)

// TestPeopleInQueuesHangUp: a client that stays on the line with its caller, for as long as the caller and the queue talk, is done
// when nothing more has come of it for a while.
func TestPeopleInQueuesHangUp(t *testing.T) {
	t.Parallel()
	ended := ""
	holds := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		line, err := phone.Open(ctx, c.SIP)
		if err != nil {
			return err
		}
		defer func() { _ = line.Close(context.WithoutCancel(ctx)) }()
		kept := &holding{Phone: line}
		err = take(ctx, careful(), kept, c)
		select {
		case <-kept.call.Ended():
			ended = kept.call.EndedBy()
		case <-ctx.Done():
		}
		return err
	})
	r := play(t, named(t, "happy-transfer"), rehearse.Options{Arrival: holds, Quiet: 100 * time.Millisecond})
	if r.Status != finding.Passed || len(r.Warnings) > 0 || ended != "platform" {
		t.Errorf("want it passed and the call ended by the other side, got %q and %s\n%v", ended, told(r), r.Ladder)
	}
}

// holding is a phone whose transfers stay up when the client has done its part.
type holding struct {
	client.Phone
	call client.Call
}

// Transfer implements client.Phone.
func (h *holding) Transfer(ctx context.Context, to, from string) (client.Call, error) {
	call, err := h.Phone.Transfer(ctx, to, from)
	h.call = call
	return bridged{call}, err
}

// bridged is a call that its client does not hang up.
type bridged struct{ client.Call }

// Hangup implements client.Call.
func (bridged) Hangup(context.Context) error { return nil }
