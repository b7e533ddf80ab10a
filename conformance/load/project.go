package load

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dnispool/dnispool/conformance/load/measure"
	"github.com/dnispool/dnispool/conformance/reading"
	"github.com/dnispool/dnispool/conformance/targets"
	"github.com/dnispool/dnispool/conformance/traffic"
	"github.com/dnispool/dnispool/fakes/client"
	"github.com/dnispool/dnispool/sim/clock"
	"github.com/dnispool/dnispool/sim/strictyaml"
)

// Projects are whose pools callers reserve from: a name, or a mixture of several, of which each caller is of one. Nothing is
// the target's first.
type Projects []ProjectShare

// ProjectShare is a project, and the share of the callers that are its.
type ProjectShare struct {
	Share float64 `yaml:"share"` // 0 to 1
	Of    string  `yaml:"of"`
}

// UnmarshalStrict implements strictyaml.Unmarshaler. Shares are made to add up to 1, as those of a distribution are.
func (p *Projects) UnmarshalStrict(file string, n *yaml.Node) strictyaml.Problems {
	if n.Kind == yaml.ScalarNode {
		var name string
		problems := strictyaml.DecodeKey(file, "project", n, &name)
		*p = Projects{{1, name}}
		return problems
	}
	var read struct {
		Mixture []ProjectShare `yaml:"mixture"`
	}
	if n.Kind == yaml.MappingNode {
		if problems := strictyaml.Decode(file, n, &read); len(problems) > 0 {
			return problems
		}
	}
	if len(read.Mixture) == 0 {
		return strictyaml.Problems{strictyaml.At(file, n, "project: want a name, or a mixture like [{share: 0.7, of: acme}, {share: 0.3, of: globex}]")}
	}
	total := 0.0
	seen := make(map[string]bool)
	for i, s := range read.Mixture {
		at := strictyaml.Lookup(n, "mixture").Content[i]
		switch {
		case !(s.Share > 0 && s.Share <= 1):
			return strictyaml.Problems{strictyaml.At(file, at, "share: want more than 0 and at most 1, got %g", s.Share)}
		case s.Of == "" || seen[s.Of]:
			return strictyaml.Problems{strictyaml.At(file, at, "of: want another project for each share, got %q", s.Of)}
		}
		seen[s.Of] = true
		total += s.Share
	}
	for i := range read.Mixture {
		read.Mixture[i].Share /= total
	}
	*p = read.Mixture
	return nil
}

// shares are the projects with their shares.
func (p Projects) shares() Projects {
	if len(p) == 0 {
		return Projects{{Share: 1}}
	}
	return p
}

// String says them in words, when there are several.
func (p Projects) String() string {
	if len(p) < 2 {
		return ""
	}
	var parts []string
	for _, s := range p {
		parts = append(parts, fmt.Sprintf("%.3g %% of them of %s", 100*s.Share, s.Of))
	}
	return strings.Join(parts, ", ")
}

// Facts is what is known of the pools that callers reserve from, by the names of their projects. The error says that the target
// has no such project.
func (p Projects) Facts(s Stage) (map[string]reading.Facts, error) {
	out := make(map[string]reading.Facts)
	for _, of := range p.shares() {
		t, ok := s.Project(of.Of)
		if !ok {
			return nil, fmt.Errorf("journey.project: want a project of the target, got %q", of.Of)
		}
		out[t.Name] = s.Facts(t.Name)
	}
	return out, nil
}

// Size is how many numbers these pools have together; 0: not known.
func Size(facts map[string]reading.Facts) (n int) {
	for _, f := range facts {
		if f.PoolSize() == 0 {
			return 0
		}
		n += f.PoolSize()
	}
	return n
}

// project is one whose callers a run plays.
type project struct {
	targets.Project
	share   float64
	client  *client.Client // with the settings of all its callers
	measure *measure.Run
}

// open readies the projects, and what is measured of them together.
func (r *run) open() error {
	facts, err := r.profile.Journey.Project.Facts(r.Stage)
	if err != nil {
		return err
	}
	var measured []measure.Project
	for _, s := range r.profile.Journey.Project.shares() {
		p := &project{share: s.Share}
		p.Project, _ = r.Stage.Project(s.Of) // Facts has seen it
		if p.client, err = client.New(r.settings(p.Project), line{}, line{}, clock.Real()); err != nil {
			return err
		}
		p.measure = measure.NewRun(r.plan(s.Share, facts[p.Name]))
		r.projects = append(r.projects, p)
		measured = append(measured, measure.Project{Name: p.Name, Run: p.measure})
	}
	r.measure = measure.NewRuns(measured...)
	return nil
}

// drawProject is whose caller comes next. Where there is one project nothing is drawn.
func (r *run) drawProject(random *rand.Rand) *project {
	if len(r.projects) == 1 {
		return r.projects[0]
	}
	return r.projects[traffic.Pick(random, r.projects, func(p *project) float64 { return p.share })]
}
