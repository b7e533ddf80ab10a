package handoff

import (
	"reflect"
	"strings"
	"testing"
	"time"
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
		want   []string
	}{
		{"keys and aliases", func(c *Config) {
			c.StateKeys = []string{"handoff_to", "reason"}
			c.Aliases = map[string]string{"handoff_to": "queue"}
		}, nil},
		{"aliases may swap names", func(c *Config) {
			c.StateKeys = []string{"a", "b"}
			c.Aliases = map[string]string{"a": "b", "b": "a"}
		}, nil},
		{"key twice", func(c *Config) { c.StateKeys = []string{"a", "b", "a"} },
			[]string{`state_keys: want each key once, got "a" again`}},
		{"empty key", func(c *Config) { c.StateKeys = []string{""} },
			[]string{`state_keys: want a state key, got ""`}},
		{"alias of a key that is not exposed", func(c *Config) { c.Aliases = map[string]string{"b": "x", "a": "y"} },
			[]string{`aliases: want a key that is in state_keys, got "a"`, `aliases: want a key that is in state_keys, got "b"`}},
		{"empty alias", func(c *Config) {
			c.StateKeys = []string{"a"}
			c.Aliases = map[string]string{"a": ""}
		}, []string{`aliases: want a public name for "a", got ""`}},
		{"alias takes the name of another key", func(c *Config) {
			c.StateKeys = []string{"a", "b"}
			c.Aliases = map[string]string{"a": "b"}
		}, []string{`aliases: want one key per public name, got "a" and "b" both as "b"`}},
		{"two aliases with one name", func(c *Config) {
			c.StateKeys = []string{"a", "b"}
			c.Aliases = map[string]string{"a": "x", "b": "x"}
		}, []string{`aliases: want one key per public name, got "a" and "b" both as "x"`}},
		{"no shared_id key", func(c *Config) { c.SharedIDStateKey = "" },
			[]string{`shared_id_state_key: want a state key, got ""`}},
		{"never visible", func(c *Config) { c.VisibleAfter = c.Retention },
			[]string{`visible_after: want less than retention (24h0m0s), or nothing is ever visible, got 24h0m0s`}},
		{"any delay when kept for ever", func(c *Config) { c.VisibleAfter, c.Retention = time.Hour, 0 }, nil},
		{"everything at once", func(c *Config) {
			*c = Config{SharedIDStateKey: "s", VisibleAfter: -1, Retention: -1, MaxRecords: 0, SharedIDSource: "State",
				NumberStyle: "x", Duplicates: "x", Snapshot: "x", Empty: "x", Abandoned: "", MidCallRead: "x"}
		}, []string{
			`visible_after: want 0s or more, got -1ns`,
			`retention: want 0s or more, got -1ns`,
			`max_records: want 1 or more, got 0`,
			`max_bytes: want 1 or more, got 0`,
			`shared_id_source: want state, attributes, both or none, got "State"`,
			`number_style: want digits or double, got "x"`,
			`duplicates: want last, first or conflict, got "x"`,
			`snapshot: want call-end or end-function, got "x"`,
			`empty: want nulls, empty or not-found, got "x"`,
			`abandoned: want keep or drop, got ""`,
			`midcall_read: want not-found or current, got "x"`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf := Default()
			c.change(&conf)
			got := ""
			if err := conf.Validate(); err != nil {
				got = err.Error()
			}
			if want := strings.Join(c.want, "\n"); got != want {
				t.Errorf("problems: want\n%s\ngot\n%s", want, got)
			}
		})
	}
}

func TestEverySettingHasItsOwnName(t *testing.T) {
	seen := map[string]bool{}
	for f := range reflect.TypeFor[Config]().Fields() {
		name := f.Tag.Get("yaml")
		if name == "" || seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("field %s: want a snake_case name of its own, got %q", f.Name, name)
		}
		seen[name] = true
	}
}
