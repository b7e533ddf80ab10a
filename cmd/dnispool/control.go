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
func listenControl(ctx context.Context, c sim.Control, chosen bool, r *control.Recorder, log *slog.Logger) (steering, error) {
	if c.Listen == "" {
		return steering{}, nil
	}
	s, err := control.Listen(ctx, c, control.WithVersion(version()), control.WithRecorder(r), control.WithLogger(log))
	switch {
	case errors.Is(err, syscall.EADDRINUSE) && !chosen:
		log.Warn("control.listen is taken, another port is used", "address", c.Listen)
		c.Listen = "127.0.0.1:0"
		return listenControl(ctx, c, true, r, log)
	case errors.Is(err, syscall.EADDRINUSE):
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
