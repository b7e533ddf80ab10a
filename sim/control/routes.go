package control

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// route is one operation of the API. Those that ask the simulator get it.
type route struct {
	method, path string
	serve        func(s *Server, p *sim.Sim, w http.ResponseWriter, r *http.Request)
}

var routes = []route{
	{"GET", "/v1/info", (*Server).info},
	{"GET", "/v1/config", (*Server).effective},
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/live", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, client.Status{Status: "live"})
	})
	mux.HandleFunc("GET /v1/ready", func(w http.ResponseWriter, _ *http.Request) {
		status, now := http.StatusOK, s.state.Load().status
		if now != ready {
			status = http.StatusServiceUnavailable
		}
		reply(w, status, client.Status{Status: now})
	})
	for _, o := range routes {
		mux.HandleFunc(o.method+" "+o.path, func(w http.ResponseWriter, r *http.Request) {
			now := s.state.Load()
			if now.sim == nil {
				refuse(w, http.StatusServiceUnavailable, "simulator: want it ready, it is "+now.status)
				return
			}
			o.serve(s, now.sim, w, r)
		})
	}
	mux.HandleFunc("/", s.unknown)
	return mux
}

// unknown answers for what the API does not have.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	paths := append([]string(nil), open...)
	for _, o := range routes {
		paths = append(paths, o.path)
	}
	for _, p := range paths {
		if p == r.URL.Path {
			refuse(w, http.StatusMethodNotAllowed, r.Method+" "+quoted(r.URL.Path)+": no such operation; see specs/control.openapi.yaml")
			return
		}
	}
	says := quoted(r.URL.Path) + ": no such path"
	if hint := strictyaml.Suggest(r.URL.Path, paths); hint != "" {
		says += " (did you mean " + quoted(hint) + "?)"
	}
	refuse(w, http.StatusNotFound, says)
}

// info says where the platform is, what it serves, and to whom.
func (s *Server) info(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	c := shown(p.Config(), r)
	out := client.Info{
		Version: s.version, Profile: c.Profile, HTTP: "http://" + p.HTTPAddr(), SIP: p.SIPAddr(), Control: "http://" + s.Addr(), Calls: p.Calls(),
	}
	for _, project := range c.Projects {
		stats, _ := p.Pool(project.Name)
		out.Projects = append(out.Projects, client.Project{
			Name: project.Name, Account: client.Names(project.Account), Project: client.Names(project.Project),
			DNIKey: project.DNIKey, HandoffKey: project.HandoffKey,
			Pool: client.Pool{Size: stats.Size, Free: stats.Free},
		})
	}
	reply(w, http.StatusOK, out)
}

// effective is every setting in force, as a file that starts the same simulator.
func (s *Server) effective(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	b, err := shown(p.Config(), r).YAML()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "config: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(b)
}

// shown is c as r may see it: with keys where it asks for them.
func shown(c sim.Config, r *http.Request) sim.Config {
	if r.URL.Query().Has("secrets") {
		return c
	}
	return c.Redacted()
}

func reply(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "reply: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a client that has gone has been told nothing
}

// refuse answers with an error in one sentence that names what was wrong.
func refuse(w http.ResponseWriter, status int, says string) {
	reply(w, status, client.Failure{Error: strings.ToValidUTF8(says, "")})
}
