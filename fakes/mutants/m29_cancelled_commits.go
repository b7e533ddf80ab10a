package mutants

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/clock"
)

// cancelledCommits goes on when the client is gone: a request that was given up takes its number, be it half there.
func cancelledCommits() Mutant {
	return Mutant{
		ID: "M29", Name: "cancelled-commits", Fault: "F28", Kill: "exhaustion-justified",
		Says: "a reservation whose client is gone, even before its request is complete, takes a number nevertheless",
		Parts: func(uint64, clock.Clock) sim.Parts {
			return sim.Parts{
				HTTP:    func(next http.Handler) http.Handler { return stubborn{next} },
				Backend: func(b api.Backend) api.Backend { return stubbornBackend{backendOf(b)} },
			}
		},
	}
}

type stubborn struct{ next http.Handler }

func (s stubborn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/dni-reservation") {
		s.next.ServeHTTP(w, r)
		return
	}
	const most = 1 << 20
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	rest := io.Reader(r.Body)
	if err != nil { // the client is gone
		body, rest = []byte(`{"attributes":{}}`), http.NoBody
	}
	r = r.Clone(context.WithoutCancel(r.Context()))
	if err != nil {
		r.ContentLength = int64(len(body))
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), rest))
	s.next.ServeHTTP(w, r)
}

type stubbornBackend struct{ backend }

// Reserve implements api.Backend.
func (b stubbornBackend) Reserve(ctx context.Context, key string, attributes json.RawMessage) (string, error) {
	return b.backend.Reserve(context.WithoutCancel(ctx), key, attributes)
}
