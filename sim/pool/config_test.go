package pool

import (
	"encoding/json"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"release", release("bye"), `release: want arrival, answer or hangup, got "bye"`},
		{"selection", selection(""), `selection: want lru, round-robin, random, lifo or first, got ""`},
		{"reaper", func(c *Config) { c.Reaper = "x" }, `reaper: want eager, lazy or lag, got "x"`},
		{"bindings", func(c *Config) { c.Bindings = "two" }, `bindings: want once or many, got "two"`},
		{"match", func(c *Config) { c.Match = "ani" }, `match: want dni or dni+ani, got "ani"`},
		{"format", func(c *Config) { c.Format = "last-5" }, `number_format: want e164, exact, last-4, last-7 or last-10, got "last-5"`},
		{"window", window(0), `window: want more than 0s, got 0s`},
		{"cool-down", coolDown(-time.Second), `cool_down: want 0s or more, got -1s`},
		{"lag is missing", lag(0), `lag: want more than 0s with reaper: lag, got 0s`},
		{"lag is idle", func(c *Config) { c.Lag = time.Second }, `lag: want it only with reaper: lag, got 1s with reaper: eager`},
		{"country", func(c *Config) { c.Country = "+44" }, `country: want a calling code like "44" or a region like "GB", got "+44"`},
		{"country with trunk 0", func(c *Config) { c.Country = "044" }, `country: want a calling code like "44" or a region like "GB", got "044"`},
		{"long country", func(c *Config) { c.Country = "4444" }, `country: want a calling code like "44" or a region like "GB", got "4444"`},
		{"no numbers", func(c *Config) { c.Numbers = Numbers{} }, `numbers: want at least 1, got none`},
		{"repeated number", func(c *Config) { c.Numbers = List("+442079460000", "+442079460000..+442079460001") },
			`numbers: want each once, got "+442079460000" twice`},
		{"numbers that end alike", func(c *Config) { c.Format, c.Numbers = FormatLast4, List("+442079460000", "+12025550000") },
			`numbers: want numbers that number_format last-4 can tell apart, got "+442079460000" and "+12025550000"`},
		{"a number too short", func(c *Config) { c.Format, c.Numbers = FormatLast7, List("+442079") },
			`numbers: want at least 7 digits under number_format last-7, got "+442079"`},
		{"two at once", func(c *Config) { c.Window, c.Country = -1, "x" },
			"window: want more than 0s, got -1ns\ncountry: want a calling code like \"44\" or a region like \"GB\", got \"x\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := Default()
			c.change(&config)
			if err := config.Validate(); err == nil || err.Error() != c.want {
				t.Errorf("want %s, got %v", c.want, err)
			}
			if _, err := New(config); err == nil || err.Error() != c.want {
				t.Errorf("New: want %s, got %v", c.want, err)
			}
		})
	}
}

func TestManyCollisionsAreCutShort(t *testing.T) {
	config := with(1, func(c *Config) { c.Format, c.Numbers = FormatLast4, Count(20_000) })
	err := config.Validate()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("want joined errors, got %v", err)
	}
	collisions := joined.Unwrap()[0].(interface{ Unwrap() []error }).Unwrap()
	if len(collisions) != maxProblems+1 || collisions[maxProblems].Error() != "numbers: more problems not shown" {
		t.Errorf("want %d collisions and a note, got %d: %v", maxProblems, len(collisions), err)
	}
}

