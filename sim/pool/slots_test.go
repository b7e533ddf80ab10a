package pool

import (
	"testing"
	"time"
)

// TestSlots follows one number through a lease, and counts as Stats does.
func TestSlots(t *testing.T) {
	c := Default()
	c.Numbers, c.CoolDown = Count(2), 10*time.Second
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	first := func(now time.Duration) Slot { slots, _ := p.Slots(now, 0, 1); return slots[0] }
	if s := first(0); s.Standing != IsFree || s.Lease != 0 {
		t.Errorf("new: want it free, got %+v", s)
	}
	r, _ := p.Reserve(time.Second, []byte(`{"a":1}`), "")
	if s := first(2 * time.Second); s.Number != r.Number || s.Standing != IsPending || s.Since != time.Second || s.Until != 121*time.Second || s.Lease != 1 || string(s.Attributes) != `{"a":1}` {
		t.Errorf("reserved: want it pending from 1s until 121s, got %+v", s)
	}
	call := p.Arrive(3*time.Second, r.Number, "")
	if s := first(4 * time.Second); s.Standing != IsInCall || s.Since != 3*time.Second || s.Until != 0 {
		t.Errorf("called: want it in a call from 3s, got %+v", s)
	}
	p.Hangup(5*time.Second, call.Call)
	if s := first(6 * time.Second); s.Standing != IsCooling || s.Since != 5*time.Second || s.Until != 15*time.Second || s.Attributes != nil {
		t.Errorf("hung up: want it cooling from 5s until 15s, got %+v", s)
	}
	if s := first(15 * time.Second); s.Standing != IsFree || s.Since != 15*time.Second {
		t.Errorf("rested: want it free from 15s, got %+v", s)
	}
	second, _ := p.Reserve(20*time.Second, nil, "")
	if err := p.Resize(21*time.Second, []string{r.Number}); err != nil {
		t.Fatal(err)
	}
	if slots, total := p.Slots(22*time.Second, 0, 10); len(slots) != 2 || total != 2 || !slots[1].Draining || slots[1].Number != second.Number {
		t.Errorf("resized: want %s draining at the end, got %+v", second.Number, slots)
	}
	if slots, total := p.Slots(1000*time.Second, 0, 10); len(slots) != 1 || total != 1 {
		t.Errorf("drained: want one number, got %+v", slots)
	}
}
