package pool

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Until the moment that Next returns nothing happens by itself, and then something does.
func TestNext(t *testing.T) {
	for i := range ruleCombinations {
		rng := rand.New(rand.NewPCG(uint64(i), 7))
		p, err := New(combination(i))
		if err != nil {
			t.Fatal(err)
		}
		happened := 0
		p.Observe(func(Event) { happened++ })
		var calls []CallRef
		now := time.Duration(0)
		for range 200 {
			now += time.Duration(rng.IntN(4))
			switch n := rng.IntN(4); {
			case n == 0:
				p.Reserve(now, nil, "")
			case n == 1:
				calls = append(calls, p.Arrive(now, p.Numbers()[0], "").Call)
			case n == 2 && len(calls) > 0:
				p.Hangup(now, calls[rng.IntN(len(calls))])
			default:
				p.Settle(now)
			}
			next, ok := p.Next()
			happened = 0
			if !ok {
				p.Settle(now + 3)
			} else if next <= now {
				t.Fatalf("combination %d: at %d want something that is to come, got %d", i, now, next)
			} else {
				p.Settle(next - 1)
			}
			if happened != 0 {
				t.Fatalf("combination %d: want nothing before %d (%v), got %d events", i, next, ok, happened)
			}
			if now += 3; ok {
				now = next
				if p.Settle(now); happened == 0 {
					t.Fatalf("combination %d: want something at %d, got nothing", i, next)
				}
			}
		}
	}
}

// A call that came too late hears how and when the number's last lease ended.
func TestUnboundNamesTheLeaseThatEnded(t *testing.T) {
	c := Default()
	c.Numbers, c.Window = Count(1), 10*time.Second
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var got Event
	p.Observe(func(e Event) {
		if e.Kind == Unbound {
			got = e
		}
	})
	number := p.Numbers()[0]
	arrive := func(at time.Duration) Arrival { return p.Arrive(at, number, "") }
	want := func(at time.Duration, lease LeaseID, ended Kind, endedAt time.Duration) {
		t.Helper()
		if arrive(at); got.Lease != lease || got.Ended != ended || got.EndedAt != endedAt {
			t.Errorf("at %v: want lease %d %s at %v, got %+v", at, lease, ended, endedAt, got)
		}
	}
	want(time.Second, 0, "", 0)
	p.Reserve(2*time.Second, nil, "")
	want(13*time.Second, 1, Expired, 12*time.Second)
	p.Reserve(20*time.Second, nil, "")
	call := arrive(21 * time.Second).Call
	want(22*time.Second, 2, "", 0) // it has had its call, which is up
	p.Hangup(23*time.Second, call)
	want(25*time.Second, 2, Released, 23*time.Second)
}
