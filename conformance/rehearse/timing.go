package rehearse

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/retryafter"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// since is when the client could begin: with its caller, or at its first request when nobody knows when that one came.
func (v *view) since() time.Time {
	if reserves := v.of(Reserve); !v.told && len(reserves) > 0 {
		return reserves[0].At
	}
	return v.begun
}

// within is how soon something is to be done.
type within time.Duration

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (w *within) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	problems := strictyaml.DecodeKey(file, "within", n, (*time.Duration)(w))
	if len(problems) == 0 && *w <= 0 {
		problems = append(problems, strictyaml.At(file, n, "within: want more than 0, got %s", time.Duration(*w)))
	}
	return problems
}

// connectsWithin is how soon somebody, the agent or a queue, answers the caller.
func connectsWithin(v *view, w within) judgement {
	limit := time.Duration(w)
	j := judgement{want: "somebody to answer the caller within " + span(limit)}
	var first time.Time
	for _, c := range v.calls {
		if c.Answered() && (first.IsZero() || c.AnsweredAt.Before(first)) {
			first = c.AnsweredAt
		}
	}
	took := v.now.Sub(v.since())
	if !first.IsZero() {
		took = first.Sub(v.since())
	}
	j.met, j.final = !first.IsZero() && took <= limit, took > limit
	if j.got = fmt.Sprintf("%s: the caller heard nobody for %s", v.story(), span(took)); first.IsZero() {
		j.got = v.story() + ": the caller was dropped"
	}
	return j
}

// dialsWithin is how soon a number is dialled that the client was given.
func dialsWithin(v *view, w within) judgement {
	limit := time.Duration(w)
	j := judgement{met: true, want: "each number dialled within " + span(limit)}
	for _, c := range v.to(pstn.ToPlatform, pstn.ToNobody) {
		given := v.given(c)
		if given == nil {
			continue
		}
		if took := c.At.Sub(given.Done); took > limit {
			j.met, j.final = false, true
			j.got = fmt.Sprintf("dialled %s %s after it was reserved: the reservation may be over, and the number another caller's", c.Dialled, span(took))
		}
	}
	return j
}

// given is the reply with the number that a call dials, the last before it; nil when there was none.
func (v *view) given(c Call) (given *Request) {
	for _, r := range v.of(Reserve) {
		if r.DNI != "" && r.At.Before(c.At) && sameDigits(r.DNI, c.Dialled) {
			given = &r
		}
	}
	return given
}

// endsWithCaller is how soon the client ends its call to the platform when its caller has hung up.
func endsWithCaller(v *view, w within) judgement {
	limit := time.Duration(w)
	j := judgement{want: fmt.Sprintf("the call to the platform ended within %s of the caller's hanging up", span(limit))}
	c := v.conversation()
	if c == nil {
		return j
	}
	gone := c.AnsweredAt.Add(v.lesson.HangsUp)
	took := v.now.Sub(gone)
	if c.Over() {
		took = c.EndedAt.Sub(gone)
	}
	j.met, j.final = c.Over() && took <= limit, took > limit
	j.got = fmt.Sprintf("the agent spoke to nobody for %s after the caller had hung up; the client %s", span(took), v.story())
	return j
}

// Subject is what a client does again and again.
type subject string

// The subjects.
const (
	reservations subject = "reservations"
	questions    subject = "questions"
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (s *subject) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "between", s, reservations, questions)
}

// Pause is the least time between two requests of a kind for one caller.
type pause struct {
	Between subject       `yaml:"between"`
	Least   time.Duration `yaml:"least"`
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (p *pause) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	type plain pause
	problems := strictyaml.Decode(file, n, (*plain)(p))
	if len(problems) == 0 && (p.Between == "" || p.Least <= 0) {
		problems = append(problems, strictyaml.At(file, n, "rests: want between and a least of more than 0, got %q and %s", p.Between, p.Least))
	}
	return problems
}

// callerOf tells whose request it is, by its shared_id or what else is known of it. In a lesson with one caller every reservation is
// for that one: a client may send another shared_id with each try.
func (v *view) callerOf(r Request) string {
	switch n := v.reservedFor(r); {
	case r.Kind != Reserve:
		return r.SharedID
	case n != 0:
		return ani(n)
	}
	return r.SharedID
}

