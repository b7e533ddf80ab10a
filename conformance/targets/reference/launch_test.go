package reference_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
)

// TestLaunch begins clients at their moments though those before them let time pass, for their calls and otherwise.
func TestLaunch(t *testing.T) {
	s := open(t, reference.Target{}, "agent: {echo: {talk: 45s}}\ncarrier: {post_dial_delay: 3s}")
	start := s.Now()
	at := []time.Duration{0, time.Second, time.Second, 2500 * time.Millisecond, time.Minute}
	begun := make([]time.Duration, len(at))
	err := s.Launch(t.Context(), at, func(ctx context.Context, i int) {
		begun[i] = s.Now().Sub(start)
		if i == 1 {
			if err := s.Wait(ctx, time.Hour); err != nil {
				t.Error(err)
			}
			return
		}
		c, err := s.Dial(ctx, targets.Dial{To: "+442079460000", Count: 1})
		if err != nil || !s.Await(ctx, c, time.Hour) {
			t.Errorf("client %d: want its call over, got %v", i, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(begun, at) {
		t.Errorf("want clients begun at %v, got %v", at, begun)
	}
}

// TestLaunchIsNotHeldUp by a client whose request never ends: it waits for one that begins later.
func TestLaunchIsNotHeldUp(t *testing.T) {
	s := open(t, reference.Target{}, "")
	later := make(chan struct{})
	err := s.Launch(t.Context(), []time.Duration{0, time.Second}, func(_ context.Context, i int) {
		if i == 1 {
			close(later)
		}
		<-later
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLaunchEndsWithItsContext before the last client begins.
func TestLaunchEndsWithItsContext(t *testing.T) {
	s := open(t, reference.Target{}, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	begun := 0
	err := s.Launch(ctx, []time.Duration{0, time.Second, time.Hour}, func(context.Context, int) {
		mu.Lock()
		defer mu.Unlock()
		if begun++; begun == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || begun != 2 {
		t.Errorf("want two clients and %v, got %d and %v", context.Canceled, begun, err)
	}
}
