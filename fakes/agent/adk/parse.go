package adk

import (
	"errors"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Parse reads the value of the key adk: the folder of a project, or a mapping with it and options. A folder is relative to
// that of the file.
func Parse(file string, n *yaml.Node) (*Agent, strictyaml.Problems) {
	o := Defaults()
	keys := struct {
		Project     string            `yaml:"project"`
		Python      *string           `yaml:"python"`
		Environment *string           `yaml:"env"`
		Variant     *string           `yaml:"variant"`
		Language    *string           `yaml:"language"`
		NotJSON     *string           `yaml:"not_json"`
		Network     *string           `yaml:"network"`
		Secrets     map[string]string `yaml:"secrets"`
		PromptLLM   []string          `yaml:"prompt_llm"`
		Turns       []yaml.Node       `yaml:"turns"`
	}{
		Python: &o.Python, Environment: &o.Environment, Variant: &o.Variant, Language: &o.Language, NotJSON: &o.NotJSON, Network: &o.Network,
	}
	var problems strictyaml.Problems
	at := n
	if n.Kind == yaml.ScalarNode {
		problems = strictyaml.DecodeKey(file, "adk", n, &keys.Project)
	} else {
		problems = strictyaml.Decode(file, n, &keys)
		if p := strictyaml.Lookup(n, "project"); p != nil {
			at = p
		}
	}
	o.Secrets, o.PromptLLM = keys.Secrets, keys.PromptLLM
	for i := range keys.Turns {
		t, more := parseTurn(file, &keys.Turns[i], i == len(keys.Turns)-1)
		o.Turns = append(o.Turns, t)
		problems = append(problems, more...)
	}
	if err := o.validate(); err != nil {
		problems = append(problems, strictyaml.At(file, n, "adk: %v", err))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if keys.Project == "" {
		return nil, strictyaml.Problems{strictyaml.At(file, n, "adk: want the folder of a project, got nothing")}
	}
	if !filepath.IsAbs(keys.Project) {
		keys.Project = filepath.Join(filepath.Dir(file), keys.Project)
	}
	p, err := Read(keys.Project)
	if err != nil {
		return nil, strictyaml.Problems{strictyaml.At(file, at, "adk: %v", err)}
	}
	a, err := New(p, o)
	if err != nil {
		return nil, strictyaml.Problems{strictyaml.At(file, at, "adk: %v", err)}
	}
	return a, nil
}

// validate returns what is wrong with the words of the options.
func (o Options) validate() error {
	return errors.Join(
		strictyaml.Among("env", o.Environment, "live", "pre-release", "sandbox", "draft"),
		strictyaml.Among("not_json", o.NotJSON, "text", "null"),
		strictyaml.Among("network", o.Network, "refused", "allowed"),
	)
}

func parseTurn(file string, n *yaml.Node, last bool) (t Turn, problems strictyaml.Problems) {
	keys := struct {
		Said   *string        `yaml:"said"`
		Call   *string        `yaml:"call"`
		With   yaml.Node      `yaml:"with"`
		Takes  *time.Duration `yaml:"takes"`
		Listen *bool          `yaml:"listen"`
	}{Said: &t.Said, Call: &t.Call, Takes: &t.Takes, Listen: &t.Listen}
	problems = strictyaml.Decode(file, n, &keys)
	if !keys.With.IsZero() {
		problems = append(problems, strictyaml.DecodeKey(file, "with", &keys.With, &t.With)...)
	}
	at := func(format string, args ...any) {
		problems = append(problems, strictyaml.At(file, n, format, args...))
	}
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		at("turn: want said, call, takes or listen, got an empty mapping")
	}
	if t.With != nil && t.Call == "" {
		at("with: want call beside it, for these are its arguments")
	}
	if t.Takes < 0 || t.Takes == conversation.Forever {
		at("takes: want a duration like 20s, got %s", t.Takes)
	}
	if t.Listen && !last {
		at("listen: want it in the last turn: the caller is silent here, so no turn after it runs")
	}
	return t, problems
}
