package deployment

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/retryafter"
)

// Gate is what every request, reservation and call to a deployment goes through. It keeps to the limits: who would go beyond
// one waits. It is safe for concurrent use.
type Gate struct {
	*Ledger
	limits targetfile.Limits
	next   *http.Transport
	rate   *rate.Limiter
	lines  chan struct{} // one for each call that is up
	owner  func(key string) string
	held   atomic.Int64 // requests that had to wait

	mu    sync.Mutex
	until time.Time       // the platform has asked for no requests until then
	taken map[string]bool // keys
}

// reservePath is where a POST takes a number.
const reservePath = "/v1/conversations/dni-reservation"

// newGate makes the gate of a deployment. owner names the project that a key is of.
func newGate(f targetfile.File, dir string, l *Ledger, owner func(key string) string) (*Gate, error) {
	t, err := transport(f, dir)
	if err != nil {
		return nil, err
	}
	return &Gate{
		Ledger: l, limits: f.Limits, next: t, owner: owner,
		rate: rate.NewLimiter(rate.Limit(f.Limits.Requests), 1), lines: make(chan struct{}, f.Limits.Calls), taken: make(map[string]bool),
	}, nil
}

// transport is the one way of HTTP to a deployment.
func transport(f targetfile.File, dir string) (*http.Transport, error) {
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DisableCompression: true, MaxIdleConnsPerHost: 10, ExpectContinueTimeout: time.Second,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.TLS.ServerName, InsecureSkipVerify: f.TLS.Insecure},
	}
	if f.Proxy != "" {
		u, err := url.Parse(f.Proxy)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		t.Proxy = http.ProxyURL(u)
	}
	if f.TLS.CA == "" {
		return t, nil
	}
	path := f.TLS.CA
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tls.ca: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls.ca: want PEM certificates in %s, got none", path)
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}

// RoundTrip implements http.RoundTripper. A request that the platform has no time for is sent again when it says, at most
// a few times: a 429 has taken nothing.
func (g *Gate) RoundTrip(r *http.Request) (*http.Response, error) {
	reserves := r.Method == http.MethodPost && r.URL.Path == reservePath
	for try := 1; ; try++ {
		asked := time.Now()
		over, err := g.admit(r.Context(), reserves)
		if err != nil {
			return nil, err
		}
		if time.Since(asked) > noticeable {
			g.held.Add(1)
		}
		g.Asked()
		res, err := g.next.RoundTrip(r)
		g.book(r, res, err, reserves)
		over()
		if err != nil || !g.throttles(res) || try == maxTries || r.Body != nil && r.GetBody == nil {
			return res, err
		}
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxReply))
		_ = res.Body.Close()
		g.throttled()
		if r.Body != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			r = r.Clone(r.Context())
			r.Body = body
		}
	}
}

const (
	maxTries = 4
	maxReply = 1 << 20

	noticeable = 2 * time.Millisecond
)

// HeldBack is how many requests had to wait, because they would have gone beyond a limit or the platform had no time.
func (g *Gate) HeldBack() int { return int(g.held.Load()) }

// admit waits until a request may be sent, and, when it reserves, until one more number may be held. The returned function
// says that what came of the request is noted.
func (g *Gate) admit(ctx context.Context, reserves bool) (over func(), err error) {
	if reserves {
		if over, err = g.number(ctx); err != nil {
			return nil, err
		}
	} else {
		over = func() {}
	}
	if err = g.quiet(ctx); err == nil {
		if err = g.rate.Wait(ctx); err != nil {
			err = fmt.Errorf("limits.requests_per_second: %w", err)
		}
	}
	if err != nil {
		over()
	}
	return over, err
}

// number waits until one more number may be held.
func (g *Gate) number(ctx context.Context) (over func(), err error) {
	for {
		over, wait, ok := g.take()
		switch {
		case !ok:
			return nil, fmt.Errorf("limits.reservations: %d numbers are held, and nobody knows until when: state the fact window_max", g.limits.Reservations)
		case wait == 0:
			return over, nil
		}
		if err := clock.Real().Sleep(ctx, min(wait, waitEvery)); err != nil {
			return nil, fmt.Errorf("limits.reservations: %d numbers are held: %w", g.limits.Reservations, err)
		}
	}
}

