package rehearse_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/rehearse"
)

// TestWhatTheClientDidUntilItsTimeWasUp is judged, and not what it does because it is told to end.
func TestWhatTheClientDidUntilItsTimeWasUp(t *testing.T) {
	t.Parallel()
	l := *named(t, "dial-no-answer")
	l.Budget = 2 * time.Second
	r := game{lesson: &l, client: brokenClient(t, "lets a number ring for ever")}.play(t)
	if r.Status != finding.Failed || !strings.Contains(r.Failures[0].Got, " (not answered in ") {
		t.Errorf("want that its number was ringing to the end, got %s", told(r))
	}
}

// TestFloodEndsTheLesson: what a client without bounds sends is not kept without bounds, and the verdict says so.
func TestFloodEndsTheLesson(t *testing.T) {
	t.Parallel()
	body := `{"attributes":{"x":"` + strings.Repeat("a", 60_000) + `"}}`
	floods := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		for ctx.Err() == nil {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+"/v1/conversations/dni-reservation", strings.NewReader(body))
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				continue
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
		return nil
	})
	l := *named(t, "happy-transfer")
	l.Budget = time.Hour
	r := play(t, &l, rehearse.Options{Arrival: floods})
	if r.Status != finding.Failed || len(r.Exchanges) > 2000 || !strings.Contains(strings.Join(r.Warnings, "\n"), "the client sent too much to be kept in ") {
		t.Errorf("want the lesson ended and so said, got %d requests kept, %q and %s", len(r.Exchanges), r.Warnings, told(r))
	}
}

// TestFloodOfNothing: also where all that it sends is no message at all.
func TestFloodOfNothing(t *testing.T) {
	t.Parallel()
	floods := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		line, err := new(net.Dialer).DialContext(ctx, "udp", c.SIP)
		if err != nil {
			return err
		}
		defer func() { _ = line.Close() }()
		for ctx.Err() == nil {
			_, _ = line.Write([]byte("\xff /nothing\r\n\r\n")) // which may be refused
		}
		return nil
	})
	l := *named(t, "happy-transfer")
	l.Budget = time.Hour
	r := play(t, &l, rehearse.Options{Arrival: floods})
	if r.Status != finding.Failed || !strings.Contains(told(r), "never asked for a number") || !strings.Contains(strings.Join(r.Warnings, "\n"), "the client sent too much to be kept in ") {
		t.Errorf("want the lesson ended and so said, got %q and %s", r.Warnings, told(r))
	}
}

// TestWhoeverIsNotReachedIsSetUpAnew: a client that gets a number and sends nothing to the SIP peer is told to look at that.
func TestWhoeverIsNotReachedIsSetUpAnew(t *testing.T) {
	t.Parallel()
	elsewhere := rehearse.Func(func(ctx context.Context, c rehearse.Caller) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.BaseURL+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
		if err != nil {
			return err
		}
		req.Header.Set("X-Api-Key", c.DNIKey)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	})
	r := play(t, named(t, "happy-transfer"), rehearse.Options{Arrival: elsewhere})
	if want := "No SIP message came from the client: if it placed a call, see whether its SIP peer is set to 127.0.0.1:"; r.Status != finding.Failed || !strings.Contains(r.Failures[0].Because, want) {
		t.Errorf("want %q, got %s: %+v", want, told(r), r.Failures)
	}
}
