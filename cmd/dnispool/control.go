package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"syscall"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
)

// steering is the control API of a served simulator; the zero value is one without.
type steering struct{ *control.Server }

func listenControl(ctx context.Context, c sim.Control, log *slog.Logger) (steering, error) {
	if c.Listen == "" {
		return steering{}, nil
	}
	s, err := control.Listen(ctx, c, control.WithVersion(version()), control.WithLogger(log))
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("%w; --control 127.0.0.1:0 picks a free port, --control off serves none", err)
	}
	return steering{s}, err
}

func (s steering) ready(p *sim.Sim) {
	if s.Server != nil {
		s.Ready(p)
	}
}

func (s steering) stopping() {
	if s.Server != nil {
		s.Stopping()
	}
}

func (s steering) close(ctx context.Context) error {
	if s.Server == nil {
		return nil
	}
	return s.Close(ctx)
}

// link is what `dnispool ctl` and `dnispool ready` take; "" where nothing is served.
func (s steering) link() string {
	if s.Server == nil {
		return ""
	}
	return s.Link()
}
