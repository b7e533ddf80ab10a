package sim_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/stage"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
)

// openWatched is open with all that `dnispool sim` serves beside the platform: the control API, which records every exchange, call and
// SIP message for the page, faults that may be set, and a carrier. It returns the page's link as well.
func openWatched(b *testing.B, text string) (*world, string) {
	b.Helper()
	c := published(b, text)
	c.HTTP.Listen, c.SIP.Listen, c.Control.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	recorder := control.NewRecorder(c.Control)
	open := func(ctx context.Context, c sim.Config) (*control.Stage, error) {
		return stage.Open(ctx, c, stage.Options{Recorder: recorder})
	}
	server, err := control.Listen(b.Context(), c.Control, control.WithRecorder(recorder), control.WithOpen(open))
	if err != nil {
		b.Fatal(err)
	}
	closed := func(f func(context.Context) error) func() {
		return func() {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			if err := f(ctx); err != nil {
				b.Errorf("close: %v", err)
			}
		}
	}
	b.Cleanup(closed(server.Close))
	first, err := open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(closed(first.Close))
	server.Ready(first)
	w := around(b, first.Sim)
	b.Cleanup(w.http.CloseIdleConnections)
	return w, server.Link()
}

// watch looks at a simulator as an open page does, which follows the events, rests for 100 ms after each look, and asks again for what it
// shows once a second; and as somebody does who asked for the events and has stopped reading. Both end with the benchmark.
func watch(b *testing.B, link string) {
	b.Helper()
	at, err := url.Parse(link)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	b.Cleanup(func() { stop(); looking.Wait() })
	ask := func(path string) io.ReadCloser {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.JoinPath(path).String()+"?limit=40", http.NoBody)
		if path == "v1/events" {
			r.URL.RawQuery = "after=now"
		}
		var res *http.Response
		if err == nil {
			res, err = http.DefaultClient.Do(r)
		}
		switch {
		case ctx.Err() != nil:
			return http.NoBody
		case err != nil || res.StatusCode != http.StatusOK:
			b.Errorf("%s: want an answer, got %v (%v)", path, res, err)
			return http.NoBody
		}
		return res.Body
	}
	events := ask("v1/events")
	looking.Go(func() {
		defer events.Close()
		buffer := make([]byte, 1<<16)
		for {
			if _, err := events.Read(buffer); err != nil || ctx.Err() != nil {
				return
			}
			time.Sleep(100 * time.Millisecond) // as sim/control/page/assets/stream.js rests
		}
	})
	looking.Go(func() {
		for second := time.NewTicker(time.Second); ; {
			for _, path := range []string{"v1/pools/acme", "v1/conversations", "v1/exchanges", "v1/refused"} {
				body := ask(path)
				_, _ = io.Copy(io.Discard, body)
				_ = body.Close()
			}
			select {
			case <-second.C:
			case <-ctx.Done():
				return
			}
		}
	})
	stopped, err := net.Dial("tcp", at.Host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = stopped.Close() })
	if _, err := fmt.Fprintf(stopped, "GET /v1/events?after=now HTTP/1.1\r\nHost: %s\r\n\r\n", at.Host); err != nil {
		b.Fatal(err)
	}
}
