package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/telephony"
)

// unserved returns a platform with the echo agent and no sockets.
func unserved(t *testing.T, text string) *Sim {
	t.Helper()
	c, problems := Parse("c.yaml", []byte("profile: published\n"+text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := New(c, func(Project) (conversation.Agent, error) { return agent.Echo(agent.EchoConfig{}), nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Long questions for states that do not exist leave no more behind than the journal may take.
func TestLongQueriesAreBounded(t *testing.T) {
	s := unserved(t, "")
	limit := s.Config().Journal
	logged := 0
	s.Journal().Subscribe(func(e journal.Event) { logged = max(logged, len(e.SharedID)) })
	long := strings.Repeat("x", 60<<10)
	for i := range 11_000 {
		q := api.Query{SharedID: fmt.Sprint(long, i), HasSharedID: true}
		if _, err := s.Handoff(t.Context(), s.Config().Projects[0].HandoffKey, q); !errors.Is(err, api.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if got := s.Journal().Bytes(); got > limit.Bytes {
		t.Errorf("journal: want at most %d bytes, got %d", limit.Bytes, got)
	}
	if got := s.Journal().Dropped() + uint64(len(s.Journal().Events())); got != 11_000 {
		t.Errorf("journal: want every question there or counted, got %d", got)
	}
	if logged > limit.Text+100 {
		t.Errorf("log: want texts of %d bytes, got %d", limit.Text, logged)
	}
}

// Calls that leave large states leave no more than the records may take, and none of them goes without a word.
func TestLargeStatesAreBounded(t *testing.T) {
	const calls, limit = 120, 8 << 20
	s := unserved(t, fmt.Sprintf("handoff: {max_bytes: %d}", limit))
	p := s.Config().Projects[0]
	attributes := `{"shared_id":"s-%d","filler":"` + strings.Repeat("x", 250_000) + `"}`
	evicted := make(map[string]bool)
	s.Journal().Subscribe(func(e journal.Event) {
		if e.Kind == journal.HandoffEvicted {
			evicted[e.SharedID] = true
		}
	})
	for i := range calls {
		dni, err := s.Reserve(t.Context(), p.DNIKey, json.RawMessage(fmt.Sprintf(attributes, i)))
		if err != nil {
			t.Fatal(err)
		}
		call := s.Call(telephony.Arrival{CallID: fmt.Sprint("c", i), Number: dni})
		call.Answered()
		call.Begin(t.Context())
		call.Hangup(conversation.CauseAgent)
	}
	store := s.platform.projects[0].records.(*handoff.Store)
	if got := store.Stats(s.clock.Now()); got.Bytes > limit || got.Records+int(got.Evicted) != calls || len(evicted) != int(got.Evicted) {
		t.Errorf("records: want at most %d bytes, and every other one in the journal, got %+v and %d", limit, got, len(evicted))
	}
	for i := range calls {
		id := fmt.Sprint("s-", i)
		_, err := s.Handoff(t.Context(), p.HandoffKey, api.Query{SharedID: id, HasSharedID: true})
		if found := err == nil; found == evicted[id] {
			t.Errorf("%s: want it found unless it was said to be gone, got %v", id, err)
		}
	}
	if got := s.Journal().Bytes(); got > s.Config().Journal.Bytes {
		t.Errorf("journal: want at most %d bytes, got %d", s.Config().Journal.Bytes, got)
	}
}
