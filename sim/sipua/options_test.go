package sipua_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	listen := func() *sipua.Endpoint {
		e, err := sipua.Listen(t.Context(), sipua.Config{Listen: "127.0.0.1:0", TCP: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		return e
	}
	here, there := listen(), listen()
	for _, transport := range []string{"", "udp", "tcp"} {
		if status, reason, err := here.Options(t.Context(), there.Addr(), transport); status != 200 || reason != "OK" || err != nil {
			t.Errorf("%q: want 200 OK, got %d %s (%v)", transport, status, reason, err)
		}
	}
	mute, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := here.Options(ctx, mute.LocalAddr().String(), "udp"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("want the context's end, got %v", err)
	}
	if _, _, err := here.Options(t.Context(), mute.LocalAddr().String(), "tcp"); err == nil {
		t.Error("want an error where nobody listens, got none")
	}
}
