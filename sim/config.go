package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/certificate"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/telephony"
)

// Config is everything that can be set: one struct, one YAML file, and by their path in it the environment and the
// flags. Start from Default and change what you know. The sections pool, conversation, handoff and agent hold for
// every project; a project may repeat any of their keys to differ.
type Config struct {
	Profile      string              `yaml:"profile" json:"profile"` // what the rest starts from: see Profiles
	HTTP         HTTP                `yaml:"http" json:"http"`       // Reserve DNI and Get Handoff
	SIP          telephony.Config    `yaml:"sip" json:"sip"`         // where calls arrive
	TLS          certificate.Config  `yaml:"tls" json:"tls"`         // the certificate for http.tls_listen and sip.tls_listen
	Pool         pool.Config         `yaml:"pool" json:"pool"`       // who holds which number
	Conversation conversation.Config `yaml:"conversation" json:"conversation"`
	Handoff      handoff.Config      `yaml:"handoff" json:"handoff"`
	Agent        yaml.Node           `yaml:"agent,omitempty" json:"-"`   // whatever the agents given to New understand
	Carrier      yaml.Node           `yaml:"carrier,omitempty" json:"-"` // how the phone network behaves that places calls for a hand-made try
	Faults       yaml.Node           `yaml:"faults,omitempty" json:"-"`  // what goes wrong; whatever the faults that stand before the platform understand
	Seed         uint64              `yaml:"seed" json:"seed"`           // of everything that is left to chance around the platform
	Clock        Clock               `yaml:"clock" json:"clock"`         // the platform's time
	Journal      journal.Config      `yaml:"journal" json:"journal"`     // the record of events
	Log          Log                 `yaml:"log" json:"log"`             // what is printed
	Control      Control             `yaml:"control" json:"control"`     // the simulator's own API; see package control
	Projects     []Project           `yaml:"projects" json:"projects"`   // the tenants; one of them when none is listed
}

// HTTP is where and how the two endpoints are served.
type HTTP struct {
	Listen     string `yaml:"listen" json:"listen"`         // host:port; port 0 picks one
	TLSListen  string `yaml:"tls_listen" json:"tls_listen"` // the same over TLS; empty: not served; unspecified
	api.Config `yaml:",inline"`
}

// Log bounds what waits to be printed by a simulator that is a process of its own.
type Log struct {
	// Buffer is how many bytes wait for a standard output or standard error that is not read. More are dropped, and
	// counted in a line of their own.
	Buffer int `yaml:"buffer" json:"buffer"`
}

// Clock is the time that window, cool-down, the agent's talk, handoff delay and retention go by. SIP timers and what
// happens on the network stay on the machine's.
type Clock struct {
	Start  string `yaml:"start" json:"start"`   // RFC 3339: the time at the start; empty: the machine's
	Frozen bool   `yaml:"frozen" json:"frozen"` // it stands still until it is advanced
}

// At is the time at the start; zero for the machine's.
func (c Clock) At() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, c.Start) // Validate has read it
	return t
}

// Validate returns what is wrong with the settings.
func (c Clock) Validate() error {
	if _, err := time.Parse(time.RFC3339Nano, c.Start); err != nil && c.Start != "" {
		return fmt.Errorf("start: want a time like 2026-01-02T15:04:05Z, or nothing, got %q", c.Start)
	}
	return nil
}

// Project is one tenant: its identifiers, its keys, and its own pool, handoff records and agent.
type Project struct {
	Name         string              `yaml:"name" json:"name"`       // what scenarios and logs call it
	Account      Identifiers         `yaml:"account" json:"account"` // Workspace
	Project      Identifiers         `yaml:"project" json:"project"` // Agent
	DNIKey       string              `yaml:"dni_key" json:"dni_key"`
	HandoffKey   string              `yaml:"handoff_key" json:"handoff_key"`
	Pool         pool.Config         `yaml:"pool" json:"pool"`
	Conversation conversation.Config `yaml:"conversation" json:"conversation"`
	Handoff      handoff.Config      `yaml:"handoff" json:"handoff"`
	Agent        yaml.Node           `yaml:"agent,omitempty" json:"-"`
}

