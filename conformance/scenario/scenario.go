// Package scenario is the language of the files under scenarios/: one file, one scenario,
// one property. It holds the types that a player walks, the strict loader that finds every
// problem of every file before anything is played, references, matchers and selection.
//
// It plays nothing and knows neither the simulator nor the fakes: the parts of a file that
// are theirs (given, fault) stay YAML nodes, checked by functions that the caller passes in.
package scenario

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Version is the only value of the key `scenario`.
const Version = "v1"

// DefaultTimeout is the real time a scenario may take when it says nothing.
const DefaultTimeout = 10 * time.Second

// Pos is a place in a scenario file. Line and Column count from 1, in characters; Width is
// how many characters a caret line should underline, at least 1.
type Pos struct{ Line, Column, Width int }

// Scenario is one file.
type Scenario struct {
	ID          string   // path below the root without extension: "pool/fifty-way-contention"
	File        string   // path as it is shown to people
	Line        int      // of the key `scenario`
	Summary     string   // what holds when it passes, one sentence
	Requirement string   // the rule in words, quoted in every failure
	Source      string   // where the rule comes from
	Level       string   // finding.Must, Should or May
	Labels      []string // for selection
	Timeout     time.Duration
	Given       *yaml.Node // raw mapping, nil when absent: profile, agent, carrier, settings
	Vars        []Var      // in file order
	Steps       []Step
	Expects     bool                // some step says what must come of it
	Checks      []Check             // run last, in order
	FromPool    []string            // what it takes from the target's pool, sorted: PoolSize, PoolWindow
	NeedIDs     []string            // the steps to whose id a reference leads
	Warnings    strictyaml.Problems // what is likely a mistake, and is legal
	Lines       []string            // the source text, for carets: Lines[pos.Line-1]
}

// Start is where the scenario begins.
func (s *Scenario) Start() Pos { return Pos{Line: s.Line, Column: 1, Width: 1} }

// Area is the first element of the id: "pool" of "pool/fifty-way-contention".
func (s *Scenario) Area() string { return area(s.ID) }

// Scope returns a fresh scope that knows `${seed}` and `${vars.…}`. The player sets the
// pool, and the name of each step when it has a result.
func (s *Scenario) Scope(seed uint64) *Scope {
	scope := NewScope()
	scope.Set("seed", seed)
	vars := make(map[string]any, len(s.Vars))
	for _, v := range s.Vars {
		vars[v.Name] = v.Value.plain()
	}
	scope.Set("vars", vars)
	return scope
}

// Var is a named literal.
type Var struct {
	Name  string
	Value Value // holds no references
	Pos   Pos   // of the name
}

// Check names an invariant over the history.
type Check struct {
	Name  string
	Cases int // how many cases it must have looked at for the scenario to pass; 0: one that cannot be applied is a note
	Pos   Pos
}

// Step is one thing to do and what must come of it.
type Step struct {
	Index    int           // from 1, within its list
	Name     string        // `as`, or empty
	Verb     Verb          //
	Args     Args          // *Reserve, *Dial, … by verb
	Expect   Expect        // what the result must be; empty for concurrently
	Tally    *Tally        // what the results of concurrently must be, or nil
	Within   time.Duration // how long to try again until the expectation holds; 0: once
	Note     string        // for the reader of a failure
	Contract Contract      //
	Pos      Pos           // of the verb

	namePos Pos // of the value of `as`
}

// Label is how a step is called in a report: its name, else its verb.
func (s *Step) Label() string {
	if s.Name != "" {
		return s.Name
	}
	return string(s.Verb)
}

// Contract says how the exchanges of one step are held against the contract documents.
// The zero value means the default: the published contract decides, the strict one warns.
type Contract struct {
	Mode    ContractMode
	Because string
}

// ContractMode is published or none; empty means the default.
type ContractMode string

// The contract modes that a step can ask for.
const (
	ContractDefault   ContractMode = ""
	ContractPublished ContractMode = "published" // the published contract only
	ContractNone      ContractMode = "none"      // the step provokes a violation
)
