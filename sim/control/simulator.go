package control

import (
	"net/http"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/hostport"
)

func (s *Server) live(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, client.Status{Status: "live"})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	now := s.state.Load().status
	if now != ready {
		refuse(w, http.StatusServiceUnavailable, "simulator: want it ready, it is %s", now)
		return
	}
	reply(w, http.StatusOK, client.Status{Status: now})
}

func (s *Server) simulator(p *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	c := p.Config()
	reply(w, http.StatusOK, client.Simulator{
		Version: s.version, Profile: c.Profile, StartedAt: s.started, Now: p.Now(), Calls: p.Calls(),
		Addresses: client.Addresses{
			HTTP: "http://" + hostport.Reach(p.HTTPAddr()), SIP: hostport.Reach(p.SIPAddr()), SIPTCP: c.SIP.TCP, Control: s.URL(),
		},
	})
}

func (s *Server) projects(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	secrets, err := flag(r, "secrets")
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	out := client.Projects{Projects: []client.Project{}}
	for _, c := range p.Config().Projects {
		stats, _ := p.Pool(c.Name)
		project := client.Project{
			Name: c.Name, AccountID: c.Account.ID, AccountSlug: c.Account.Slug, ProjectID: c.Project.ID, ProjectSlug: c.Project.Slug,
			DNIKey: sim.Mask, HandoffKey: sim.Mask, Numbers: stats.Size,
		}
		if secrets {
			project.DNIKey, project.HandoffKey = c.DNIKey, c.HandoffKey
		}
		out.Projects = append(out.Projects, project)
	}
	reply(w, http.StatusOK, out)
}

func (s *Server) showConfig(p *sim.Sim, w http.ResponseWriter, r *http.Request) {
	secrets, err := flag(r, "secrets")
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	b, err := p.Config().YAML(secrets)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "config: %v", err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(b) // whoever has gone needs no answer
}
