package scenario

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Verb is what a step does.
type Verb string

// The verbs.
const (
	VerbReserve      Verb = "reserve"
	VerbFill         Verb = "fill"
	VerbDial         Verb = "dial"
	VerbPress        Verb = "press"
	VerbHangup       Verb = "hangup"
	VerbAwait        Verb = "await"
	VerbHandoff      Verb = "handoff"
	VerbRequest      Verb = "request"
	VerbJourney      Verb = "journey"
	VerbAdvance      Verb = "advance"
	VerbFault        Verb = "fault"
	VerbConcurrently Verb = "concurrently"
	VerbRestart      Verb = "restart"
)

// definition is what the language knows of one verb. Each is in a file of its own.
type definition struct {
	name     Verb
	client   bool    // one client of many can do it: the clock, the faults and the platform are everybody's
	exchange bool    // it is one HTTP exchange, which can be tried again and is held against the contract
	results  []field // none: nothing can be expected of it
	needs    []Need
	args     func() Args                     // fresh arguments with their defaults
	read     func(*loader, *yaml.Node) Args  // reads what is no mapping of plain keys; nil: decoded into args, and checked
	check    func(*loader, Args, *yaml.Node) // what no single key can show
}

// definitions are all verbs, in the order in which people are told of them.
func definitions() []definition {
	return []definition{
		reserveVerb(), fillVerb(), dialVerb(), pressVerb(), hangupVerb(), awaitVerb(), handoffVerb(), requestVerb(), journeyVerb(),
		advanceVerb(), faultVerb(), concurrentlyVerb(), restartVerb(),
	}
}

// define returns what is known of a verb; the zero definition when there is no such verb.
func define(v Verb) definition {
	for _, d := range definitions() {
		if d.name == v {
			return d
		}
	}
	return definition{}
}

func allVerbs() (names []string) {
	for _, d := range definitions() {
		names = append(names, string(d.name))
	}
	return names
}

// clientVerbs are those that one client of many can do.
func clientVerbs() (names []string) {
	for _, d := range definitions() {
		if d.client {
			names = append(names, string(d.name))
		}
	}
	return names
}

// Fields lists the names of the result fields of a verb: what a player sets. It is empty for a verb without a result.
func Fields(v Verb) (names []string) {
	for _, f := range define(v).results {
		names = append(names, f.name)
	}
	return names
}

// Need is something that a scenario asks of a target.
type Need string

// The needs. Each completes the sentence "the target cannot …".
const (
	NeedCalls   Need = "place calls"
	NeedTime    Need = "let time pass at will"
	NeedFaults  Need = "make things go wrong"
	NeedRestart Need = "restart its store"
	NeedDrain   Need = "have every number of its pool held at one time"
	NeedWorld   Need = "be set up as the scenario's given says"
)

// Needs are what the scenario asks of a target: by its verbs, those of many clients included, and by its given.
func (s *Scenario) Needs() (needs []Need) {
	if s.Given != nil {
		needs = append(needs, NeedWorld)
	}
	var walk func([]Step)
	walk = func(steps []Step) {
		for i := range steps {
			needs = append(needs, define(steps[i].Verb).needs...)
			if c, many := steps[i].Args.(*Concurrently); many {
				walk(c.Steps)
			}
		}
	}
	walk(s.Steps)
	slices.Sort(needs)
	return slices.Compact(needs)
}
