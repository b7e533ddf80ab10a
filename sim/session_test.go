package sim

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/telephony"
)

// mute is an agent that says and ends nothing.
type mute struct{ conversation.Agent }

// platformOf makes the platform of the default configuration, with one number.
func platformOf(t *testing.T) *platform {
	t.Helper()
	c, problems := Parse("c.yaml", []byte("pool: {numbers: 1}"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, err := newPlatform(c, clock.NewVirtual(time.Unix(0, 0)), journal.New(journal.Default()), func(Project) (conversation.Agent, error) { return mute{}, nil }, Parts{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *platform) kinds() string {
	var words []string
	for _, e := range p.journal.Events() {
		words = append(words, string(e.Kind))
	}
	return strings.Join(words, " ")
}

// The end of a call can come between the moment the edge decides to answer and the moment it does.
func TestAnswerAfterTheEnd(t *testing.T) {
	p := platformOf(t)
	s := p.Arrive(telephony.Arrival{CallID: "c", Number: "+442079460000"})
	s.Release("cancel")
	s.Answered()
	s.Hangup("shutdown")
	s.Finish(t.Context())
	if got, want := p.kinds(), "invite unbound cancelled"; got != want {
		t.Errorf("journal: want %s, got %s", want, got)
	}
}

// A number can be withdrawn between its look-up and the arrival.
func TestArrivalOnAWithdrawnNumber(t *testing.T) {
	p := platformOf(t)
	if s := p.Arrive(telephony.Arrival{CallID: "c", Number: "+15550000000"}); s.Bound() {
		t.Error("want an unbound call")
	}
	if e := p.journal.Events(); len(e) != 2 || e[1].Kind != journal.Unbound || e[1].Cause != "unknown number" || e[1].Call == "" || e[1].Call != e[0].Call || e[0].CallID != "c" {
		t.Errorf("journal: got %+v", e)
	}
}

func TestReserveForAClientThatIsGone(t *testing.T) {
	p := platformOf(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dni, err := p.Reserve(ctx, p.projects[0].DNIKey, []byte(`{}`))
	if !errors.Is(err, context.Canceled) || dni != "" || p.kinds() != "" {
		t.Errorf("want nothing changed, got %q, %v, %s", dni, err, p.kinds())
	}
	if got := p.projects[0].pool.Stats(0); got.Reserved != 0 {
		t.Errorf("pool: got %+v", got)
	}
}

func TestReservedANI(t *testing.T) {
	for attributes, want := range map[string]string{`{"ani":"+15550100"}`: "+15550100", `{"ani":1}`: "", `{}`: "", `[]`: "", `{"ANI":"x"}`: "", `{"ani":"y","ANI":"x"}`: "y"} {
		if got := reservedANI([]byte(attributes)); got != want {
			t.Errorf("%s: want %q, got %q", attributes, want, got)
		}
	}
}
