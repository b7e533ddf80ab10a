package rehearse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/fakes/pstn"
)

// ani is the own number of the lesson's nth caller.
func ani(n int) string { return fmt.Sprintf("+44207946%04d", 500+n) }

// callerHere is, in the shared_id of a lesson, which caller it is.
const callerHere = "${caller}"

// sharedID is what the client is asked to call the nth caller; "": its own.
func (l *Lesson) sharedID(n int) string {
	return strings.ReplaceAll(l.SharedID, callerHere, strconv.Itoa(n))
}

// Nobody is what a lesson's `wants` says of an agent that keeps the caller.
const Nobody = "nobody"

// wanted is the queue that the agent of the nth caller names; "" for none.
func (l *Lesson) wanted(c Client, n int) string {
	if len(l.Wants) == 0 {
		return ""
	}
	switch wants := l.Wants[(n-1)%len(l.Wants)]; wants {
	case KnownQueue:
		return c.Queue
	case Nobody:
		return ""
	default:
		return wants
	}
}

// callers are the lesson's, by their place.
func (l *Lesson) callers() (all []int) {
	for n := range l.Callers {
		all = append(all, n+1)
	}
	return all
}

// wishes are what the agent does first: it finds out whom it speaks to, by the shared_id that the client was asked to use, by the
// attribute ani or by the caller's number, and notes where they want to go.
func (l *Lesson) wishes(c Client) []any {
	switch {
	case len(l.Wants) == 0:
		return nil
	case len(l.Wants) == 1:
		return notes(l.wanted(c, 1))
	}
	by := func(kind, name string, value func(n int) []string, otherwise []any) []any {
		ids := make(map[string][]string) // by the queue that they want
		var queues []string
		for _, n := range l.callers() {
			queue := l.wanted(c, n)
			if !slices.Contains(queues, queue) {
				queues = append(queues, queue)
			}
			ids[queue] = append(ids[queue], value(n)...)
		}
		out := otherwise
		for _, queue := range queues {
			of := map[string]any{"when": map[string]any{kind: name, "one_of": ids[queue]}, "do": notes(queue)}
			if out != nil {
				of["else"] = out
			}
			out = []any{of}
		}
		return out
	}
	number := func(n int) []string { return written(ani(n)) }
	start := by("attribute", "ani", number, by("call", "ani", number, nil))
	if l.SharedID != "" {
		start = by("attribute", "shared_id", func(n int) []string { return []string{l.sharedID(n)} }, start)
	}
	return start
}

// notes is what the agent leaves for the client.
func notes(queue string) []any {
	if queue == "" {
		return []any{map[string]any{"set": map[string]any{"handoff_to": nil}}}
	}
	return []any{map[string]any{"set": map[string]string{"handoff_to": queue, "handoff_reason": "asked for a human"}}}
}

// written are the forms in which clients pass a caller's number on.
func written(number string) []string {
	digits := strings.TrimPrefix(number, "+")
	return []string{number, digits, "00" + digits}
}

// whose tells which caller has this number; 0: none of the lesson's, or it is not known. Of one caller every call is theirs.
func (v *view) whose(number string) int {
	if v.lesson.Callers <= 1 {
		return 1
	}
	for _, n := range v.lesson.callers() {
		if slices.Contains(written(ani(n)), number) {
			return n
		}
	}
	return 0
}

// reservedFor tells for which caller a number was asked, by the shared_id that the client was asked to use or by the attribute ani;
// 0 when the request says neither.
func (v *view) reservedFor(r Request) int {
	if v.lesson.Callers <= 1 {
		return 1
	}
	for _, n := range v.lesson.callers() {
		if id := v.lesson.sharedID(n); id != "" && id == r.SharedID {
			return n
		}
	}
	return v.whose(r.ANI)
}

// speaker tells who speaks in a call to the platform: for whom its number was reserved, and when that is not known whom From names.
func (v *view) speaker(c Call) int {
	if given := v.given(c); given != nil {
		if n := v.reservedFor(*given); n != 0 {
			return n
		}
	}
	return v.whose(c.From)
}

