package sim_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/pool"
)

// parse reads a configuration that is right.
func parse(t testing.TB, text string) sim.Config {
	t.Helper()
	c, problems := sim.Parse("c.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", text, problems)
	}
	return c
}

func TestProfiles(t *testing.T) {
	published := parse(t, "profile: published")
	tests := []struct {
		profile string
		changes func(*sim.Config)
	}{
		{"published", func(*sim.Config) {}},
		{"release-on-arrival", func(c *sim.Config) {
			c.Pool.Release, c.Projects[0].Pool.Release = pool.ReleaseArrival, pool.ReleaseArrival
		}},
		{"gateway", func(c *sim.Config) { c.HTTP.ErrorStyle, c.HTTP.RateLimit = api.Gateway, 50 }},
		{"strict-spec", func(c *sim.Config) {
			c.HTTP.ContentType, c.HTTP.DeclaredOnly = api.JSONRequired, true
		}},
	}
	var names []string
	for _, tt := range tests {
		names = append(names, tt.profile)
		t.Run(tt.profile, func(t *testing.T) {
			want := parse(t, "profile: published")
			want.Profile = tt.profile
			tt.changes(&want)
			if got := parse(t, "profile: "+tt.profile); !reflect.DeepEqual(got, want) {
				t.Errorf("want %+v, got %+v", want, got)
			}
			fresh, err := sim.Default(tt.profile)
			if err != nil || !reflect.DeepEqual(fresh, want) {
				t.Errorf("default: want %+v, got %+v, %v", want, fresh, err)
			}
			if sim.ProfileSays(tt.profile) == "" {
				t.Error("want a profile that says what it is")
			}
		})
	}
	slices.Sort(names)
	if got := sim.Profiles(); !slices.Equal(got, names) {
		t.Errorf("profiles: want %v, got %v", names, got)
	}
	p := published.Projects[0].Pool
	if p.Release != pool.ReleaseHangup || p.Window != 120*time.Second || p.Selection != pool.SelectLRU || p.CoolDown != 0 {
		t.Errorf("published: want held until hang-up, 120s, lru, no cool-down, got %+v", p)
	}
	if _, err := sim.Default("live"); err == nil || err.Error() != `profile: want one of gateway, published, release-on-arrival, strict-spec, got "live"` {
		t.Errorf("unknown profile: got %v", err)
	}
}

func TestFileChangesItsProfile(t *testing.T) {
	c := parse(t, "profile: gateway\nhttp: {rate_limit: 7}\npool: {release: answer}")
	if c.HTTP.RateLimit != 7 || c.HTTP.ErrorStyle != api.Gateway || c.Projects[0].Pool.Release != pool.ReleaseAnswer {
		t.Errorf("got %+v", c)
	}
}

func TestProjectsChangeTheSharedSections(t *testing.T) {
	c := parse(t, `
pool: {window: 30s, cool_down: 1s}
handoff: {state_keys: [a, b], aliases: {a: x}}
conversation: {max_silence: 1}
agent: {start: []}
projects:
  - name: one
    pool: {window: 5s}
    handoff: {aliases: {b: y}}
    agent: {start: [{sleep: 1s}]}
  - name: two
    project: {slug: support}
    conversation: {max_silence: 9}
`)
	one, two := c.Projects[0], c.Projects[1]
	if one.Pool.Window != 5*time.Second || one.Pool.CoolDown != time.Second || two.Pool.Window != 30*time.Second {
		t.Errorf("pool: got %+v and %+v", one.Pool, two.Pool)
	}
	if one.Conversation.MaxSilence != 1 || two.Conversation.MaxSilence != 9 {
		t.Errorf("conversation: got %+v and %+v", one.Conversation, two.Conversation)
	}
	if got := fmt.Sprint(one.Handoff.Aliases, two.Handoff.Aliases, c.Handoff.Aliases); got != "map[a:x b:y] map[a:x] map[a:x]" {
		t.Errorf("aliases: want those of one project to be its own, got %s", got)
	}
	if got := [2]int{len(one.Agent.Content[1].Content), len(two.Agent.Content[1].Content)}; got != [2]int{1, 0} {
		t.Errorf("agent: want its own and the shared one, got %v operations", got)
	}
	if two.Project.Slug != "support" || two.Project.ID != "PROJECT-00000002" || two.Account.Slug != "globex-uk" {
		t.Errorf("identifiers: want the others to stay, got %+v %+v", two.Account, two.Project)
	}
}