// Identifiers are the two names of an account or a project. Both are valid in a path, in any combination.
type Identifiers struct {
	ID   string `yaml:"id" json:"id"`     // prefixed form, like ws-5f3a9c01 or PROJECT-7d21b0e4
	Slug string `yaml:"slug" json:"slug"` // like acme-uk
}

// Is reports whether s is one of the two names. The comparison is exact.
func (i Identifiers) Is(s string) bool { return s != "" && (s == i.ID || s == i.Slug) }

// DefaultProfile is the platform as its published documents describe it.
const DefaultProfile = "published"

// profiles are the named starting points; each changes the default configuration.
var profiles = map[string]struct {
	says  string
	apply func(*Config)
}{
	"published":          {"as published: a number is held until hang-up, window 120 s, least recently used first, no cool-down", func(*Config) {}},
	"release-on-arrival": {"the newer draft: a number is free again once its call has arrived", func(c *Config) { c.Pool.Release = pool.ReleaseArrival }},
	"gateway": {"as published, behind an API gateway: its error bodies and a rate limit", func(c *Config) {
		c.HTTP.ErrorStyle, c.HTTP.RateLimit = api.Gateway, 50
	}},
	"strict-spec": {"as published, a body must be labelled application/json, and no status is given that the OpenAPI documents do not declare", func(c *Config) {
		c.HTTP.ContentType, c.HTTP.DeclaredOnly = api.JSONRequired, true
	}},
}

// Profiles returns the names of the profiles, sorted.
func Profiles() []string { return slices.Sorted(maps.Keys(profiles)) }

// ProfileSays describes a profile in one line.
func ProfileSays(name string) string { return profiles[name].says }

// Default returns the configuration of a profile, with one project. An unknown profile is an error.
func Default(profile string) (Config, error) {
	p, ok := profiles[profile]
	if !ok {
		return Config{}, fmt.Errorf("profile: want one of %s, got %q", strings.Join(Profiles(), ", "), profile)
	}
	c := Config{
		Profile: profile,
		HTTP:    HTTP{Listen: "127.0.0.1:8080", Config: api.Default()},
		SIP:     telephony.Default(), Pool: pool.Default(), Conversation: conversation.Default(), Handoff: handoff.Default(),
		TLS: certificate.Config{Hosts: []string{}}, Journal: journal.Default(), Control: DefaultControl(), Log: Log{Buffer: 1 << 20},
	}
	c.Handoff.StateKeys = []string{
		"handoff_to", "handoff_reason",
		"echo_nonce", "echo_attributes", "echo_dnis", "echo_ani", "echo_project", "echo_arrived_at",
	}
	p.apply(&c)
	c.Projects = []Project{c.project(0)}
	return c, nil
}

// project returns the n-th project as it is before its own settings: the shared sections, and safe identifiers and
// keys of its own.
func (c Config) project(n int) Project {
	names := []string{"acme", "globex", "initech", "umbrella"}
	name := fmt.Sprintf("tenant%d", n+1)
	if n < len(names) {
		name = names[n]
	}
	return Project{
		Name:       name,
		Account:    Identifiers{ID: fmt.Sprintf("ws-%08d", n+1), Slug: name + "-uk"},
		Project:    Identifiers{ID: fmt.Sprintf("PROJECT-%08d", n+1), Slug: name + "-support"},
		DNIKey:     "demo-dni-key-" + name,
		HandoffKey: "demo-handoff-key-" + name,
		Pool:       c.Pool, Conversation: c.Conversation, Handoff: c.Handoff, Agent: c.Agent,
	}
}

