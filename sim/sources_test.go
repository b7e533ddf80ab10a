package sim_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
)

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sim.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func load(t *testing.T, s sim.Sources) sim.Config {
	t.Helper()
	c, err := sim.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLaterSourcesWin(t *testing.T) {
	f := file(t, "pool: {window: 2s, cool_down: 2s}")
	env := []string{"DNISPOOL_POOL_WINDOW=3s", "DNISPOOL_POOL_COOL_DOWN=3s", "HOME=/", "MY_DNISPOOL_POOL_WINDOW=9s"}
	set := []string{"pool.window=4s"}
	type durations struct{ window, coolDown time.Duration }
	tests := []struct {
		name string
		from sim.Sources
		want durations
	}{
		{"default", sim.Sources{}, durations{120 * time.Second, 0}},
		{"file over default", sim.Sources{File: f}, durations{2 * time.Second, 2 * time.Second}},
		{"environment over file", sim.Sources{File: f, Env: env}, durations{3 * time.Second, 3 * time.Second}},
		{"flag over environment", sim.Sources{File: f, Env: env, Set: set}, durations{4 * time.Second, 3 * time.Second}},
		{"flag over default", sim.Sources{Set: set}, durations{4 * time.Second, 0}},
		{"the last flag", sim.Sources{Set: []string{"pool.window=4s", "pool.window=5s"}}, durations{5 * time.Second, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := load(t, tt.from)
			for _, p := range []pool.Config{c.Pool, c.Projects[0].Pool} {
				if got := (durations{p.Window, p.CoolDown}); got != tt.want {
					t.Errorf("want %v, got %v", tt.want, got)
				}
			}
		})
	}
}

func TestOverridesLeaveAProjectsOwnSettings(t *testing.T) {
	c := load(t, sim.Sources{File: file(t, "projects: [{pool: {window: 1s}}, {}]"), Set: []string{"pool.window=4s", "profile=gateway"}})
	if got := [2]time.Duration{c.Projects[0].Pool.Window, c.Projects[1].Pool.Window}; got != [2]time.Duration{time.Second, 4 * time.Second} {
		t.Errorf("window: got %v", got)
	}
	if c.Profile != "gateway" || c.HTTP.RateLimit != 50 {
		t.Errorf("profile: got %s with rate limit %d", c.Profile, c.HTTP.RateLimit)
	}
}

// Every kind of value can be written in an environment variable or a flag without quotes.
func TestValuesOfOverrides(t *testing.T) {
	c := load(t, sim.Sources{
		Env: []string{"DNISPOOL_POOL_COUNTRY=1", "DNISPOOL_HTTP_LISTEN=[::1]:0", "DNISPOOL_HANDOFF_STATE_KEYS=[a, b]", "DNISPOOL_SIP_TCP=false"},
		Set: []string{"handoff.aliases={a: x}", "pool.numbers=+442079460000..+442079460009, +15550000001", "http.key_error=403", "pool.reaper=lag", "pool.lag=5s"},
	})
	numbers, err := c.Projects[0].Pool.Numbers.Expand()
	if err != nil || len(numbers) != 11 || numbers[10] != "+15550000001" {
		t.Errorf("numbers: got %v, %v", numbers, err)
	}
	if c.Pool.Country != "1" || c.HTTP.Listen != "[::1]:0" || !slices.Equal(c.Handoff.StateKeys, []string{"a", "b"}) || c.SIP.TCP {
		t.Errorf("environment: got %+v", c)
	}
	if c.Handoff.Aliases["a"] != "x" || c.HTTP.KeyError != 403 || c.Pool.Reaper != pool.ReaperLag || c.Pool.Lag != 5*time.Second {
		t.Errorf("flags: got %+v", c)
	}
}

func TestEverySettingHasAPath(t *testing.T) {
	paths := sim.Paths()
	for _, want := range []string{"profile", "http.listen", "http.error_style", "sip.max_calls", "pool.numbers", "pool.window", "conversation.max_turns", "handoff.aliases", "journal.events"} {
		if !slices.Contains(paths, want) {
			t.Errorf("want %s, got %v", want, paths)
		}
	}
	for _, p := range paths {
		if strings.HasPrefix(p, "projects") || strings.HasPrefix(p, "agent") {
			t.Errorf("want those of projects in the file only, got %s", p)
		}
	}
	if !slices.IsSorted(paths) {
		t.Errorf("want them sorted, got %v", paths)
	}
}

func TestProblemsNameTheirSource(t *testing.T) {
	const enum = "want one of gateway, published, release-on-arrival, strict-spec"
	tests := []struct {
		name, file string
		env, set   []string
		want       string
	}{
		{name: "unknown variable", env: []string{"DNISPOOL_POOL_WINDO=1s"},
			want: `DNISPOOL_POOL_WINDO: no such environment variable (did you mean "DNISPOOL_POOL_WINDOW"?)`},
		{name: "nothing like it", env: []string{"DNISPOOL_XYZZY=1"}, want: `DNISPOOL_XYZZY: no such environment variable`},
		{name: "unknown setting", set: []string{"pol.window=1s"}, want: `--set pol.window: no such setting (did you mean "pool.window"?)`},
		{name: "a section", set: []string{"journal={events: 1}"}, want: `--set journal: no such setting`},
		{name: "no value", set: []string{"pool.window"}, want: `--set pool.window: want path=value, as in pool.window=60s`},
		{name: "kind", env: []string{"DNISPOOL_POOL_WINDOW=12"}, want: `DNISPOOL_POOL_WINDOW: want a duration like 120s, got 12`},
		{name: "empty", set: []string{"pool.window="}, want: `--set pool.window: want a duration like 120s, got nothing`},
		{name: "two values", set: []string{"pool.window=1s\nfoo: 2"}, want: `--set pool.window: want a value, got "1s\nfoo: 2"`},
		{name: "not YAML", set: []string{"handoff.state_keys=[a"}, want: `--set handoff.state_keys: want a value, got "[a"`},
		{name: "range", set: []string{"pool.window=-1s"}, want: `--set pool.window: want more than 0s, got -1s`},
		{name: "enum", env: []string{"DNISPOOL_PROFILE=gatway"}, want: `DNISPOOL_PROFILE: ` + enum + `, got "gatway" (did you mean "gateway"?)`},
		{name: "bad number", set: []string{"pool.numbers=+44"},
			want: `--set pool.numbers: want E.164 like +442079460000 or a range like +442079460000..+442079460019, got "+44"`},
		{name: "half of two that need each other", set: []string{"pool.reaper=lag"}, want: `--set pool.reaper: pool.lag: want more than 0s with reaper: lag, got 0s`},
		{name: "against the file", file: "pool: {reaper: lag, lag: 1s}", env: []string{"DNISPOOL_SIP_TCP=true", "DNISPOOL_POOL_REAPER=lazy"},
			want: `DNISPOOL_POOL_REAPER: pool.lag: want it only with reaper: lag, got 1s with reaper: lazy`},
		{name: "the source that won", env: []string{"DNISPOOL_POOL_WINDOW=-1s"}, set: []string{"pool.window=-2s"}, want: `--set pool.window: want more than 0s, got -2s`},
		{name: "all at once", env: []string{"DNISPOOL_HTTP_KEY_ERROR=x", "DNISPOOL_UNHEARD_OF=1"}, set: []string{"sip.tcp=maybe"},
			want: "DNISPOOL_UNHEARD_OF: no such environment variable\nDNISPOOL_HTTP_KEY_ERROR: want a whole number, got \"x\"\n--set sip.tcp: want true or false, got \"maybe\""},
		{name: "file first", file: "pool: {window: 0s}", set: []string{"pool.window=1s"}, want: `FILE:1:16: pool.window: want more than 0s, got 0s`},
		{name: "broken file", file: "pool: {}\n---\n{}", want: `FILE:2:1: file: want one document, got a second one`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sim.Sources{Env: tt.env, Set: tt.set}
			if tt.file != "" {
				s.File = file(t, tt.file)
			}
			_, err := sim.Load(s)
			if err == nil {
				t.Fatal("want an error")
			}
			got := err.Error()
			if s.File != "" {
				got = strings.ReplaceAll(got, s.File, "FILE")
			}
			if got != tt.want {
				t.Errorf("want %s\n got %s", tt.want, got)
			}
		})
	}
	if _, err := sim.Load(sim.Sources{File: "/nonexistent/sim.yaml"}); err == nil || err.Error() != "/nonexistent/sim.yaml: no such file or directory" {
		t.Errorf("missing file: got %v", err)
	}
	if _, err := sim.Load(sim.Sources{File: "/"}); err == nil || err.Error() != "/: is a directory" {
		t.Errorf("directory: got %v", err)
	}
}

