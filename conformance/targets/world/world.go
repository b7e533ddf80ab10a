// Package world reads what a scenario's given says of the world around it: the platform's settings, its agents and the
// carrier. The reference in process and the simulation without sockets are made from it, so that both mean the same.
package world

import (
	"context"
	"errors"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/fakes/fault"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/fakes/wire"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
	"github.com/dnispool/dnispool/sim/handoff"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Epoch is when every world begins.
var Epoch = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// Forever is longer than any call.
const Forever = 30 * 24 * time.Hour

// World is a scenario's world, read.
type World struct {
	Platform sim.Config
	Agents   map[string]conversation.Agent // by project
	Carrier  pstn.Behaviour
}

// Projects are the names of the platform's projects, in its order.
func (w World) Projects() (names []string) {
	for _, p := range w.Platform.Projects {
		names = append(names, p.Name)
	}
	return names
}

// Settings returns the settings of a project; "" is the first.
func (w World) Settings(project string) (sim.Project, bool) {
	for _, p := range w.Platform.Projects {
		if project == "" || p.Name == project {
			return p, true
		}
	}
	return sim.Project{}, false
}

// Project returns the credentials of a project; "" is the first.
func (w World) Project(name string) (targets.Project, bool) {
	p, ok := w.Settings(name)
	if !ok {
		return targets.Project{}, false
	}
	return targets.Project{Name: p.Name, Account: p.Account.Slug, Project: p.Project.Slug, DNIKey: p.DNIKey, HandoffKey: p.HandoffKey}, true
}

// Read splits a scenario's world into the carrier's part and the platform's, which is a simulator configuration.
func Read(file string, n *yaml.Node) (World, strictyaml.Problems) {
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}
	if n != nil {
		root.Line, root.Column = n.Line, n.Column
	}
	w := World{Agents: make(map[string]conversation.Agent), Carrier: pstn.Usual()}
	var problems strictyaml.Problems
	if n != nil {
		for key, value := range strictyaml.Pairs(n) {
			if key.Value == "carrier" {
				w.Carrier, problems = pstn.ReadBehaviour(file, value)
				continue
			}
			root.Content = append(root.Content, key, value)
		}
	}
	config, more := sim.Decode(file, root, agent.Brought)
	problems = append(problems, more...)
	problems = append(problems, foreignIDs(file, root)...)
	for _, p := range config.Projects {
		a, more := readAgent(file, &p.Agent)
		w.Agents[p.Name] = a
		problems = append(problems, more...)
	}
	config.Agent = agent.Located(file, config.Agent)
	for i, p := range config.Projects {
		config.Projects[i].Agent = agent.Located(file, p.Agent)
		config.Projects[i].Conversation.ID = conversation.IDCallID // See foreignIDs.
	}
	config.HTTP.Listen, config.SIP.Listen = "127.0.0.1:0", "127.0.0.1:0"
	w.Platform = config
	return w, problems
}

// Lacks says what an agent of a scenario's world needs and this machine does not have; nil for nothing.
func Lacks(file string, given *yaml.Node) error {
	nodes := []*yaml.Node{strictyaml.Lookup(given, "agent")}
	if projects := strictyaml.Lookup(given, "projects"); projects != nil {
		for _, p := range projects.Content {
			nodes = append(nodes, strictyaml.Lookup(p, "agent"))
		}
	}
	var errs []error
	for _, n := range nodes {
		errs = append(errs, agent.Lacks(file, n))
	}
	return errors.Join(errs...)
}

func readAgent(file string, n *yaml.Node) (conversation.Agent, strictyaml.Problems) {
	if n.IsZero() {
		return agent.Echo(agent.EchoConfig{}), nil
	}
	return agent.Parse(file, n)
}

// CheckFault returns the problems of a fault step's mapping.
func CheckFault(file string, n *yaml.Node) strictyaml.Problems {
	_, problems := fault.Read(file, n)
	return problems
}

// Faults reads the mapping of a fault step, which has been checked.
func Faults(n *yaml.Node) (fault.Faults, error) {
	f, problems := fault.Read("", n)
	return f, problems.Err()
}

// Injects has a wire say what it puts on a request to whoever watches that.
func Injects() wire.Option {
	return wire.OnHit(func(ctx context.Context, i wire.Injection) {
		targets.Inject(ctx, targets.Injected{Fault: i.Fault, Reached: i.Reached, Altered: i.Altered})
	})
}

// SetWire lets w misbehave as n says from now on.
func SetWire(w *wire.Wire, n *yaml.Node) error {
	var faults wire.Faults
	if err := strictyaml.Decode("", n, &faults).Err(); err != nil {
		return err
	}
	return w.Set(faults...)
}

// actsWithin is how long after its client has given up the platform may still act on a request: far less, but a run in
// which no request is left unanswered for so long is not better judged by a shorter time.
const actsWithin = 30 * time.Second

// Facts is what the judge may know of a project: on a platform that is made here, everything.
func Facts(p sim.Project) reading.Facts {
	numbers, _ := p.Pool.Numbers.Expand() // the platform has read them
	f := reading.Facts{
		Size: len(numbers), Numbers: numbers, WindowMin: p.Pool.Window, WindowMax: p.Pool.Window + p.Pool.Lag, CoolDown: new(p.Pool.CoolDown),
		Release: string(p.Pool.Release), Selection: string(p.Pool.Selection), Match: string(p.Pool.Match), Bindings: string(p.Pool.Bindings), Exclusive: true,
		Handoffs: p.Handoff.Empty != handoff.NotFound, Abandoned: string(p.Handoff.Abandoned), Visible: p.Handoff.VisibleAfter, Retention: p.Handoff.Retention, Duplicate: string(p.Handoff.Duplicates),
		Strays: new(0.0), Signal: new(time.Duration(0)), ServerMax: new(actsWithin), Eps: new(time.Duration(0)), NoHandoff: "state",
	}
	if p.Pool.Reaper == pool.ReaperLazy {
		f.WindowMax = Forever // a number may stay with its lease for as long as another one is free
	}
	return f
}

// foreignIDs refuses conversation ids that the carrier could not know. The harness joins what a caller did with the state
// that a GET shows by the conversation's id, so in a scenario it is the Call-ID. Nobody else may count on the two being one.
func foreignIDs(file string, n *yaml.Node) (problems strictyaml.Problems) {
	for key, value := range strictyaml.Pairs(n) {
		switch key.Value {
		case "projects":
			for _, project := range value.Content {
				problems = append(problems, foreignIDs(file, project)...)
			}
		case "conversation":
			for key, id := range strictyaml.Pairs(value) {
				if key.Value == "id" && id.Value != string(conversation.IDCallID) {
					problems = append(problems, strictyaml.Problem{
						File: file, Line: id.Line, Column: id.Column,
						Message: "conversation.id must be call-id in a scenario, which is what it is when left out; the harness knows its calls by their Call-ID",
					})
				}
			}
		}
	}
	return problems
}
