package main

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim"
)

func TestASecondSimulatorFindsAPortForItsControlAPI(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := taken.Close(); err != nil {
			t.Error(err)
		}
	})
	c := sim.Control{Listen: taken.Addr().String()}
	var logged strings.Builder
	s, err := listenControl(t.Context(), c, false, slog.New(slog.NewTextHandler(&logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if s.Addr() == c.Listen || !strings.Contains(logged.String(), c.Listen) {
		t.Errorf("an address that nobody chose: want another and a line that says so, got %s and %q", s.Addr(), logged.String())
	}
	if _, err := listenControl(t.Context(), c, true, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "--control 127.0.0.1:0 picks a free port") {
		t.Errorf("an address that was chosen: want what to do, got %v", err)
	}
}
