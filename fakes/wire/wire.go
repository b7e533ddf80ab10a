// Package wire puts faults on HTTP: latency, requests and replies that are lost, connections that are reset,
// bodies that are cut short or come slowly, and replies that a gateway made up.
//
// A Wire is one set of faults with one seed, made for one scenario. It is used on the client's side as an
// http.RoundTripper or on the server's side as a net.Listener, with the same result for the client. It is not a
// proxy and not a daemon, and it never touches a request that no fault matches.
package wire

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
)

// Outcome says what the client can know about its request afterwards.
type Outcome string

// In doubt an outcome is indefinite: the request may have taken effect, or has taken an effect that the client
// cannot name.
const (
	Definite   Outcome = "definite"
	Indefinite Outcome = "indefinite"
)

// A long run keeps its newest injections, and of a stranger's path the beginning.
const (
	maxInjections = 10_000
	maxPath       = 256 // bytes
)

// Injection is the record of one fault that was put on one exchange.
type Injection struct {
	Seq          int     // from 1
	Rule         int     // index of the fault in the set
	Method, Path string  // the first 256 bytes of each
	Project      string  // as far as it is known
	Fault        string  // as the fault's String
	Outcome      Outcome // for a client that waits long enough
	Reached      bool    // whether the request was passed on to the server
	Altered      bool    // whether what the client gets is not what the server sent: it is made up, cut or lost
}

// Wire holds the faults of one scenario. It is safe for concurrent use.
type Wire struct {
	seed  uint64
	clock clock.Clock
	names func(method, path, key string) (endpoint, project string) // nil: not known
	told  func(context.Context, Injection)                          // nil: nobody
	armed atomic.Bool                                               // there are rules
	heads atomic.Bool                                               // of which one asks for the key

	mu       sync.Mutex
	rules    []*rule
	injected []Injection
	forgot   int             // injections that have made room for newer ones
	released context.Context // ends at Reset: whoever is held goes on
	release  context.CancelFunc
}

// rule is a fault with its counters.
type rule struct {
	Fault
	rng  *rand.Rand
	seen int // exchanges that matched
	done int // exchanges that were hit
}

// New returns a wire without faults. A nil clock means the machine's.
func New(seed uint64, c clock.Clock, options ...Option) *Wire {
	if c == nil {
		c = clock.Real()
	}
	w := &Wire{seed: seed, clock: c}
	for _, o := range options {
		o(w)
	}
	w.released, w.release = context.WithCancel(context.Background()) // until Reset
	return w
}

// Set replaces all faults, with fresh counters and fresh random draws. It changes nothing when a fault is not valid.
func (w *Wire) Set(faults ...Fault) error { return w.replace(faults, false) }

// Keep is Set, but that a fault which is there already goes on with its counters and random draws.
func (w *Wire) Keep(faults ...Fault) error { return w.replace(faults, true) }

func (w *Wire) replace(faults []Fault, keep bool) error {
	var errs []error
	rules := make([]*rule, len(faults))
	for i, f := range faults {
		if err := f.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("fault %d: %w", i+1, err))
		}
		rules[i] = &rule{Fault: f, rng: rand.New(rand.NewPCG(w.seed, uint64(i)+1))}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := 0; keep && i < len(rules); i++ {
		same := slices.IndexFunc(w.rules, func(r *rule) bool { return reflect.DeepEqual(r.Fault, rules[i].Fault) && !slices.Contains(rules, r) })
		if same >= 0 {
			rules[i] = w.rules[same]
		}
	}
	w.rules = rules
	w.arm()
	return nil
}

// Reset takes all faults away and lets go whatever is held: replies that are late come at once, held requests end
// with io.EOF and held connections close. The record of injections stays.
func (w *Wire) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules = nil
	w.arm()
	w.release()
	w.released, w.release = context.WithCancel(context.Background())
}

