package rehearse

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim"
)

var origin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return origin.Add(time.Duration(ms) * time.Millisecond) }

// gave is a reservation that brought a number, gone and back in 10 ms.
func gave(ms int, id, dni string) Request {
	return Request{Exchange: finding.Exchange{At: at(ms), Status: 200}, Kind: Reserve, Done: at(ms + 10), SharedID: id, DNI: dni}
}

// limited is one that met a 429.
func limited(ms int, id string, headers ...finding.Header) Request {
	return Request{Exchange: finding.Exchange{At: at(ms), Status: 429, ResponseHeaders: headers}, Kind: Reserve, Done: at(ms + 10), SharedID: id}
}

// question asks for a handoff.
func question(ms int, id string) Request {
	return Request{Exchange: finding.Exchange{At: at(ms), Status: 404, URL: "/handoff_state?shared_id=" + id}, Kind: Handoff, SharedID: id, Query: url.Values{"shared_id": {id}}}
}

// sends is a reservation with this body.
func sends(body string) Request {
	return Request{Exchange: finding.Exchange{At: at(0), Method: "POST", URL: "/dni-reservation?a=1", RequestBody: body}, Kind: Reserve}
}

// shows is a request with a header.
func shows(k Kind, name, value string) Request {
	return Request{Exchange: finding.Exchange{Method: "POST", URL: "/x", RequestHeaders: []finding.Header{{Name: name, Value: value}}}, Kind: k}
}

// dial is a call to a number, answered at once when it has an end.
func dial(ms int, number string, end int) Call {
	c := Call{Dialled: number, Route: pstn.ToPlatform, At: at(ms)}
	if end > 0 {
		c.Status, c.AnsweredAt, c.EndedAt, c.EndedBy = 200, at(ms), at(end), client
	}
	return c
}

