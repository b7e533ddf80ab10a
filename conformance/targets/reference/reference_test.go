package reference_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/targets/reference"
	"github.com/dnispool/dnispool/sim"
)

var _ targets.Target = reference.Target{}

func TestGiven(t *testing.T) {
	for _, c := range []struct{ name, given, problems string }{
		{"nothing", "", ""},
		{"everything", "{profile: gateway, pool: {numbers: 3}, carrier: {format: national}, agent: {echo: {talk: 1s}}, projects: [{}, {name: other}]}", ""},
		{"all at once", "pool: {windo: 1s}\ncarrier: {outagee: true}\nhandof: {}\n",
			"x.yaml:2:11: unknown key \"outagee\" (did you mean \"outage\"?)\nx.yaml:1:8: unknown key \"windo\" in pool (did you mean \"window\"?)\nx.yaml:3:1: unknown key \"handof\" (did you mean \"handoff\"?)"},
		{"value", "pool: {window: -1s}", "x.yaml:1:16: pool.window: want more than 0s, got -1s"},
		{"agent", "agent: {echo: {talk: 5}}", "x.yaml:1:22: talk: want a duration like 20s, or forever, got 5"},
		{"carrier", "carrier: {lose_invites: 2}", "x.yaml:1:25: chance: want a probability of 0 to 1, got 2"},
		{"conversation ids that the carrier does not know", "conversation: {id: uuid}\nprojects: [{conversation: {id: call-id}}, {name: other, conversation: {id: conv}}]",
			"x.yaml:1:20: conversation.id must be call-id in a scenario, which is what it is when left out; the harness knows its calls by their Call-ID\nx.yaml:2:76: conversation.id must be call-id in a scenario, which is what it is when left out; the harness knows its calls by their Call-ID"},
		{"profile", "profile: publisht", "x.yaml:1:10: profile: want one of gateway, published, release-on-arrival, strict-spec, got \"publisht\" (did you mean \"published\"?)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			problems := reference.Target{}.Given("x.yaml", node(t, c.given))
			got := ""
			if err := problems.Err(); err != nil {
				got = err.Error()
			}
			if lines(got) != lines(c.problems) {
				t.Errorf("want\n%s\ngot\n%s", c.problems, got)
			}
			if c.problems == "" {
				return
			}
			if _, err := (reference.Target{}).Open(t.Context(), targets.World{File: "x.yaml", Given: node(t, c.given)}); err == nil || lines(err.Error()) != lines(c.problems) {
				t.Errorf("open: want the same problems, got %v", err)
			}
		})
	}
}

// lines is text whose lines have been sorted.
func lines(s string) string {
	l := strings.Split(s, "\n")
	slices.Sort(l)
	return strings.Join(l, "\n")
}

func TestFault(t *testing.T) {
	for _, c := range []struct{ text, problem string }{
		{"http: {latency: 1ms}", ""},
		{"http: [{latency: 1ms}, {endpoint: reserve, reset: 4}]", ""},
		{"http: {latensy: 1ms}", `x.yaml:1:8: unknown key "latensy" (did you mean "latency"?)`},
		{"http: {}", "x.yaml:1:7: fault: want something to happen, got nothing"},
		{"http: {drop_reply: eof, reset: 0}", "x.yaml:1:7: fault: want one of drop_request, drop_reply, reset, truncate and reply, got drop_reply: eof, reset: 0"},
		{"htp: {}", `x.yaml:1:1: unknown key "htp" (did you mean "http"?)`},
		{"carrier: {outage: true}", ""},
		{"carrier: {refuse: {buzy: 1}}", `x.yaml:1:20: unknown key "buzy" in refuse (did you mean "busy"?)`},
		{"carrier: [{outage: true}]", "x.yaml:1:10: carrier: want a mapping, got a list"},
		{"calls: {lose_invites: true, times: 1}\nagent: {slow: {median: 1s, p95: 2s}}\nhandoffs: [{never: true}, {null_data: true}]", ""},
		{"calls: {lose_invites: true, no_bye: true}", "x.yaml:1:8: fault: want lose_invites or duplicate_invites alone, got it with no_bye"},
		{"agent: {crush: true}", `x.yaml:1:9: unknown key "crush" (did you mean "crash"?)`},
		{"handoffs: {late: -1s}", "x.yaml:1:18: delay: want no negative length"},
	} {
		problem := ""
		if err := (reference.Target{}).Fault("x.yaml", node(t, c.text)).Err(); err != nil {
			problem = err.Error()
		}
		if problem != c.problem {
			t.Errorf("%s: want %q, got %q", c.text, c.problem, problem)
		}
	}
}

