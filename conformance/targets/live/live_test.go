package live_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/live"
	"github.com/dnispool/dnispool/conformance/targets/world"
)

// TestNothingLeavesThisMachine: a platform elsewhere is refused, and so is a request to any other address.
func TestNothingLeavesThisMachine(t *testing.T) {
	t.Parallel()
	w, _ := world.Read("", nil)
	for _, p := range []live.Platform{
		{BaseURL: "http://192.0.2.1:8080", SIP: "127.0.0.1:5060"},
		{BaseURL: "http://127.0.0.1:8080", SIP: "192.0.2.1:5060"},
		{BaseURL: "https://api.uk-1.platform.polyai.app:443", SIP: "127.0.0.1:5060"},
	} {
		if _, err := live.Open(t.Context(), p, w, 1); err == nil || !strings.Contains(err.Error(), "describe it as a deployment by a target file") {
			t.Errorf("%+v: want it refused, got %v", p, err)
		}
	}
	s, err := live.Reference(t.Context(), "", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://192.0.2.1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := s.Do(r); err == nil || !strings.Contains(err.Error(), "want the loopback interface") {
		t.Errorf("request elsewhere: want it refused, got %v %v", res, err)
	}
}

func TestACallOnTheReferenceInRealTime(t *testing.T) {
	t.Parallel()
	s, err := live.Reference(t.Context(), "", nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	facts := s.Facts("")
	c, err := s.Dial(context.Background(), targets.Dial{To: facts.Numbers[0]})
	if err != nil {
		t.Fatal(err)
	}
	<-c.Ended()
	if !c.Answered() || c.End().By != "platform" || facts.Signal != nil || facts.Size == 0 {
		t.Errorf("call: want it answered and ended by the platform, got %d, by %s; facts %+v", c.Status(), c.End().By, facts)
	}
	if err := s.Fault(nil, nil); err != nil {
		t.Error(err)
	}
	if err := errors.Join(s.Close()); err != nil {
		t.Error(err)
	}
}
