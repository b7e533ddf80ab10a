package api

import (
	"reflect"
	"strings"
	"testing"
)

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryProblem(t *testing.T) {
	c := Config{ErrorStyle: "kong", KeyError: 400, ScopeError: 500, MaxBody: 1, OversizeStatus: 411, MaxDepth: 1,
		StrictBody: "yes", RateLimit: -1, MaxHeader: 10, ReadTimeout: -1, IdleTimeout: -1}
	want := strings.Join([]string{
		`error_style: want spec, envelope, gateway or draft, got "kong"`,
		`strict_body: want ignore or reject, got "yes"`,
		`content_type: want any or json-required, got ""`,
		`duplicate_keys: want refuse or last, got ""`,
		`content_encoding: want identity or gzip, got ""`,
		`key_error: want 401, 403 or 404, got 400`,
		`scope_error: want 401, 403 or 404, got 500`,
		`oversize_status: want 400 or 413, got 411`,
		`max_body: want 2 to 1073741824, got 1`,
		`max_depth: want 2 to 1000, got 1`,
		`rate_limit: want 0 to 1000000, got -1`,
		`rate_burst: want 1 to 1000000, got 0`,
		`max_header: want 1024 to 1073741824, got 10`,
		`max_connections: want 1 to 1000000, got 0`,
		`read_timeout: want 0s or more, got -1ns`,
		`idle_timeout: want 0s or more, got -1ns`,
	}, "\n")
	if got := c.Validate(); got == nil || got.Error() != want {
		t.Errorf("problems: want\n%s\ngot\n%v", want, got)
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
