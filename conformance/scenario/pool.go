package scenario

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// The fields of `${pool.…}`: what a scenario takes from the target's first pool, whatever that is.
const (
	PoolSize   = "size"   // how many numbers it has
	PoolWindow = "window" // how long a reservation lives that nobody calls, as in 1m30s
)

func poolFields() []string { return []string{PoolSize, PoolWindow} }

// SetPool lets references take from a pool; 0 is what is not known.
func (s *Scope) SetPool(size int, window time.Duration) {
	known := make(map[string]any)
	if size > 0 {
		known[PoolSize] = size
	}
	if window > 0 {
		known[PoolWindow] = window.String()
	}
	s.Set("pool", known)
}

// ProjectFields are the fields of `${projects.NAME.…}`: how a client reaches a project of the target. NAME is what the scenario
// calls the project.
func ProjectFields() []string { return []string{"account", "project", "dni_key", "handoff_key"} }

// SetProjects lets references take from projects: by name, the values of ProjectFields.
func (s *Scope) SetProjects(byName map[string]map[string]string) { s.Set("projects", byName) }

// projectRef checks a reference to a project. Which there are the target knows.
func (n *names) projectRef(ref *Ref, rest []string) {
	switch {
	case len(rest) != 2:
		n.problemAt(ref.Pos, "", "reference: want one like ${projects.acme.account}, got ${%s}", ref.Name())
	case !slices.Contains(ProjectFields(), rest[1]):
		n.unknown(ref.Pos, "field of a project", rest[1], ProjectFields())
	}
}

// takesFromPool reports whether a value is nothing but a reference to a field of the pool.
func takesFromPool(n *yaml.Node, field string) bool { return n.Value == "${pool."+field+"}" }

// poolRef checks a reference to the pool, and notes what the scenario takes from it.
func (n *names) poolRef(ref *Ref, rest []string) {
	switch {
	case len(rest) != 1:
		n.problemAt(ref.Pos, "", "reference: want ${pool.size} or ${pool.window}, got ${%s}", ref.Name())
	case !slices.Contains(poolFields(), rest[0]):
		n.unknown(ref.Pos, "field of pool", rest[0], poolFields())
	default:
		n.takes(rest[0])
	}
}

func (n *names) takes(field string) {
	for n.outer != nil {
		n = n.outer
	}
	if !slices.Contains(n.fromPool, field) {
		n.fromPool = append(n.fromPool, field)
		slices.Sort(n.fromPool)
	}
}
