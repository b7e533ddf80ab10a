package finding

import (
	"cmp"
	"math"
	"net/url"
	"path"
	"slices"
	"time"
)

// Endpoint is how long the replies of one endpoint took, by the judge's clock. Percentiles are of requests that were
// answered, by the nearest rank: each is a time that was seen.
type Endpoint struct {
	Name     string          `json:"name"` // as "Reserve DNI"
	Requests int             `json:"requests"`
	NoReply  int             `json:"no_reply,omitempty"`
	Statuses []StatusCount   `json:"statuses,omitempty"` // by status
	P50      time.Duration   `json:"p50_ns"`
	P90      time.Duration   `json:"p90_ns"`
	P99      time.Duration   `json:"p99_ns"`
	Max      time.Duration   `json:"max_ns"`
	Course   []time.Duration `json:"course_ns,omitempty"` // medians of equal parts of the replies, in their order
}

// StatusCount is how many replies had one status.
type StatusCount struct {
	Status  int `json:"status"`
	Replies int `json:"replies"`
}

// courseParts is in how many parts a course is cut, at most.
const courseParts = 60

// endpointNames are the endpoints of the contract by the end of their path, and what all else is called.
var endpointNames = map[string]string{"dni-reservation": "Reserve DNI", "handoff_state": "Get Handoff"}

const elsewhere = "other paths"

// Latencies says how long each endpoint took in the exchanges of the run, but for those that a scenario's own fault was put on.
func (r Run) Latencies() (out []Endpoint) {
	about := make(map[string][]Exchange)
	for _, res := range r.Results {
		for _, x := range res.Exchanges {
			if x.Injected != "" {
				continue
			}
			about[x.endpoint()] = append(about[x.endpoint()], x)
		}
	}
	for _, name := range []string{"Reserve DNI", "Get Handoff", elsewhere} {
		if all := about[name]; len(all) > 0 {
			out = append(out, endpoint(name, all))
		}
	}
	return out
}

// endpoint names the endpoint that was asked.
func (x Exchange) endpoint() string {
	u, err := url.Parse(x.URL)
	if err != nil {
		return elsewhere
	}
	return cmp.Or(endpointNames[path.Base(u.Path)], elsewhere)
}

func endpoint(name string, all []Exchange) Endpoint {
	slices.SortStableFunc(all, func(a, b Exchange) int { return a.At.Compare(b.At) })
	out := Endpoint{Name: name, Requests: len(all)}
	var took []time.Duration
	statuses := make(map[int]int)
	for _, x := range all {
		if x.Status == 0 {
			out.NoReply++
			continue
		}
		statuses[x.Status]++
		took = append(took, x.Duration)
	}
	for status, n := range statuses {
		out.Statuses = append(out.Statuses, StatusCount{status, n})
	}
	slices.SortFunc(out.Statuses, func(a, b StatusCount) int { return cmp.Compare(a.Status, b.Status) })
	parts := min(courseParts, len(took))
	for i := range parts {
		out.Course = append(out.Course, nearestRank(took[i*len(took)/parts:(i+1)*len(took)/parts], 0.5))
	}
	out.P50, out.P90, out.P99, out.Max = nearestRank(took, 0.5), nearestRank(took, 0.9), nearestRank(took, 0.99), nearestRank(took, 1)
	return out
}

// nearestRank is the smallest of the times that at least the share of them does not exceed; 0 of none.
func nearestRank(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(int(math.Ceil(share*float64(len(sorted))))-1, 0)]
}
