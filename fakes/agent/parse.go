package agent

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/fakes/agent/adk"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/strictyaml"
	"go.yaml.in/yaml/v3"
)

// Parse reads an agent: the word echo, a mapping with echo or adk, or a script. The
// node is the value of the key agent. It reports every problem it finds, by
// position; with a problem the agent is nil.
func Parse(file string, n *yaml.Node) (conversation.Agent, strictyaml.Problems) {
	p := parser{file: file}
	a := p.agent(n)
	if len(p.problems) > 0 {
		p.problems.Sort()
		return nil, p.problems
	}
	return a, nil
}

type parser struct {
	file     string
	problems strictyaml.Problems
	keys     []string // state keys written
	ended    bool     // in end_function
}

func (p *parser) agent(n *yaml.Node) conversation.Agent {
	switch {
	case n != nil && n.Kind == yaml.ScalarNode && n.Value == "echo":
		return echoScript(0)
	case n != nil && n.Kind == yaml.MappingNode:
		return p.mapping(n)
	}
	problem := strictyaml.At(p.file, n, "agent: want echo, a script or an ADK project, got %s", strictyaml.Got(n))
	if n != nil && n.Kind == yaml.ScalarNode {
		problem.Hint = strictyaml.Suggest(n.Value, []string{"echo"})
	}
	p.problems = append(p.problems, problem)
	return nil
}

func (p *parser) mapping(n *yaml.Node) conversation.Agent {
	var keys struct {
		Echo  *yaml.Node `yaml:"echo"`
		ADK   *yaml.Node `yaml:"adk"`
		Start *yaml.Node `yaml:"start"`
		Turns *yaml.Node `yaml:"turns"`
		DTMF  *yaml.Node `yaml:"dtmf"`
		End   *yaml.Node `yaml:"end"`
	}
	known := p.decode(n, "", &keys)
	scripted := len(present(keys.Start, keys.Turns, keys.DTMF, keys.End)) > 0
	switch {
	case len(present(keys.Echo, keys.ADK)) == 2 || scripted && len(present(keys.Echo, keys.ADK)) > 0:
		p.at(n, "agent: want one of echo, adk and a script (start, turns, dtmf, end), got several")
	case keys.Echo != nil:
		return p.echo(keys.Echo)
	case keys.ADK != nil:
		a, problems := adk.Parse(p.file, keys.ADK)
		p.problems = append(p.problems, problems...)
		return a
	case scripted:
		return p.script(keys.Start, keys.Turns, keys.DTMF, keys.End)
	case known:
		p.at(n, "agent: want echo, adk or a script (start, turns, dtmf, end), got an empty mapping")
	}
	return nil
}

func (p *parser) echo(n *yaml.Node) *Script {
	var keys struct {
		Talk *yaml.Node `yaml:"talk"`
	}
	var talk time.Duration
	if p.decode(n, "echo", &keys) && keys.Talk != nil {
		talk = p.span(keys.Talk, "talk")
	}
	return echoScript(talk)
}

func echoScript(talk time.Duration) *Script {
	return &Script{Agent: Echo(EchoConfig{Talk: talk}), keys: EchoStateKeys()}
}

func (p *parser) script(start, turns, dtmf, end *yaml.Node) *Script {
	var s scripted
	if start != nil {
		s.start = p.ops(start, "start")
	}
	if turns != nil {
		s.turns = p.turns(turns)
	}
	if dtmf != nil {
		s.dtmf = p.dtmf(dtmf)
	}
	if end != nil {
		p.ended = true
		s.end = p.ops(end, "end")
	}
	return &Script{Agent: &s, keys: p.keys, entries: slices.Sorted(maps.Keys(s.dtmf))}
}

// dtmf reads turns by what the caller presses.
func (p *parser) dtmf(n *yaml.Node) map[string]turn {
	var nodes map[string]yaml.Node
	if !p.decode(n, "dtmf", &nodes) {
		return nil
	}
	turns := make(map[string]turn)
	for key, value := range strictyaml.Pairs(n) {
		t := p.turn(value)
		if t.listen {
			p.at(value, "listen: want it in turns alone: what the caller presses is heard without it")
		}
		turns[key.Value] = t
	}
	if err := conversation.CheckEntries(slices.Sorted(maps.Keys(turns))); err != nil {
		p.at(n, "dtmf: %v", err)
	}
	return turns
}

func (p *parser) turns(n *yaml.Node) []turn {
	var turns []turn
	items := p.list(n, "turns")
	for i, item := range items {
		t := p.turn(item)
		if i < len(items)-1 && t.listen {
			p.at(item, "listen: want it in the last turn: the caller is silent here, so no turn after it runs")
		}
		if i < len(items)-1 && t.takes == conversation.Forever {
			p.at(item, "takes: want forever in the last turn: no turn after it runs")
		}
		turns = append(turns, t)
	}
	return turns
}

func (p *parser) turn(n *yaml.Node) turn {
	var keys struct {
		Say    *yaml.Node `yaml:"say"`
		Takes  *yaml.Node `yaml:"takes"`
		Listen *yaml.Node `yaml:"listen"`
		Do     *yaml.Node `yaml:"do"`
	}
	var t turn
	if !p.decode(n, "turn", &keys) {
		return t
	}
	if len(n.Content) == 0 {
		p.at(n, "turn: want say, takes, listen or do, got an empty mapping")
	}
	if keys.Say != nil {
		p.decode(keys.Say, "say", &t.say)
	}
	if keys.Takes != nil {
		t.takes = p.span(keys.Takes, "takes")
	}
	if keys.Listen != nil {
		t.listen = p.truth(keys.Listen, "listen")
	}
	if keys.Do != nil {
		t.do = p.ops(keys.Do, "do")
	}
	return t
}

// decode reads a node of a known shape and puts the name before each problem
// that strictyaml finds with it.
func (p *parser) decode(n *yaml.Node, name string, into any) bool {
	problems := strictyaml.Decode(p.file, n, into)
	for _, problem := range problems {
		if name != "" && !strings.HasPrefix(problem.Message, "unknown key") {
			problem.Message = name + ": " + problem.Message
		}
		p.problems = append(p.problems, problem)
	}
	return len(problems) == 0
}

func (p *parser) at(n *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, strictyaml.At(p.file, n, format, args...))
}

func (p *parser) list(n *yaml.Node, name string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		p.at(n, "%s: want a list, got %s", name, strictyaml.Got(n))
		return nil
	}
	if len(n.Content) == 0 {
		p.at(n, "%s: want at least one item, got an empty list", name)
	}
	return n.Content
}

func (p *parser) span(n *yaml.Node, name string) time.Duration {
	if n.Kind == yaml.ScalarNode && n.Value == "forever" {
		return conversation.Forever
	}
	var d time.Duration
	if len(strictyaml.Decode(p.file, n, &d)) > 0 || d < 0 {
		p.at(n, "%s: want a duration like 20s, or forever, got %s", name, strictyaml.Got(n))
	}
	return d
}

// truth reads a switch that is there only to be on.
func (p *parser) truth(n *yaml.Node, name string) bool {
	var on bool
	if len(strictyaml.Decode(p.file, n, &on)) > 0 || !on {
		p.at(n, "%s: want true, got %s", name, strictyaml.Got(n))
	}
	return on
}

func (p *parser) json(n *yaml.Node) json.RawMessage {
	raw, problems := strictyaml.JSON(p.file, n)
	p.problems = append(p.problems, problems...)
	return raw
}

func (p *parser) wrote(key string) {
	if !slices.Contains(p.keys, key) {
		p.keys = append(p.keys, key)
	}
}
