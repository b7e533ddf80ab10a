package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/control/page"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// route is one operation of the API.
type route struct {
	method, path string // the path may have {names}
	params       string // of the query, separated by blanks; token is always one
	serve        func(*Server, *sim.Sim, http.ResponseWriter, *http.Request)
}

// operations are those that ask a simulator.
func operations() []route {
	return []route{
		{"GET", "/v1/simulator", "", (*Server).simulator},
		{"GET", "/v1/authority", "", (*Server).authority},
		{"GET", "/v1/projects", "secrets", (*Server).projects},
		{"GET", "/v1/config", "secrets", (*Server).showConfig},
		{"GET", "/v1/pools", "", (*Server).pools},
		{"GET", "/v1/pools/{project}", "state number skip limit", (*Server).numbers},
		{"GET", "/v1/conversations", "project number shared_id state bound text skip limit", (*Server).conversations},
		{"GET", "/v1/conversations/{id}", "", (*Server).conversation},
		{"GET", "/v1/messages", "call_id", (*Server).messages},
		{"GET", "/v1/journal", filterParams + " newest skip limit wait", (*Server).journal},
		{"GET", "/v1/events", filterParams, (*Server).events},
		{"GET", "/v1/exchanges", "endpoint project status before skip limit", (*Server).exchanges},
		{"GET", "/v1/exchanges/{id}", "", (*Server).exchange},
		{"GET", "/v1/refused", "skip limit", (*Server).refused},
		{"PUT", "/v1/config", "", (*Server).configure},
		{"POST", "/v1/restart", "", (*Server).restart},
		{"POST", "/v1/reset", "", (*Server).reset},
		{"POST", "/v1/pools/{project}/reset", "", (*Server).resetPool},
		{"PUT", "/v1/pools/{project}/numbers", "", (*Server).resize},
		{"PUT", "/v1/advertise", "", (*Server).advertise},
		{"PUT", "/v1/projects/{project}/agent", "", (*Server).setAgent},
		{"DELETE", "/v1/conversations/{id}", "", (*Server).endConversation},
		{"GET", "/v1/session", "", (*Server).session},
		{"POST", "/v1/session", "", (*Server).beginSession},
		{"DELETE", "/v1/session", "", (*Server).finishSession},
		{"GET", "/v1/clock", "settled", (*Server).clock},
		{"POST", "/v1/clock", "", (*Server).steerClock},
		{"POST", "/v1/clock/holds", "", (*Server).hold},
		{"POST", "/v1/clock/holds/{id}/sleep", "", (*Server).sleep},
		{"DELETE", "/v1/clock/holds/{id}", "", (*Server).release},
		{"GET", "/v1/faults", "", (*Server).faults},
		{"PUT", "/v1/faults", "keep", (*Server).setFaults},
		{"DELETE", "/v1/faults", "", (*Server).resetFaults},
		{"POST", "/v1/reservations", "", (*Server).reserve},
		{"POST", "/v1/calls", "", (*Server).place},
		{"GET", "/v1/calls/{id}", "wait", (*Server).call},
		{"DELETE", "/v1/calls/{id}", "", (*Server).hangup},
		{"POST", "/v1/calls/{id}/digits", "", (*Server).press},
	}
}

// routes is the handler of every operation, and of what is none.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/live", s.live)
	mux.HandleFunc("GET /v1/ready", s.ready)
	mux.Handle("GET /{$}", page.Handler())
	mux.Handle("GET "+page.Assets, page.Handler())
	byPath := map[string][]string{"/v1/live": {"GET"}, "/v1/ready": {"GET"}}
	for _, o := range append(operations(), rehearsing()...) {
		byPath[o.path] = append(byPath[o.path], o.method)
		mux.HandleFunc(o.method+" "+o.path, func(w http.ResponseWriter, r *http.Request) { o.checked(s, w, r) })
	}
	paths := make([]string, 0, len(byPath))
	for path, methods := range byPath {
		paths = append(paths, path)
		slices.Sort(methods)
		mux.HandleFunc(path, notAllowed(path, methods))
	}
	mux.HandleFunc("/{$}", notAllowed("/", []string{"GET"}))
	slices.Sort(paths)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuseNear(w, http.StatusNotFound, strictyaml.Suggest(r.URL.Path, paths), "path: want one of the control API, got %.200q", r.URL.Path)
	})
	return mux
}

// notAllowed refuses every method but those of a path.
func notAllowed(path string, methods []string) http.HandlerFunc {
	allowed := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		refuse(w, http.StatusMethodNotAllowed, "%s: want %s, got %.20q", path, allowed, r.Method)
	}
}

// checked serves the operation, unless there is no simulator to ask yet, the query has a parameter that it does not know, or
// another's session keeps it.
func (o route) checked(s *Server, w http.ResponseWriter, r *http.Request) {
	known := append(strings.Fields(o.params), "token")
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		refuse(w, http.StatusBadRequest, "query: want name=value pairs, got %.200q", r.URL.RawQuery)
		return
	}
	for name := range values {
		if !slices.Contains(known, name) {
			refuseNear(w, http.StatusBadRequest, strictyaml.Suggest(name, known), "query: want one of %s, got %.50q", strings.Join(known, ", "), name)
			return
		}
	}
	now := s.state.Load()
	switch {
	case o.rehearses() && s.rehearsal == nil:
		refuse(w, http.StatusNotFound, "rehearsal: want a rehearsal, this is a simulator alone: dnispool rehearse serves one")
		return
	case !o.rehearses() && now.sim == nil && s.rehearsal != nil:
		refuse(w, http.StatusServiceUnavailable, "simulator: want a lesson that is being played, there has been none")
		return
	case !o.rehearses() && now.sim == nil:
		refuse(w, http.StatusServiceUnavailable, "simulator: want it ready, it is %s", now.status)
		return
	}
	if o.changes() {
		if other, ok := s.sessions.admit(sessionID(r)); !ok {
			other.refuse(w)
			return
		}
	}
	o.serve(s, now.sim, w, r)
}

// reply writes v as JSON.
func reply(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "reply: %v", err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // whoever has gone needs no answer
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	refuseNear(w, status, "", format, args...)
}

// refuseNear answers with an error, and says what comes nearest to what was asked for.
func refuseNear(w http.ResponseWriter, status int, near, format string, args ...any) {
	reply(w, status, client.Error{Message: fmt.Sprintf(format, args...), DidYouMean: near})
}

// flag reads a parameter of the query that is there or not.
func flag(r *http.Request, name string) (bool, error) {
	values, there := r.URL.Query()[name]
	if !there || len(values) == 0 {
		return false, nil
	}
	switch values[len(values)-1] {
	case "", "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("%s: want true or false, got %.50q", name, values[len(values)-1])
}
