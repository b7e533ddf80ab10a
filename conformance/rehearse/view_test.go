package rehearse

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/sipua"
)

// TestStory: what a client did is said in plain words.
func TestStory(t *testing.T) {
	const one, other = "+442079460001", "+442079460002"
	ringing := Call{Dialled: one, Route: pstn.ToPlatform, At: at(500)}
	givenUp := ringing
	givenUp.EndedAt, givenUp.EndedBy = at(2500), client
	ended := func(number string, start, end int) Call {
		c := dial(start, number, end)
		c.EndedBy = carrier
		return c
	}
	for _, tc := range []struct {
		name     string
		callers  int
		requests []Request
		calls    []Call
		messages []finding.SIPMessage
		want     string // in it
	}{
		{"a number that rings", 1, []Request{gave(0, "a", one)}, []Call{ringing}, nil, "dialled +442079460001 (not answered in 9.5 s)"},
		{"one that is given up", 1, []Request{gave(0, "a", one)}, []Call{givenUp}, nil, "dialled +442079460001 (given up after 2.0 s)"},
		{"the empty number", 1, []Request{gave(0, "a", "")}, []Call{{Route: pstn.ToNobody, Status: 404, EndedAt: at(1)}}, nil, `dialled "" (refused with 404)`},
		{"a question", 1, []Request{gave(0, "a", one), question(3100, "b")}, []Call{ended(one, 100, 3000)}, nil, "asked for the handoff once, first 0.1 s after the BYE"},
		{
			"questions of two callers, each after their own call", 2, []Request{gave(0, "a", one), gave(1, "b", other), question(2050, "b"), question(3200, "a")},
			[]Call{ended(one, 100, 3000), ended(other, 100, 2000)}, nil, "asked for the handoff twice, first 50 ms after the BYE",
		},
		{
			"one of them too early", 2, []Request{gave(0, "a", one), gave(1, "b", other), question(1500, "b"), question(3200, "a")},
			[]Call{ended(one, 100, 3000), ended(other, 100, 2000)}, nil, "asked for the handoff twice, first 0.5 s before the call was over",
		},
		{
			"HTTP to the SIP peer", 1, nil, nil, []finding.SIPMessage{{From: client, To: carrier, Summary: "POST /v1/conversations/dni-reservation HTTP/1.1"}},
			"never asked for a number in 10 s; it sent POST /v1/conversations/dni-reservation HTTP/1.1 to the SIP peer, which is not its base URL",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := &view{lesson: &Lesson{Callers: tc.callers}, begun: origin, now: at(10_000), over: true, told: true}
			v.requests, v.calls, v.messages = tc.requests, tc.calls, tc.messages
			if got := v.story(); !strings.Contains(got, tc.want) {
				t.Errorf("\nwant %s\ngot  %s", tc.want, got)
			}
		})
	}
}

// TestStoryWhileItHappens does not say how long something takes that goes on.
func TestStoryWhileItHappens(t *testing.T) {
	v := &view{lesson: &Lesson{Callers: 1}, begun: origin, now: at(1000)}
	v.requests, v.calls = []Request{gave(0, "a", "+442079460001")}, []Call{{Dialled: "+442079460001", Route: pstn.ToPlatform, At: at(500)}}
	if want := "dialled +442079460001 (not answered yet)"; !strings.Contains(v.story(), want) {
		t.Errorf("want %s, got %s", want, v.story())
	}
}

// TestQuestionsOfSeveralCallers are counted by the end of each caller's own call.
func TestQuestionsOfSeveralCallers(t *testing.T) {
	const one, other = "+442079460001", "+442079460002"
	v := &view{lesson: &Lesson{Callers: 2}, now: at(10_000)}
	v.requests = []Request{gave(0, "a", one), gave(1, "b", other), question(2050, "b"), question(2500, "a"), question(3200, "a")}
	v.calls = []Call{dial(100, one, 3000), dial(100, other, 2000)}
	if j := asks(v, Times{2, 2}); !j.met {
		t.Errorf("want two that came after their own caller's call, got %+v, %v", j, v.late())
	}
}

// TestHowOftenIsSaid as people say it.
func TestHowOftenIsSaid(t *testing.T) {
	v := &view{lesson: &Lesson{}}
	for want, j := range map[string]judgement{
		"the number never dialled":                          dials(v, Times{0, 0}),
		"the number dialled 2 to 4 times":                   dials(v, Times{2, 4}),
		"the handoff never asked for after the call":        asks(v, Times{0, 0}),
		"a number asked for at least once":                  reserves(v, Times{1, -1}),
		"a number never reserved and left behind":           leavesNumbers(v, Times{0, 0}),
		"a number reserved and left behind at most 4 times": leavesNumbers(v, Times{0, 4}),
	} {
		if j.want != want {
			t.Errorf("want %q, got %q", want, j.want)
		}
	}
}

// TestGivenUpBeforeTheAnswer: a CANCEL that crosses the answer makes no conversation, as nobody has put the caller through to it.
func TestGivenUpBeforeTheAnswer(t *testing.T) {
	w := newWatch(func(string) pstn.Route { return pstn.ToPlatform }, 1)
	for i, m := range []sipua.Message{
		{StartLine: "INVITE sip:+442079460001@127.0.0.1 SIP/2.0"}, {StartLine: "SIP/2.0 180 Ringing", Sent: true}, {StartLine: "CANCEL sip:+442079460001@127.0.0.1 SIP/2.0"},
		{StartLine: "SIP/2.0 200 OK", Sent: true}, {StartLine: "BYE sip:127.0.0.1 SIP/2.0"},
	} {
		m.At, m.CallID, m.CSeq = at(1000*i), "a", "1 INVITE"
		w.message(m)
	}
	v := &view{seen: w.seen(), lesson: &Lesson{Callers: 1}, over: true, now: at(9000)}
	if got := v.fate(v.calls[0]); v.conversation() != nil || got != "given up after 2.0 s" {
		t.Errorf("want no conversation, and the call given up, got %+v: %s", v.conversation(), got)
	}
}