// several reports whether a shared_id may be that of several callers: more than one number was given for it.
func (v *view) several(id string) bool {
	given := 0
	for _, r := range v.of(Reserve) {
		if r.SharedID == id && r.DNI != "" {
			given++
		}
	}
	return v.lesson.Callers > 1 && given > 1
}

// rests is whether the client pauses before it tries again for a caller. Once for each it may try again at once: a connection that
// broke is no reason to wait. The time from one request to the next is at least the client's pause, however busy the machine is.
func rests(v *view, p pause) judgement {
	kind, what := Reserve, "asked for a number"
	if p.Between == questions {
		kind, what = Handoff, "asked for the handoff"
	}
	of := make(map[string][]time.Time) // by caller
	for _, r := range v.of(kind) {
		caller := v.callerOf(r)
		of[caller] = append(of[caller], r.At)
	}
	j := judgement{met: true, want: fmt.Sprintf("a pause of %s or more between %s", span(p.Least), p.Between)}
	for _, caller := range slices.Sorted(maps.Keys(of)) {
		var quick []time.Duration
		for i, at := range of[caller][1:] {
			if pause := at.Sub(of[caller][i]); pause < p.Least {
				quick = append(quick, pause)
			}
		}
		if len(quick) <= 1 {
			continue
		}
		if v.several(caller) {
			j.unseen = fmt.Sprintf("how often it asks for one caller, as several have the shared_id %q", caller)
			continue
		}
		if v.lesson.Callers > 1 {
			what += " for one caller"
		}
		j.met, j.final, j.unseen = false, true, ""
		j.got = fmt.Sprintf("%s %s, and %s less than %s after the last time, the quickest %s: that is a storm", what, times(len(of[caller])), times(len(quick)), span(p.Least), span(slices.Min(quick)))
		break
	}
	return j
}

// what a client heeds.
type heeded string

// RetryAfter is the header that says when to come back.
const RetryAfter heeded = "retry-after"

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (h *heeded) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "heeds", h, RetryAfter)
}

// heeds is whether the client stays away for as long as a 429 asks for. It may stay away for good.
func heeds(v *view, _ heeded) judgement {
	j := judgement{met: true, want: "no reservation before the time that Retry-After names"}
	all := v.of(Reserve)
	for i, r := range all {
		wait, ok := r.retryAfter()
		if r.Status != http.StatusTooManyRequests || !ok {
			continue
		}
		for _, next := range all[i+1:] {
			if v.callerOf(next) != v.callerOf(r) {
				continue
			}
			// The reply cannot have come before its request, so a client that waits is never blamed.
			if came := next.At.Sub(r.At); came < wait {
				j.met, j.final = false, true
				j.got = fmt.Sprintf("was told with Retry-After: %s to stay away, and came back %s later", r.ReplyHeader("Retry-After"), span(came))
			}
			break
		}
	}
	return j
}

// retryAfter is how long the reply asks the client to stay away.
func (r Request) retryAfter() (time.Duration, bool) {
	return retryafter.Wait(r.ReplyHeader("Retry-After"), r.ReplyHeader("Date"), r.At)
}

// leavesNumbers is how many numbers the client holds, or may hold, and never dials: each is lost to others for a window.
func leavesNumbers(v *view, t Times) judgement {
	var left []string
	calls := v.to(pstn.ToPlatform, pstn.ToNobody)
	for _, r := range v.of(Reserve) {
		switch {
		case r.DNI != "" && !slices.ContainsFunc(calls, func(c Call) bool { return c.At.After(r.At) && sameDigits(c.Dialled, r.DNI) }):
			left = append(left, r.DNI)
		case r.GaveUp || r.Status == 0 && r.Error != "":
			left = append(left, "one whose reply it did not get")
		}
	}
	met, final := t.has(len(left))
	return judgement{met: met, final: final, want: t.says("a number", "reserved and left behind"),
		got: fmt.Sprintf("left numbers behind that it never dialled (%s), each held until its window is over; the client %s", cmp.Or(listed(left), "none"), v.story())}
}
