package main

import (
	"encoding/json"
	"io"

	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets/world"
	"github.com/dnispool/dnispool/sim"
	"github.com/dnispool/dnispool/sim/control"
	"github.com/dnispool/dnispool/sim/control/client"
)

// announcement is what `dnispool sim --output json` prints when it is ready: whoever has started it on ports of the
// system's choice learns all that it needs.
type announcement struct {
	Ready     bool                     `json:"ready"` // true: it is printed only then
	Version   string                   `json:"version"`
	Profile   string                   `json:"profile"`
	Addresses client.Addresses         `json:"addresses"` // at which a program on this machine reaches it; no control: not served
	Token     string                   `json:"token"`     // of the control API; empty: none is needed
	Projects  []client.Project         `json:"projects"`  // with their keys
	Facts     map[string]reading.Facts `json:"facts"`     // of each project's pool, as judge --facts takes them
}

// announce prints the announcement in one line.
func announce(w io.Writer, s *sim.Sim, api steering) error {
	c := s.Config()
	a := announcement{
		Ready: true, Version: version(), Profile: c.Profile, Facts: make(map[string]reading.Facts),
		Addresses: control.Addresses(s, ""),
	}
	if api.Server != nil {
		a.Addresses.Control, a.Token = api.URL(), api.Token()
	}
	for _, p := range c.Projects {
		stats, _ := s.Pool(p.Name)
		a.Projects = append(a.Projects, client.Project{
			Name: p.Name, AccountID: p.Account.ID, AccountSlug: p.Account.Slug, ProjectID: p.Project.ID, ProjectSlug: p.Project.Slug,
			DNIKey: p.DNIKey, HandoffKey: p.HandoffKey, Numbers: stats.Size,
		})
		a.Facts[p.Name] = servedFacts(p)
	}
	b, err := json.Marshal(a)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

// servedFacts is what is known of a pool that anybody may use, over a network: not whether others do, nor how far the
// clocks of those who record it are apart, nor how long a BYE travels.
func servedFacts(p sim.Project) reading.Facts {
	f := world.Facts(p)
	f.Exclusive, f.Strays, f.Eps, f.Signal, f.ServerMax = false, nil, nil, nil, nil
	return f
}
