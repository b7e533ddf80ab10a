package fit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/conformance/targets/targetfile"
)

// question is something that only those who run a platform can answer, since no published document does.
type question struct {
	keys []string // of the target file, that hold the answer; none: no fact does
	asks string
}

// questions are in the order in which they matter to who writes a client.
func questions() []question {
	return []question{
		{[]string{"size", "numbers"}, "How many numbers does the pool have, and which? Does it grow by itself, or shrink?"},
		{[]string{"exclusive"}, "Does anybody else reserve from this pool, be it in tests? If so, when does nobody?"},
		{[]string{"window_min", "window_max"}, "How long is a number kept for a reservation that nobody calls? Exactly so long, or until a job comes round?"},
		{[]string{"release"}, "What gives a number back: the arrival of its call, the answer, or the hang-up? (One published rule sizes the pool by calls that are up, a draft by calls a minute.)"},
		{[]string{"cool_down"}, "Does a number rest before it is given again? For how long?"},
		{[]string{"selection"}, "Which free number is given next: the one that was free for longest, the next of the list, a random one?"},
		{[]string{"bindings"}, "Two calls come to one reserved number: which of them gets the attributes?"},
		{[]string{"match"}, "Is a call found by the dialled number alone, or must the caller's number fit the reservation too?"},
		{[]string{"visible"}, "How long after the BYE can the handoff state be read, at most?"},
		{[]string{"retention"}, "For how long can it be read? Does reading it remove it?"},
		{[]string{"no_handoff"}, "How does a call without a handoff look: 200 with nulls, 200 with nothing, or 404?"},
		{[]string{"duplicates"}, "Several calls have one shared_id: which state is found by it?"},
		{[]string{"abandoned"}, "The caller hangs up first: is there a state?"},
		{[]string{"ignores_talk"}, "Can the echo agent stay on the line for as long as the attribute want_talk says? If it cannot, what needs that is left out."},
		{[]string{"strays_per_s"}, "How often are the numbers called by people without a reservation?"},
		{[]string{"failures_max"}, "What share of requests may fail on your side?"},
		{[]string{"calls"}, "How may we call the numbers: over a SIP trunk (host, transport, codecs, how it knows us), or through a carrier only?"},
		{[]string{"second_project"}, "May we have a second project with a pool and keys of its own? Only two can show that they are kept apart."},
		{nil, "What rate limits are there, by key, project or address? What do their replies look like?"},
		{nil, "May a test send more than 5 requests a second, hold more than 10 numbers, or have more than 3 calls up? When?"},
		{nil, "A call comes after its window: is it answered, without attributes, or refused?"},
		{nil, "A call comes to a number that nobody reserved: is it answered? Are its attributes empty, or None?"},
		{nil, "The caller gives up while it rings: is the number free again, or held until its window is over?"},
		{nil, "How large and how deep may attributes be? Do integers beyond 2^53 arrive as they were sent?"},
		{nil, "In what form is a shared_id looked up that is a number? Does it need the agent to store it?"},
		{nil, "What is read by Get Handoff while the call is up? Does what end_function writes still count?"},
		{nil, "start_function raises, or takes too long: what becomes of the call?"},
		{nil, "How is an exhausted pool told from a wrong path, where both are 404?"},
		{nil, "A key is wrong, expired, revoked, or of another region: 401 or 403?"},
		{nil, "Which forms of a number does a call find its reservation by: without plus, with 00, national?"},
		{nil, "What does a call get when all agents are busy: 480, 486, 503, or another place to call?"},
		{nil, "After what time is a call ended in any case?"},
	}
}

// asks are the questions about what a target file lacks, by its keys.
func asks(lacks []string) string {
	var all []string
	for _, q := range questions() {
		if slices.ContainsFunc(lacks, func(key string) bool { return slices.Contains(q.keys, key) }) {
			all = append(all, q.asks)
		}
	}
	return strings.Join(all, " ")
}

// setUp is what has to be there before anything can be tested.
var setUp = []string{
	"The two keys: of Reserve DNI, and of Get Handoff for this account and project.",
	"The echo agent in the project: scenarios/agent-adk of dnispool, and its keys in handoff_api.state_keys (handoff_to, handoff_reason, echo_nonce, echo_attributes, echo_dnis, echo_ani, echo_project, echo_arrived_at) with shared_id_state_key shared_id.",
	"A pool of numbers that lead to it.",
}

// Questions is one page for whoever runs a deployment: what to set up, what its target file leaves out, with how many
// scenarios each costs, and what no fact can say.
func (f *Fitted) Questions() string {
	costs := make(map[string]int)
	for _, fit := range f.fits {
		for _, key := range fit.Lacks {
			costs[key]++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Questions about %s, account %s, project %s\n\nWe test our integration against this project with dnispool. No published document answers what follows.\n", f.file.Name, f.file.Account, f.file.Project)
	b.WriteString("\n## Please set up\n\n")
	for i, s := range setUp {
		fmt.Fprintf(&b, "%d. %s\n", i+1, s)
	}
	b.WriteString("\n## Please answer\n\n")
	n := 0
	ask := func(q question, note string) {
		n++
		fmt.Fprintf(&b, "%d. %s%s\n", n, q.asks, note)
	}
	var others []question
	for _, q := range questions() {
		switch {
		case q.keys == nil:
			others = append(others, q)
		case !states(f.file, q.keys):
			ask(q, note(q.keys, costs))
		}
	}
	if n == 0 {
		b.WriteString("(The target file states every fact.)\n")
	}
	b.WriteString("\n## Please answer in words\n\n")
	for _, q := range others {
		ask(q, "")
	}
	return b.String()
}

// states reports whether a target file states one of the things.
func states(f targetfile.File, keys []string) bool {
	switch keys[0] {
	case "calls":
		return f.Calls.Placed()
	case "second_project":
		return f.Second != nil
	case "exclusive":
		return f.Facts.Exclusive
	}
	return f.Facts.Has(keys...)
}

// note says where the answer goes, and what its absence costs.
func note(keys []string, costs map[string]int) string {
	most := 0
	for _, key := range keys {
		most = max(most, costs[key])
	}
	where := " [" + strings.Join(keys, ", ") + "]"
	if slices.Equal(keys, []string{"size", "numbers"}) {
		where = " [size]"
	}
	switch most {
	case 0:
		return where
	case 1:
		return where + " 1 scenario waits for this."
	}
	return fmt.Sprintf("%s %d scenarios wait for this.", where, most)
}