func TestIdentifiers(t *testing.T) {
	i := sim.Identifiers{ID: "ws-1", Slug: "acme"}
	for word, want := range map[string]bool{"ws-1": true, "acme": true, "ACME": false, "": false, "ws-": false} {
		if got := i.Is(word); got != want {
			t.Errorf("%q: want %v, got %v", word, want, got)
		}
	}
	if (sim.Identifiers{ID: "ws-1"}).Is("") {
		t.Error("a missing name is nobody's")
	}
}

func TestProjectsOfTheirOwn(t *testing.T) {
	c := parse(t, "projects: [{}, {}, {}, {}, {}, {}]")
	var names, keys []string
	for _, p := range c.Projects {
		names = append(names, p.Name)
		keys = append(keys, p.DNIKey, p.HandoffKey, p.Account.ID, p.Account.Slug, p.Project.ID, p.Project.Slug)
	}
	if got := strings.Join(names, " "); got != "acme globex initech umbrella tenant5 tenant6" {
		t.Errorf("names: got %s", got)
	}
	slices.Sort(keys)
	if all := len(keys); len(slices.Compact(keys)) != all {
		t.Errorf("keys and identifiers: want no two alike, got %v", keys)
	}
}

func TestGeneratedNumbersDoNotOverlap(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // first and count of each project
	}{
		{"shared count", "projects: [{}, {}, {}]", []string{"+442079460000 20", "+442079460020 20", "+442079460040 20"}},
		{"a larger one", "projects: [{}, {pool: {numbers: 50}}, {}]", []string{"+442079460000 20", "+442079460020 50", "+442079460070 20"}},
		{"a larger one first", "pool: {numbers: 5}\nprojects: [{pool: {numbers: 50}}, {}]", []string{"+442079460000 50", "+442079460050 5"}},
		{"more than the drama range", "pool: {numbers: 900}\nprojects: [{}, {}, {pool: {numbers: 10}}]", []string{"+442079460000 900", "+99910000900 900", "+99910001800 10"}},
		{"a list between", "pool: {numbers: 2}\nprojects: [{}, {pool: {numbers: [\"+15550000001\"]}}, {}]", []string{"+442079460000 2", "+15550000001 1", "+442079460002 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range parse(t, tt.text).Projects {
				numbers, err := p.Pool.Numbers.Expand()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprint(numbers[0], " ", len(numbers)))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("want %v, got %v", tt.want, got)
			}
		})
	}
}