func TestJudges(t *testing.T) {
	const one, other = "+442079460001", "+442079460002"
	after := func(value string) finding.Header { return finding.Header{Name: "Retry-After", Value: value} }
	for _, tc := range []struct {
		name, expect string
		lesson       Lesson
		requests     []Request
		calls        []Call
		want         string // what is said of a client that fails; empty: it passes
	}{
		{"a pause", "rests: {between: questions, least: 100ms}", Lesson{}, []Request{question(0, "a"), question(100, "a"), question(200, "a")}, nil, ""},
		{"once at once", "rests: {between: questions, least: 100ms}", Lesson{}, []Request{question(0, "a"), question(1, "a"), question(200, "a")}, nil, ""},
		{"two callers", "rests: {between: questions, least: 100ms}", Lesson{}, []Request{question(0, "a"), question(1, "b"), question(2, "c"), question(3, "d")}, nil, ""},
		{"a storm", "rests: {between: questions, least: 100ms}", Lesson{}, []Request{question(0, "a"), question(1, "a"), question(3, "a")}, nil,
			"asked for the handoff 3 times, and twice less than 0.1 s after the last time, the quickest 1 ms: that is a storm"},
		{"seconds heeded", "heeds: retry-after", Lesson{}, []Request{limited(0, "a", after("1")), gave(1000, "a", one)}, nil, ""},
		{"another shared_id for the same caller", "heeds: retry-after", Lesson{Callers: 1}, []Request{limited(0, "a", after("9")), gave(1000, "b", one)}, nil,
			"was told with Retry-After: 9 to stay away, and came back 1.0 s later"},
		{"a storm of shared_ids", "rests: {between: reservations, least: 100ms}", Lesson{Callers: 1}, []Request{limited(0, "a"), limited(1, "b"), limited(3, "c")}, nil,
			"asked for a number 3 times, and twice less than 0.1 s after the last time, the quickest 1 ms: that is a storm"},
		{"callers of whom each asks once", "rests: {between: reservations, least: 100ms}", Lesson{Callers: 3}, []Request{limited(0, "a"), limited(1, "b"), limited(3, "c")}, nil, ""},
		{"callers of whom each is quick once", "rests: {between: reservations, least: 100ms}", Lesson{Callers: 2}, []Request{limited(0, "a"), limited(1, "b"), limited(2, "a"), limited(3, "b")}, nil, ""},
		{"one of two callers in a storm", "rests: {between: reservations, least: 100ms}", Lesson{Callers: 2}, []Request{limited(0, "a"), limited(1, "b"), limited(2, "a"), limited(3, "a")}, nil,
			"asked for a number for one caller 3 times, and twice less than 0.1 s after the last time, the quickest 1 ms: that is a storm"},
		{"one shared_id for several callers", "rests: {between: reservations, least: 100ms}", Lesson{Callers: 3}, []Request{gave(0, "a", one), gave(1, "a", other), limited(2, "a")}, nil, "not observable"},
		{"questions with it", "rests: {between: questions, least: 100ms}", Lesson{Callers: 3}, []Request{gave(0, "a", one), gave(1, "a", other), question(50, "a"), question(51, "a"), question(52, "a")}, nil, "not observable"},
		{"beside one of one caller's, in a storm", "rests: {between: reservations, least: 100ms}", Lesson{Callers: 4}, []Request{gave(0, "a", one), gave(1, "a", other), limited(2, "a"), limited(0, "b"), limited(1, "b"), limited(2, "b")}, nil,
			"asked for a number for one caller 3 times, and twice less than 0.1 s after the last time, the quickest 1 ms: that is a storm"},
		{"another caller", "heeds: retry-after", Lesson{Callers: 2}, []Request{limited(0, "a", after("9")), gave(1000, "b", one)}, nil, ""},
		{"seconds not heeded", "heeds: retry-after", Lesson{}, []Request{limited(0, "a", after("2")), gave(1000, "a", one)}, nil,
			"was told with Retry-After: 2 to stay away, and came back 1.0 s later"},
		{"a date by the sender's clock", "heeds: retry-after", Lesson{},
			[]Request{limited(0, "a", after("Sun, 01 Mar 2020 00:00:05 GMT"), finding.Header{Name: "Date", Value: "Sun, 01 Mar 2020 00:00:00 GMT"}), gave(4000, "a", one)}, nil,
			"was told with Retry-After: Sun, 01 Mar 2020 00:00:05 GMT to stay away, and came back 4.0 s later"},
		{"nothing to heed", "heeds: retry-after", Lesson{}, []Request{limited(0, "a"), gave(1, "a", one)}, nil, ""},
		{"as given", "dialled: as-given", Lesson{}, []Request{gave(0, "a", one)}, []Call{dial(20, "00442079460001", 0)}, ""},
		{"in the national form", "dialled: as-given", Lesson{}, []Request{gave(0, "a", one)}, []Call{dial(20, "02079460001", 0)},
			"was given +442079460001 and dialled 02079460001, which is another number"},
		{"never given", "dialled: as-given", Lesson{}, nil, []Call{dial(20, one, 0)}, `dialled "+442079460001", and was given no number`},
		{"one for each", "dialled: own", Lesson{}, []Request{gave(0, "a", one), gave(1, "b", other), gave(500, "c", one)}, []Call{dial(20, one, 0), dial(21, other, 0), dial(520, one, 0)}, ""},
		{"one for two", "dialled: own", Lesson{}, []Request{gave(0, "a", one), gave(1, "b", other)}, []Call{dial(20, one, 0), dial(21, one, 0)},
			"dialled +442079460001 more often than it was given: the call is another caller's, or nobody's"},
		{"in time", "dials_within: 1s", Lesson{}, []Request{gave(0, "a", one)}, []Call{dial(1000, one, 0)}, ""},
		{"too late", "dials_within: 1s", Lesson{}, []Request{gave(0, "a", one)}, []Call{dial(3010, one, 0)}, "dialled +442079460001 3.0 s after it was reserved: the reservation may be over, and the number another caller's"},
		{"left behind", "leaves_numbers: never", Lesson{}, []Request{gave(0, "a", one), gave(50, "a", other)}, []Call{dial(80, other, 0)},
			"left numbers behind that it never dialled (+442079460001), each held until its window is over"},
		{"gone in time", "hangs_up_within: 1s", Lesson{HangsUp: time.Second}, []Request{gave(0, "a", one)}, []Call{dial(100, one, 2000)}, ""},
		{"not gone", "hangs_up_within: 1s", Lesson{HangsUp: time.Second}, []Request{gave(0, "a", one)}, []Call{dial(100, one, 4100)}, "the agent spoke to nobody for 3.0 s after the caller had hung up"},
		{"its own shared_id", "asks_for: own-shared-id", Lesson{}, []Request{gave(0, "a", one), question(50, "a")}, nil, ""},
		{"another's", "asks_for: own-shared-id", Lesson{}, []Request{gave(0, "a+b", one), question(50, "a b")}, nil, `sent the shared_id "a+b" and asked for "a b"`},
		{"none that needs encoding", "asks_for: own-shared-id", Lesson{SharedID: "a+b"}, []Request{gave(0, "a", one), question(50, "a")}, nil, "not observable"},
		{"too few shared_ids", "shared_ids: unique", Lesson{Callers: 2}, []Request{gave(0, "a", one), gave(0, "a", other)}, nil, "reserved twice for 2 callers, with the same shared_id each time"},
		{"a key in a body", "keys: in-headers", Lesson{}, []Request{sends(`{"key":"secret-key"}`)}, nil, "sent a key in the body of POST /dni-reservation, from where it gets into logs"},
		{"a key in another header", "keys: in-their-header", Lesson{}, []Request{shows(Reserve, "Authorization", "Bearer secret-key")}, nil, "sent a key in the header Authorization of POST /x, from where it gets into logs"},
		{"credentials", "keys: in-their-header", Lesson{}, []Request{shows(Reserve, "Authorization", "Basic c2VjcmV0LWtleTo=")}, nil, "sent a key in the header Authorization of POST /x"},
		{"each at its own", "keys: in-their-header", Lesson{}, []Request{shows(Reserve, "X-Api-Key", "secret-key"), shows(Handoff, "X-Api-Key", "other-secret-key")}, nil, ""},
		{"one at the other's", "keys: in-their-header", Lesson{}, []Request{shows(Handoff, "X-Api-Key", "secret-key")}, nil, "sent a key in the header X-Api-Key of POST /x"},
		{"a key in a path", "keys: in-headers", Lesson{}, []Request{{Exchange: finding.Exchange{Method: "GET", URL: "/a?b=secret%2Dkey"}}}, nil, "sent a key in the URL of GET /a, from where it gets into logs"},
		{"no secrets", "attributes: without-secrets", Lesson{}, []Request{sends(`{"attributes":{"ani":"+4420794600011","order":"4111111111111112","password":null}}`)}, nil, ""},
		{"a card", "attributes: without-secrets", Lesson{}, []Request{sends(`{"attributes":{"customer":[{"note":"4111-1111-1111-1111"}]}}`)}, nil, "sent attributes.customer[0].note, which looks like the number of a payment card"},
		{"a password", "attributes: without-secrets", Lesson{}, []Request{sends(`{"attributes":{"Password":"x"}}`)}, nil, "sent attributes.Password, which by its name is a secret"},
		{"a key", "attributes: without-secrets", Lesson{}, []Request{sends(`{"attributes":{"auth":"Bearer x"}}`)}, nil, "sent attributes.auth, which looks like a key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l, problems := Parse("f", []byte(head+"expect:\n  - "+tc.expect+"\n"))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			v := &view{lesson: &tc.lesson, begun: origin, now: at(10_000), told: true, project: sim.Project{DNIKey: "secret-key", HandoffKey: "other-secret-key"}}
			v.requests, v.calls = tc.requests, tc.calls
			j := l.Expect[0].rule.judge(v)
			switch {
			case tc.want == "not observable":
				if j.unseen == "" {
					t.Errorf("want it not observable, got %+v", j)
				}
			case j.unseen != "" || j.met != (tc.want == "") || !j.met && !strings.HasPrefix(j.got, tc.want):
				t.Errorf("\nwant %s\ngot  %+v", tc.want, j)
			}
		})
	}
}
