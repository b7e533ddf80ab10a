package sim_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/dnispool/dnispool/sim"
)

// TestWhatIsWrittenStartsTheSameSimulator: for every profile, and where projects differ from the shared sections.
func TestWhatIsWrittenStartsTheSameSimulator(t *testing.T) {
	files := map[string]string{
		"two projects": `
pool: {window: 30s, numbers: ["+442079460000..+442079460009"]}
handoff: {state_keys: [a, b], aliases: {a: queue}}
agent: {echo: {talk: 5s}}
control: {listen: "127.0.0.1:0", token: long-enough, hosts: [dnispool]}
projects:
  - {name: one, dni_key: "k1", handoff_key: "12", pool: {cool_down: 5s}}
  - {name: two, pool: {numbers: ["+442079460010", "+442079460011"], selection: first}, agent: echo, handoff: {retention: 1h}}
`,
		"an empty list that others do not have": `
handoff: {state_keys: [a]}
projects: [{name: one, handoff: {aliases: {}, state_keys: [b]}}, {name: two, handoff: {aliases: {a: c}}}]
`,
		"generated numbers": "projects: [{name: one, pool: {numbers: 3}}, {name: two, pool: {numbers: 4}}]",
	}
	for _, name := range sim.Profiles() {
		files[name] = "profile: " + name
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			first, problems := sim.Parse("config.yaml", []byte(text))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			written, err := first.YAML(true)
			if err != nil {
				t.Fatal(err)
			}
			second, problems := sim.Parse("written.yaml", written)
			if err := problems.Err(); err != nil {
				t.Fatalf("%v\n%s", err, written)
			}
			again, err := second.YAML(true)
			if err != nil || string(again) != string(written) {
				t.Errorf("written again: want\n%s\ngot %v\n%s", written, err, again)
			}
			machine, err := first.JSON()
			if err != nil {
				t.Fatal(err)
			}
			third, problems := sim.Parse("written.json", machine)
			if err := problems.Err(); err != nil {
				t.Fatalf("%v\n%s", err, machine)
			}
			want, _ := json.Marshal(first)
			if got, _ := json.Marshal(third); string(got) != string(want) || third.Projects[0].Agent.IsZero() != first.Projects[0].Agent.IsZero() {
				t.Errorf("settings by way of JSON: want\n%s\ngot\n%s", want, got)
			}
			if got, _ := json.Marshal(second); string(got) != string(want) {
				t.Errorf("settings: want\n%s\ngot\n%s", want, got)
			}
			for i := range first.Projects {
				a, _ := first.Projects[i].Pool.Numbers.Expand()
				if b, _ := second.Projects[i].Pool.Numbers.Expand(); !reflect.DeepEqual(a, b) {
					t.Errorf("numbers of %s: want %v, got %v", first.Projects[i].Name, a, b)
				}
				if first.Projects[i].Agent.IsZero() != second.Projects[i].Agent.IsZero() {
					t.Errorf("agent of %s: want it written, got none", first.Projects[i].Name)
				}
			}
		})
	}
}

func TestKeysThatNobodyGaveAreNotInJSON(t *testing.T) {
	c, problems := sim.Parse("config.yaml", []byte("projects: [{name: a, dni_key: secret-one}, {name: b}]"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	raw, err := c.JSON()
	if err != nil || !strings.Contains(string(raw), `"dni_key":"secret-one"`) || strings.Contains(string(raw), `"handoff_key"`) || strings.Count(string(raw), `"dni_key"`) != 1 {
		t.Errorf("want one key, got %v and %s", err, raw)
	}
}

func TestSecretsAreMaskedInWhatIsWritten(t *testing.T) {
	secrets := []string{"secret-one", "secret-two", "long-enough", "secret-crm", "secret-list", "4711", "secret-own"}
	c, problems := sim.Parse("config.yaml", []byte(`control: {token: long-enough}
agent: {adk: {project: my-agent, secrets: {crm: secret-crm, more: [secret-list], pin: 4711}, turns: [{said: secrets}]}}
faults: {http: [{key: secret-one, latency: 2s}]}
projects:
  - {name: one, dni_key: secret-one, handoff_key: secret-two}
  - {name: two, agent: {adk: {project: my-agent, secrets: {crm: secret-own}}}}
`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	before, err := c.YAML(true)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.YAML(false)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		if strings.Contains(string(b), secret) || !strings.Contains(string(before), secret) {
			t.Errorf("want %s masked, got\n%s", secret, b)
		}
	}
	for _, rest := range []string{"project: my-agent", "crm:", "said: secrets", "latency: 2s"} {
		if !strings.Contains(string(b), rest) {
			t.Errorf("want %s as it was, got\n%s", rest, b)
		}
	}
	if _, problems := sim.Parse("masked.yaml", b); len(problems) == 0 {
		t.Error("masked file: want it refused, since two keys are alike, got it accepted")
	}
	if after, err := c.YAML(true); err != nil || string(after) != string(before) {
		t.Errorf("config: want it unchanged, got it masked (%v)", err)
	}
}