// Injections returns what was done so far, in order: the newest 5,000 at least.
func (w *Wire) Injections() []Injection {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.injected)
}

// arm notes what requests are looked at for. The caller holds the mutex.
func (w *Wire) arm() {
	w.armed.Store(len(w.rules) > 0)
	w.heads.Store(slices.ContainsFunc(w.rules, func(r *rule) bool { return r.byKey() }))
}

// Option changes how a Wire is made.
type Option func(*Wire)

// Names lets faults be of an endpoint or a project: f says to which a request belongs.
func Names(f func(method, path, key string) (endpoint, project string)) Option {
	return func(w *Wire) { w.names = f }
}

// OnHit calls f with everything that is put on an exchange, before it is. ctx is the request's on its client's side, and the
// connection's on its server's. f is called concurrently, and must return soon.
func OnHit(f func(ctx context.Context, i Injection)) Option { return func(w *Wire) { w.told = f } }

// Hits counts what each fault has hit, in the order in which they were set.
func (w *Wire) Hits() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	hits := make([]int, len(w.rules))
	for i, r := range w.rules {
		hits[i] = r.done
	}
	return hits
}

// asked is what of a request decides about faults.
type asked struct{ method, path, key, endpoint, project string }

// hit is a fault that was chosen for one exchange.
type hit struct {
	Fault
	rng      *rand.Rand // of its own, so that draws need no lock
	released context.Context
}

// pick finds the first fault that matches and fires, and records it. refusable is false where a connection is
// already accepted, so that a refusal can only be a reset.
func (w *Wire) pick(ctx context.Context, method, path, key string, refusable bool) (hit, bool) {
	if !w.armed.Load() {
		return hit{}, false
	}
	a := asked{method: method, path: path, key: key}
	if w.names != nil {
		a.endpoint, a.project = w.names(method, path, key)
	}
	h, seen, ok := w.choose(a, refusable)
	if ok && w.told != nil {
		w.told(ctx, seen)
	}
	return h, ok
}

func (w *Wire) choose(a asked, refusable bool) (hit, Injection, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range w.rules {
		if !r.fires(a) {
			continue
		}
		f := r.Fault
		if f.DropRequest == RequestRefused && !refusable {
			f.DropRequest = RequestReset
		}
		if len(w.injected) == maxInjections {
			w.injected = slices.Delete(w.injected, 0, maxInjections/2) // half at a time, so that each is moved once
			w.forgot += maxInjections / 2
		}
		seen := Injection{
			Seq: w.forgot + len(w.injected) + 1, Rule: i, Method: beginning(a.method), Path: beginning(a.path), Project: a.project,
			Fault: f.String(), Outcome: f.Outcome(), Reached: f.reaches(), Altered: len(f.main()) > 0,
		}
		w.injected = append(w.injected, seen)
		return hit{Fault: f, rng: rand.New(rand.NewPCG(r.rng.Uint64(), r.rng.Uint64())), released: w.released}, seen, true
	}
	return hit{}, Injection{}, false
}

// beginning shares no memory with what it is cut from.
func beginning(s string) string {
	if len(s) <= maxPath {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:maxPath]), "")
}

func (r *rule) fires(a asked) bool {
	if !r.matches(a) {
		return false
	}
	r.seen++
	if r.seen <= r.After || (r.Times > 0 && r.done >= r.Times) {
		return false
	}
	if r.Probability != nil && r.rng.Float64() >= *r.Probability {
		return false
	}
	r.done++
	return true
}

// sleep waits for d, or for less when the wire is reset. It is work of its own for the clock, so whoever waits for an
// exchange on a virtual clock must not hold that clock.
func (w *Wire) sleep(ctx context.Context, h hit, d time.Duration) error {
	sleeping, wake := context.WithCancel(ctx)
	defer wake()
	defer context.AfterFunc(h.released, wake)()
	w.clock.Run(func() { _ = w.clock.Sleep(sleeping, d) })
	return ctx.Err()
}
