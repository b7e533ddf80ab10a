// Package scenarios holds the bundled scenarios: one property each, by area. A directory of yours works the same.
package scenarios

import "embed"

// Files holds <area>/<id>.yaml.
//
//go:embed */*.yaml
var Files embed.FS

// Agent holds the echo agent as a project of the Agent Development Kit, below AgentDir: what is pushed to a real sandbox, so that
// the scenarios can be played on it.
//
//go:embed agent-adk
var Agent embed.FS

// AgentDir is the folder of the project in Agent, and in this package's.
const AgentDir = "agent-adk"
