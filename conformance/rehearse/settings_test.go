package rehearse

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dnispool/dnispool/specs"
)

func TestReadSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tc := range []struct{ name, text, want string }{
		{"all", "rehearse: v1\nhttp: 127.0.0.1:0\nsip: 127.0.0.1:0\ncontrol: 'off'\narrival: {run: ./client}\nclient: {queue: sales, dials: '2001', fallback: '2002', default_queue: '2003', unseen_transfers: true, dni_key: k, handoff_key: l, account: a, project: p}\nquiet_for: 1s\nwait_for: 2m\nlessons: mine\n", ""},
		{"no version", "http: 127.0.0.1:0\n", `FILE:1:1: rehearse: want v1, got ""`},
		{"a mistyped key", "rehearse: v1\nclient: {fallbak: x}\n", `FILE:2:10: unknown key "fallbak" in client (did you mean "fallback"?)`},
		{"no time", "rehearse: v1\nquiet_for: 0s\n", `FILE:2:12: quiet_for: want more than 0, got 0s`},
		{"two arrivals", "rehearse: v1\narrival: {run: a, file: b}\n", `FILE:2:10: arrival: want self, or one of webhook, run, sip and file with its argument, got a mapping`},
	} {
		path := filepath.Join(dir, "f.yaml")
		if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSettings(path)
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), path, "FILE")
		}
		if got != tc.want {
			t.Errorf("%s:\nwant %q\ngot  %q", tc.name, tc.want, got)
		}
		if want := (Client{"sales", "2001", "2002", "2003", true, "k", "l", "a", "p"}); tc.name == "all" && (s.Client != want || s.QuietFor != time.Second || s.WaitFor != 2*time.Minute || s.Arrival.Arrival() != Command("./client") || s.Lessons != "mine") {
			t.Errorf("all: got %+v", s)
		}
	}
	if _, err := ReadSettings(filepath.Join(dir, "none")); err == nil || !strings.HasSuffix(err.Error(), "none: no such file or directory") {
		t.Errorf("a file that is not there: got %v", err)
	}
}

func TestOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(path, []byte(head+"expect: [{dials: once}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{dir, path} {
		if got, err := Own(from); err != nil || len(got) != 1 || got[0].ID != "mine" || got[0].File != path {
			t.Errorf("%s: got %+v (%v)", from, got, err)
		}
	}
	if _, err := Own(filepath.Join(dir, "yours")); err == nil || !strings.HasPrefix(err.Error(), "lessons: want a directory or a file that is there, got ") {
		t.Errorf("got %v", err)
	}
	if !IsFile(path) || IsFile("happy-transfer") || IsFile("yours.yaml") {
		t.Error("want the file alone to be one")
	}
}

// TestSchemaOfSettings: it has the same keys and the same defaults.
func TestSchemaOfSettings(t *testing.T) {
	text, err := specs.Schema("rehearse")
	if err != nil {
		t.Fatal(err)
	}
	type property struct {
		Default    any                 `json:"default"`
		Properties map[string]property `json:"properties"`
		OneOf      []property          `json:"oneOf"`
	}
	var schema struct {
		property
		Defs map[string]property `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	known := func(p property) (names []string) {
		for name := range p.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	tags := func(typ reflect.Type) (names []string) {
		for _, f := range reflect.VisibleFields(typ) {
			names = append(names, f.Tag.Get("yaml"))
		}
		slices.Sort(names)
		return names
	}
	for _, c := range []struct {
		name   string
		schema property
		typ    reflect.Type
	}{
		{"settings", schema.property, reflect.TypeFor[Settings]()},
		{"client", schema.Properties["client"], reflect.TypeFor[Client]()},
		{"arrival", schema.Defs["arrival"].OneOf[1], reflect.TypeFor[Ways]()},
	} {
		if got, want := known(c.schema), tags(c.typ); !slices.Equal(got, want) {
			t.Errorf("%s:\nschema %v\nloader %v", c.name, got, want)
		}
	}
	d := DefaultSettings()
	for name, want := range map[string]string{"http": d.HTTP, "sip": d.SIP, "control": d.Control, "quiet_for": d.QuietFor.String(), "wait_for": d.WaitFor.String()} {
		if got := schema.Properties[name].Default; got != want {
			t.Errorf("%s: want the schema's default to be %s, got %v", name, want, got)
		}
	}
}
