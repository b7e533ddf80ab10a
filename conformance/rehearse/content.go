package rehearse

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// faithful is how the client treats the numbers that it is given.
type faithful string

// What is asked of dialled numbers.
const (
	AsGiven      faithful = "as-given"       // with every digit that was given; a plus, 00 or separators may come and go
	OnceEach     faithful = "own"            // each was given to the client, once for each call
	ForItsCaller faithful = "for-its-caller" // each for the caller for whom it was reserved
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (f *faithful) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "dialled", f, AsGiven, OnceEach, ForItsCaller)
}

// dialled is whether the client dials what it was given.
func dialled(v *view, f faithful) judgement {
	if f == ForItsCaller {
		return dialledForItsCaller(v)
	}
	j := judgement{met: true, want: "each number dialled as it was given"}
	left := make(map[string]int) // reservations of a number that no call has used
	if f == OnceEach {
		j.want = "each number dialled once for each time that it was given"
	}
	calls := v.to(pstn.ToPlatform, pstn.ToNobody)
	for _, c := range calls {
		left[plainDigits(c.Dialled)] = 0
	}
	for _, r := range v.of(Reserve) {
		if r.DNI != "" {
			left[plainDigits(r.DNI)]++
		}
	}
	for _, c := range calls {
		given := v.given(c)
		switch {
		case given == nil && v.lease() != "":
			j.got = fmt.Sprintf("was given %s and dialled %s, which is another number", v.lease(), c.Dialled)
		case given == nil:
			j.got = fmt.Sprintf("dialled %q, and was given no number", c.Dialled)
		case f == OnceEach && left[plainDigits(c.Dialled)] == 0:
			j.got = fmt.Sprintf("dialled %s more often than it was given: the call is another caller's, or nobody's", c.Dialled)
		default:
			left[plainDigits(c.Dialled)]--
			continue
		}
		j.met, j.final = false, true
	}
	return j
}

// plainDigits are the digits of a number in its international form, or what is dialled when it is no number.
func plainDigits(number string) string {
	digits := digitsOf(number)
	if digits == "" {
		return number
	}
	return strings.TrimPrefix(digits, "00")
}

// sameDigits reports whether two numbers are one, written with or without a plus, 00 and separators.
func sameDigits(a, b string) bool { return plainDigits(a) == plainDigits(b) }

// distinct is what is asked of the shared_ids of several callers.
type distinct string

// Unique is that no two callers have the same.
const Unique distinct = "unique"

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (d *distinct) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "shared_ids", d, Unique)
}

// sharedIDs is whether each caller has a shared_id of their own.
func sharedIDs(v *view, _ distinct) judgement {
	ids := make(map[string]bool)
	none := 0
	for _, r := range v.of(Reserve) {
		if r.SharedID == "" {
			none++
		} else {
			ids[r.SharedID] = true
		}
	}
	j := judgement{met: len(ids) >= v.lesson.Callers && none == 0, final: none > 0, want: fmt.Sprintf("%d callers with %d shared_ids", v.lesson.Callers, v.lesson.Callers)}
	used := fmt.Sprintf("%d shared_ids in all", len(ids))
	if len(ids) == 1 {
		used = "the same shared_id each time"
	}
	j.got = fmt.Sprintf("reserved %s for %d callers, with %s: one caller's handoff will be taken for another's", times(len(v.of(Reserve))), v.lesson.Callers, used)
	if reserved := len(v.of(Reserve)); none == 0 && len(ids) == reserved {
		j.got = fmt.Sprintf("sent %d reservations, each with a shared_id of its own: for the other callers, %d, it never asked for a number", reserved, v.lesson.Callers-reserved)
	}
	if none > 0 {
		j.got = fmt.Sprintf("sent %d reservations without a shared_id: their handoffs cannot be asked for", none)
	}
	return j
}

// named is which handoff the client asks for.
type named string

// OwnID is the handoff of the shared_id that the client has reserved with.
const OwnID named = "own-shared-id"

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (d *named) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "asks_for", d, OwnID)
}

// asksFor is whether the shared_id of each question is, character by character, one that the client has sent.
func asksFor(v *view, _ named) judgement {
	j := judgement{met: true, want: "the handoff asked for with the shared_id that was sent"}
	var sent []string
	for _, r := range v.of(Reserve) {
		sent = append(sent, r.SharedID)
	}
	if v.lesson.SharedID != "" && !slices.Contains(sent, v.lesson.SharedID) && !slices.ContainsFunc(sent, awkward) {
		j.unseen = "the client has shared_ids of its own, and none of them needs encoding"
		return j
	}
	for _, r := range v.of(Handoff) {
		if r.Query.Has("shared_id") && !slices.Contains(sent, r.SharedID) {
			j.met, j.final = false, true
			j.got = fmt.Sprintf("sent the shared_id %s and asked for %q (%s)", listed(quoted(sent)), r.SharedID, r.URL)
		}
	}
	return j
}

// awkward reports whether a shared_id is another text in a URL.
func awkward(id string) bool { return url.QueryEscape(id) != id }

func quoted(all []string) (out []string) {
	for _, s := range all {
		out = append(out, fmt.Sprintf("%q", s))
	}
	return out
}
