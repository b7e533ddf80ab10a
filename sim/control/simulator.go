package control

import (
	"net/http"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control/client"
	"github.com/dnispool/dnispool/sim/hostport"
	"github.com/dnispool/dnispool/sim/strictyaml"
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
	addresses := Addresses(p, s.URL())
	if s.rehearsal != nil { // where its client reaches the simulator of any lesson
		now, _ := s.rehearsal.State()
		addresses.HTTP, addresses.SIP, addresses.SIPTCP = now.BaseURL, now.SIPPeer, true
	}
	reply(w, http.StatusOK, client.Simulator{
		Version: s.version, Profile: c.Profile, StartedAt: s.started, Now: p.Now(), Calls: p.Calls(), Addresses: addresses,
	})
}

// Addresses are where p, whose control API is at that URL, is reached from this machine.
func Addresses(p *sim.Sim, control string) client.Addresses {
	a := client.Addresses{
		HTTP: "http://" + hostport.Reach(p.HTTPAddr()), SIP: hostport.Reach(p.SIPAddr()), SIPTCP: p.Config().SIP.TCP,
		SIPS: hostport.Reach(p.SIPSAddr()), Control: control,
	}
	if at := p.HTTPSAddr(); at != "" {
		a.HTTPS = "https://" + hostport.Reach(at)
	}
	return a
}

func (s *Server) authority(p *sim.Sim, w http.ResponseWriter, _ *http.Request) {
	pem := p.Authority()
	if pem == nil {
		refuse(w, http.StatusNotFound, "authority: want a simulator that serves TLS with a certificate of its own making, got one that does not")
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(pem) // whoever has gone needs no answer
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

// effective is the configuration that starts the simulator as it is now.
func (s *Server) effective() (sim.Config, error) {
	now := s.state.Load()
	c := now.sim.Config()
	c.Projects = slices.Clone(c.Projects)
	for i, p := range c.Projects {
		if agent, ok := now.agents.Load(p.Name); ok {
			c.Projects[i].Agent = *agent.(*yaml.Node)
		}
	}
	if now.stage.Clock != nil {
		c.Clock.Frozen = now.stage.Clock.Frozen()
	}
	if now.stage.Faults == nil {
		return c, nil
	}
	c.Faults = yaml.Node{}
	if shown := now.stage.Faults.Shown(); string(shown) != "null" {
		faults, problems := strictyaml.Parse("", shown)
		if err := problems.Err(); err != nil {
			return c, err
		}
		c.Faults = *faults
	}
	return c, nil
}

func (s *Server) showConfig(_ *sim.Sim, w http.ResponseWriter, r *http.Request) {
	secrets, err := flag(r, "secrets")
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	c, err := s.effective()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "config: %v", err)
		return
	}
	b, err := c.YAML(secrets)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "config: %v", err)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(b) // whoever has gone needs no answer
}
