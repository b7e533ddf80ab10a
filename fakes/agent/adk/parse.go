package adk

import (
	"errors"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Parse reads the value of the key adk: the folder of a project, or a mapping with it and options. A folder is relative to
// that of the file.
func Parse(file string, n *yaml.Node) (*Agent, strictyaml.Problems) {
	keys := struct {
		Project string `yaml:"project"`
		Options `yaml:",inline"`
	}{Options: Defaults()}
	var problems strictyaml.Problems
	at := n
	if n.Kind == yaml.ScalarNode {
		problems = strictyaml.DecodeKey(file, "adk", n, &keys.Project)
	} else {
		problems = strictyaml.Decode(file, n, &keys)
		problems = append(problems, checkTurns(file, strictyaml.Lookup(n, "turns"), keys.Turns)...)
		if p := strictyaml.Lookup(n, "project"); p != nil {
			at = p
		}
	}
	if err := keys.validate(); err != nil {
		problems = append(problems, strictyaml.At(file, n, "adk: %v", err))
	}
	if keys.Project == "" && len(problems) == 0 {
		problems = append(problems, strictyaml.At(file, n, "adk: want the folder of a project, got nothing"))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if !filepath.IsAbs(keys.Project) {
		keys.Project = filepath.Join(filepath.Dir(file), keys.Project)
	}
	p, err := Read(keys.Project)
	if err != nil {
		return nil, strictyaml.Problems{strictyaml.At(file, at, "adk: %v", err)}
	}
	a, err := New(p, keys.Options)
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

// checkTurns returns what is wrong with turns that could be read.
func checkTurns(file string, n *yaml.Node, turns []Turn) (problems strictyaml.Problems) {
	if n == nil || len(n.Content) != len(turns) {
		return nil
	}
	for i, t := range turns {
		at := func(format string, args ...any) {
			problems = append(problems, strictyaml.At(file, n.Content[i], format, args...))
		}
		if n.Content[i].Kind == yaml.MappingNode && len(n.Content[i].Content) == 0 {
			at("turn: want said, call, takes or listen, got an empty mapping")
		}
		if t.With != nil && t.Call == "" {
			at("with: want call beside it, for these are its arguments")
		}
		if t.Takes < 0 {
			at("takes: want 0s or more, got %s", t.Takes)
		}
		if t.Listen && i < len(turns)-1 {
			at("listen: want it in the last turn: the caller is silent here, so no turn after it runs")
		}
	}
	return problems
}
