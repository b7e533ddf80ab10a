package sipua_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dnispool/dnispool/sim/sipua"
	"github.com/dnispool/dnispool/sim/sipua/memnet"
)

// Calls over a network that loses, copies and reorders: whatever happens, each ends on both sides, once, and no leg is left.
func TestChaos(t *testing.T) {
	for _, loss := range []float64{0, 0.1, 0.3} {
		t.Run(fmt.Sprintf("loss %.0f%%", 100*loss), func(t *testing.T) {
			up := 0
			for seed := range uint64(120) {
				synctest.Test(t, func(t *testing.T) {
					n := memnet.New(memnet.Config{Seed: seed, Loss: loss, Duplicate: 0.2, Delay: 5 * time.Millisecond, Jitter: 30 * time.Millisecond})
					if chaosCall(t, n, seed) {
						up++
					}
				})
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			if up < 60 {
				t.Errorf("calls up: want at least 60 of 120, got %d", up)
			}
		})
	}
}

// chaosCall plays one call; the seed says who hangs up, when, and whether the caller gives up before.
func chaosCall(t *testing.T, n *memnet.Network, seed uint64) (up bool) {
	calls, byUs := 0, seed%2 == 0
	answerAfter := time.Duration(seed%5) * 100 * time.Millisecond
	p, c := pair(t, n, sipua.Config{OnCall: func(l *sipua.Leg) {
		calls++
		_ = l.Provisional(180, "", nil)
		time.Sleep(answerAfter)
		if l.Answer(context.Background(), nil) != nil {
			<-l.Done()
			return
		}
		if byUs {
			time.Sleep(time.Second)
			_ = l.Bye(context.Background())
		}
		<-l.Done()
	}}, sipua.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	if seed%7 == 0 { // about when the answer comes
		time.AfterFunc(answerAfter+time.Duration(seed%3)*10*time.Millisecond, cancel)
	}
	defer cancel()
	l, err := c.Dial(ctx, call())
	if err == nil {
		up = true
		if !byUs {
			time.Sleep(time.Second)
			_ = l.Bye(context.Background())
		}
		<-l.Done()
	}
	settle()
	if calls > 1 || p.Active() != 0 || c.Active() != 0 {
		t.Errorf("seed %d: want one call and no leg left, got %d calls, %d and %d legs (%v)", seed, calls, p.Active(), c.Active(), err)
	}
	return up
}
