package agent

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/conversation"
)

// Configured reads the agent that a configuration has for a project. Where it has none that is the echo agent, which
// talks for so long unless the attribute want_talk says otherwise. file is only used in messages.
func Configured(file string, n *yaml.Node, talk time.Duration) (conversation.Agent, error) {
	if n.IsZero() {
		return Echo(EchoConfig{Talk: talk}), nil
	}
	a, problems := Parse(file, n)
	return a, problems.Err()
}
