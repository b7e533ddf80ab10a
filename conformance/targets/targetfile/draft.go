package targetfile

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Draft is what somebody who begins knows of a deployment. What is empty is not known, or not wished.
type Draft struct {
	Name             string
	Where            string // a region, or a base URL
	Account, Project string
	DNI, Handoff     string // names of the environment variables with the keys
	Calls            string // host:port of a SIP trunk, or a command with {dni} in it
	Size, Window     string // of the pool
}

// YAML is a target file with a comment at each thing, those that are left out included. Parse says what is wrong with it.
func (d Draft) YAML() []byte {
	return []byte(strings.NewReplacer(
		"NAME", text(d.Name), "WHERE", d.where(), "ACCOUNT", text(d.Account), "PROJECT", text(d.Project),
		"DNI_ENV", text(d.DNI), "HANDOFF_ENV", text(d.Handoff), "CALLS\n", d.calls()+"\n",
		"SIZE", fact("size", d.Size, "20"), "WINDOW_MIN", fact("window_min", d.Window, "60s"), "WINDOW_MAX", fact("window_max", d.Window, "60s"),
	).Replace(draft))
}

func (d Draft) where() string {
	if d.URL() {
		return "base_url: " + text(d.Where)
	}
	return "region: " + text(d.Where) + "   # or base_url: https://…"
}

// fact is a line of the facts, commented out with an example when nobody knows it.
func fact(name, value, example string) string {
	if value == "" {
		return "  # " + name + ": " + example
	}
	return "  " + name + ": " + value
}

func (d Draft) calls() string {
	const trunk, command = `calls: {trunk: {host: %s, transport: udp}}   # user and password; headers: {X-PolyAI-SIP-Trunk-ID: …}
`, `calls: {exec: %s}   # a command of yours, see specs/external-calls.md
`
	words, host := []string{"./dial.sh", "{dni}"}, "sbc.example.net:5060"
	asTrunk, asCommand := "# ", "# "
	switch mine := d.Exec(); {
	case mine != nil:
		words, asCommand = mine, ""
	case d.Calls != "":
		host, asTrunk = d.Calls, ""
	}
	return asTrunk + fmt.Sprintf(trunk, text(host)) + asCommand + fmt.Sprintf(command, list(words))
}

// Exec is the command that places calls, by its words; none when calls go over a trunk.
func (d Draft) Exec() []string {
	if !strings.Contains(d.Calls, "{dni}") {
		return nil
	}
	return strings.Fields(d.Calls)
}

// URL reports whether the deployment is named by its base URL.
func (d Draft) URL() bool { return strings.Contains(d.Where, "://") }

// draft is the file with places for what is known.
const draft = `# A deployment as a target of dnispool: what it is and what is known of it. No key is in this file, so it can be kept with the
# code and forwarded. All that can stand here: specs/target.schema.json.
target: v1
name: NAME   # how reports call it
WHERE
account: ACCOUNT   # as it stands in the path of Get Handoff
project: PROJECT

# Where the two keys are found: {env: …} with the name of a variable, or {file: …} with a path.
keys: {dni: {env: DNI_ENV}, handoff: {env: HANDOFF_ENV}}

# How calls are placed. Left out, whatever needs a call is not played.
CALLS
# Another project with a pool of its own shows whether projects are kept apart.
# second_project: {account: …, project: …, keys: {dni: {env: …}, handoff: {env: …}}, facts: {…}}

# What is known of the pool. What is left out is not known, and costs the scenarios that rest on it: dnispool scenarios list
# --target with this file says which, dnispool target questions whom to ask what. A fact that nobody has documented says so:
# release: {is: hangup, source: measured}, or assumed.
facts:
SIZE   # numbers in the pool
WINDOW_MIN   # how long a number is kept for who does not call: the shortest time
WINDOW_MAX   # and the longest
  # release: hangup   # or arrival, answer: what gives a number back
  # cool_down: 0s   # rest of a number before it is given again
  # selection: lru   # or round-robin, random, lifo, first
  # bindings: once   # or many: how many calls get a reservation's attributes
  # match: dni   # or dni+ani: what a call must share with its reservation
  # visible: 0s   # from the BYE until the handoff state can be read
  # retention: 24h   # for how long it can
  # no_handoff: state   # or 404: how a call without a handoff looks
  # duplicates: last   # or first, conflict: which of several calls a shared_id finds
  # abandoned: keep   # or drop: what is left of a call whose caller hung up
  # ignores_talk: true   # the agent cannot stay on the line for as long as the attribute want_talk says
  exclusive: false   # true: nobody else reserves from this pool during a run

# How far a run may go. More than this needs a line of consent, which says who allowed it and why.
# limits: {requests_per_second: 5, reservations: 10, calls: 3, call: 2m, duration: 5m}
# consent: {reservations: "Jo, PolyAI, 2026-11-01: staging may be drained at night"}

# What is excused, until when.
# waivers: [{scenario: routing/tel-uri-binds, reason: …, by: …, until: 2026-12-31}]
`

// text and list write YAML that is also JSON, whatever somebody has typed.
func text(s string) string {
	b, _ := json.Marshal(s) // a text always encodes
	return string(b)
}

func list(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, text(w))
	}
	return fmt.Sprintf("[%s]", strings.Join(out, ", "))
}
