package telephony

import (
	"context"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/sipua"
)

// What the agent waits for ends the time of its step; what it does not wait for does not, and nothing ends its last words.
func TestDigitsEndAStep(t *testing.T) {
	p := &platform{bound: true, waits: "5", steps: append([]conversation.Step{{Wait: time.Hour}}, talk(10*time.Second)...)}
	bubble(t, Default(), p, func(w *world) {
		leg, _ := w.dial(context.Background(), ordinary())
		for _, digit := range []string{"4", "5", "5"} {
			time.Sleep(2 * time.Second)
			if status, err := leg.SendDigit(context.Background(), digit, sipua.DTMFRelay); status != 200 || err != nil {
				t.Errorf("digit %s: got %d, %v", digit, status, err)
			}
		}
		<-leg.Done()
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s step, 2s pressed 4, 4s pressed 5, 4s step, 6s pressed 5, 14s release agent, 14s write, 14s bye left, 14s finish`)
}

// A digit that comes while the agent works is not lost: the time of the step does not begin.
func TestDigitWhileTheAgentWorks(t *testing.T) {
	p := &platform{bound: true, waits: "5", steps: append([]conversation.Step{{Wait: time.Hour}}, talk(0)...)}
	p.begin = func(context.Context) { time.Sleep(5 * time.Second) }
	bubble(t, Default(), p, func(w *world) {
		leg, _ := w.dial(context.Background(), ordinary())
		if status, err := leg.SendDigit(context.Background(), "5", sipua.DTMFPlain); status != 200 || err != nil {
			t.Errorf("digit: got %d, %v", status, err)
		}
		<-leg.Done()
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s pressed 5, 5s step, 5s step, 5s release agent, 5s write, 5s bye left, 5s finish`)
}

// A caller who presses and hangs up has hung up.
func TestDigitBeforeTheEnd(t *testing.T) {
	p := &platform{bound: true, waits: "5", steps: []conversation.Step{{Wait: time.Hour}, {Wait: time.Hour}}}
	bubble(t, Default(), p, func(w *world) {
		leg, _ := w.dial(context.Background(), ordinary())
		_, _ = leg.SendDigit(context.Background(), "5", sipua.DTMFRelay)
		if err := leg.Bye(context.Background()); err != nil {
			t.Error(err)
		}
	})
	equal(t, "platform", p.told(), `0s arrive +442079460000 from "+15550100", 0s answered, 0s step, 0s pressed 5, 0s step, 0s release caller, 0s write, 0s bye lost caller , 0s finish`)
}