// TestSecrets are those of the projects that the configuration makes. It does not hold them, because nobody gave them.
func TestSecrets(t *testing.T) {
	r := reference.Target{}
	config := string(r.Config())
	if !json.Valid(r.Config()) || len(r.Secrets()) == 0 {
		t.Fatalf("want JSON and secrets, got %s and %q", config, r.Secrets())
	}
	c, problems := sim.Parse("config.json", r.Config())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Secrets() {
		if s != c.Projects[0].DNIKey && s != c.Projects[0].HandoffKey || strings.Contains(config, s) {
			t.Errorf("config: want the secret %q to be that of its project and not in it, got %s", s, config)
		}
	}
	if r.Name() != "reference" || r.Timeout(&scenario.Scenario{Timeout: time.Minute}) != time.Minute {
		t.Error("want the reference, which can do everything")
	}
}

func TestFacts(t *testing.T) {
	ninety := []string{"+442079460090", "+442079460091"}
	for _, c := range []struct {
		given   string
		project string
		want    func(*reading.Facts)
	}{
		{"", "", func(f *reading.Facts) {
			f.Size, f.WindowMin, f.WindowMax, f.Release = 20, 2*time.Minute, 2*time.Minute, "hangup"
		}},
		{"pool: {numbers: [\"+442079460090\", \"+442079460091\"], window: 1m, cool_down: 3s, release: arrival}", "", func(f *reading.Facts) {
			f.Size, f.Numbers, f.WindowMin, f.WindowMax, f.CoolDown, f.Release = 2, ninety, time.Minute, time.Minute, new(3*time.Second), "arrival"
		}},
		{"pool: {numbers: 2, window: 1m, reaper: lag, lag: 5s}", "", func(f *reading.Facts) {
			f.Size, f.WindowMin, f.WindowMax, f.Release = 2, time.Minute, 65*time.Second, "hangup"
		}},
		{"pool: {numbers: 2, window: 1m, reaper: lazy}", "", func(f *reading.Facts) {
			f.Size, f.WindowMin, f.WindowMax, f.Release = 2, time.Minute, 30*24*time.Hour, "hangup"
		}},
		{"projects: [{}, {pool: {numbers: 7}}]", "globex", func(f *reading.Facts) {
			f.Size, f.WindowMin, f.WindowMax, f.Release = 7, 2*time.Minute, 2*time.Minute, "hangup"
		}},
		{"handoff: {abandoned: drop}", "", func(f *reading.Facts) {
			f.Size, f.WindowMin, f.WindowMax, f.Release, f.Abandoned = 20, 2*time.Minute, 2*time.Minute, "hangup", "drop"
		}},
		{"handoff: {empty: not-found}", "", func(f *reading.Facts) {
			f.Size, f.WindowMin, f.WindowMax, f.Release, f.Handoffs = 20, 2*time.Minute, 2*time.Minute, "hangup", false
		}},
		{"", "nobody", func(f *reading.Facts) { f.Exclusive, f.Handoffs, f.Abandoned = false, false, "" }},
	} {
		t.Run(c.given+c.project, func(t *testing.T) {
			broken := reference.Target{Break: func(s *sim.Config) {
				s.Projects[0].Pool.CoolDown, s.Projects[0].Pool.Window = time.Hour, time.Second // of which the judge knows nothing
			}}
			got := open(t, broken, c.given).Facts(c.project)
			want := reading.Facts{CoolDown: new(time.Duration(0)), Exclusive: true, Handoffs: true, Abandoned: "keep"}
			c.want(&want)
			if want.Size != got.Size || want.WindowMin != got.WindowMin || want.WindowMax != got.WindowMax || want.ShortestRest() != got.ShortestRest() ||
				want.Handoffs != got.Handoffs || want.Abandoned != got.Abandoned || want.Release != got.Release || want.Exclusive != got.Exclusive || len(got.Numbers) != got.Size || want.Numbers != nil && !slices.Equal(want.Numbers, got.Numbers) {
				t.Errorf("want %+v, got %+v", want, got)
			}
		})
	}
}

