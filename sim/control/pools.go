package control

import (
	"net/http"
	"slices"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/pool"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

func poolOf(p *sim.Sim, project string) (client.Pool, bool) {
	s, ok := p.Pool(project)
	return client.Pool{
		Project: project, Size: s.Size, Free: s.Free, Pending: s.Pending, InCall: s.InCall, Cooling: s.Cooling, Draining: s.Draining,
		Reserved: s.Reserved, Refused: s.Refused, Bound: s.Bound, Expired: s.Expired, Unbound: s.Unbound,
	}, ok
}

func (s *Server) pools(p *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	out := client.Pools{Pools: []client.Pool{}}
	for _, c := range p.Config().Projects {
		one, _ := poolOf(p, c.Name)
		out.Pools = append(out.Pools, one)
	}
	reply(w, http.StatusOK, out)
}

func (s *Server) numbers(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	state := q.oneOf("state", string(pool.IsFree), string(pool.IsPending), string(pool.IsInCall), string(pool.IsCooling))
	number := q.text("number")
	skip, limit := q.number("skip", 0, 0, 10_000_000), q.number("limit", 1000, 1, 100_000)
	if q.refused(w) {
		return
	}
	project := r.PathValue("project")
	numbers, total, ok := p.Numbers(project, skip, limit)
	if !ok {
		refuseProject(p, w, project)
		return
	}
	out := client.Numbers{Now: p.Now(), Numbers: []client.Number{}}
	out.Pool, _ = poolOf(p, project)
	if state != "" || number != "" {
		numbers, total = chosen(p, project, skip, limit, func(n sim.Number) bool {
			return (state == "" || string(n.Standing) == state) && (number == "" || n.Number == number)
		})
	}
	out.Total = total
	for _, n := range numbers {
		out.Numbers = append(out.Numbers, numberOf(n))
	}
	if total > skip+limit {
		out.Next = skip + limit
	}
	reply(w, http.StatusOK, out)
}

// part is how many numbers of a pool are looked at in one go: some 0.1 ms, for which the pool's clients wait.
const part = 1000

// each goes through the numbers of a pool, part by part, until done returns true.
func each(p *sim.Sim, project string, done func(sim.Number) bool) {
	for skip, total := 0, 1; skip < total; skip += part {
		var numbers []sim.Number
		if numbers, total, _ = p.Numbers(project, skip, part); slices.ContainsFunc(numbers, done) {
			return
		}
	}
}

// chosen lists at most limit of the numbers that are wanted, without the first skip, and how many are.
func chosen(p *sim.Sim, project string, skip, limit int, wanted func(sim.Number) bool) (numbers []sim.Number, total int) {
	each(p, project, func(n sim.Number) bool {
		if wanted(n) {
			if total >= skip && len(numbers) < limit {
				numbers = append(numbers, n)
			}
			total++
		}
		return false
	})
	return numbers, total
}

func numberOf(n sim.Number) client.Number {
	out := client.Number{
		Number: n.Number, State: string(n.Standing), Since: n.Since, Lease: uint64(n.Lease), Call: n.Call, Draining: n.Draining, Attributes: n.Attributes,
	}
	if !n.Until.IsZero() {
		out.Until = &n.Until
	}
	return out
}

// refuseProject says that there is no such project, and which comes nearest.
func refuseProject(p *sim.Sim, w http.ResponseWriter, project string) {
	var names []string
	for _, c := range p.Config().Projects {
		names = append(names, c.Name)
	}
	refuseNear(w, http.StatusNotFound, strictyaml.Suggest(project, names), "project: no such project %.50q", project)
}
