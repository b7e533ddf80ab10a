package sim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/journal"
)

// hammered is two tenants whose agents end the call at once, or stay until the caller does.
const hammered = `
pool: {numbers: 6}
handoff: {state_keys: [nonce]}
journal: {events: 100000}
agent:
  start: [{set: {nonce: {attribute: nonce}}}, {when: {attribute: stays, equals: false}, do: [{hangup: true}]}]
  turns: [{takes: 24h}]
projects: [{name: one}, {name: two}]
`

// Everything at once: more clients than numbers, both sides hanging up, state read in the same moment.
func TestHammer(t *testing.T) {
	w := open(t, hammered)
	carrier, err := pstn.New(t.Context(), pstn.Config{Platform: w.sim.SIPAddr(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.must(carrier.Close()) })
	const clients, calls = 16, 40
	var placed atomic.Int64
	var wg sync.WaitGroup
	for n := range clients {
		rng := rand.New(rand.NewPCG(7, uint64(n)))
		wg.Go(func() {
			for i := range calls {
				ok, err := w.journey(carrier, rng, n%2, fmt.Sprintf("%d-%d", n, i))
				if err != nil {
					t.Errorf("client %d, call %d: %v", n, i, err)
					return
				}
				if ok {
					placed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	w.idle()
	w.conserved()
	if got := w.sim.Journal().Dropped(); got != 0 {
		t.Fatalf("journal: want all of it, %d events are gone", got)
	}
	n := int(placed.Load())
	for _, k := range []journal.Kind{journal.ReserveAccepted, journal.Invite, journal.Bound, journal.Answered, journal.Released, journal.HandoffWritten, journal.HandoffRead} {
		if got := w.count(k); got != n {
			t.Errorf("%s: want %d, got %d", k, n, got)
		}
	}
	if got := w.count(journal.ByeSent) + w.count(journal.ByeReceived); got != n || n == 0 {
		t.Errorf("ended: want %d, got %d", n, got)
	}
	if got := w.count(journal.ReserveRefused); got != clients*calls-n {
		t.Errorf("refused: want %d, got %d", clients*calls-n, got)
	}
	t.Logf("%d calls, %d by the platform's BYE, %d refused", n, w.count(journal.ByeSent), clients*calls-n)
}

// journey reserves, calls, lets one side hang up and reads the state: false when there was no number.
func (w *world) journey(carrier *pstn.Carrier, rng *rand.Rand, project int, nonce string) (bool, error) {
	stays := rng.IntN(2) == 0
	status, dni, err := w.tryReserve(project, fmt.Sprintf(`{"nonce":%q,"stays":%v}`, nonce, stays))
	if err != nil || status == 404 {
		return false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	call, err := carrier.Dial(ctx, pstn.Dial{To: dni, From: "+442079460500"})
	if err != nil || !call.Answered() {
		return false, fmt.Errorf("call to %s: %d %s, %w", dni, call.Status(), call.Reason(), err)
	}
	if stays {
		time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond) // the caller may be faster than the agent, or not
		err = call.Hangup(ctx)
	}
	select {
	case <-call.Ended():
	case <-ctx.Done():
		return false, fmt.Errorf("call to %s: does not end", dni)
	}
	if err != nil || stays != (call.EndedBy() == pstn.ByCaller) {
		return false, fmt.Errorf("call to %s: ended by the %s, %w", dni, call.EndedBy(), err)
	}
	status, reply, err := w.tryHandoff(project, "id", call.ID())
	if err != nil || status != 200 {
		return false, fmt.Errorf("handoff of %s: %d %v, %w", call.ID(), status, reply, err)
	}
	if got := reply["data"].(map[string]any)["nonce"]; got != nonce && !(stays && got == nil) {
		return false, fmt.Errorf("handoff of %s: want nonce %s, got %v", call.ID(), nonce, got)
	}
	return true, nil
}