func TestProject(t *testing.T) {
	s := open(t, reference.Target{}, "projects: [{}, {}]")
	first, ok := s.Project("")
	if acme, named := s.Project("acme"); !ok || !named || first != acme || first.Account != "acme-uk" || first.DNIKey == "" || first.HandoffKey == "" {
		t.Errorf("want acme first, got %+v and %+v", first, acme)
	}
	if other, ok := s.Project("globex"); !ok || other.DNIKey == first.DNIKey {
		t.Errorf("want globex with keys of its own, got %+v", other)
	}
	if p, ok := s.Project("nobody"); ok {
		t.Errorf("want no such project, got %+v", p)
	}
}

// reserve takes a number.
func reserve(t *testing.T, s targets.Stage) (status int, number string) {
	t.Helper()
	p, _ := s.Project("")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.BaseURL()+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-api-key", p.DNIKey)
	r.Header.Set("Content-Type", "application/json")
	res, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ DNI string }
	_ = json.Unmarshal(body, &got) // a refusal has none
	return res.StatusCode, got.DNI
}

// TestWorldsAreApart opens two worlds at once.
func TestWorldsAreApart(t *testing.T) {
	a := open(t, reference.Target{}, "pool: {numbers: 1}")
	b, err := (reference.Target{}).Open(t.Context(), targets.World{Given: node(t, "pool: {numbers: 1}")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if a.BaseURL() == b.BaseURL() {
		t.Errorf("want two addresses, got %s twice", a.BaseURL())
	}
	for _, s := range []targets.Stage{a, b} {
		if status, number := reserve(t, s); status != 200 || number != "+442079460000" {
			t.Errorf("want the number of this world, got %d %s", status, number)
		}
	}
	start := a.Now()
	if err := a.Wait(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if !a.Now().Equal(start.Add(time.Hour)) || !b.Now().Equal(start) {
		t.Errorf("time: want an hour passed in one world alone, got %s and %s", a.Now(), b.Now())
	}
	if status, _ := reserve(t, a); status != 200 {
		t.Errorf("want the window closed, got %d", status)
	}
}

func TestCalls(t *testing.T) {
	s := open(t, reference.Target{}, "agent: {echo: {talk: 45s}}")
	start := s.Now()
	c, err := s.Dial(t.Context(), targets.Dial{To: "+442079460000", Count: 1})
	if err != nil || !c.Answered() || c.Status() != 200 || c.ID() == "" {
		t.Fatalf("want an answered call, got %+v (%v)", c, err)
	}
	if s.Await(t.Context(), c, 44*time.Second) {
		t.Error("want the call up after 44 s, got it over")
	}
	if now := s.Now(); !now.Equal(start.Add(44 * time.Second)) {
		t.Errorf("time: want 44 s later, got %s", now.Sub(start))
	}
	if !s.Await(t.Context(), c, time.Minute) {
		t.Fatal("want the call over, got it up")
	}
	if e := c.End(); e.By != "platform" || e.How != "bye" || !e.At.Equal(start.Add(45*time.Second)) {
		t.Errorf("want the platform's BYE after 45 s, got %+v", e)
	}
	if now := s.Now(); !now.Equal(start.Add(45 * time.Second)) {
		t.Errorf("time: want it to stop at the event, got %s", now.Sub(start))
	}

	c, err = s.Dial(t.Context(), targets.Dial{To: "+442079460001", Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	if status, err := c.Hangup(t.Context()); status != 200 || err != nil {
		t.Errorf("hang up: want 200, got %d (%v)", status, err)
	}
	if e := c.End(); e.By != "caller" || e.How != "bye" {
		t.Errorf("want the caller's BYE, got %+v", e)
	}
	ladder := s.Ladder()
	invites := slices.DeleteFunc(slices.Clone(ladder), func(m finding.SIPMessage) bool { return !strings.HasPrefix(m.Summary, "INVITE") })
	if len(invites) != 2 || invites[0].From != "carrier" || invites[0].To != "platform" || invites[1].CallID != c.ID() {
		t.Errorf("ladder: want two INVITEs of the carrier, got %+v", ladder)
	}
}

// TestDialEndsWithItsContext while the platform rings.
func TestDialEndsWithItsContext(t *testing.T) {
	s := open(t, reference.Target{}, "sip: {answer_after: 1h}\ncarrier: {post_dial_delay: 1h}")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Dial(ctx, targets.Dial{To: "+442079460000", Count: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("want %v, got %v", context.Canceled, err)
	}
}

// TestAwaitEndsWithItsContext though the call goes on for ever.
func TestAwaitEndsWithItsContext(t *testing.T) {
	s := open(t, reference.Target{}, "agent: {echo: {talk: forever}}\nconversation: {max_duration: 9000h}")
	c, err := s.Dial(t.Context(), targets.Dial{To: "+442079460000", Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := s.Now()
	if s.Await(ctx, c, time.Hour) || !s.Now().Equal(before) {
		t.Errorf("want the call up and no time passed, got it over or %s", s.Now().Sub(before))
	}
}

// TestFaultNone brings back the carrier that was given, and a clean wire.
func TestFaultNone(t *testing.T) {
	s := open(t, reference.Target{}, "carrier: {dead: [\"+442079460000\"]}")
	answered := func(number string) bool {
		c, err := s.Dial(t.Context(), targets.Dial{To: number, Count: 1})
		if err != nil {
			t.Fatal(err)
		}
		return c.Answered()
	}
	if err := s.Fault(node(t, "http: {endpoint: reserve, project: acme, reply: {status: 503}}\ncarrier: {dead: [\"+442079460001\"]}\nhandoffs: {never: true}")); err != nil {
		t.Fatal(err)
	}
	if status, _ := reserve(t, s); status != 503 || answered("+442079460001") {
		t.Errorf("want the faults, got %d", status)
	}
	if err := s.Fault(nil); err != nil {
		t.Fatal(err)
	}
	if status, _ := reserve(t, s); status != 200 || answered("+442079460000") || !answered("+442079460001") {
		t.Errorf("want the world as given, got %d", status)
	}
}

func TestJourney(t *testing.T) {
	s := open(t, reference.Target{}, "agent: {echo: {talk: 5s}}")
	if _, err := s.Journey(t.Context(), targets.Journey{Project: "nobody"}, s); err == nil || err.Error() != `journey: want a project of the platform, got "nobody"` {
		t.Errorf("want an error, got %v", err)
	}
	type dialled struct {
		number string
		after  time.Duration
		over   bool
	}
	var calls []dialled
	start := s.Now()
	j, err := s.Journey(t.Context(), targets.Journey{
		Attributes: json.RawMessage(`{"shared_id":"j-1","want_handoff_to":"billing"}`),
		Dialled: func(number string, at time.Time, c targets.Call) {
			select {
			case <-c.Ended():
				calls = append(calls, dialled{number, at.Sub(start), true})
			default:
				calls = append(calls, dialled{number, at.Sub(start), false})
			}
		},
	}, s)
	if err != nil || j.Outcome != "transferred" || j.Destination != "billing" || !j.Dialled || j.FailOpen || j.ReserveAttempts != 1 {
		t.Errorf("want a transfer to billing, got %+v (%v)", j, err)
	}
	if want := []dialled{{"+442079460000", 0, false}}; !slices.Equal(calls, want) {
		t.Errorf("dialled: want %v, got %v", want, calls)
	}
}

// TestCloseWithEverythingUp closes a world with a call up and a request that never ends.
func TestCloseWithEverythingUp(t *testing.T) {
	before := leftovers()
	s, err := (reference.Target{}).Open(t.Context(), targets.World{File: "x.yaml", Given: node(t, "agent: {echo: {talk: forever}}")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Dial(t.Context(), targets.Dial{To: "+442079460000", Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fault(node(t, "http: {drop_reply: timeout}")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.BaseURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		res, err := s.Do(r)
		if err == nil {
			err = res.Body.Close()
		}
		done <- err
	}()
	started := time.Now()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(started); took > 2*time.Second {
		t.Errorf("close: want it prompt, got %s", took)
	}
	cancel()
	<-done
	select {
	case <-c.Ended():
	case <-time.After(time.Second):
		t.Error("want the call over, got it up")
	}
	before.check(t)
}

// TestABrokenPlatformMustStillBeOne: a configuration that the simulator refuses opens nothing.
func TestABrokenPlatformMustStillBeOne(t *testing.T) {
	before := leftovers()
	broken := reference.Target{Break: func(c *sim.Config) { c.SIP.MaxCalls = 0 }}
	if _, err := broken.Open(t.Context(), targets.World{}); err == nil || !strings.Contains(err.Error(), "max_calls: want at least 1, got 0") {
		t.Errorf("want the simulator's refusal, got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (reference.Target{}).Open(ctx, targets.World{}); err == nil {
		t.Error("want no world once the context has ended, got one")
	}
	before.check(t)
}
