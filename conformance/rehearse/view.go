package rehearse

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim"
)

// view is what was seen of the client in one lesson, as the expectations read it.
type view struct {
	seen
	lesson  *Lesson
	client  Client
	begun   time.Time // when the first caller arrived, or the lesson began
	now     time.Time
	over    bool        // nothing more is to come
	told    bool        // the client was told of its callers
	project sim.Project // the one that the client belongs to
}

// of are the requests of one kind.
func (v *view) of(k Kind) (out []Request) {
	for _, r := range v.requests {
		if r.Kind == k {
			out = append(out, r)
		}
	}
	return out
}

// asked reports whether the client has asked for a number, or gave up because of the certificate when it was about to.
func (v *view) asked() bool { return len(v.of(Reserve)) > 0 || v.refusals > 0 }

// to are the calls that were taken somewhere.
func (v *view) to(routes ...pstn.Route) (out []Call) {
	for _, c := range v.calls {
		if slices.Contains(routes, c.Route) {
			out = append(out, c)
		}
	}
	return out
}

// conversation is the call in which the agent spoke; nil when none was answered.
func (v *view) conversation() *Call {
	for _, c := range v.to(pstn.ToPlatform) {
		if c.Answered() {
			return &c
		}
	}
	return nil
}

// conversations finds the call in which the agent spoke to the caller whose handoff is asked for: that to a number which was reserved
// with the same shared_id. Where no number was, and of one caller, it is the first in which the agent spoke; nil when there is none.
func (v *view) conversations() func(question Request) *Call {
	first, own := v.conversation(), make(map[string]*Call) // by shared_id
	if v.lesson.Callers > 1 {
		for _, c := range v.to(pstn.ToPlatform) {
			if given := v.given(c); given != nil && c.Answered() && own[given.SharedID] == nil {
				own[given.SharedID] = &c
			}
		}
	}
	return func(question Request) *Call { return cmp.Or(own[question.SharedID], first) }
}

// late are the questions for a handoff that came after the end of that caller's conversation.
func (v *view) late() (out []Request) {
	of := v.conversations()
	for _, r := range v.of(Handoff) {
		if c := of(r); c != nil && c.Over() && r.At.After(c.EndedAt) {
			out = append(out, r)
		}
	}
	return out
}

// story says what the client did, in plain words and in order.
func (v *view) story() string {
	reserves := v.of(Reserve)
	var parts []string
	switch {
	case len(reserves) > 0:
		parts = append(parts, reserving(reserves))
	case v.refusals > 0:
		parts = append(parts, "refused the certificate "+times(v.refusals))
	default:
		return v.silence()
	}
	if dialled := v.to(pstn.ToPlatform, pstn.ToNobody); len(dialled) > 0 {
		parts = append(parts, "dialled "+v.fates(dialled))
	} else if v.lease() != "" {
		parts = append(parts, "never dialled it")
	}
	if v.conversation() != nil || len(v.of(Handoff)) > 0 {
		parts = append(parts, v.asking())
	}
	return strings.Join(append(parts, v.routing()), ", ")
}

// silence is the story of a client that never asked for a number.
func (v *view) silence() string {
	s := fmt.Sprintf("never asked for a number in %s", span(v.now.Sub(v.begun)))
	if others := v.of(Other); len(others) > 0 {
		s += fmt.Sprintf("; it sent %s %s instead, which the platform does not have (%d)", others[0].Method, others[0].URL, others[0].Status)
	}
	if desks := v.to(pstn.ToDesk); len(desks) > 0 {
		s += fmt.Sprintf("; it called %s", desks[0].Dialled)
	}
	if i := slices.IndexFunc(v.messages, func(m finding.SIPMessage) bool { return m.From == client && strings.Contains(m.Summary, " HTTP/1.") }); i >= 0 {
		s += fmt.Sprintf("; it sent %s to the SIP peer, which is not its base URL", v.messages[i].Summary)
	}
	return s
}

func reserving(reserves []Request) string {
	if len(reserves) == 1 {
		return "asked for a number and got " + reserves[0].outcome()
	}
	return fmt.Sprintf("asked for a number %s and got %s", times(len(reserves)), outcomes(reserves))
}

