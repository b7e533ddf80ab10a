package adk

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Source is what is known of a project's code without running it.
type Source struct {
	Problems   []Problem  `json:"problems"`   // files that are no Python
	Uses       []Use      `json:"uses"`       // by file and line
	Attributes [][]string `json:"attributes"` // the paths of the attributes that start_function and what it calls read

	// Parameters are those that a function has beside conv and flow, by its module; nil for one that takes any.
	Parameters map[string][]string `json:"parameters"`
}

// Use is one place of the code.
type Use struct {
	Kind   UseKind  `json:"kind"`
	Name   string   `json:"name"` // "": known only when it runs
	File   string   `json:"file"` // below the project
	Line   int      `json:"line"`
	Column int      `json:"column"` // from 1, in bytes
	Roots  []string `json:"roots"`  // by which it is reached: start, end, or the module of a function that a conversation calls
}

// UseKind is what a place does.
type UseKind string

const (
	UseWrite      UseKind = "write"      // a state key is written
	UseAttributes UseKind = "attributes" // integration_attributes is read
	UseMember     UseKind = "member"     // something is used that the simulator does not have
	UseHandoff    UseKind = "handoff"    // call_handoff, to a destination of that name
)

// In reports whether the place is reached by a root.
func (u Use) In(root string) bool { return slices.Contains(u.Roots, root) }

// loadsWithin is how long, in real time, Python may take to start, and a project to be read and imported.
const loadsWithin = 20 * time.Second

// Source reads the code of the project.
func (a *Agent) Source(ctx context.Context) (s Source, err error) {
	question, err := json.Marshal(map[string]any{"read": map[string]any{"root": a.project.Root, "modules": a.project.Modules, "called": a.project.asserted()}})
	if err != nil {
		return s, err
	}
	a.mu.Lock()
	warm := a.host
	a.mu.Unlock()
	if warm != nil && !warm.gone() {
		_, err := warm.ask(ctx, question, nil, loadsWithin, &s)
		return s, err
	}
	h, _, err := start(ctx, a.options.Python, question, &s)
	if err != nil {
		return s, err
	}
	h.close()
	return s, nil
}
