package mutants

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// windowFromReceipt starts the window when a request begins to come in, not when the number is committed: a request that
// takes its time eats the life of its own reservation.
func windowFromReceipt() Mutant {
	return Mutant{
		ID: "M09", Name: "window-from-receipt", Fault: "F33", Kill: "attributes-delivered", ScenariosOnly: true,
		Says: "the window counts from the first byte of the request, not from the commit",
		Parts: func(_ uint64, k clock.Clock) sim.Parts {
			all := &trackedPools{}
			return sim.Parts{
				Pool:    func(_ sim.Project, p sim.Pool) sim.Pool { return all.add(newTrackedPool(p)) },
				Backend: func(b api.Backend) api.Backend { return anchoredBackend{backendOf(b), k, all} },
				HTTP:    func(next http.Handler) http.Handler { return stamped{next, k} },
			}
		},
	}
}

// receivedKey is under which a request's context has the time of its first byte.
type receivedKey struct{}

type stamped struct {
	next  http.Handler
	clock clock.Clock
}

func (s stamped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), receivedKey{}, s.clock.Now())))
}

type anchoredBackend struct {
	backend
	clock clock.Clock
	pools *trackedPools
}

// Reserve implements api.Backend.
func (b anchoredBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	dni, err := b.backend.Reserve(ctx, key, attributes)
	received, known := ctx.Value(receivedKey{}).(time.Time)
	if age := b.clock.Now().Sub(received); err == nil && known && age > 0 {
		b.pools.atNextOperation(func(t *trackedPool, _ time.Duration) { t.shorten(dni, age) })
	}
	return dni, err
}

// shorten ends the number's reservation so much sooner, unless it is called before.
func (t *trackedPool) shorten(number string, by time.Duration) {
	l := t.leases[number]
	if l == nil {
		return
	}
	t.later(l.Expires-by, func(at time.Duration) {
		if t.leases[number] == l && !l.bound {
			t.free(at, number)
		}
	})
}

// backend is a platform behind the HTTP edge whose other methods stay as they are.
type backend struct {
	api.Backend
	api.Authorizer
}

func backendOf(b api.Backend) backend {
	authorizer, _ := b.(api.Authorizer)
	return backend{b, authorizer}
}
