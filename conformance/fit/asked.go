package fit

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/scenario"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
	"github.com/dnispool/dnispool/conformance/targets/targetfile"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// asked holds what a scenario asks for in words against the target file.
func (r *rehearsal) asked(s *scenario.Scenario) deployment.Fit {
	if fit := r.verbs(s.Steps); fit.Status != "" {
		return fit
	}
	if fit := r.fromPool(s.FromPool); fit.Status != "" {
		return fit
	}
	return r.given(s.Given)
}

// verbs asks whether every step can be taken.
func (r *rehearsal) verbs(steps []scenario.Step) (fit deployment.Fit) {
	for _, st := range steps {
		switch a := st.Args.(type) {
		case *scenario.Restart:
			return unsupported("needs the platform's store restarted, which nobody can do on a deployment")
		case *scenario.Fault:
			fit = r.faults(a)
		case *scenario.Journey:
			fit = r.trunk("a journey with a desk to transfer to")
		case *scenario.Dial:
			fit = r.dial(a)
		case *scenario.Press:
			fit = r.trunk("a caller who presses digits")
		case *scenario.Await, *scenario.Hangup:
			fit = r.calls()
		case *scenario.Fill:
			fit = r.fill(a)
		case *scenario.Concurrently:
			fit = r.verbs(a.Steps)
		}
		if fit.Status != "" {
			return fit
		}
	}
	return fit
}

// fromPool asks whether what a scenario takes from the pool is known.
func (r *rehearsal) fromPool(fields []string) deployment.Fit {
	f := r.file.Facts
	switch {
	case slices.Contains(fields, scenario.PoolSize) && f.PoolSize() == 0:
		return unknown("the pool's size", "size")
	case slices.Contains(fields, scenario.PoolWindow) && !(f.Has("window_min") && f.Has("window_max")):
		return unknown("the window", "window_min", "window_max")
	case slices.Contains(fields, scenario.PoolWindow) && f.WindowMax-f.WindowMin > r.file.Limits.Patience:
		return notApplicable("needs one window, this one has %s to %s", f.WindowMin, f.WindowMax)
	}
	return deployment.Fit{}
}

// fill: who reserves all that is free counts on nobody else to take or to leave any.
func (r *rehearsal) fill(a *scenario.Fill) deployment.Fit {
	f := r.file.Facts
	if a.Project.IsSet() && r.file.Second != nil {
		f = r.file.Second.Facts
	}
	switch {
	case f.PoolSize() == 0:
		return unknown("the pool's size", "size")
	case !f.Exclusive:
		return unknown("that nobody else reserves from the pool", "exclusive")
	case !deployment.MayDrain(r.file, f.Facts):
		return unsupported("needs every number of the pool held at one time, and one more asked for: limits.reservations allows %d of %d, and window_max must be stated", r.file.Limits.Reservations, f.PoolSize()+1)
	}
	return deployment.Fit{}
}

// faults: from outside there are the wire and the carrier.
func (r *rehearsal) faults(a *scenario.Fault) (fit deployment.Fit) {
	if a.None {
		return fit
	}
	for part := range strictyaml.Pairs(a.Faults) {
		switch part.Value {
		case "http":
		case "carrier":
			fit = r.trunk("a carrier that misbehaves")
		default:
			return unsupported("needs the platform's %s to go wrong, which nobody can arrange on a deployment", part.Value)
		}
	}
	return fit
}

func (r *rehearsal) calls() deployment.Fit {
	if !r.file.Calls.Placed() {
		fit := unsupported("needs calls: state calls.trunk or calls.exec")
		fit.Lacks = []string{"calls"}
		return fit
	}
	return deployment.Fit{}
}

// trunk is for what a command that places calls cannot do.
func (r *rehearsal) trunk(what string) deployment.Fit {
	if fit := r.calls(); fit.Status != "" || r.file.Calls.Trunk != nil {
		return fit
	}
	return unsupported("needs %s: calls.trunk can, calls.exec cannot", what)
}

