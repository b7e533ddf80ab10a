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

// listenControl serves the control API at c.Listen. Where nobody has chosen that address it is given up for a free port
// when it is taken, by a second simulator or anything else: what a simulator is for does not depend on it.
func listenControl(ctx context.Context, c sim.Control, chosen bool, log *slog.Logger, options ...control.Option) (steering, error) {
	if c.Listen == "" {
		return steering{}, nil
	}
	s, err := control.Listen(ctx, c, append([]control.Option{control.WithVersion(version()), control.WithLogger(log)}, options...)...)
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && !chosen:
		log.Warn("control.listen is taken, another port is used", "address", c.Listen)
		c.Listen = "127.0.0.1:0"
		return listenControl(ctx, c, true, log, options...)
	case errors.Is(err, syscall.EADDRINUSE):
		err = fmt.Errorf("%w; --control 127.0.0.1:0 picks a free port, --control off serves none", err)
	}
	return steering{s}, err
}

func (s steering) ready(first *control.Stage) {
	if s.Server != nil {
		s.Ready(first)
	}
}

// stopping returns the stage that is to be closed: another than the first when the simulator has been changed.
func (s steering) stopping(first *control.Stage) *control.Stage {
	if s.Server == nil {
		return first
	}
	s.Stopping()
	return s.Stage()
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
