package sim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/journal"
)

// A request of which half came changes nothing, and is in the journal.
func TestHalfARequestChangesNothing(t *testing.T) {
	w := open(t, "pool: {numbers: 2}")
	c, err := net.Dial("tcp", w.sim.HTTPAddr())
	w.must(err)
	_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Length: 100\r\n\r\n{\"attributes\":{", reservePath, w.project(0).DNIKey)
	w.must(err)
	w.must(c.Close())
	w.until("rejection", func() bool { return w.count(journal.RequestRejected) == 1 })
	for _, e := range w.sim.Journal().Events() {
		if e.Kind == journal.RequestRejected && (e.Cause != "body: ended after 15 bytes, before it was complete" || e.Detail != "400 POST "+reservePath) {
			t.Errorf("journal: got %+v", e)
		}
	}
	if got := w.stats(); got.Reserved != 0 {
		t.Errorf("pool: want nothing reserved, got %+v", got)
	}
}

// Wherever a client gives up, every number that was taken is in the journal, and those that it was told are among them.
func TestCancelledRequestsAreAccountedFor(t *testing.T) {
	const clients, requests = 8, 50
	w := open(t, fmt.Sprintf("pool: {numbers: %d}", clients*requests))
	var mu sync.Mutex
	told := make(map[string]bool)
	var wg sync.WaitGroup
	for n := range clients {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		wg.Go(func() {
			for range requests {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(3000))*time.Microsecond)
				dni, err := w.reserveUntil(ctx)
				cancel()
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("reserve: %v", err)
				}
				mu.Lock()
				if dni != "" && told[dni] {
					t.Errorf("%s was given twice", dni)
				}
				told[dni] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	delete(told, "")
	w.must(w.shut(limit)) // no request is under way any more
	accepted := make(map[string]bool)
	undelivered := 0
	for _, e := range w.sim.Journal().Events() {
		switch e.Kind {
		case journal.ReserveAccepted:
			accepted[e.Number] = true
		case journal.ReplyUndelivered, journal.ClientClosed:
			undelivered++
			if !accepted[e.Number] {
				t.Errorf("%s: not delivered, and never accepted", e.Number)
			}
		}
	}
	for dni := range told {
		if !accepted[dni] {
			t.Errorf("%s was given, and is not in the journal", dni)
		}
	}
	if got := w.stats(); got.Reserved != uint64(len(accepted)) || got.Pending != len(accepted) {
		t.Errorf("pool: want %d reserved, got %+v", len(accepted), got)
	}
	t.Logf("%d requests: %d accepted, %d told, %d perhaps undelivered", clients*requests, len(accepted), len(told), undelivered)
}

// reserveUntil is a client that gives up when ctx ends.
func (w *world) reserveUntil(ctx context.Context) (string, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", "http://"+w.sim.HTTPAddr()+reservePath, strings.NewReader(`{"attributes":{}}`))
	if err != nil {
		return "", err
	}
	r.Header.Set("X-Api-Key", w.project(0).DNIKey)
	res, err := w.http.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	dni, ok := strings.CutPrefix(string(body), `{"dni":"`)
	if !ok {
		return "", fmt.Errorf("reply: %s", body)
	}
	return strings.TrimSuffix(dni, `"}`), nil
}
