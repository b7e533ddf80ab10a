package aim

import (
	"strings"
	"testing"

	"github.com/dnispool/dnispool/conformance/finding"
	"github.com/dnispool/dnispool/conformance/targets/deployment"
)

func TestHollow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		filter string
		places bool
		used   deployment.Usage
		want   []string // what the warnings begin with
	}{
		{"nothing was sent", "", false, deployment.Usage{}, nil},
		{"all is well", "", true, deployment.Usage{Requests: 9, Calls: 3, Answered: 1}, nil},
		{"no call is answered", "", true, deployment.Usage{Requests: 9, Calls: 3}, []string{"of 3 calls none was answered, "}},
		{"calls are not placed", "", false, deployment.Usage{Requests: 9}, []string{"no call was placed: "}},
		{"none of what was played calls", "", true, deployment.Usage{Requests: 9}, []string{"no call was placed, though "}},
		{"nor was meant to", "auth/*", true, deployment.Usage{Requests: 9}, nil},
		{"the rate is limited", "", true, deployment.Usage{Requests: 9, Calls: 3, Answered: 3, Throttled: 2}, []string{"the platform limited the rate: 2 requests were answered "}},
	} {
		got := hollow(finding.Run{Filter: c.filter}, c.places, c.used)
		if len(got) != len(c.want) {
			t.Errorf("%s: want %q, got %q", c.name, c.want, got)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: want %q, got %q", c.name, c.want, got)
			}
		}
	}
	if got := hollow(finding.Run{Interrupted: true}, true, deployment.Usage{Requests: 9, Calls: 1}); got != nil {
		t.Errorf("want nothing said of a call that the run itself gave up, got %q", got)
	}
}
