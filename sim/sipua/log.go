package sipua

import (
	"context"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"
)

const (
	logText = 200 // bytes of one text in a record
	logRate = 20  // records a second
)

// stackLogger is the logger handed to sipgo. sipgo logs what strangers send: whole datagrams, at level ERROR, as often as they come.
// So texts are cut, records are limited to logRate a second, and every level is one lower: their fault is not our error.
func stackLogger(to *slog.Logger) *slog.Logger {
	return slog.New(&boundedHandler{Handler: to.Handler(), budget: &budget{}})
}

type boundedHandler struct {
	slog.Handler
	budget *budget
}

// budget counts the records of the current second, for a handler and those derived from it.
type budget struct {
	mu      sync.Mutex
	second  int64
	used    int
	dropped int
}

func lower(l slog.Level) slog.Level {
	switch {
	case l >= slog.LevelError:
		return slog.LevelWarn
	default:
		return slog.LevelDebug
	}
}

func (h *boundedHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return h.Handler.Enabled(ctx, lower(l))
}

func (h *boundedHandler) Handle(ctx context.Context, r slog.Record) error {
	dropped, ok := h.budget.take(r.Time)
	if !ok {
		return nil
	}
	out := slog.NewRecord(r.Time, lower(r.Level), "sip stack: "+cut(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(bounded(a))
		return true
	})
	if dropped > 0 {
		out.AddAttrs(slog.Int("records_dropped_before", dropped))
	}
	return h.Handler.Handle(ctx, out)
}

func (h *boundedHandler) WithAttrs(as []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(as))
	for i, a := range as {
		out[i] = bounded(a)
	}
	return &boundedHandler{h.Handler.WithAttrs(out), h.budget}
}

func (h *boundedHandler) WithGroup(name string) slog.Handler {
	return &boundedHandler{h.Handler.WithGroup(name), h.budget}
}

// take gives the number of records dropped since the last one that passed.
func (b *budget) take(now time.Time) (dropped int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := now.Unix(); s != b.second {
		b.second, b.used = s, 0
	}
	if b.used == logRate {
		b.dropped++
		return 0, false
	}
	b.used++
	dropped, b.dropped = b.dropped, 0
	return dropped, true
}

func bounded(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindInt64 || v.Kind() == slog.KindDuration || v.Kind() == slog.KindBool {
		return a
	}
	return slog.String(a.Key, cut(v.String()))
}

func cut(s string) string {
	if len(s) <= logText {
		return s
	}
	n := logText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// tuneStack sets the globals of sipgo that it gives no other way to set, once and before any traffic: a UDP message may be as
// long as a datagram (its limit of 1,300 bytes refuses ordinary INVITEs of contact centres and offers no other transport), what is read at once has room for the longest, and its
// package logger, which only counts references to connections, is silent.
var tuneStack = sync.OnceFunc(func() {
	sip.UDPMTUSize = 1 << 16
	sip.TransportBufferReadSize = maxMessage
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
})
