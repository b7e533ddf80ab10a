package control

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/journal"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// refused lists the requests and calls that were refused, with what comes nearest to what was meant.
func (s *Server) refused(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	skip, limit := q.number("skip", 0, 0, 10_000_000), q.number("limit", 100, 1, 10_000)
	if q.refused(w) {
		return
	}
	var out []client.Refusal
	for _, k := range s.recorder.exchanges.where(func(e *api.Exchange) bool { return e.Status >= 400 }) {
		out = append(out, s.refusal(p, k))
	}
	for _, e := range p.Journal().Of(journal.CallRejected) {
		out = append(out, callRefusal(e))
	}
	slices.Reverse(out) // newest first also where the clock stands still
	slices.SortStableFunc(out, func(a, b client.Refusal) int { return b.At.Compare(a.At) })
	total := len(out)
	skip = min(skip, total)
	out = append([]client.Refusal{}, out[skip:min(skip+limit, total)]...)
	for i := range out { // the nearest is looked for where it is shown
		out[i].Nearest = s.nearest(p, out[i])
	}
	reply(w, http.StatusOK, client.Refusals{Refused: out, Total: total})
}

const (
	edgeHTTP = "http"
	edgeSIP  = "sip"
)

func (s *Server) refusal(p *sim.Sim, k kept[api.Exchange]) client.Refusal {
	e := k.item
	what := "what was no request, from " + e.From
	if e.Method != "" {
		what = e.Method + " " + e.Path
	}
	return client.Refusal{At: e.At, Edge: edgeHTTP, What: what, Status: e.Status, Reason: e.Message, Project: projectOf(p, e.Key), Exchange: k.number}
}

func callRefusal(e journal.Event) client.Refusal {
	status := 0
	_, _ = fmt.Sscanf(e.Detail, "%d", &status) // as the platform writes it
	return client.Refusal{At: e.At, Edge: edgeSIP, What: strings.TrimSpace("INVITE " + e.Number), Status: status, Reason: e.Cause, Project: e.Project, CallID: e.CallID}
}

// nearest says what was probably meant; "" when nothing comes near.
func (s *Server) nearest(p *sim.Sim, r client.Refusal) string {
	if r.Edge == edgeSIP {
		return nearestNumber(p, strings.TrimPrefix(r.What, "INVITE "))
	}
	e, ok := s.recorder.exchanges.at(r.Exchange)
	switch {
	case !ok:
		return ""
	case e.Endpoint == "":
		return nearestPath(p, e)
	case e.Status == http.StatusNotFound && e.Endpoint == api.EndpointHandoff && projectOf(p, e.Key) != "":
		return s.nearestState(e)
	}
	if hint := misused(p, e); hint != "" {
		return hint
	}
	return nearestScope(p, e)
}

// nearestNumber is the number of a pool that differs least from one that is of none.
func nearestNumber(p *sim.Sim, dialled string) string {
	const most = 10_000 // numbers that are compared: a hint is worth no more
	var known []string
	for _, c := range p.Config().Projects {
		if p.Owns(c.Name, dialled) {
			return "" // it is known: it was refused for another reason
		}
		each(p, c.Name, func(n sim.Number) bool {
			known = append(known, n.Number)
			return len(known) >= most
		})
	}
	return strictyaml.Suggest(dialled, known)
}

// nearestPath is the path of the contract that differs least from one that is none.
func nearestPath(p *sim.Sim, e api.Exchange) string {
	path, _, _ := strings.Cut(e.Path, "?")
	known := []string{"/v1/conversations/dni-reservation"}
	for _, c := range p.Config().Projects {
		known = append(known, "/v1/"+c.Account.Slug+"/"+c.Project.Slug+"/handoff_state", "/v1/"+c.Account.ID+"/"+c.Project.ID+"/handoff_state")
	}
	return strictyaml.Suggest(path, known)
}

// misused says that the key is one of the other endpoint's.
func misused(p *sim.Sim, e api.Exchange) string {
	for _, c := range p.Config().Projects {
		switch {
		case e.Endpoint == api.EndpointHandoff && e.Key == c.DNIKey && e.Key != c.HandoffKey:
			return "the handoff key of " + c.Name + ": this is its DNI key"
		case e.Endpoint == api.EndpointReserve && e.Key == c.HandoffKey && e.Key != c.DNIKey:
			return "the DNI key of " + c.Name + ": this is its handoff key"
		}
	}
	return ""
}

// nearestScope says what is wrong with account and project of a path, or with a key that nobody has.
func nearestScope(p *sim.Sim, e api.Exchange) string {
	var accounts, projects, keys []string
	owner := make(map[string]string)
	for _, c := range p.Config().Projects {
		accounts, projects = append(accounts, c.Account.Slug, c.Account.ID), append(projects, c.Project.Slug, c.Project.ID)
		key := c.DNIKey
		if e.Endpoint == api.EndpointHandoff {
			key = c.HandoffKey
		}
		keys, owner[key] = append(keys, key), c.Name
	}
	var hints []string
	if e.Account != "" && !slices.Contains(accounts, e.Account) {
		hints = append(hints, wordFor("account", e.Account, accounts))
	}
	if e.Project != "" && !slices.Contains(projects, e.Project) {
		hints = append(hints, wordFor("project", e.Project, projects))
	}
	if near := strictyaml.Suggest(e.Key, keys); e.Key != "" && !slices.Contains(keys, e.Key) && near != "" {
		hints = append(hints, "the key of "+owner[near]+", which this one resembles")
	}
	return strings.Join(hints, "; ")
}

// wordFor says that there is no such name, and which was probably meant: the nearest, or the one that ends like it.
func wordFor(noun, name string, known []string) string {
	near := strictyaml.Suggest(name, known)
	if i := slices.IndexFunc(known, func(k string) bool { return strings.Contains(k, name) }); near == "" && i >= 0 {
		near = known[i]
	}
	if near == "" {
		return "no such " + noun + " " + name
	}
	return "no such " + noun + " " + name + "; did you mean " + near
}

// nearestState is the shared_id or id of a conversation that is kept, and differs least from one that was asked for.
func (s *Server) nearestState(e api.Exchange) string {
	calls, _ := s.recorder.newest()
	var ids, shared []string
	for _, c := range calls[:min(len(calls), 1000)] {
		one := c.summary()
		ids, shared = append(ids, one.ID), append(shared, one.SharedID)
	}
	for _, q := range []struct {
		name  string
		known []string
	}{{"shared_id", shared}, {"id", ids}} {
		for _, known := range q.known {
			if known != "" && named(e.Path, q.name, known) {
				return "that state, which is not visible yet, or no longer"
			}
		}
		if asked := queryOf(e.Path, q.name); asked != "" {
			return strictyaml.Suggest(asked, q.known)
		}
	}
	return ""
}
