package replay

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/dnispool/dnispool/conformance/scenario"
)

// errCut ends a request whose second half is never sent.
var errCut = errors.New("the request was cut in the middle on purpose")

// halves is a body that goes out in two parts, for a client that is slow or goes away. The first Read comes when the
// platform is ready for the body, because the request asks to be told so.
type halves struct {
	ctx  context.Context
	send scenario.Send
	wait func(context.Context, time.Duration) error // lets the target's time pass
	now  func() time.Time                           // the target's time

	whole  []byte
	parts  [2]*bytes.Reader
	paused bool

	mu   sync.Mutex
	cut  bool
	sent time.Time // when the second half went out; zero before
}

func (cl *client) halves(ctx context.Context, body []byte, send scenario.Send) *halves {
	h := &halves{ctx: ctx, send: send, wait: cl.stage.Wait, now: cl.stage.Now, whole: body}
	middle := len(body) / 2
	h.parts = [2]*bytes.Reader{bytes.NewReader(body[:middle]), bytes.NewReader(body[middle:])}
	return h
}

// Read implements io.Reader.
func (h *halves) Read(p []byte) (int, error) {
	if h.parts[0].Len() > 0 {
		return h.parts[0].Read(p)
	}
	if !h.paused && h.send.Pause > 0 {
		if err := h.wait(h.ctx, h.send.Pause); err != nil {
			return 0, err
		}
	}
	h.paused = true
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cut = h.send.Cut; h.cut {
		return 0, errCut
	}
	h.sent = h.now()
	return h.parts[1].Read(p)
}

// went says when the whole request was out, or that it never will be.
func (h *halves) went() (sent time.Time, cut bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent, h.cut
}

// Close implements io.Closer.
func (h *halves) Close() error { return nil }
