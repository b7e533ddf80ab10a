package mutants

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// replyMustArrive undoes what it cannot answer, and takes a connection that is closed after the reply for one that was
// closed before: a client that reads its number and closes at once calls a number that is no longer its own.
func replyMustArrive() Mutant {
	return Mutant{
		ID: "M48", Name: "reply-must-arrive", Fault: "F28", Kill: "expectation", ScenariosOnly: true,
		Says: "a reservation is taken back when its client closes the connection, be it after the reply",
		Parts: func(_ uint64, k clock.Clock) sim.Parts {
			all := &trackedPools{}
			return sim.Parts{
				Pool:    func(_ sim.Project, p sim.Pool) sim.Pool { return all.add(newTrackedPool(p)) },
				Backend: func(b api.Backend) api.Backend { return rememberingBackend{backendOf(b)} },
				HTTP:    func(next http.Handler) http.Handler { return takesBack{next, k, all} },
			}
		},
	}
}

type givenKey struct{}

// rememberingBackend leaves the number that it gave where the request's context says.
type rememberingBackend struct{ backend }

// Reserve implements api.Backend.
func (b rememberingBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	dni, err := b.backend.Reserve(ctx, key, attributes)
	if given, ok := ctx.Value(givenKey{}).(*string); ok && err == nil {
		*given = dni
	}
	return dni, err
}

// takesBack waits, after the reply, for clients that have said that they would close.
type takesBack struct {
	next  http.Handler
	clock clock.Clock
	pools *trackedPools
}

func (s takesBack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !r.Close || !strings.HasSuffix(r.URL.Path, "/dni-reservation") {
		s.next.ServeHTTP(w, r)
		return
	}
	defer s.clock.Hold()()
	dni := ""
	s.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), givenKey{}, &dni)))
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case <-r.Context().Done():
	case <-patience.C:
		return
	}
	if dni != "" {
		s.pools.atNextOperation(func(t *trackedPool, now time.Duration) { t.free(now, dni) })
	}
}
