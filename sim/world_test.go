package sim_test

import (
	"github.com/dnispool/dnispool/fakes/agent"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/conversation"
)

func echo(sim.Project) (conversation.Agent, error) { return agent.Echo(agent.EchoConfig{}), nil }
