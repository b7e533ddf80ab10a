package journal

import (
	"context"
	"log/slog"
)

// Log returns a function to Subscribe with: it writes each event to l, trouble as a warning, the rest as information.
// The record carries the event's own time, so a log in virtual time reads like one in real time.
func Log(l *slog.Logger) func(Event) {
	h := l.Handler()
	return func(e Event) {
		level := slog.LevelInfo
		if e.Kind.Trouble() {
			level = slog.LevelWarn
		}
		ctx := context.Background()
		if !h.Enabled(ctx, level) {
			return
		}
		r := slog.NewRecord(e.At, level, string(e.Kind), 0)
		r.AddAttrs(slog.Uint64("seq", e.Seq))
		for _, f := range [...]struct{ name, value string }{
			{"cause", e.Cause}, {"project", e.Project}, {"number", e.Number}, {"call", e.Call}, {"call_id", e.CallID},
			{"shared_id", e.SharedID}, {"detail", e.Detail},
		} {
			if f.value != "" {
				r.AddAttrs(slog.String(f.name, f.value))
			}
		}
		if e.Lease != 0 {
			r.AddAttrs(slog.Uint64("lease", e.Lease))
		}
		_ = h.Handle(ctx, r) // a log that cannot be written must not stop the call that is being logged
	}
}
