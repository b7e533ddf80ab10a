package plan

import (
	"fmt"
	"math"
	"strings"

	"github.com/dnispool/dnispool/conformance/traffic"
)

// Project is one of several whose callers a plan is for. Projects do not share numbers, so each needs a pool of its own.
type Project struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"` // of the callers, 0 to 1
}

// Projects are read from the command line, one at a time: acme=70%.
type Projects []Project

// String implements flag.Value.
func (p *Projects) String() string {
	var parts []string
	for _, one := range *p {
		parts = append(parts, one.Name+"="+percent(one.Share))
	}
	return strings.Join(parts, " ")
}

// Set implements flag.Value.
func (p *Projects) Set(text string) error {
	name, of, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("want a name and a share, like acme=70%%, got %q", text)
	}
	v, err := share(of)
	if err != nil {
		return err
	}
	*p = append(*p, Project{name, v})
	return nil
}

// problem says what is wrong with the projects together; "": nothing.
func (p Projects) problem() string {
	total := 0.0
	seen := make(map[string]bool)
	for _, one := range p {
		if seen[one.Name] {
			return fmt.Sprintf("want each once, got %s twice", one.Name)
		}
		if one.Share <= 0 {
			return fmt.Sprintf("want a share of the callers for each, got none for %s", one.Name)
		}
		seen[one.Name] = true
		total += one.Share
	}
	const rounded = 0.005
	if len(p) > 0 && math.Abs(total-1) > rounded {
		return fmt.Sprintf("want shares of 100 %% together, got %s of %s", percent(total), p.String())
	}
	return ""
}

// ProjectPlan is the plan for one project of several.
type ProjectPlan struct {
	Project
	Rate  traffic.Rate  `json:"rate"`  // its callers in the busiest interval
	Spare int           `json:"spare"` // as in Plan
	Cases []ProjectCase `json:"cases"` // by the rules of release, in the order of the plan's
}

// ProjectCase is what a project needs by one rule of release, as a Case says of all callers on one pool.
type ProjectCase struct {
	Release   Release     `json:"release"`
	Offered   float64     `json:"offered"`
	Likely    int         `json:"likely"`
	Low       int         `json:"low"`
	High      int         `json:"high"`
	Blocked   float64     `json:"refused"`             // with Likely numbers, everything as likely
	Simulated *ProjectRun `json:"simulated,omitempty"` // nil: not asked for
}

// ProjectRun is what became of a project's callers in a virtual run of all projects together; see Simulated.
type ProjectRun struct {
	Seed      uint64   `json:"seed"`
	Seconds   float64  `json:"seconds"`
	Callers   uint64   `json:"callers"`
	Refused   float64  `json:"refused"`
	HalfWidth *float64 `json:"half_width"`
	Held      float64  `json:"held"`
	Wrong     float64  `json:"wrong_context"`
	Foreign   uint64   `json:"of_another_pool"` // reservations that were given a number of another project's pool
}

// part is the inputs of one project: a share of callers who do not know of each other, and of those who come together.
func (in Inputs) part(p Project) Inputs {
	in.Rate *= traffic.Rate(p.Share)
	in.share, in.Projects, in.Numbers = p.Share, nil, 0
	return in
}

// projects are the plans of all, each by itself.
func (in Inputs) projects() (out []ProjectPlan, err error) {
	for _, p := range in.Projects {
		one, err := Make(in.part(p))
		if err != nil {
			return nil, fmt.Errorf("project %s: %w", p.Name, err)
		}
		planned := ProjectPlan{Project: p, Rate: one.Inputs.Rate, Spare: one.Spare}
		for _, c := range one.Cases {
			planned.Cases = append(planned.Cases, ProjectCase{Release: c.Release, Offered: c.Offered, Likely: c.Likely, Low: c.Low, High: c.High, Blocked: c.Blocked})
		}
		out = append(out, planned)
	}
	return out, nil
}
