package pstn_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/sipua"
)

func TestDesksAnswer(t *testing.T) {
	for _, name := range []string{"billing", "Human Agents/2nd floor", "+442071838700", "8750", "a;b=c@d:e?f#%41", "客服"} {
		t.Run(name, func(t *testing.T) {
			c, p := start(t, answerAndBye, pstn.Config{})
			if err := c.Desk(name, pstn.Answer); err != nil {
				t.Fatal(err)
			}
			call, err := c.Transfer(t.Context(), name, "+15550100")
			if err != nil || !call.Answered() || call.Number() != name {
				t.Fatalf("%v, %d %s", err, call.Status(), call.Reason())
			}
			log := c.DeskLog(name)
			if len(log) != 1 || !log[0].Answered || log[0].Status != 200 || log[0].From != "+15550100" || log[0].CallID != call.ID() {
				t.Errorf("log %+v", log)
			}
			if err := call.Hangup(t.Context()); err != nil || call.EndedBy() != pstn.ByCaller {
				t.Errorf("%v, ended by %s", err, call.EndedBy())
			}
			if len(p.calls()) != 0 {
				t.Error("the transfer went to the platform")
			}
		})
	}
}

func TestDesksThatDoNotAnswer(t *testing.T) {
	behaviour := pstn.Behaviour{
		Desks: map[string]pstn.Answering{"busy": pstn.Busy, "ring": pstn.Ring, "open": pstn.Answer, "gone": pstn.Unknown}, NoAnswer: 12 * time.Second,
	}
	cases := []struct {
		desk   string
		status int
		took   time.Duration
	}{
		{"busy", 486, 0}, {"ring", 480, 12 * time.Second}, {"nobody", 404, 0}, {"gone", 404, 0}, {"open", 200, 0},
	}
	inVirtualTime(t, answerAndBye, pstn.Config{Behaviour: behaviour}, func(t *testing.T, c *pstn.Carrier, _ *platform) {
		for _, tc := range cases {
			begin := time.Now()
			call, err := c.Transfer(t.Context(), tc.desk, "")
			if err != nil {
				t.Fatal(err)
			}
			if call.Status() != tc.status || time.Since(begin).Truncate(time.Second) != tc.took {
				t.Errorf("%s: %d after %v, want %d after %v", tc.desk, call.Status(), time.Since(begin), tc.status, tc.took)
			}
			if tc.status != 200 && call.EndedBy() != pstn.ByDesk {
				t.Errorf("%s: ended by %s, want desk", tc.desk, call.EndedBy())
			}
			log := c.DeskLog(tc.desk)
			if len(log) != 1 || log[0].Status != tc.status || log[0].From != "anonymous" || log[0].Answered != (tc.status == 200) {
				t.Errorf("%s: log %+v", tc.desk, log)
			}
		}
	})
}

func TestAnyDesk(t *testing.T) {
	c, _ := start(t, answerAndBye, pstn.Config{Behaviour: pstn.Behaviour{Desks: map[string]pstn.Answering{"*": pstn.Answer, "closed": pstn.Busy}}})
	for name, want := range map[string]int{"some": 200, "closed": 486} {
		if call, err := c.Transfer(t.Context(), name, ""); err != nil || call.Status() != want {
			t.Errorf("%s: %v, %d; want %d", name, err, call.Status(), want)
		}
	}
}

func TestCallerLeavesARingingDesk(t *testing.T) {
	trace, wait := cancelled(t)
	c, _ := start(t, answerAndBye, pstn.Config{Trace: trace})
	if err := c.Desk("slow", pstn.Ring); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	call, err := c.Transfer(ctx, "slow", "")
	wait()
	if !errors.Is(err, context.DeadlineExceeded) || call.Status() != 487 || call.EndedBy() != pstn.ByCaller {
		t.Errorf("%v, %d by %s", err, call.Status(), call.EndedBy())
	}
	if err := c.Close(); err != nil { // waits for the desk
		t.Fatal(err)
	}
	if log := c.DeskLog("slow"); len(log) != 1 || log[0].Status != 487 || !log[0].Ended {
		t.Errorf("log %+v", log)
	}
}

func TestDeskProblems(t *testing.T) {
	c, _ := start(t, answerAndBye, pstn.Config{})
	if err := c.Desk("", pstn.Answer); err == nil || err.Error() != "desk: want a name, got none" {
		t.Errorf("got %v", err)
	}
	if err := c.Desk("x", "sleep"); err == nil || err.Error() != `desk: want answer, busy, ring or unknown, got "sleep"` {
		t.Errorf("got %v", err)
	}
	if _, err := c.Transfer(t.Context(), "", ""); err == nil || err.Error() != "transfer: want a destination, got none" {
		t.Errorf("got %v", err)
	}
}

// TestJourney takes the careful client through all nine steps over real SIP.
func TestJourney(t *testing.T) {
	cases := []struct {
		name      string
		behaviour pstn.Behaviour
		handle    func(*sipua.Leg)
		data      string
		outcome   client.Outcome
		reason    string
		desks     []string // that got a call
	}{
		{"transferred", pstn.Behaviour{}, answerAndBye, `{"handoff_to":"billing"}`, client.Transferred, "handoff to billing", []string{"billing"}},
		{"contained", pstn.Behaviour{}, answerAndBye, `{"handoff_to":"CONTAINED"}`, client.Completed, `no handoff (handoff_to is "CONTAINED")`, nil},
		{"first number busy", pstn.Behaviour{Refuse: pstn.Refuse{Busy: pstn.Next(1)}}, answerAndBye, `{"handoff_to":"billing"}`, client.Transferred, "handoff to billing", []string{"billing"}},
		{"outage", pstn.Behaviour{Outage: true}, answerAndBye, "", client.Fallback, "call: +442071838750: 503 Service Unavailable from the carrier, cause 38", []string{"overflow"}},
		{"platform full", pstn.Behaviour{}, reject(503, "Service Unavailable"), "", client.Fallback, "call: +442071838750: 503 Service Unavailable from the platform", []string{"overflow"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			tc.behaviour.Desks = map[string]pstn.Answering{"*": pstn.Answer}
			c, p := start(t, tc.handle, pstn.Config{Behaviour: tc.behaviour})
			mux := http.NewServeMux()
			mux.HandleFunc("POST /", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"dni":"+442071838750"}`) })
			mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, `{"id":"1","shared_id":"s-1","data":`+tc.data+`}`)
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			cl, err := client.New(client.Config{BaseURL: server.URL, Fallback: "overflow"}, &http.Client{Transport: transport},
				c.Phone(pstn.Dial{Format: pstn.E164NoPlus}), clock.Real())
			if err != nil {
				t.Fatal(err)
			}
			j := cl.Run(t.Context(), client.Caller{ANI: "+15550100", SharedID: "s-1"})
			if j.Outcome != tc.outcome || j.Reason != tc.reason {
				t.Errorf("got %s: %s\nwant %s: %s", j.Outcome, j.Reason, tc.outcome, tc.reason)
			}
			var desks []string
			for _, name := range []string{"billing", "overflow"} {
				for _, call := range c.DeskLog(name) {
					if call.Answered && strings.HasSuffix(call.From, "15550100") {
						desks = append(desks, name)
					}
				}
			}
			if !slices.Equal(desks, tc.desks) {
				t.Errorf("desks called %v, want %v", desks, tc.desks)
			}
			if legs := p.calls(); j.Connected && legs[len(legs)-1].RequestURI().User != "442071838750" {
				t.Errorf("dialled %s", legs[0].RequestURI().Raw)
			}
		})
	}
}