func TestProblemsAreLocated(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty file", "", `c.yaml:1:1: file: want a mapping, got nothing`},
		{"second document", "journal: {events: 1}\n---\n{}", `c.yaml:2:1: file: want one document, got a second one`},
		{"unknown section", "pol: {}", `c.yaml:1:1: unknown key "pol" (did you mean "pool"?)`},
		{"unknown key", "pool:\n  windw: 12s", `c.yaml:2:3: unknown key "windw" in pool (did you mean "window"?)`},
		{"unknown key in a project", "projects:\n  - {name: a, dni-key: k}", `c.yaml:2:15: unknown key "dni-key" (did you mean "dni_key"?)`},
		{"kind", "pool: {window: 12}", `c.yaml:1:16: window: want a duration like 120s, got 12`},
		{"null", "pool:", `c.yaml:1:6: pool: want a mapping, got nothing`},
		{"range", "pool: {window: -1s}", `c.yaml:1:16: pool.window: want more than 0s, got -1s`},
		{"unquoted number", "pool: {numbers: [+442079460000]}",
			`c.yaml:1:18: numbers: want text, got +442079460000; quote it: "+442079460000"`},
		{"profile", "http: {}\nprofile: gatway",
			`c.yaml:2:10: profile: want one of gateway, published, release-on-arrival, strict-spec, got "gatway" (did you mean "gateway"?)`},
		{"profile kind", "profile: 12", `c.yaml:1:10: profile: want text, got 12; quote it: "12"`},
		{"no profile", `profile: ""`, `c.yaml:1:10: profile: want one of gateway, published, release-on-arrival, strict-spec, got ""`},
		{"projects kind", "projects: {}", `c.yaml:1:11: projects: want a list of at least one project`},
		{"no project", "projects: []", `c.yaml:1:11: projects: want a list of at least one project`},
		{"nameless project", `projects: [{name: ""}]`, `c.yaml:1:19: projects[0].name: want text, got nothing`},
		{"journal", "journal: {events: 0}", `c.yaml:1:19: journal.events: want at least 1, got 0`},
		{"journal bytes", "journal: {bytes: 100, text: 64}", `c.yaml:1:18: journal.bytes: want at least 4096, got 100`},
		{"log", "log: {buffer: 1}", `c.yaml:1:15: log.buffer: want at least 1024, got 1`},
		{"enum", "pool: {selection: mru}", `c.yaml:1:19: selection: want lru, round-robin, random, lifo or first, got "mru"`},

		{"all at once, in order", "sip: {listen: \"example.com:5060\", max_calls: 0, unknown_number: 200}\nhttp: {key_error: 402, listen: \"127.0.0.1:99999\"}",
			`c.yaml:1:15: sip.listen: want an IP address or localhost, and a port, like 127.0.0.1:8080, got "example.com:5060"
c.yaml:1:46: sip.max_calls: want at least 1, got 0
c.yaml:1:65: sip.unknown_number: want a SIP status from 400 to 699, got 200
c.yaml:2:19: http.key_error: want 401, 403 or 404, got 402
c.yaml:2:32: http.listen: want an IP address or localhost, and a port, like 127.0.0.1:8080, got "127.0.0.1:99999"`},
		{"unknown key hides no other problem", "pool: {windw: 1s}\nsip: {tcp: 1}",
			"c.yaml:1:8: unknown key \"windw\" in pool (did you mean \"window\"?)\nc.yaml:2:12: tcp: want true or false, got 1"},
		{"settings that need each other", "pool:\n  reaper: lag", `c.yaml:2:3: pool.lag: want more than 0s with reaper: lag, got 0s`},
		{"handoff", "handoff: {state_keys: [a], aliases: {b: c}}", `c.yaml:1:37: handoff.aliases: want a key that is in state_keys, got "b"`},
		{"conversation", "conversation: {max_turns: 0}", `c.yaml:1:27: conversation.max_turns: want 1 or more, got 0`},

		{"shared section, many projects", "pool: {window: -1s}\nprojects:\n  - name: a\n  - name: b", `c.yaml:1:16: pool.window: want more than 0s, got -1s`},
		{"project's own", "pool: {window: -1s}\nprojects:\n  - pool: {window: 5s}\n  - pool: {lag: 5s, window: 1s}",
			`c.yaml:4:17: projects[1].pool.lag: want it only with reaper: lag, got 5s with reaper: eager`},
		{"project's own half", "pool: {lag: 5s, reaper: lag}\nprojects:\n  - pool: {reaper: lazy}",
			`c.yaml:1:13: pool.lag: want it only with reaper: lag, got 5s with reaper: lazy`},

		{"one name", "projects: [{name: a}, {name: a}]", `c.yaml:1:30: projects[1].name: want its own name, got that of projects[0].name`},
		{"one key", "projects: [{dni_key: k}, {dni_key: k}]", `c.yaml:1:36: projects[1].dni_key: want its own key, got that of projects[0].dni_key`},
		{"one key for both", "projects: [{dni_key: k}, {handoff_key: k}]",
			`c.yaml:1:40: projects[1].handoff_key: want its own key, got that of projects[0].dni_key`},
		{"one path", "projects:\n  - {account: {slug: a}, project: {slug: b}}\n  - {account: {slug: a}, project: {slug: b}}",
			`c.yaml:3:35: projects[1].project: want its own path, got that of projects[0].project`},
		{"one number", "projects:\n  - pool: {numbers: [\"+442079460000..+442079460009\"]}\n  - pool: {numbers: [\"+442079460009\"]}",
			`c.yaml:3:21: projects[1].pool.numbers: want numbers of no other project, got +442079460009 of projects[0]`},
		{"one shared list", "pool: {numbers: [\"+442079460000\"]}\nprojects: [{}, {}]",
			`c.yaml:1:17: pool.numbers: want numbers of no other project, got +442079460000 of projects[0]`},
		{"a listed and a generated one", "projects: [{}, {pool: {numbers: [\"+442079460019\"]}}]",
			`c.yaml:1:33: projects[1].pool.numbers: want numbers of no other project, got +442079460019 of projects[0]`},
		{"numbers of one ending", "projects:\n  - pool: {number_format: last-4, numbers: [\"+442079460003\"]}\n  - pool: {numbers: [\"+15550000003\"]}",
			`c.yaml:3:21: projects[1].pool.numbers: want numbers of no other project, got +15550000003 of projects[0]`},
		{"numbers of one ending, the other way", "projects:\n  - pool: {numbers: [\"+15550000003\"]}\n  - pool: {number_format: last-4, numbers: [\"+442079460003\"]}",
			`c.yaml:2:21: projects[0].pool.numbers: want numbers of no other project, got +15550000003 of projects[1]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := sim.Parse("c.yaml", []byte(tt.text))
			if got := problems.Error(); got != tt.want {
				t.Errorf("%s\nwant %s\n got %s", tt.text, tt.want, got)
			}
		})
	}
}

// Numbers that end alike are fine while every project looks at all of their digits.
func TestNumbersOfOneEnding(t *testing.T) {
	parse(t, "projects:\n  - pool: {numbers: [\"+15550000003\"]}\n  - pool: {numbers: [\"+442079460003\"]}\n  - pool: {number_format: last-4, numbers: [\"+442079460004\"]}")
}

// Code that builds its own configuration is checked as well as a file.
func TestValidate(t *testing.T) {
	good, err := sim.Default(sim.DefaultProfile)
	if err != nil || good.Validate() != nil {
		t.Fatal(err, good.Validate())
	}
	tests := []struct {
		name   string
		change func(*sim.Config)
		want   string
	}{
		{"no project", func(c *sim.Config) { c.Projects = nil }, "projects: want at least one"},
		{"profile", func(c *sim.Config) { c.Profile = "" }, `profile: want one of gateway, published, release-on-arrival, strict-spec, got ""`},
		{"pool", func(c *sim.Config) { c.Projects[0].Pool.Window = 0 }, "projects[0].pool.window: want more than 0s, got 0s"},
		{"two", func(c *sim.Config) { c.Projects[0].DNIKey, c.HTTP.KeyError = "", 1 },
			"http.key_error: want 401, 403 or 404, got 1\nprojects[0].dni_key: want text, got nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			c.Projects = slices.Clone(good.Projects)
			tt.change(&c)
			if err := c.Validate(); err == nil || err.Error() != tt.want {
				t.Errorf("want %s, got %v", tt.want, err)
			}
			if s, err := sim.New(c, echo); err == nil || err.Error() != tt.want || s != nil {
				t.Errorf("new: want %s, got %v", tt.want, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"profile: gateway", "pool: {window: 1s, numbers: [\"+442079460000..+442079460019\"]}", "projects: [{name: a}, {pool: {lag: 1s}}]",
		"projects: {}", "projects: [1]", "projects: [[]]", "profile: []", "? [a]\n: b", "pool: {number_format: last-4}\nprojects: [{}, {}]",
		"agent: echo\nhandoff: {state_keys: [a], aliases: {a: b}}", "sip: {listen: \"[::1]:0\"}", "<<: {a: b}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := sim.Parse("c.yaml", data)
		for _, p := range problems {
			if p.File != "c.yaml" || p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("want a place and a message, got %+v", p)
			}
		}
		if len(problems) == 0 && c.Validate() != nil {
			t.Errorf("accepted, but %v", c.Validate())
		}
	})
}