func TestConfigFromYAML(t *testing.T) {
	const text = `
numbers: ["+442079460000..+442079460001", "+12025550123"]
window: 30s
cool_down: 1s
release: arrival
selection: round-robin
seed: 7
reaper: lag
lag: 2s
bindings: many
match: dni+ani
number_format: last-10
country: "1"
`
	node, problems := strictyaml.Parse("p.yaml", []byte(text))
	got := Default()
	problems = append(problems, strictyaml.Decode("p.yaml", node, &got)...)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	want := Config{
		Window: 30 * time.Second, CoolDown: time.Second, Release: ReleaseArrival, Selection: SelectRoundRobin,
		Seed: 7, Reaper: ReaperLag, Lag: 2 * time.Second, Bindings: BindMany, Match: MatchDNIANI,
		Format: FormatLast10, Country: "1",
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	if len(got.Numbers.List) != 2 || got.Numbers.Count != 0 {
		t.Errorf("numbers: want the list, got %+v", got.Numbers)
	}
	got.Numbers = Numbers{}
	if gotText, wantText := toYAML(t, got), toYAML(t, want); gotText != wantText {
		t.Errorf("want\n%s, got\n%s", wantText, gotText)
	}
}

func TestCountFromYAML(t *testing.T) {
	node, problems := strictyaml.Parse("p.yaml", []byte("numbers: 5"))
	config := Default()
	problems = append(problems, strictyaml.Decode("p.yaml", node, &config)...)
	if err := problems.Err(); err != nil || config.Numbers.Count != 5 {
		t.Errorf("want a count of 5, got %+v, %v", config.Numbers, err)
	}
}

func TestConfigProblemsInYAML(t *testing.T) {
	for text, want := range map[string]string{
		"release: bye":                        `p.yaml:1:10: release: want arrival, answer or hangup, got "bye"`,
		"numbers: 0":                          `p.yaml:1:10: numbers: want a count of 1 to 10000000, got 0`,
		"numbers: 20000000":                   `p.yaml:1:10: numbers: want a count of 1 to 10000000, got 20000000`,
		"numbers: []":                         `p.yaml:1:10: numbers: want at least 1, got an empty list`,
		"numbers: {a: 1}":                     `p.yaml:1:10: numbers: want a count like 20 or a list like ["+442079460000..+442079460019"], got a mapping`,
		"numbers: \"20\"":                     `p.yaml:1:10: numbers: want a count like 20 or a list like ["+442079460000..+442079460019"], got "20"`,
		"numbers:\n- \"+44x\"\n- \"+123456\"": `p.yaml:2:3: numbers: want E.164 like +442079460000 or a range like +442079460000..+442079460019, got "+44x"`,
		"numbers: [\"+442079460009..+442079460000\"]": `p.yaml:1:11: numbers: want a range that ascends within one length, got "+442079460009..+442079460000"`,
	} {
		node, problems := strictyaml.Parse("p.yaml", []byte(text))
		config := Default()
		problems = append(problems, strictyaml.Decode("p.yaml", node, &config)...)
		if err := problems.Err(); err == nil || err.Error() != want {
			t.Errorf("%q: want %s, got %v", text, want, err)
		}
	}
}

func TestUnquotedNumberInYAML(t *testing.T) {
	node, problems := strictyaml.Parse("p.yaml", []byte("numbers:\n- +442079460000\n"))
	config := Default()
	problems = append(problems, strictyaml.Decode("p.yaml", node, &config)...)
	if len(problems) != 1 || problems[0].Line != 2 || problems[0].Column != 3 {
		t.Errorf("want one problem at 2:3, got %v", problems)
	}
}

func TestNumbersAreWrittenAsTheyAreRead(t *testing.T) {
	if got := toYAML(t, Count(20)); got != "20\n" {
		t.Errorf("want 20, got %s", got)
	}
	if got := toYAML(t, List("+442079460000")); got != "- \"+442079460000\"\n" {
		t.Errorf("want a list, got %s", got)
	}
	for _, c := range []struct {
		numbers Numbers
		want    string
	}{{Count(20), `20`}, {List("+12025550123"), `["+12025550123"]`}} {
		if got, err := json.Marshal(c.numbers); err != nil || string(got) != c.want {
			t.Errorf("JSON: want %s, got %s, %v", c.want, got, err)
		}
	}
}

func toYAML(t *testing.T, v any) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