// take begins a reservation if one more number may be held.
func (g *Gate) take() (over func(), wait time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	wait, ok = g.room(1, g.limits.Reservations, now)
	if ok && wait == 0 {
		if g.full() { // what is under way ends by itself
			return nil, waitEvery, true
		}
		return g.Reserving(now), 0, true
	}
	return nil, wait, ok
}

// waitEvery is how often a gate that holds somebody up looks again: a number may be free sooner than by its window.
const waitEvery = 50 * time.Millisecond

func (g *Gate) full() bool {
	g.Ledger.mu.Lock()
	defer g.Ledger.mu.Unlock()
	return len(g.holds)+g.pending+1 > g.limits.Reservations
}

// quiet waits while the platform has asked for no requests.
func (g *Gate) quiet(ctx context.Context) error {
	g.mu.Lock()
	wait := time.Until(g.until)
	g.mu.Unlock()
	if wait <= 0 {
		return ctx.Err()
	}
	if err := clock.Real().Sleep(ctx, wait); err != nil {
		return fmt.Errorf("the platform asked for no requests for %s more: %w", wait.Round(time.Second), err)
	}
	return nil
}

// throttles reports whether a reply asks to come back later, and remembers when.
func (g *Gate) throttles(res *http.Response) bool {
	after, said := retryafter.Wait(res.Header.Get("Retry-After"), res.Header.Get("Date"), time.Now())
	if res.StatusCode != http.StatusTooManyRequests && !(res.StatusCode == http.StatusServiceUnavailable && said) {
		return false
	}
	if !said {
		after = time.Second
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(min(after, longestWait)); until.After(g.until) {
		g.until = until
	}
	return true
}

// Taken reports whether a request with this key was answered as one whose key is right.
func (g *Gate) Taken(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.taken[key]
}

// longestWait is how long a platform can ask for no requests.
const longestWait = 24 * time.Hour

// book notes what a request may have taken. The reply is read whole, and given on as it came.
func (g *Gate) book(r *http.Request, res *http.Response, err error, reserves bool) {
	project := g.owner(targets.Key(r))
	if err != nil {
		if reserves && project != "" && !targets.Unreached(err) {
			g.Reserved(project, "", time.Now())
		}
		return
	}
	if s := res.StatusCode; !targets.Refused(s) && s != http.StatusTooManyRequests && s < http.StatusInternalServerError {
		g.mu.Lock()
		g.taken[targets.Key(r)] = true
		g.mu.Unlock()
	}
	if r.Method != http.MethodPost || res.StatusCode != http.StatusOK {
		return
	}
	body, readErr := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	var rest io.Reader = res.Body
	if readErr != nil {
		rest = broken{readErr}
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), res.Body}
	var reply struct {
		DNI string `json:"dni"`
	}
	switch {
	case json.Unmarshal(body, &reply) == nil && reply.DNI != "":
		g.Reserved(project, reply.DNI, time.Now())
	case reserves:
		g.Reserved(project, "", time.Now())
	}
}

// broken is the rest of a reply that did not come whole.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Line waits for a free line, and takes it for a call to a number until over is called. plain
// is as in Called.
func (g *Gate) Line(ctx context.Context, number string, plain bool) (over func(answered bool), err error) {
	select {
	case g.lines <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("limits.calls: %d calls are up: %w", g.limits.Calls, ctx.Err())
	}
	ended := g.Called(number, plain, time.Now())
	var once sync.Once
	return func(answered bool) {
		once.Do(func() {
			ended(answered, time.Now())
			<-g.lines
		})
	}, nil
}

// WaitForRoom waits until n more numbers may be held, of a pool of size numbers (0: nobody knows how many); with alone, until
// the run holds none.
func (g *Gate) WaitForRoom(ctx context.Context, n, size int, alone bool) error {
	most := g.limits.Reservations
	if size > 0 {
		most = min(most, max(size, n))
	}
	if alone {
		n, most = 1, 1
	}
	for {
		wait, ok := g.room(n, most, time.Now())
		switch {
		case !ok || wait == 0: // admit says what is wrong, if anything is
			return nil
		}
		if err := clock.Real().Sleep(ctx, min(wait, waitEvery)); err != nil {
			return err
		}
	}
}

// Close lets go of the connections.
func (g *Gate) Close() { g.next.CloseIdleConnections() }
