package pstn_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func TestBehaviourFromYAML(t *testing.T) {
	text := `
format: 00
country: "1"
post_dial_delay: {median: 2.5s, p95: 6s}
refuse: {busy: 0.1, no_route: {times: 2}, congestion: {probability: 0.5, times: 3}}
dead: ["+442071838750"]
outage: true
channels_per_number: 3
rewrite: {"+442071838751": "+442071838752"}
lose_invites: 1
duplicate_invites: 0.01
reattempt: {times: 1}
cross_byes: true
desks: {billing: busy, "*": answer}
no_answer: 5s
`
	b, err := behaviour(text)
	if err != nil {
		t.Fatal(err)
	}
	want := pstn.Behaviour{
		Format: pstn.CC00, Country: "1", PostDialDelay: wire.Delay{Median: 2500 * time.Millisecond, P95: 6 * time.Second},
		Refuse: pstn.Refuse{Busy: pstn.Chance{Probability: 0.1}, NoRoute: pstn.Next(2), Congestion: pstn.Chance{Probability: 0.5, Times: 3}},
		Dead:   []string{"+442071838750"}, Outage: true, ChannelsPerNumber: 3, Rewrite: map[string]string{"+442071838751": "+442071838752"},
		LoseInvites: pstn.Always(), DuplicateInvites: pstn.Chance{Probability: 0.01}, Reattempt: pstn.Next(1), CrossByes: true,
		Desks: map[string]pstn.Answering{"billing": pstn.Busy, "*": pstn.Answer}, NoAnswer: 5 * time.Second,
	}
	if fmt.Sprintf("%+v", b) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", b, want)
	}
}

func behaviour(text string) (b pstn.Behaviour, err error) {
	n, ps := strictyaml.Parse("f.yaml", []byte(text))
	if len(ps) > 0 {
		return b, ps.Err()
	}
	if ps := strictyaml.Decode("f.yaml", n, &b); len(ps) > 0 {
		return b, ps.Err()
	}
	return b, b.Validate()
}

func TestBehaviourProblems(t *testing.T) {
	cases := []struct{ text, want string }{
		{"dead: [\"none\"]", `dead: want a number, got "none"`},
		{"rewrite: {\"+44\": \"desk\"}", `rewrite: want a number to a number, got "+44" to "desk"`},
		{"channels_per_number: -1", "channels_per_number: want 0 or more, got -1"},
		{"no_answer: -1s", "no_answer: want 0 or more, got -1s"},
		{"country: \"GB\"", `country: want a calling code like "44", got "GB"`},
		{"lose_invites: 2", "f.yaml:1:15: chance: want a probability of 0 to 1, got 2"},
		{"reattempt: {times: -1}", "f.yaml:1:12: chance: want times of 0 or more, got -1"},
		{"refuse: {bussy: 1}", `f.yaml:1:10: unknown key "bussy" in refuse (did you mean "busy"?)`},
		{"desks: {a: hide}", `f.yaml:1:12: desk: want answer, busy, ring or unknown, got "hide"`},
		{"format: local", `f.yaml:1:9: format: want e164, e164-no-plus, cc00, 011, national, last10, last4, tel, user-phone, percent-plus or separators, got "local"`},
		{"post_dial_delay: {min: 2s, max: 1s}", "f.yaml:1:18: delay: want max of min or more, got 1s and 2s"},
	}
	for _, tc := range cases {
		if _, err := behaviour(tc.text); err == nil || err.Error() != tc.want {
			t.Errorf("%s\ngot  %v\nwant %s", tc.text, err, tc.want)
		}
	}
	c, _ := start(t, answerAndBye, pstn.Config{})
	if err := c.Behave(pstn.Behaviour{Outage: true, NoAnswer: -1}); err == nil || c.Behaviour().Outage {
		t.Errorf("got %v, outage %v; want an error and no change", err, c.Behaviour().Outage)
	}
}
