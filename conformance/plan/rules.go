package plan

import (
	"math"

	"github.com/dnispool/dnispool/conformance/erlang"
	"github.com/dnispool/dnispool/conformance/traffic"
)

// rules are the two documented rules of sizing, and this plan beside them. The platform may release by either.
func rules(models []model, cases []Case) []Rule {
	m := models[0]
	p := m.likely()
	bound := p.rate * (1 - p.abandoned - p.late(m.delay))
	talk := m.Ring.Mean().Seconds() + p.talks*m.Talk.Mean().Seconds()
	rules := []Rule{
		{Name: "published", Says: "the peak of concurrent calls in a busy hour", Numbers: max(1, peak(bound*talk, 3600/talk, 0.5))},
		{Name: "draft", Says: "a reservation takes a number for 4 s", Numbers: max(1, int(math.Ceil(4*p.rate-1e-9)))},
	}
	for _, c := range cases {
		rules = append(rules, Rule{Name: ThisPlan, Release: c.Release, Says: "if released on " + string(c.Release), Numbers: c.Likely})
	}
	if m.Numbers > 0 {
		rules = append(rules, Rule{Name: Yours, Says: "as named", Numbers: m.Numbers})
	}
	for i := range rules {
		for j, c := range cases {
			m := models[j]
			lines := max(0, rules[i].Numbers-m.spare(p.rate))
			carries := p.rate * erlang.Capacity(lines, m.Grade, m.peakedness) / c.Offered
			rules[i].Loses = append(rules[i].Loses, Loss{c.Release, m.refused(lines, c.Offered), traffic.Rate(carries)})
		}
	}
	return rules
}

// peak is the number of concurrent calls that the share p of all intervals does not exceed, when mean calls are up on the
// average and an interval is as long as so many calls. It is where the chance that the calls climb to one more falls
// below 1-p: each climb is one of several with probability mean/n, for what has fallen by one may climb again.
func peak(mean, interval, p float64) int {
	if mean <= 0 {
		return 0
	}
	n := int(math.Ceil(mean))
	for {
		next := float64(n + 1)
		logarithm := float64(n)*math.Log(mean) - mean
		factorial, _ := math.Lgamma(next)
		climbs := mean * interval * math.Exp(logarithm-factorial) * max(0, 1-mean/next)
		if -math.Expm1(-climbs) <= 1-p {
			return n
		}
		n++
	}
}