func (r *rehearsal) dial(a *scenario.Dial) deployment.Fit {
	if t := r.file.Calls.Trunk; t != nil && a.Transport != "" && string(a.Transport) != orUDP(t.Transport) {
		return unsupported("needs a call over %s: calls.trunk.transport is %s", a.Transport, orUDP(t.Transport))
	}
	if a.CallID.IsSet() {
		return unsupported("needs a Call-ID that it chooses, and on a deployment an id is the platform's")
	}
	special := a.Withheld || a.Format != "" || a.Transport != "" || a.ViaTo || a.SDP != "" || a.CancelAfter > 0 || a.RingOnly || a.Count > 1 || len(a.Headers) > 0
	if special {
		return r.trunk("a call with SIP of its own")
	}
	return r.calls()
}

func orUDP(transport string) string {
	if transport == "" {
		return "udp"
	}
	return transport
}

// given asks whether the deployment is the world that a scenario needs.
func (r *rehearsal) given(n *yaml.Node) deployment.Fit {
	for key, value := range strictyaml.Pairs(n) {
		var fit deployment.Fit
		switch key.Value {
		case "profile":
			fit = r.profile(value.Value)
		case "carrier":
			fit = r.trunk("a carrier of its own")
		case "projects":
			fit = r.projects(value)
		case "agent":
			fit = agent(value)
		default:
			fit = settings(key.Value, value, r.file.Facts)
		}
		if fit.Status != "" {
			return fit
		}
	}
	return deployment.Fit{}
}

func (r *rehearsal) profile(name string) deployment.Fit {
	switch name {
	case "published":
		return deployment.Fit{}
	case "release-on-arrival":
		return word("release", "release on", "arrival", r.file.Facts.Release, r.file.Facts)
	}
	return unsupported("needs the profile %s set up, which nobody can do on a deployment", name)
}

// agent: the echo agent is the one that a deployment is to have; how long it talks a reservation says.
func agent(n *yaml.Node) deployment.Fit {
	if n.Kind == yaml.ScalarNode && n.Value == "echo" {
		return deployment.Fit{}
	}
	if echo := strictyaml.Lookup(n, "echo"); echo != nil {
		return unsupported("needs an agent that talks for %s whatever the attributes say; want_talk would say it", strictyaml.Lookup(echo, "talk").Value)
	}
	return unsupported("needs an agent of its own, and the echo agent is what a deployment has")
}

func (r *rehearsal) projects(n *yaml.Node) deployment.Fit {
	facts := []targetfile.Facts{r.file.Facts}
	if r.file.Second != nil {
		facts = append(facts, r.file.Second.Facts)
	}
	switch {
	case len(n.Content) > 2:
		return unsupported("needs %d projects, and a target file names two at most", len(n.Content))
	case len(n.Content) > len(facts):
		fit := unsupported("needs a second project: state second_project")
		fit.Lacks = []string{"second_project"}
		return fit
	}
	for i, project := range n.Content {
		for key, value := range strictyaml.Pairs(project) {
			var fit deployment.Fit
			switch key.Value {
			case "name":
			case "agent":
				fit = agent(value)
			default:
				fit = settings(key.Value, value, facts[i])
			}
			if fit.Status != "" {
				return fit
			}
		}
	}
	return deployment.Fit{}
}

// settings holds a section of the simulator's settings against the facts.
func settings(section string, n *yaml.Node, f targetfile.Facts) deployment.Fit {
	if section != "pool" && section != "handoff" {
		what := section
		for key := range strictyaml.Pairs(n) {
			what = section + "." + key.Value
			break
		}
		return unsupported("needs %s set up, which nobody can do on a deployment", what)
	}
	for key, value := range strictyaml.Pairs(n) {
		if fit := setting(section+"."+key.Value, value, f); fit.Status != "" {
			return fit
		}
	}
	return deployment.Fit{}
}

