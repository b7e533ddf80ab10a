package explore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/history"
)

// action is something that reached the platform, as a scenario's step can repeat it.
type action struct {
	at    time.Duration
	step  func(*script)
	drain bool // is a reservation of the drain
}

// note keeps an action of a run whose scenario somebody wants.
func (r *run) note(step func(*script)) { r.trace = append(r.trace, action{at: r.now, step: step}) }

// script is a scenario that is being written.
type script struct {
	run   *run
	steps []string
	named map[string]bool // step names that are referred to
	now   time.Duration   // where the scenario's own clock is
}

// Scenario writes a shrunk finding as a scenario file: what reached the platform, in its order and at its times. Delays
// of the network are not in it: each step happens when its request or call arrived.
func Scenario(on Platform, s Shrunk) ([]byte, error) {
	r, err := newRun(on, s.Plan)
	if err != nil {
		return nil, err
	}
	r.tracing = true
	if r.happen(); r.err != nil {
		return nil, r.err
	}
	sc := &script{run: r, named: make(map[string]bool)}
	if s.drains { // whoever plays the scenario drains the pools by himself
		r.trace = slices.DeleteFunc(r.trace, func(a action) bool { return a.drain })
	}
	sc.write() // to learn which names are used
	sc.write()
	return sc.file(s), nil
}

func (sc *script) write() {
	sc.steps, sc.now = nil, 0
	for _, a := range sc.run.trace {
		if a.at > sc.now {
			sc.add("advance: %s", a.at-sc.now)
			sc.now = a.at
		}
		a.step(sc)
	}
	if len(sc.steps) == 0 { // the check is about a platform that nobody has used
		sc.add("advance: 1s")
	}
}

func (sc *script) file(s Shrunk) []byte {
	c := s.Finding.Rule
	var b strings.Builder
	fmt.Fprintf(&b, "# yaml-language-server: $schema=../../specs/scenario.schema.json\n")
	fmt.Fprintf(&b, "# Found by dnispool explore --seed %d, and shrunk in %d tries.\n", s.Plan.Seed, s.Tries)
	fmt.Fprintf(&b, "# %s\n", oneLine(s.Finding.Violation.Text))
	fmt.Fprintf(&b, "scenario: v1\nsummary: %q\nrequirement: %q\n", "A counterexample to "+c.Name+" does not hold on a platform that is right.", c.Says)
	fmt.Fprintf(&b, "source: %q\nlevel: must\nlabels: [explored]\ntimeout: 30s\n\ngiven:\n", "specs/invariants.md "+c.Invariant)
	for line := range strings.Lines(s.Plan.Options.Given()) {
		b.WriteString("  " + line)
	}
	b.WriteString("\nsteps:\n")
	for _, step := range sc.steps {
		b.WriteString(step)
	}
	fmt.Fprintf(&b, "\ncheck: [%s]\n", c.Name)
	return []byte(b.String())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (sc *script) add(format string, args ...any) {
	sc.steps = append(sc.steps, "  - "+fmt.Sprintf(format, args...)+"\n")
}

// as names the last step, when the name is used anywhere.
func (sc *script) as(name string) {
	if sc.named[name] {
		sc.steps = append(sc.steps, "    as: "+name+"\n")
	}
}

// use notes that a name is referred to, and returns it.
func (sc *script) use(name string) string {
	sc.named[name] = true
	return name
}

// in names the project, where there is more than one.
func (sc *script) in(project string) string {
	if project == sc.run.projects[0] {
		return ""
	}
	return ", project: " + project
}

func reserveName(op int) string { return fmt.Sprintf("r%d", op+1) }

func callName(op int) string { return fmt.Sprintf("c%d", op+1) }

// reserved notes a reservation as it reached the platform.
func (r *run) reserved(op int, j *prepared) {
	if !r.tracing {
		return
	}
	r.note(func(sc *script) {
		o := &r.ops[op]
		switch {
		case j.Cut > 0:
			sc.add("reserve: {attributes: %s%s, send: {cut: true}}", o.Attributes, sc.in(o.Project))
			return
		case j.Lost:
			sc.add("fault: {http: {method: POST, times: 1, drop_reply: eof}}")
			defer sc.add("fault: none")
		}
		sc.add("reserve: {attributes: %s%s}", o.Attributes, sc.in(o.Project))
		sc.as(reserveName(op))
	})
}

// placed notes a call as it arrived, for the reservation from, or for none.
func (r *run) placed(op, from int, j *prepared, hangUp time.Duration) {
	if !r.tracing {
		return
	}
	r.note(func(sc *script) {
		to := r.ops[op].Number
		if from >= 0 {
			to = "${" + sc.use(reserveName(from)) + ".body.dni}"
		}
		more := ""
		if j != nil {
			more = fmt.Sprintf(", from: %q", j.caller())
			if j.Withheld {
				more += ", withheld: true"
			}
			if j.Format != "" && j.Format != "e164" {
				more += ", format: " + j.Format
			}
		}
		o := r.plan.Options
		setup := o.Ringing + o.Answering
		if hangUp > 0 && hangUp < setup {
			more += fmt.Sprintf(", cancel_after: %s", hangUp)
			setup = hangUp
		}
		if r.ops[op].EndedBy == "carrier" {
			sc.add("fault: {carrier: {refuse: {congestion: {times: 1}}}}")
		}
		sc.add("dial: {to: %q%s}", to, more)
		sc.as(callName(op))
		if r.ops[op].EndedBy == "carrier" {
			sc.add("fault: none")
			return
		}
		if r.ops[op].Status == 200 || r.ops[op].Status == 487 {
			sc.now += setup
		}
	})
}

// hungUp notes the caller's BYE.
func (r *run) hungUp(op int) {
	if !r.tracing {
		return
	}
	r.note(func(sc *script) { sc.add("hangup: {call: %s}", sc.use(callName(op))) })
}

// asked notes a question for a handoff state; named is the call whose id is in it, -1 for none.
func (r *run) asked(ask history.Op, named int) {
	if !r.tracing {
		return
	}
	r.note(func(sc *script) {
		var keys []string
		if ask.AskedSharedID != "" {
			keys = append(keys, fmt.Sprintf("shared_id: %q", ask.AskedSharedID))
		}
		if named >= 0 {
			keys = append(keys, fmt.Sprintf("id: \"${%s.id}\"", sc.use(callName(named))))
		}
		sc.add("handoff: {%s%s}", strings.Join(keys, ", "), sc.in(ask.Project))
	})
}

func (r *run) restarted() {
	if !r.tracing {
		return
	}
	r.note(func(sc *script) { sc.add("restart: {leases: keep}") })
}

// drained notes a reservation of the drain.
func (r *run) drained(project string) {
	if !r.tracing {
		return
	}
	r.note(func(sc *script) { sc.add("reserve: {attributes: {}%s}", sc.in(project)) })
	r.trace[len(r.trace)-1].drain = true
}