// outcomes are what requests came to, in a list.
func outcomes(requests []Request) string {
	var got []string
	for _, r := range requests {
		got = append(got, r.outcome())
	}
	return listed(got)
}

// outcome is what a request came to, in a word or two.
func (r Request) outcome() string {
	switch {
	case r.GaveUp:
		return fmt.Sprintf("no reply in %s", span(r.Duration))
	case r.Done.IsZero():
		return "no reply yet"
	case r.Status == 0:
		return "no reply: " + r.Error
	case r.DNI != "":
		return r.DNI
	case r.Error != "":
		return fmt.Sprintf("%d, then %s", r.Status, r.Error)
	case r.Kind == Reserve && r.Status == http.StatusOK:
		return "200 without a number"
	}
	return fmt.Sprint(r.Status)
}

// fates are what was dialled, each with how it went, in a list.
func (v *view) fates(calls []Call) string {
	var each []string
	for _, c := range calls {
		each = append(each, cmp.Or(c.Dialled, `""`)+" ("+v.fate(c)+")")
	}
	return listed(each)
}

// fate is how a call has gone until now, in a few words.
func (v *view) fate(c Call) string {
	switch {
	case c.Told:
		return "by its own word"
	case c.Referred && c.Answered():
		return "by REFER"
	case c.Referred && c.Status != 0:
		return fmt.Sprintf("by REFER, refused with %d", c.Status)
	case c.Alone:
		return "answered, and the caller never joined to it"
	case c.Answered() && c.EndedBy == client:
		return "answered, hung up by the client after " + span(c.EndedAt.Sub(c.AnsweredAt))
	case c.Answered() && c.Over():
		return "answered, BYE after " + span(c.EndedAt.Sub(c.AnsweredAt))
	case c.Answered():
		return "answered, still up"
	case c.EndedBy == client:
		return "given up after " + span(c.EndedAt.Sub(c.At))
	case c.Status != 0:
		return fmt.Sprintf("refused with %d", c.Status)
	}
	if !v.over {
		return "not answered yet"
	}
	return "not answered in " + span(v.now.Sub(c.At))
}

func (v *view) asking() string {
	asked := v.of(Handoff)
	if len(asked) == 0 {
		return "never asked for the handoff"
	}
	s := fmt.Sprintf("asked for the handoff %s", times(len(asked)))
	var soonest *time.Duration // of any caller, counted from the end of their own call
	of := v.conversations()
	for _, r := range asked {
		if c := of(r); c != nil && c.Over() {
			if d := r.At.Sub(c.EndedAt); soonest == nil || d < *soonest {
				soonest = &d
			}
		}
	}
	switch {
	case soonest == nil:
	case *soonest >= 0:
		s += fmt.Sprintf(", first %s after the BYE", span(*soonest))
	default:
		s += fmt.Sprintf(", first %s before the call was over", span(-*soonest))
	}
	return s + " (" + outcomes(asked) + ")"
}

func (v *view) routing() string {
	desks := v.to(pstn.ToDesk)
	if len(desks) == 0 {
		return "called no queue"
	}
	return "called " + v.fates(desks)
}

// lease is the number that the client was given last; "" when it was given none.
func (v *view) lease() (dni string) {
	for _, r := range v.of(Reserve) {
		if r.DNI != "" {
			dni = r.DNI
		}
	}
	return dni
}

// listed puts things in a sentence; of many the first and the last, and equal ones together.
func listed(all []string) string {
	var out []string
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && all[i+n] == all[i] {
			n++
		}
		s := all[i]
		if n > 1 {
			s = fmt.Sprintf("%s, %s", s, times(n))
		}
		out = append(out, s)
		i += n
	}
	const most = 4
	if len(out) > most {
		out = append(out[:most-1], fmt.Sprintf("%d more", len(out)-most), out[len(out)-1])
	}
	return strings.Join(out, ", then ")
}

// span is a duration as people say it: 3 ms, 0.4 s, 26 s.
func span(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
