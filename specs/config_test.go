package specs_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func isConfigValue(typ reflect.Type) bool {
	return typ == reflect.TypeFor[yaml.Node]() || typ == reflect.TypeFor[pool.Numbers]()
}

func TestConfigSchemaHasEverySetting(t *testing.T) {
	sameNames(t, "config", "yaml", load(t, "config"), reflect.TypeFor[sim.Config](), isConfigValue)
}

func TestConfigSchemaHasEveryProfile(t *testing.T) {
	var want []any
	for _, name := range sim.Profiles() {
		want = append(want, name)
	}
	got := load(t, "config").properties()["profile"].list("enum")
	slices.SortFunc(got, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("profile: want %v, got %v", want, got)
	}
}

// The defaults that the schema shows are those of the default profile.
func TestConfigSchemaDefaults(t *testing.T) {
	c, err := sim.Default(sim.DefaultProfile)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for section, field := range fields(reflect.TypeFor[sim.Config](), "yaml") {
		if field.Type.Kind() != reflect.Struct || isConfigValue(field.Type) {
			continue
		}
		value := reflect.ValueOf(c).FieldByIndex(field.Index)
		for key, f := range fields(field.Type, "yaml") {
			want, ok := load(t, "config").section(section)[key].at["default"]
			if !ok {
				continue
			}
			seen++
			if got := value.FieldByIndex(f.Index).Interface(); !sameDefault(t, want, got) {
				t.Errorf("%s.%s: want the schema's default to be %v, got %v", section, key, got, want)
			}
		}
	}
	if seen < 50 {
		t.Errorf("want the defaults of at least 50 settings, got %d", seen)
	}
}

func sameDefault(t *testing.T, shown, actual any) bool {
	t.Helper()
	if d, ok := actual.(time.Duration); ok {
		parsed, err := time.ParseDuration(fmt.Sprint(shown))
		return err == nil && parsed == d
	}
	want, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(actual)
	if err != nil {
		t.Fatal(err)
	}
	return string(want) == string(got)
}

// agree fails unless the schema and the simulator judge a configuration alike.
func agree(t *testing.T, schema *jsonschema.Schema, text string, want bool) {
	t.Helper()
	_, problems := sim.Parse("config.yaml", []byte(text))
	if got := len(problems) == 0; got != want {
		t.Errorf("%s\nsimulator: want accepted to be %v, got %v: %v", text, want, got, problems)
	}
	root, parse := strictyaml.Parse("config.yaml", []byte(text))
	if len(parse) > 0 {
		return // not a document at all: nothing for a schema
	}
	asJSON, convert := strictyaml.JSON("config.yaml", root)
	if len(convert) > 0 {
		return // refused before a schema sees it: an unquoted phone number
	}
	err := validate(t, schema, asJSON)
	if got := err == nil; got != want {
		t.Errorf("%s\nschema: want accepted to be %v, got %v: %v", text, want, got, err)
	}
}

