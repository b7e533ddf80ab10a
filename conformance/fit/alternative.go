package fit

import (
	"context"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/scenario"
)

// alternative is how a platform may be otherwise in what a target file leaves out.
type alternative struct {
	fact    string   // its name in words
	keys    []string // that state it
	section string   // of the simulator's settings
	setting string
	value   any
}

func (a alternative) apply(settings map[string]map[string]any) {
	settings[a.section][a.setting] = a.value
}

// factNames are the facts in words, by their keys.
var factNames = map[string]string{
	"size": "the pool's size", "window_min": "the window", "cool_down": "the cool-down", "release": "what releases a number",
	"selection": "which number is given next", "bindings": "how many calls a reservation serves", "match": "what a call must share with its reservation",
	"visible": "how soon a handoff state can be read", "retention": "how long a handoff state is kept",
	"duplicates": "which of several calls a shared_id finds", "abandoned": "what is left of a call whose caller hung up",
	"no_handoff": "how a call without a handoff looks",
}

// alternatives lists, for each fact, how else a platform may be. One that makes a scenario fail is enough to need the fact.
func alternatives() []alternative {
	var out []alternative
	add := func(key, section, setting string, values ...any) {
		keys := []string{key}
		if key == "window_min" {
			keys = append(keys, "window_max")
		}
		for _, v := range values {
			out = append(out, alternative{factNames[key], keys, section, setting, v})
		}
	}
	add("size", "pool", "numbers", generated(3, 5000), generated(200, 5000))
	add("window_min", "pool", "window", "20s", "30m")
	add("cool_down", "pool", "cool_down", "5m")
	add("release", "pool", "release", "arrival", "answer")
	add("selection", "pool", "selection", "lifo", "first", "round-robin")
	add("bindings", "pool", "bindings", "many")
	add("match", "pool", "match", "dni+ani")
	add("visible", "handoff", "visible_after", "3s")
	add("retention", "handoff", "retention", "30s")
	add("duplicates", "handoff", "duplicates", "first", "conflict")
	add("abandoned", "handoff", "abandoned", "drop")
	add("no_handoff", "handoff", "empty", "empty", "not-found")
	return out
}

// needed are the facts that are unknown and that decide whether the scenario holds, which did on the reference what it did in
// these plays.
func (r *rehearsal) needed(ctx context.Context, s *scenario.Scenario, plays []ordered) (missing []alternative) {
	for _, a := range alternatives() {
		if r.knows(a.keys) || len(missing) > 0 && missing[len(missing)-1].fact == a.fact {
			continue
		}
		if slices.ContainsFunc(plays, func(p ordered) bool { return p.did.matters(a.keys[0]) && r.breaks(ctx, s, a, p.like) }) {
			missing = append(missing, a)
		}
	}
	if promise := []string{"failures_max"}; !r.knows(promise) && slices.ContainsFunc(s.Checks, func(c scenario.Check) bool { return c.Name == "requests-served" }) {
		missing = append(missing, alternative{fact: "what share of requests may fail", keys: promise}) // no setting makes the reference fail at times
	}
	return missing
}

// breaks reports whether a scenario does not hold on a platform that is otherwise in a fact.
func (r *rehearsal) breaks(ctx context.Context, s *scenario.Scenario, a alternative, like likeness) bool {
	_, holds := r.holds(ctx, s, &a, like)
	return !holds
}

// knows reports whether each of the facts is stated, or what makes it known.
func (r *rehearsal) knows(keys []string) bool {
	for _, key := range keys {
		if !r.file.Facts.Has(key) && !(key == "size" && r.file.Facts.Has("numbers")) {
			return false
		}
	}
	return true
}

func names(all []alternative) (out []string) {
	for _, a := range all {
		out = append(out, a.fact)
	}
	return out
}

func keys(all []alternative) (out []string) {
	for _, a := range all {
		out = append(out, a.keys...)
	}
	return out
}

// inWords lists names as a sentence does.
func inWords(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