// dialledForItsCaller is whether each number is dialled for the caller for whom it was reserved.
func dialledForItsCaller(v *view) judgement {
	j := judgement{met: true, want: "each number dialled for the caller for whom it was reserved"}
	for _, c := range v.to(pstn.ToPlatform) {
		given := v.given(c)
		if given == nil {
			continue // which is for another expectation
		}
		owner, from := v.reservedFor(*given), v.whose(c.From)
		switch {
		case owner == 0:
			j.unseen = "for whom a number is reserved, as the client sends neither the shared_id that it was told nor its caller's number as ani"
		case from == 0:
			j.unseen = "for whom a number is dialled, as the client's calls do not have its caller's number in From"
		case owner != from:
			return judgement{final: true, want: j.want, got: fmt.Sprintf("dialled %s for %s, for whom it was not reserved: the agent takes them for %s", c.Dialled, ani(from), ani(owner))}
		}
	}
	return j
}

// routesOwn is whether each caller gets where they want: to the queue that their own agent has named, and to no other; nowhere when
// it has named none; and to a queue when they have spoken to no agent.
func routesOwn(v *view) judgement {
	j := judgement{want: "each caller put through to the queue that their own agent named, who spoke to none to the fallback queue, and nobody else anywhere"}
	served, talks := make(map[int]bool), 0
	for _, c := range v.to(pstn.ToPlatform) {
		if c.Answered() {
			served[v.speaker(c)] = true
			talks++
		}
	}
	through, queued := make(map[int]bool), 0
	for _, c := range v.to(pstn.ToDesk) {
		if !c.Through() {
			continue
		}
		n := v.whose(c.From)
		if n != 0 && !served[0] {
			if wrong := v.misrouted(n, c, served[n]); wrong != "" {
				return judgement{final: true, want: j.want, got: wrong}
			}
		}
		through[n] = true
		queued++
	}
	if served[0] || through[0] {
		j.unseen = "who is put through to which queue, as the client's calls do not have its caller's number in From"
		if left := v.lesson.Callers - talks - queued; left > 0 { // at least, whoever they are
			j.unseen, j.got = "", fmt.Sprintf("%d of the %d callers or more were dropped: they reached neither an agent nor a queue; the client %s", left, v.lesson.Callers, v.story())
		}
		return j
	}
	var dropped []int
	for _, n := range v.lesson.callers() {
		if !through[n] && (!served[n] || v.lesson.wanted(v.client, n) != "") {
			dropped = append(dropped, n)
		}
	}
	if j.met = len(dropped) == 0; !j.met {
		j.got = fmt.Sprintf("%s was dropped; the client %s", who(dropped[0], v.lesson), v.story())
		if v.lesson.Callers > 1 {
			j.got = fmt.Sprintf("%d of the %d callers were dropped, as %s; the client %s", len(dropped), v.lesson.Callers, ani(dropped[0]), v.story())
		}
	}
	return j
}

// misrouted says what is wrong with where a caller is put through to; "" for nothing.
func (v *view) misrouted(n int, c Call, served bool) string {
	names := ToFallback.names(v.client)
	wanted := v.lesson.wanted(v.client, n)
	if served {
		names = []string{wanted}
		if wanted == v.client.Queue {
			names = []string{v.client.Dials}
		}
	}
	switch {
	case names == nil || slices.Contains(names, c.Dialled):
		return ""
	case !served:
		return fmt.Sprintf("put %s through to %s, who has spoken to no agent and belongs into the fallback queue, %s", who(n, v.lesson), c.Dialled, names[0])
	case wanted == "":
		return fmt.Sprintf("put %s through to %s, whose own agent has named no queue: that is another caller's wish", who(n, v.lesson), c.Dialled)
	}
	return fmt.Sprintf("put %s through to %s, whose own agent has named %s", who(n, v.lesson), c.Dialled, names[0])
}

// who is a caller in words.
func who(n int, l *Lesson) string {
	if l.Callers <= 1 {
		return "the caller"
	}
	return "the caller " + ani(n)
}
