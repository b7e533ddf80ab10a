package judge

import "github.com/dnispool/dnispool/conformance/check/linear"

// searched tells that a search came to an end.
func (r Report) searched() bool {
	for _, res := range r.Linear {
		if res.Status == linear.OK {
			return true
		}
	}
	return false
}

// linear is the worst that the search found.
func (r Report) linear() linear.Status {
	worst := linear.OK
	for _, res := range r.Linear {
		switch {
		case res.Status == linear.Illegal:
			return linear.Illegal
		case res.Status == linear.Unknown:
			worst = linear.Unknown
		}
	}
	return worst
}