func TestConfigSchemaAgreesWithTheSimulator(t *testing.T) {
	tests := []struct {
		name string
		text string
		want bool
	}{
		{"nothing but a profile", "profile: gateway", true},
		{"several sections", "pool: {numbers: 3, window: 30s}\nhandoff: {state_keys: [a, b], aliases: {a: queue}}", true},
		{"numbers as a list", `pool: {numbers: ["+442079460000", "+442079460010..+442079460019"]}`, true},
		{"lagging reaper", "pool: {reaper: lag, lag: 5s}", true},
		{"two projects", "projects: [{name: a}, {name: b, pool: {window: 5s}}]", true},
		{"identifiers", "projects: [{account: {id: ws-1, slug: one}, project: {slug: two}, dni_key: k1, handoff_key: k2}]", true},
		{"echo agent", "agent: echo", true},
		{"a region", `pool: {country: "KZ"}`, true},
		{"a region in lower case", `pool: {country: "kz"}`, false},
		{"no national numbers", `pool: {country: ""}`, true},
		{"IPv6", `http: {listen: "[::1]:0"}`, true},

		{"unknown section", "pools: {numbers: 3}", false},
		{"unknown profile", "profile: live", false},
		{"unknown key in a project", "projects: [{nam: a}]", false},
		{"no projects", "projects: []", false},
		{"unquoted number", "pool: {numbers: [+442079460000]}", false},
		{"no numbers", "pool: {numbers: 0}", false},
		{"empty list of numbers", "pool: {numbers: []}", false},
		{"national number", `pool: {numbers: ["02079460000"]}`, false},
		{"too many numbers", "pool: {numbers: 10000001}", false},
		{"country with a plus", `pool: {country: "+44"}`, false},
		{"no port", "http: {listen: 127.0.0.1}", false},
		{"host name", `sip: {listen: "example.com:5060"}`, false},
		{"localhost", `sip: {listen: "localhost:5060"}`, true},
		{"every address", `http: {listen: ":8080"}`, true},
		{"empty alias", `handoff: {state_keys: [a], aliases: {a: ""}}`, false},
		{"state key twice", "handoff: {state_keys: [a, a]}", false},
		{"blank key", `projects: [{dni_key: ""}]`, false},
		{"null", "pool: {window: null}", false},
	}
	schema := compile(t, "config")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { agree(t, schema, tt.text, tt.want) })
	}
}

// Every setting at its bounds, beyond them, and of a wrong kind.
func TestConfigSchemaAgreesOnEverySetting(t *testing.T) {
	together := map[string]string{ // settings that are valid only together with another
		"pool.lag":          "pool: {reaper: lag, lag: %s}",
		"pool.reaper: lag":  "pool: {lag: 5s, reaper: %s}",
		"handoff.aliases":   "handoff: {state_keys: [k], aliases: %s}",
		"handoff.retention": "handoff: {visible_after: 0s, retention: %s}",
	}
	schema := compile(t, "config")
	for _, section := range []string{"http", "sip", "pool", "conversation", "handoff", "journal"} {
		for key, property := range load(t, "config").section(section) {
			path := section + "." + key
			try := func(value string, want bool) {
				t.Helper()
				form := together[path+": "+value]
				if form == "" {
					form = together[path]
				}
				if form == "" {
					form = section + ": {" + key + ": %s}"
				}
				agree(t, schema, fmt.Sprintf(form, value), want)
			}
			t.Run(path, func(t *testing.T) {
				try("{a: {b: c}}", false)
				if key != "numbers" && key != "state_keys" {
					try("[1]", false)
				}
				tryKind(property, try)
			})
		}
	}
}

func tryKind(property node, try func(value string, want bool)) {
	switch {
	case len(property.list("enum")) > 0:
		for _, value := range property.list("enum") {
			try(fmt.Sprint(value), true)
		}
		try("nope", false)
		try("499", false)
	case property.at["type"] == "integer":
		tryInteger(property, try)
	case property.at["type"] == "boolean":
		try("true", true)
		try("false", true)
		try(`"true"`, false)
	case property.at["allOf"] != nil: // positiveDuration
		try("1m30s", true)
		try("0s", false)
		try("-1s", false)
		try("12", false)
	case property.at["pattern"] == property.root["$defs"].(map[string]any)["duration"].(map[string]any)["pattern"]:
		try("1m30s", true)
		try(".5h", true)
		try("-1s", false)
		try("12", false)
		try("1d", false)
		try("later", false)
	}
}

func tryInteger(property node, try func(value string, want bool)) {
	least, most := property.at["minimum"].(json.Number), property.at["maximum"]
	try(least.String(), true)
	if n, err := least.Int64(); err == nil {
		try(fmt.Sprint(n-1), false)
	}
	try("1.5", false)
	try(`"`+least.String()+`"`, false)
	if most == nil {
		return
	}
	try(fmt.Sprint(most), true)
	if n, err := most.(json.Number).Int64(); err == nil {
		try(fmt.Sprint(n+1), false)
	}
}
