package reference_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/targets/reference"
)

// TestRequestsThatAreGivenUpDoNotSpanTime gives up requests while they are on their way, and lets their windows close at
// once: each was acted on before that, so every number is free again.
func TestRequestsThatAreGivenUpDoNotSpanTime(t *testing.T) {
	const numbers, window = 6, 10 * time.Second
	s := open(t, reference.Target{}, "pool: {numbers: 6, window: 10s}")
	p, _ := s.Project("")
	for round := range 100 {
		ctx, giveUp := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 2 * numbers {
			clients.Go(func() {
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL()+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("x-api-key", p.DNIKey)
				r.Header.Set("Content-Type", "application/json")
				if res, err := s.Do(r); err == nil {
					_ = res.Body.Close()
				}
			})
		}
		time.AfterFunc(time.Duration(round)*5*time.Microsecond, giveUp) // at any point of their way
		clients.Wait()
		giveUp()
		if err := s.Wait(t.Context(), window+time.Millisecond); err != nil {
			t.Fatal(err)
		}
		for i := range numbers {
			if status, _ := reserve(t, s); status != http.StatusOK {
				t.Fatalf("round %d: want all %d numbers back, got %d for number %d", round, numbers, status, i+1)
			}
		}
		if err := s.Wait(t.Context(), window+time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