// Validate returns every problem of the configuration. Each begins with the path of the setting.
func (c Config) Validate() error {
	var errs []error
	under := func(path string, err error) { errs = append(errs, prefix(path, err)...) }
	if _, ok := profiles[c.Profile]; !ok {
		errs = append(errs, fmt.Errorf("profile: want one of %s, got %q", strings.Join(Profiles(), ", "), c.Profile))
	}
	if _, err := hostport.Listen(c.HTTP.Listen); err != nil {
		errs = append(errs, fmt.Errorf("http.listen: %w", err))
	}
	if c.HTTP.TLSListen != "" {
		if _, err := hostport.Listen(c.HTTP.TLSListen); err != nil {
			errs = append(errs, fmt.Errorf("http.tls_listen: %w", err))
		}
	}
	under("tls", c.TLS.Validate())
	under("clock", c.Clock.Validate())
	under("journal", c.Journal.Validate())
	under("control", c.Control.Validate())
	errs = append(errs, c.apart()...)
	if c.Log.Buffer < 1<<10 {
		errs = append(errs, fmt.Errorf("log.buffer: want at least 1024, got %d", c.Log.Buffer))
	}
	under("http", c.HTTP.Config.Validate())
	under("sip", c.SIP.Validate())
	if len(c.Projects) == 0 {
		errs = append(errs, errors.New("projects: want at least one"))
	}
	for i, p := range c.Projects {
		path := fmt.Sprintf("projects[%d].", i)
		under(path+"pool", p.Pool.Validate())
		under(path+"conversation", p.Conversation.Validate())
		under(path+"handoff", p.Handoff.Validate())
		errs = append(errs, p.validate(path)...)
	}
	errs = append(errs, c.distinct()...)
	return errors.Join(errs...)
}

func (p Project) validate(path string) (errs []error) {
	for _, f := range []struct{ key, value string }{
		{"name", p.Name}, {"account.id", p.Account.ID}, {"account.slug", p.Account.Slug},
		{"project.id", p.Project.ID}, {"project.slug", p.Project.Slug}, {"dni_key", p.DNIKey}, {"handoff_key", p.HandoffKey},
	} {
		if f.value == "" {
			errs = append(errs, fmt.Errorf("%s%s: want text, got nothing", path, f.key))
		}
	}
	return errs
}

// distinct reports what two projects must not share: a name, a key, a path, a number.
func (c Config) distinct() (errs []error) {
	seen := make(map[string]string)
	claim := func(path, what, value string) {
		if first, taken := seen[what+value]; taken {
			errs = append(errs, fmt.Errorf("%s: want its own %s, got that of %s", path, what, first))
			return
		}
		seen[what+value] = path
	}
	for i, p := range c.Projects {
		path := fmt.Sprintf("projects[%d]", i)
		claim(path+".name", "name", p.Name)
		claim(path+".dni_key", "key", p.DNIKey)
		claim(path+".handoff_key", "key", p.HandoffKey)
		claim(path+".project", "path", p.Account.Slug+"/"+p.Project.Slug)
	}
	return append(errs, c.distinctNumbers()...)
}

// distinctNumbers reports the first number of each project whose calls could go to another project.
func (c Config) distinctNumbers() (errs []error) {
	if len(c.Projects) < 2 {
		return nil // nobody to share a number with, and a pool can be large
	}
	numbers := make([][]string, len(c.Projects))
	owner := make(map[string]int) // by what a project compares of a number
	digits := make(map[int]bool)
	for i, p := range c.Projects {
		numbers[i], _ = p.Pool.Numbers.Expand() // its own problems are reported by Validate
		d := compared[p.Pool.Format]
		digits[d] = true
		for _, n := range numbers[i] {
			if _, taken := owner[last(d, n)]; !taken {
				owner[last(d, n)] = i
			}
		}
	}
	for i := range c.Projects {
		for _, n := range numbers[i] {
			if j, taken := takenBy(owner, digits, n, i); taken {
				errs = append(errs, fmt.Errorf("projects[%d].pool.numbers: want numbers of no other project, got %s of projects[%d]", i, n, j))
				break
			}
		}
	}
	return errs
}

// compared is how many digits of a number a format looks at; 0 is all of them.
var compared = map[pool.Format]int{pool.FormatLast4: 4, pool.FormatLast7: 7, pool.FormatLast10: 10}

func last(digits int, number string) string {
	if digits == 0 {
		return number
	}
	return number[max(len(number)-digits, 0):]
}

// takenBy returns the project other than i that would take calls to number for its own.
func takenBy(owner map[string]int, digits map[int]bool, number string, i int) (int, bool) {
	for d := range digits {
		if j, taken := owner[last(d, number)]; taken && j != i {
			return j, true
		}
	}
	return 0, false
}

// prefix puts the path before each error of a joined one.
func prefix(path string, err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, prefix(path, e)...)
		}
		return out
	}
	return []error{fmt.Errorf("%s.%w", path, err)}
}
