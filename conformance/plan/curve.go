package plan

import "github.com/dnispool/dnispool/conformance/traffic"

// Curve is how many are refused by so many numbers, whatever the callers.
type Curve struct {
	Release Release `json:"release"`
	Numbers int     `json:"numbers"`
	Points  []Point `json:"points"`
}

// Point is one rate of callers.
type Point struct {
	Rate    traffic.Rate `json:"rate"`
	Refused float64      `json:"refused"`
}

// curve goes from nobody to twice the callers that are planned for.
func (m model) curve(numbers int) Curve {
	const steps = 60
	c := Curve{Release: m.release, Numbers: numbers}
	for i := range steps + 1 {
		p := m.likely()
		p.rate *= 2 * float64(i) / steps
		c.Points = append(c.Points, Point{traffic.Rate(p.rate), m.refused(numbers-m.spare(m.likely().rate), m.erlangs(p))})
	}
	return c
}
