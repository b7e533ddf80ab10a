package adk

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/conversation"
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
		problems = append(problems, checkSecrets(file, n)...)
		problems = append(problems, checkTurns(file, n, keys.Options)...)
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
	if problems := checkCalls(file, n, p); len(problems) > 0 {
		return nil, problems
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

// checkSecrets returns what is wrong with secrets that could be read.
func checkSecrets(file string, n *yaml.Node) (problems strictyaml.Problems) {
	for name, secret := range strictyaml.Pairs(strictyaml.Lookup(n, "secrets")) {
		if secret.Kind != yaml.MappingNode && secret.ShortTag() != "!!str" {
			problems = append(problems, strictyaml.At(file, secret, "secrets: %s: want text in quotes or a mapping, got %s", name.Value, secret.Value))
		}
	}
	return problems
}

// checkTurns returns what is wrong with turns that could be read.
func checkTurns(file string, n *yaml.Node, o Options) (problems strictyaml.Problems) {
	at := func(n *yaml.Node, format string, args ...any) {
		problems = append(problems, strictyaml.At(file, n, format, args...))
	}
	check := func(n *yaml.Node, t Turn) {
		if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
			at(n, "turn: want said, call, takes or listen, got an empty mapping")
		}
		if t.With != nil && t.Call == "" {
			at(n, "with: want call beside it, for these are its arguments")
		}
		if t.Takes < 0 {
			at(n, "takes: want 0s or more, got %s", t.Takes)
		}
	}
	if turns := strictyaml.Lookup(n, "turns"); turns != nil && len(turns.Content) == len(o.Turns) {
		for i, t := range o.Turns {
			check(turns.Content[i], t)
			if t.Listen && i < len(o.Turns)-1 {
				at(turns.Content[i], "listen: want it in the last turn: the caller is silent here, so no turn after it runs")
			}
		}
	}
	dtmf := strictyaml.Lookup(n, "dtmf")
	for digits, turn := range strictyaml.Pairs(dtmf) {
		t := o.DTMF[digits.Value]
		check(turn, t)
		if t.Listen {
			at(turn, "listen: want it in turns alone: what the caller presses is heard without it")
		}
	}
	if err := conversation.CheckEntries(slices.Sorted(maps.Keys(o.DTMF))); err != nil {
		at(dtmf, "dtmf: %v", err)
	}
	return problems
}

// checkCalls returns which of the functions that turns call the project does not have.
func checkCalls(file string, n *yaml.Node, p *Project) (problems strictyaml.Problems) {
	check := func(turn *yaml.Node) {
		call := strictyaml.Lookup(turn, "call")
		if call == nil || slices.Contains(p.Modules, p.module(call.Value)) {
			return
		}
		problem := strictyaml.At(file, call, "call: want a function of the project, got %q", call.Value)
		problem.Hint = strictyaml.Suggest(call.Value, p.tools())
		problems = append(problems, problem)
	}
	if turns := strictyaml.Lookup(n, "turns"); turns != nil {
		for _, turn := range turns.Content {
			check(turn)
		}
	}
	for _, turn := range strictyaml.Pairs(strictyaml.Lookup(n, "dtmf")) {
		check(turn)
	}
	return problems
}
