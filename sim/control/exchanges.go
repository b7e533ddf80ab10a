package control

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/api"
	"github.com/dnispool/dnispool/sim/control/client"
)

func (s *Server) exchanges(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	q := paramsOf(r)
	endpoint, project := q.oneOf("endpoint", api.EndpointReserve, api.EndpointHandoff), q.text("project")
	status, before := q.number("status", 0, 1, 599), q.id("before")
	skip, limit := q.number("skip", 0, 0, 10_000_000), q.number("limit", 100, 1, 100_000)
	if q.refused(w) {
		return
	}
	out := client.Exchanges{Exchanges: []client.ExchangeSummary{}, Dropped: s.recorder.exchanges.dropped()}
	keys := keysOf(p, project)
	page, total := s.recorder.exchanges.page(func(number uint64, e *api.Exchange) bool {
		return (endpoint == "" || e.Endpoint == endpoint) && (status == 0 || e.Status == status || e.Status/100 == status) &&
			(before == 0 || number < before) && (project == "" || e.Key != "" && slices.Contains(keys, e.Key))
	}, skip, limit)
	for _, k := range page {
		out.Exchanges = append(out.Exchanges, s.summarise(p, k))
	}
	out.Total = total
	reply(w, http.StatusOK, out)
}

func (s *Server) exchange(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	e, ok := s.recorder.exchanges.at(id)
	if err != nil || !ok {
		refuse(w, http.StatusNotFound, "exchange: no such exchange %.50q among those that are kept", r.PathValue("id"))
		return
	}
	out := client.Exchange{
		ExchangeSummary: s.summarise(p, kept[api.Exchange]{number: id, item: e}),
		CorrelationID:   e.CorrelationID, From: e.From, RequestBody: strings.ToValidUTF8(string(e.RequestBody), "\uFFFD"),
		ResponseBody: strings.ToValidUTF8(string(e.Body), "\uFFFD"),
	}
	for name, values := range e.Header {
		if out.Headers == nil {
			out.Headers = make(map[string]string)
		}
		out.Headers[name] = strings.Join(values, ", ")
		if name == "X-Api-Key" || name == "Authorization" {
			out.Headers[name] = sim.Mask
		}
	}
	reply(w, http.StatusOK, out)
}

// summarise is an exchange in one line.
func (s *Server) summarise(p *sim.Sim, k kept[api.Exchange]) client.ExchangeSummary {
	e := k.item
	return client.ExchangeSummary{
		ID: k.number, At: e.At, Took: e.Took.String(), Endpoint: e.Endpoint, Project: projectOf(p, e.Key), Method: e.Method, Path: e.Path,
		Status: e.Status, Message: e.Message,
	}
}

// projectOf is the project that a key belongs to; "" none.
func projectOf(p *sim.Sim, key string) string {
	for _, c := range p.Config().Projects {
		if key != "" && (key == c.DNIKey || key == c.HandoffKey) {
			return c.Name
		}
	}
	return ""
}

// keysOf are the keys of a project; none of one that does not exist.
func keysOf(p *sim.Sim, project string) (keys []string) {
	for _, c := range p.Config().Projects {
		if c.Name == project {
			keys = append(keys, c.DNIKey, c.HandoffKey)
		}
	}
	return keys
}

// named reports whether a path asks for this value of a parameter.
func named(path, name, value string) bool { return queryOf(path, name) == value }

// queryOf is a parameter of a path; "" when it has none.
func queryOf(path, name string) string {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}