func setting(path string, n *yaml.Node, f targetfile.Facts) deployment.Fit {
	switch path {
	case "pool.numbers":
		return numbers(n, f)
	case "pool.window":
		return window(n, f)
	case "pool.cool_down":
		if f.CoolDown == nil {
			return unknown("the cool-down", "cool_down")
		}
		return sameTime(n, "a cool-down of", f.ShortestRest())
	case "pool.release":
		return word("release", "release on", n.Value, f.Release, f)
	case "pool.selection":
		return word("selection", "selection", n.Value, f.Selection, f)
	case "pool.bindings":
		return word("bindings", "bindings", n.Value, f.Bindings, f)
	case "pool.match":
		return word("match", "match by", n.Value, f.Match, f)
	case "handoff.visible_after":
		if !f.Has("visible") {
			return unknown("how soon a handoff state can be read", "visible")
		}
		return sameTime(n, "states that can be read after", f.Visible)
	case "handoff.retention":
		if !f.Has("retention") {
			return unknown("how long a handoff state is kept", "retention")
		}
		return sameTime(n, "states that are kept for", f.Retention)
	case "handoff.duplicates":
		return word("duplicates", "of several calls with a shared_id the", n.Value, f.Duplicate, f)
	case "handoff.abandoned":
		return word("abandoned", "abandoned calls:", n.Value, f.Abandoned, f)
	case "handoff.empty":
		is := map[string]string{"nulls": "state", "not-found": "404"}[n.Value]
		if is == "" {
			return unsupported("needs handoff.empty set up as %s, of which the facts have no word", n.Value)
		}
		return word("no_handoff", "a call without a handoff to look like", is, f.NoHandoff, f)
	}
	return unsupported("needs %s set up, which nobody can do on a deployment", path)
}

func unknown(what string, keys ...string) deployment.Fit {
	fit := unsupported("needs to know %s: state %s", what, strings.Join(keys, " and "))
	fit.Lacks = keys
	return fit
}

// word holds one of a few words against a fact.
func word(fact, what, want, got string, f targetfile.Facts) deployment.Fit {
	switch {
	case !f.Has(fact):
		return unknown(factNames[fact], fact)
	case want != got:
		return notApplicable("needs %s %s, this one has %s", what, want, got)
	}
	return deployment.Fit{}
}

func sameTime(n *yaml.Node, what string, got time.Duration) deployment.Fit {
	want, _ := time.ParseDuration(n.Value) // read before
	if want != got {
		return notApplicable("needs %s %s, this one has %s", what, want, got)
	}
	return deployment.Fit{}
}

func window(n *yaml.Node, f targetfile.Facts) deployment.Fit {
	if !f.Has("window_min") || !f.Has("window_max") {
		return unknown("the window", "window_min", "window_max")
	}
	if f.WindowMin != f.WindowMax {
		return notApplicable("needs a window of %s, this one has %s to %s", n.Value, f.WindowMin, f.WindowMax)
	}
	return sameTime(n, "a window of", f.WindowMin)
}

// numbers: who says how many numbers a pool has counts them, so nobody else may take one.
func numbers(n *yaml.Node, f targetfile.Facts) deployment.Fit {
	var count int
	var list []string
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			list = append(list, item.Value)
		}
	} else {
		_ = strictyaml.Decode("", n, &count) // read before
	}
	switch {
	case f.PoolSize() == 0:
		return unknown("the pool's size", "size")
	case list != nil && strings.Join(list, " ") != strings.Join(f.Numbers, " "):
		return notApplicable("needs the numbers %s, this one has others", strings.Join(list, ", "))
	case list == nil && count != f.PoolSize():
		return notApplicable("needs a pool of %d, this one has %d", count, f.PoolSize())
	case !f.Exclusive:
		return unknown("that nobody else reserves from the pool", "exclusive")
	}
	return deployment.Fit{}
}

// needsWholePool reports whether a scenario counts the numbers of the pool.
func needsWholePool(s *scenario.Scenario) bool {
	if slices.Contains(s.FromPool, scenario.PoolSize) {
		return true
	}
	if strictyaml.Lookup(strictyaml.Lookup(s.Given, "pool"), "numbers") != nil {
		return true
	}
	projects := strictyaml.Lookup(s.Given, "projects")
	if projects == nil {
		return false
	}
	for _, p := range projects.Content {
		if strictyaml.Lookup(strictyaml.Lookup(p, "pool"), "numbers") != nil {
			return true
		}
	}
	return false
}