// A cluster describes its Services in variables that begin as ours do when one of them is named dnispool.
func TestVariablesOfAServiceAreNoSettings(t *testing.T) {
	for _, v := range []string{
		"DNISPOOL_SERVICE_HOST=10.96.0.17", "DNISPOOL_SERVICE_PORT=8080", "DNISPOOL_SERVICE_PORT_HTTP=8080", "DNISPOOL_SERVICE_PORT_SIP_UDP=5060",
		"DNISPOOL_PORT=tcp://10.96.0.17:8080", "DNISPOOL_PORT_8080_TCP=tcp://10.96.0.17:8080", "DNISPOOL_PORT_8080_TCP_PROTO=tcp",
		"DNISPOOL_PORT_8080_TCP_PORT=8080", "DNISPOOL_PORT_8080_TCP_ADDR=10.96.0.17", "DNISPOOL_PORT_5060_UDP=udp://[fd00::17]:5060",
		"DNISPOOL_PORT_5060_UDP_PROTO=udp", "DNISPOOL_SIP_SERVICE_HOST=fd00::17", "DNISPOOL_SIP_PORT=udp://10.96.0.18:5060",
	} {
		load(t, sim.Sources{Env: []string{v}})
	}
	for v, want := range map[string]string{
		"DNISPOOL_PORT=8080":              "DNISPOOL_PORT: no such environment variable",
		"DNISPOOL_HTTP_PORT=8080":         `DNISPOOL_HTTP_PORT: no such environment variable`,
		"DNISPOOL_SERVICE_HOST=localhost": "DNISPOOL_SERVICE_HOST: no such environment variable",
		"DNISPOOL_PORT_8080_TCP_PROTO=on": "DNISPOOL_PORT_8080_TCP_PROTO: no such environment variable",
		"DNISPOOL_SIP_MEDIA_PORT=tcp://1": "DNISPOOL_SIP_MEDIA_PORT: want a whole number, got \"tcp://1\"",
	} {
		if _, err := sim.Load(sim.Sources{Env: []string{v}}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: want %s, got %v", v, want, err)
		}
	}
}
