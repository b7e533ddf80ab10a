package rehearse

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/fakes/pstn"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// reserves is how often the client asks for a number, for each caller.
func reserves(v *view, t Times) judgement {
	return count(t, len(v.of(Reserve)), "a number", "asked for")
}

// dials is how often it dials one that it was given.
func dials(v *view, t Times) judgement {
	return count(t, len(v.to(pstn.ToPlatform, pstn.ToNobody)), "the number", "dialled")
}

// asks is how often it asks for the handoff once the call is over.
func asks(v *view, t Times) judgement {
	return count(t, len(v.late()), "the handoff", "asked for after the call")
}

func count(t Times, n int, what, done string) judgement {
	met, final := t.has(n)
	return judgement{met: met, final: final, want: t.says(what, done)}
}

// Where the client is to put a caller through to.
type destination string

// The destinations.
const (
	ToKnownQueue destination = KnownQueue // the one that the agent named
	ToFallback   destination = "fallback" // the queue for callers without a number
	ToDefault    destination = "default"  // the queue for callers whose handoff cannot be learned
	ToAny        destination = "any"      // any queue
	Nowhere      destination = "nowhere"
	ToOwn        destination = "own" // where each caller's own agent sends them; to a queue who has spoken to none
)

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (d *destination) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	return strictyaml.PickAt(file, n, "routes", d, ToKnownQueue, ToFallback, ToDefault, ToAny, Nowhere, ToOwn)
}

// names are the desks that are the destination; none: any is.
func (d destination) names(c Client) []string {
	name := ""
	switch d {
	case ToKnownQueue:
		name = c.Dials
	case ToFallback:
		name = c.Fallback
	case ToDefault:
		name = c.DefaultQueue
	}
	if name == "" {
		return nil
	}
	return []string{name}
}

// routes is where the client puts each caller through to, in a call that is answered there.
func routes(v *view, d destination) judgement {
	desks := v.to(pstn.ToDesk)
	if d == ToOwn {
		return routesOwn(v)
	}
	if d != Nowhere && v.lesson.Callers > 1 {
		return routesAll(v, d, desks)
	}
	if d == Nowhere {
		return judgement{met: len(desks) == 0, final: len(desks) > 0, want: "no queue called: the caller is done"}
	}
	names := d.names(v.client)
	j := judgement{want: "the caller put through to " + d.says(names), got: v.story() + ": the caller was dropped"}
	for _, c := range desks {
		fits := names == nil || slices.Contains(names, c.Dialled)
		j.met = j.met || fits && c.Through()
		if !fits && c.Through() {
			j.final = true
			j.got = fmt.Sprintf("%s: the caller was put through to %s", v.story(), c.Dialled)
		}
	}
	j.met = j.met && !j.final
	return j
}

// routesAll is routes for several callers: as many calls are answered at queues as there are callers.
func routesAll(v *view, d destination, desks []Call) judgement {
	names := d.names(v.client)
	through := 0
	for _, c := range desks {
		if c.Through() && (names == nil || slices.Contains(names, c.Dialled)) {
			through++
		}
	}
	return judgement{
		met:  through >= v.lesson.Callers,
		want: fmt.Sprintf("each of the %d callers put through to %s", v.lesson.Callers, d.says(names)),
		got:  fmt.Sprintf("%d of the %d callers were put through, and %d dropped; the client %s", through, v.lesson.Callers, max(v.lesson.Callers-through, 0), v.story()),
	}
}

func (d destination) says(names []string) string {
	s := map[destination]string{ToKnownQueue: "the queue that the agent named", ToFallback: "the fallback queue", ToDefault: "a default queue", ToAny: "a queue"}[d]
	if names != nil {
		s += ", " + names[0]
	}
	return s
}
