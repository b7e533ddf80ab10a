package conversation_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
)

// chaos answers anything: failures, panics, garbage, times of every size.
func chaos(r *rand.Rand) fake {
	answer := func() (conversation.Reply, error) {
		reply := conversation.Reply{
			Hangup: r.IntN(20) == 0,
			Listen: r.IntN(20) == 0,
			Unset:  []string{string(rune('a' + r.IntN(4)))},
			Set:    sets(string(rune('a'+r.IntN(4))), []string{"1", "{", "null", "\xff", `"x"`}[r.IntN(5)]),
		}
		switch r.IntN(8) {
		case 0:
			more, less := r.Int64(), r.Int64()
			reply.Took = time.Duration(more - less)
		case 1:
			reply.Took = conversation.Forever
		case 2:
			reply.Took = time.Duration(r.IntN(int(time.Minute)))
		case 3:
			reply.Took = 1
		}
		switch r.IntN(12) {
		case 0:
			return reply, errors.New("boom")
		case 1:
			panic("ouch")
		}
		return reply, nil
	}
	return fake{
		start: func(conversation.StartInput) (conversation.Reply, error) { return answer() },
		turn:  func(conversation.TurnInput) (conversation.Reply, error) { return answer() },
		end:   func(conversation.EndInput) (conversation.Reply, error) { return answer() },
	}
}

// FuzzMachine: whatever the agent does, the call ends, in bounded steps, never
// later than its maximum duration, and its state is JSON.
func FuzzMachine(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed, uint16(seed), uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, duration uint16, knobs uint8) {
		config := conversation.Default()
		config.MaxDuration = time.Duration(duration)*time.Second + 1
		config.MaxTurns = 1 + int(knobs>>2)
		if knobs&1 != 0 {
			config.StartFailure = conversation.Hangup
		}
		if knobs&2 != 0 {
			config.TurnFailure = conversation.Hangup
		}
		c := conversation.New(config, chaos(rand.New(rand.NewPCG(seed, 1))), conversation.Call{}, nil)

		limit := 1 + config.MaxTurns + config.MaxSilence
		var spent time.Duration
		step := c.Begin(t.Context())
		for n := 1; ; n++ {
			if step.Wait < 0 || spent+step.Wait > config.MaxDuration {
				t.Fatalf("step %d: waits %s after %s, want %s in all", n, step.Wait, spent, config.MaxDuration)
			}
			spent += step.Wait
			if step.Hangup {
				break
			}
			if n > limit {
				t.Fatalf("want an end within %d steps", limit)
			}
			step = c.Next(t.Context())
		}
		if step.Cause == "" || step.Cause == conversation.CauseMaxDuration && spent != config.MaxDuration {
			t.Errorf("ended after %s of %s with cause %q", spent, config.MaxDuration, step.Cause)
		}
		for key, value := range c.Finish(t.Context(), step.Cause) {
			if !json.Valid(value) {
				t.Errorf("state %q: want JSON, got %q", key, value)
			}
		}
	})
}
